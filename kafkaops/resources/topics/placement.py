"""Where a topic's replicas should be: on as many racks as possible, evenly, with the fewest moves. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kafkaops.clients.kafka import ClusterState
from kafkaops.resources.topics.balance import Choice, choose

Replicas = tuple[int, ...]
"""Broker ids of one partition, the preferred leader first."""


@dataclass(frozen=True, slots=True)
class Load:
    """The brokers that can take replicas, with their racks, and what they hold of topics other than the one placed."""

    racks: Mapping[int, str | None]
    replicas: Mapping[int, int] = field(default_factory=dict)
    leaders: Mapping[int, int] = field(default_factory=dict)
    """Partitions that prefer each broker as their leader."""

    @classmethod
    def of(cls, cluster: ClusterState, racks: Mapping[int, str | None]) -> Load:
        """What the whole cluster holds."""
        every = [part.replicas for placed in cluster.topics.values() for part in placed.partitions]
        return cls(racks, _replicas(every), _leaders(every))

    def without(self, partitions: Sequence[Replicas]) -> Load:
        """The same but for these partitions."""
        replicas, leaders = Counter(self.replicas), Counter(self.leaders)
        replicas.subtract(_replicas(partitions))
        leaders.subtract(_leaders(partitions))
        return Load(self.racks, replicas, leaders)

    def plus(self, partitions: Sequence[Replicas]) -> Load:
        """The same and these partitions."""
        replicas, leaders = Counter(self.replicas), Counter(self.leaders)
        replicas.update(_replicas(partitions))
        leaders.update(_leaders(partitions))
        return Load(self.racks, replicas, leaders)


def resized(current: Sequence[Replicas], replication_factor: int, load: Load) -> tuple[Replicas, ...]:
    """The partitions with so many replicas each: none is moved, only added or taken away.

    `load` is without this topic. Leaders are spread over the topic's brokers. Raises `ValueError` when there are
    fewer brokers than that.
    """
    choices = [_resizing(replicas, replication_factor, load.racks) for replicas in current]
    racks = {**dict.fromkeys(_brokers(current)), **load.racks}
    chosen = choose(choices, racks, load.replicas)
    sets = [(*choice.fixed, *brokers) for choice, brokers in zip(choices, chosen, strict=True)]
    return _led(current, sets, load)


def rebalanced(current: Sequence[Replicas], load: Load, *, heed_racks: bool = True) -> tuple[Replicas, ...]:
    """The partitions with as many replicas as before, evenly over the brokers, with the fewest moves.

    Replicas on brokers that `load` does not name are moved away. `load` is without this topic.
    """
    brokers = tuple(sorted(load.racks))
    choices = [Choice(brokers, len(replicas), home=frozenset(replicas).intersection(brokers)) for replicas in current]
    racks: Mapping[int, str | None] = load.racks if heed_racks else dict.fromkeys(brokers)
    return _led(current, choose(choices, racks, load.replicas), load)


def moves(current: Sequence[Replicas], target: Sequence[Replicas]) -> Mapping[int, tuple[int, ...]]:
    """By broker, the partitions that it gets a new replica of."""
    found: dict[int, list[int]] = {}
    for index, (before, after) in enumerate(zip(current, target, strict=True)):
        for broker in after:
            if broker not in before:
                found.setdefault(broker, []).append(index)
    return {broker: tuple(found[broker]) for broker in sorted(found)}


def _resizing(replicas: Replicas, wanted: int, racks: Mapping[int, str | None]) -> Choice:
    if len(replicas) <= wanted:
        others = tuple(broker for broker in sorted(racks) if broker not in replicas)
        return Choice(others, wanted - len(replicas), fixed=replicas)
    there = tuple(broker for broker in replicas if broker in racks)
    candidates = there if len(there) >= wanted else replicas  # what is on a missing broker goes first
    return Choice(candidates, wanted, home=frozenset(replicas))


def _led(current: Sequence[Replicas], sets: Sequence[Iterable[int]], load: Load) -> tuple[Replicas, ...]:
    """Each partition's brokers in order: the leaders evenly, the others as they were, new ones last."""
    members = [tuple(sorted(brokers)) for brokers in sets]
    choices = [
        Choice(brokers, 1, home=frozenset(before[:1]).intersection(brokers))
        for before, brokers in zip(current, members, strict=True)
    ]
    leaders = choose(choices, dict.fromkeys({*load.racks, *_brokers(members)}), load.leaders)
    ordered = []
    for before, brokers, (leader,) in zip(current, members, leaders, strict=True):
        kept = [broker for broker in before if broker in brokers and broker != leader]
        new = [broker for broker in brokers if broker not in before and broker != leader]
        ordered.append((leader, *kept, *new))
    return tuple(ordered)


def _brokers(partitions: Iterable[Iterable[int]]) -> set[int]:
    return {broker for replicas in partitions for broker in replicas}


def _replicas(partitions: Iterable[Replicas]) -> Counter[int]:
    return Counter(broker for replicas in partitions for broker in replicas)


def _leaders(partitions: Iterable[Replicas]) -> Counter[int]:
    return Counter(replicas[0] for replicas in partitions if replicas)
