"""Groups as plain values, and what operations do to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kafkaops.clients.kafka import (
    ClusterState,
    Configs,
    GroupMember,
    GroupPhase,
    GroupView,
    PartitionState,
    TopicPartition,
    TopicPlacement,
)
from kafkaops.plan.model import Operation
from kafkaops.resources.groups.model import CommitStartPosition, GroupState, SetGroupConfigs
from kafkaops.spec.model import ConsumerGroup, Topic

ENDS = {"earliest": 0, "latest": 100}


def part(topic: str, index: int) -> TopicPartition:
    return TopicPartition(topic, index)


def parts(topic: str, count: int) -> tuple[TopicPartition, ...]:
    return tuple(part(topic, index) for index in range(count))


def cluster(**partitions: int) -> ClusterState:
    one = PartitionState(1, (1,), (1,))
    return ClusterState(
        "id", {1: "b1:9092"}, {name: TopicPlacement(name, (one,) * count) for name, count in partitions.items()}
    )


def group(*topics: str, **fields: object) -> ConsumerGroup:
    return ConsumerGroup.model_validate({"topics": list(topics), **fields})


def topic(partitions: int, *, managed: bool = True) -> Topic:
    return Topic.model_validate({"partitions": partitions, "replication_factor": 1, "managed": managed})


def member(*assigned: TopicPartition) -> GroupMember:
    return GroupMember("client", "127.0.0.1", assigned)


def state(
    phase: GroupPhase = GroupPhase.ABSENT,
    committed: Mapping[TopicPartition, int] | None = None,
    members: tuple[GroupMember, ...] = (),
    configs: Mapping[str, str] | None = None,
    protocol: str | None = "classic",
    purpose: str = "consumer",
) -> GroupState:
    view = GroupView("g", phase, None if phase is GroupPhase.ABSENT else protocol, members, purpose=purpose)
    own = None if configs is None else Configs(dict(configs), {"consumer.session.timeout.ms": "45000"})
    return GroupState(view, dict(committed or {}), own)


def effect(steps: Iterable[Operation], have: GroupState) -> GroupState:
    """What a Kafka that does as it is told makes of operations."""
    for step in steps:
        match step:
            case CommitStartPosition():
                assert not have.view.phase.active, "Kafka refuses commits from outside for a group with members"
                assert not set(step.partitions) & have.committed.keys(), "progress must never be set back"
                new = dict.fromkeys(step.partitions, ENDS[step.start_from])
                view = replace(have.view, phase=GroupPhase.EMPTY)
                have = replace(have, view=view, committed={**have.committed, **new})
            case SetGroupConfigs():
                assert have.configs is not None
                own = replace(have.configs, overrides={**have.configs.overrides, **dict(step.set)})
                have = replace(have, configs=own)
            case _:
                raise AssertionError(step)
    return have
