"""Seeing moves through while a broker is away. It is scripted: a real one comes back when it likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from kafkaops.address import Address
from kafkaops.clients.kafka import (
    Answers,
    ClusterState,
    ConfigAlteration,
    Configs,
    ConfigScope,
    KafkaAdmin,
    PartitionState,
    Reassignment,
    Refusal,
    TopicPartition,
)
from kafkaops.plan.model import Change, ChangeType, OutcomeState, Reason
from kafkaops.resources.kind import Session
from kafkaops.resources.topics import settle
from kafkaops.resources.topics.model import ReassignReplicas, TopicState
from kafkaops.resources.topics.throttle_mark import Mark, marking
from tests.resources.schemas.values import loaded
from tests.resources.topics.values import cluster, configs, on

MOVED = on((1, 3), name="t")
STEP = ReassignReplicas(topic="t", before=((0, (1, 2)),), after=((0, (1, 3)),), throttle=1 << 20)
CHANGE = Change(
    address=Address("topic", "t"),
    type=ChangeType.UPDATE,
    reason=Reason.ASKED_FOR,
    operations=(STEP,),
)


@dataclass
class Away:
    """A cluster whose move is over. Broker 3 is not there for so many looks."""

    looks: int
    elsewhere: bool = False
    mark: dict[str, str] = field(default_factory=lambda: dict(marking(Mark.of(1 << 20), {0: (1, 2)}, {0: (3,)})))
    rates: dict[str, str] = field(default_factory=lambda: {"3": Mark.of(1 << 20).rate})

    def seen(self) -> TopicState:
        if self.elsewhere:
            return on((1, 2), name="t")
        if self.looks < 0:
            return MOVED
        short = (PartitionState(1, (1, 3), (1,)),)
        return replace(MOVED, placement=replace(MOVED.placement, partitions=short))

    def cluster(self) -> ClusterState:
        self.looks -= 1
        return cluster([self.seen()])

    def racks(self) -> Mapping[int, str | None]:
        self.looks -= 1
        return dict.fromkeys((1, 2) if self.looks >= 0 else (1, 2, 3))

    def reassignments(self) -> Mapping[TopicPartition, Reassignment]:
        return {}

    def configs(self, scope: ConfigScope, names: Sequence[str]) -> Mapping[str, Configs | Refusal]:
        if scope is ConfigScope.TOPIC:
            return {name: configs(self.mark) for name in names}
        keys = ("leader.replication.throttled.rate", "follower.replication.throttled.rate")
        return {
            name: Configs(dict.fromkeys(keys, self.rates[name]) if name in self.rates else {}, {}) for name in names
        }

    def alter_configs(self, scope: ConfigScope, alterations: Sequence[ConfigAlteration]) -> Answers:
        for item in alterations:
            if scope is ConfigScope.TOPIC:
                self.mark.clear()
            else:
                self.rates.pop(item.name)
        return {item.name: None for item in alterations}

    def elect_leaders(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, Refusal | None]:
        return dict.fromkeys(partitions)


def settled(brokers: Away) -> tuple[OutcomeState, str]:
    session = Session(loaded=loaded({}, {}), kafka=cast(KafkaAdmin, brokers), cluster=cluster([MOVED]))
    (outcome,) = settle.settle(session, [CHANGE], lambda _left: None)
    return outcome.state, outcome.diagnostic.code if outcome.diagnostic else outcome.detail


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(settle, "_LONGEST_PAUSE_S", 0.01)


def test_a_replica_whose_broker_is_away_is_waited_for() -> None:
    brokers = Away(looks=6)
    state, proof = settled(brokers)
    assert state is OutcomeState.DONE and "1 new replica in sync" in proof
    assert not brokers.mark and not brokers.rates


def test_one_that_stays_away_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle, "_PATIENCE_S", 0.3)
    assert settled(Away(looks=10**6)) == (OutcomeState.FAILED, "KO268")


def test_a_replica_that_lies_elsewhere_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle, "LIMIT_S", 0.0)
    monkeypatch.setattr(settle, "_PATIENCE_S", 10**6)
    assert settled(Away(looks=-1, elsewhere=True)) == (OutcomeState.FAILED, "KO268")
