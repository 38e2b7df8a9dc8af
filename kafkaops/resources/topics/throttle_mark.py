"""What kafkaops leaves on a topic while it moves replicas of it, so that whoever comes next knows. Pure.

Kafka throttles the replicas that two topic configs list as `partition:broker`. kafkaops puts an entry into the
leaders' list that names a broker which cannot be: it marks the move as one of kafkaops', and holds the rate that
kafkaops set on the brokers, in KiB/s, 0 for none. So a throttle that was left behind is known from anybody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafkaops.clients.kafka import Configs

LEADERS = "leader.replication.throttled.replicas"
FOLLOWERS = "follower.replication.throttled.replicas"
LEADER_RATE = "leader.replication.throttled.rate"
FOLLOWER_RATE = "follower.replication.throttled.rate"
NO_BROKER = 2_147_483_647
"""The largest id that Kafka's parser takes."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A move of kafkaops', and the rate in KiB/s that it set on brokers; 0 for none."""

    rate_kib: int = 0
    brokers: frozenset[int] = frozenset()
    """The brokers whose replicas of the topic are throttled."""

    @classmethod
    def of(cls, throttle: int | None) -> Mark:
        """The mark of a throttle in bytes per second."""
        return cls(-(-throttle // 1024) if throttle else 0)

    @property
    def rate(self) -> str:
        """The brokers' config value, in bytes per second."""
        return str(self.rate_kib * 1024)

    @property
    def text(self) -> str:
        """The entry that says so."""
        return f"{self.rate_kib}:{NO_BROKER}"


def mark_of(configs: Configs) -> Mark | None:
    """The mark on a topic, if it has one."""
    if LEADERS not in configs.overrides:
        return None  # the mark is there, if anywhere; asked of every topic several times
    rate: int | None = None
    brokers: set[int] = set()
    for key in (LEADERS, FOLLOWERS):
        for entry in configs.overrides.get(key, "").split(","):
            number, _, broker = entry.strip().partition(":")
            if not (number.isdigit() and broker.isdigit()):
                continue
            if int(broker) == NO_BROKER:
                rate = int(number)
            else:
                brokers.add(int(broker))
    return None if rate is None else Mark(rate, frozenset(brokers))


def marking(mark: Mark, sources: Mapping[int, Iterable[int]], copies: Mapping[int, Iterable[int]]) -> dict[str, str]:
    """The topic's configs while replicas move: with a rate, who is throttled, by partition."""
    if not mark.rate_kib:
        return {LEADERS: mark.text}
    return {LEADERS: ",".join([*_entries(sources), mark.text]), FOLLOWERS: ",".join(_entries(copies))}


def _entries(brokers: Mapping[int, Iterable[int]]) -> list[str]:
    return [f"{partition}:{broker}" for partition, listed in sorted(brokers.items()) for broker in listed]
