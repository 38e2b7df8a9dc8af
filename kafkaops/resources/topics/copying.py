"""How much there is to copy, and how far it is: asked of the brokers' log dirs, an estimate by nature."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kafkaops.clients.kafka import Reassignment, TopicPartition
from kafkaops.plan.model import Change, Hazard, Risk
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.model import Copying, ReassignReplicas
from kafkaops.resources.topics.placement import Replicas
from kafkaops.spec.throughput import size_text

_COPIES = "KO261"
_BROKERS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes on disk of replicas, as far as brokers said."""

    by_broker: Mapping[int, Mapping[TopicPartition, int]]

    def on(self, partition: TopicPartition, broker: int) -> int | None:
        """One replica's; 0 where the broker has none yet, None when the broker did not answer."""
        held = self.by_broker.get(broker)
        return None if held is None else held.get(partition, 0)

    def of(self, partition: TopicPartition, brokers: Iterable[int]) -> int | None:
        """The largest of these replicas; None when none of the brokers answered."""
        known = [size for broker in brokers if (size := self.on(partition, broker)) is not None]
        return max(known, default=None)


def sizes(session: Session, replicas: Mapping[TopicPartition, Iterable[int]]) -> Sizes:
    """The sizes of these replicas, in one request for each broker."""
    asked: dict[int, list[TopicPartition]] = defaultdict(list)
    for partition, brokers in replicas.items():
        for broker in brokers:
            if broker in session.cluster.brokers:
                asked[broker].append(partition)
    return Sizes(session.kafka.log_sizes(asked))


def how_far(
    session: Session, moving: Mapping[TopicPartition, Reassignment], ours: Collection[str] = ()
) -> tuple[Copying, ...]:
    """For each topic that is being moved, what is left."""
    if not moving:
        return ()
    found = sizes(session, {partition: move.replicas for partition, move in moving.items()})
    by_topic: dict[str, list[TopicPartition]] = defaultdict(list)
    for partition in sorted(moving):
        by_topic[partition.topic].append(partition)
    return tuple(
        Copying(
            topic=topic,
            left=len(partitions),
            partitions=_partitions_of(session, topic, partitions),
            bytes_left=_summed(bytes_left(found, partition, moving[partition]) for partition in partitions),
            ours=topic in ours,
        )
        for topic, partitions in by_topic.items()
    )


def bytes_left(found: Sizes, partition: TopicPartition, move: Reassignment) -> int | None:
    """What the new replicas of one partition lack of the largest old one."""
    whole = found.of(partition, (broker for broker in move.replicas if broker not in move.adding))
    if whole is None:
        return None
    return sum(max(0, whole - (found.on(partition, broker) or 0)) for broker in move.adding)


def _partitions_of(session: Session, topic: str, moving: Sequence[TopicPartition]) -> int:
    placed = session.cluster.topics.get(topic)
    return max(len(placed.partitions) if placed else 0, len(moving))


def _summed(amounts: Iterable[int | None]) -> int | None:
    listed = list(amounts)
    return None if None in listed else sum(amount for amount in listed if amount is not None)


def weigh_copies(session: Session, changes: Sequence[Change]) -> Sequence[Change]:
    """The changes with the bytes that moving replicas would copy, and which brokers would get how much of them."""
    moves = {
        change.address: step
        for change in changes
        for step in change.operations
        if isinstance(step, ReassignReplicas) and any(step.copies.values())
    }
    if not moves:
        return changes
    sources: dict[TopicPartition, Replicas] = {}
    for step in moves.values():
        sources.update(_sources(step))
    found = sizes(session, sources)
    return [_weighed(change, moves[change.address], found) if change.address in moves else change for change in changes]


def _sources(step: ReassignReplicas) -> dict[TopicPartition, Replicas]:
    return {TopicPartition(step.topic, index): replicas for index, replicas in step.before if step.copies[index]}


def _weighed(change: Change, step: ReassignReplicas, found: Sizes) -> Change:
    gets: dict[int, int] = defaultdict(int)
    unknown = 0
    for partition, replicas in _sources(step).items():
        size = found.of(partition, replicas)
        unknown += size is None
        for broker in step.copies[partition.partition]:
            gets[broker] += size or 0
    return replace(change, hazards=tuple(_with_bytes(hazard, gets, unknown) for hazard in change.hazards))


def _with_bytes(hazard: Hazard, gets: Mapping[int, int], unknown: int) -> Hazard:
    if hazard.code != _COPIES:
        return hazard
    if unknown:
        return replace(hazard, text=f"{hazard.text} (how many bytes is unknown: {unknown} partitions are not seen)")
    total = sum(gets.values())
    if total == 0:
        return replace(hazard, risk=Risk.SAFE, guard=None, text=f"{hazard.text} (there is nothing to copy)")
    listed = [f"broker {broker} gets {size_text(size)}" for broker, size in sorted(gets.items())]
    more = f" and {len(listed) - _BROKERS_SHOWN} more brokers" if len(listed) > _BROKERS_SHOWN else ""
    split = ", ".join(listed[:_BROKERS_SHOWN]) + more
    return replace(hazard, text=f"{hazard.text}: about {size_text(total)} by the log dirs, an estimate; {split}")
