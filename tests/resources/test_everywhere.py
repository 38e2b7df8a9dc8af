"""Something set counts when the last broker shows it. Brokers that lag are scripted: real ones do so when they like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from kafkaops.clients.kafka import ClusterState, ConfigScope, KafkaAdmin, Refusal
from kafkaops.resources.everywhere import await_everywhere
from kafkaops.resources.kind import Session
from tests.resources.schemas.values import loaded

NEW = {"g": {"a": "2", "b": None}}
HIDDEN = Refusal("GROUP_AUTHORIZATION_FAILED", "")


@dataclass
class Lagging:
    """Brokers that hold `old` for some looks, then what is new. None of old: they do not answer."""

    looks: dict[int, int]
    old: Mapping[str, str] | Refusal | None
    listed: frozenset[int] = frozenset({1, 2, 3})
    """What the cluster's metadata name by the time when they are asked again."""
    asked: list[tuple[int, Mapping[str, Sequence[str]]]] = field(default_factory=list)

    def overrides_on(
        self, broker: int, scope: ConfigScope, keys: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Mapping[str, str] | Refusal] | None:
        self.asked.append((broker, keys))
        self.looks[broker] -= 1
        if self.looks[broker] < 0:
            return {key: {"a": "2"} for key in keys}
        return None if self.old is None else dict.fromkeys(keys, self.old)

    def cluster(self) -> ClusterState:
        return ClusterState("c", dict.fromkeys(self.listed, "b:1"), {})


def waited(brokers: Lagging, expected: Mapping[str, Mapping[str, str | None]], limit_s: float = 30) -> object:
    known = ClusterState("c", dict.fromkeys(brokers.looks, "b:1"), {})
    session = Session(loaded=loaded({}, {}), kafka=cast(KafkaAdmin, brokers), cluster=known)
    return await_everywhere(session, ConfigScope.GROUP, expected, lambda _key, one, other: one == other, limit_s)


def test_the_slowest_broker_is_waited_for() -> None:
    brokers = Lagging({1: 0, 2: 3, 3: 1}, {"a": "1", "b": "1"})
    assert waited(brokers, NEW) == {}
    assert sorted(broker for broker, _ in brokers.asked) == [1, 2, 2, 2, 2, 3, 3]


def test_what_one_broker_does_not_show_in_time_is_named() -> None:
    assert waited(Lagging({1: 0, 2: 10**6}, {"a": "2", "b": "1"}), NEW, limit_s=0.05) == {"g": ["b"]}
    assert waited(Lagging({1: 0, 2: 10**6}, HIDDEN), NEW, limit_s=0.05) == {"g": ["a", "b"]}


def test_a_broker_that_gives_no_answer_is_asked_again() -> None:
    brokers = Lagging({1: 0, 2: 3}, None)
    assert waited(brokers, NEW) == {}
    assert sorted(broker for broker, _ in brokers.asked) == [1, 2, 2, 2, 2]
    assert waited(Lagging({1: 0, 2: 10**6}, None), NEW, limit_s=0.05) == {"g": ["a", "b"]}


def test_a_broker_that_the_cluster_shut_out_is_not_waited_for() -> None:
    brokers = Lagging({1: 0, 2: 10**6}, None, listed=frozenset({1}))
    assert waited(brokers, NEW) == {}
    assert sorted(broker for broker, _ in brokers.asked) == [1, 2]


def test_many_are_asked_for_in_chunks_and_each_once() -> None:
    brokers = Lagging({1: 0}, {})
    assert waited(brokers, {f"g{number}": {"a": "2"} for number in range(1200)}) == {}
    assert [len(keys) for _, keys in brokers.asked] == [500, 500, 200]


def test_nothing_is_asked_about_nothing() -> None:
    brokers = Lagging({1: 0}, {})
    assert waited(brokers, {}) == {}
    assert brokers.asked == []
