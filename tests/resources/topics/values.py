"""Clusters and topics as plain values, and what operations do to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kafkaops.clients.kafka import ClusterState, Configs, PartitionState, TopicPlacement
from kafkaops.plan.model import Operation
from kafkaops.resources.topics.model import (
    CreateTopic,
    DeleteTopic,
    FinishReassignment,
    GrowPartitions,
    ReassignReplicas,
    SetTopicConfigs,
    TopicState,
)
from kafkaops.resources.topics.throttle_mark import FOLLOWERS, LEADERS
from kafkaops.spec.model import Topic

INHERITED = {
    "cleanup.policy": "delete",
    "retention.ms": "604800000",
    "retention.bytes": "-1",
    "max.message.bytes": "1048588",
    "segment.bytes": "1073741824",
    "min.insync.replicas": "1",
    "unclean.leader.election.enable": "false",
    "compression.type": "producer",
    "min.cleanable.dirty.ratio": "0.5",
    "delete.retention.ms": "86400000",
    "remote.log.delete.on.disable": "false",
}


def partition(replicas: int = 3, in_sync: int | None = None, leader: int | None = 1) -> PartitionState:
    brokers = tuple(range(1, replicas + 1))
    return PartitionState(leader, brokers, brokers[: replicas if in_sync is None else in_sync])


def placement(name: str, partitions: int = 3, replication_factor: int = 3) -> TopicPlacement:
    return TopicPlacement(
        name, tuple(partition(replication_factor) for _ in range(partitions)), internal=name.startswith("__")
    )


def configs(overrides: Mapping[str, str] | None = None) -> Configs:
    own = dict(overrides or {})
    return Configs(own, {key: value for key, value in INHERITED.items() if key not in own})


def seen(name: str = "t", partitions: int = 3, replication_factor: int = 3, **overrides: str) -> TopicState:
    return TopicState(placement(name, partitions, replication_factor), configs(dotted(overrides)), INHERITED)


def dotted(config: Mapping[str, str]) -> dict[str, str]:
    return {key.replace("_", "."): value for key, value in config.items()}


def topic(partitions: int = 3, replication_factor: int = 3, mode: str = "merge", **config: str) -> Topic:
    return Topic.model_validate(
        {
            "partitions": partitions,
            "replication_factor": replication_factor,
            "config": dotted(config),
            "config_mode": mode,
        }
    )


def cluster(topics: Iterable[TopicState | TopicPlacement] = (), brokers: int = 3) -> ClusterState:
    placed = [item.placement if isinstance(item, TopicState) else item for item in topics]
    return ClusterState(
        "id", {number: f"b{number}:9092" for number in range(1, brokers + 1)}, {item.name: item for item in placed}
    )


def effect(steps: Iterable[Operation], have: TopicState | None) -> TopicState | None:
    """What a Kafka that does as it is told makes of operations."""
    for step in steps:
        match step:
            case CreateTopic():
                made = placement(step.topic, step.partitions, step.replication_factor)
                have = TopicState(made, configs(dict(step.config)))
            case GrowPartitions():
                assert have is not None and have.partitions == step.before
                added = (partition(len(have.targets[0])),) * (step.after - step.before)
                have = with_partitions(have, (*have.placement.partitions, *added))
            case SetTopicConfigs():
                assert have is not None
                have = with_configs(have, dict(step.set), step.reset)
            case ReassignReplicas():
                assert have is not None
                targets = dict(enumerate(have.targets)) | dict(step.after)
                assert dict(step.before) == {index: have.targets[index] for index, _ in step.after}
                parts = tuple(PartitionState(now[0], now, now) for _, now in sorted(targets.items()))
                gone = (LEADERS, FOLLOWERS, *step.then_reset)
                have = with_configs(with_partitions(have, parts), dict(step.then_set), gone)
            case FinishReassignment():
                assert have is not None
                parts = tuple(PartitionState(now[0], now, now) for now in have.targets)
                gone = (LEADERS, FOLLOWERS, *step.then_reset)
                have = with_configs(replace(with_partitions(have, parts), moving={}), dict(step.then_set), gone)
            case DeleteTopic():
                have = None
            case _:
                raise AssertionError(step)
    return have


def with_partitions(have: TopicState, partitions: tuple[PartitionState, ...]) -> TopicState:
    return replace(have, placement=replace(have.placement, partitions=partitions))


def with_configs(have: TopicState, set_: Mapping[str, str], reset: Iterable[str] = ()) -> TopicState:
    kept = {key: value for key, value in have.configs.overrides.items() if key not in reset}
    return replace(have, configs=configs({**kept, **set_}))


def on(*replicas: tuple[int, ...], name: str = "t", **overrides: str) -> TopicState:
    """A topic whose partitions are on these brokers, all in sync."""
    parts = tuple(PartitionState(brokers[0], brokers, brokers) for brokers in replicas)
    return TopicState(TopicPlacement(name, parts), configs(dotted(overrides)), INHERITED)
