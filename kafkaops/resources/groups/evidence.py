"""What deleting a group loses: where it stood, from its committed offsets. Only asked where a group is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kafkaops.clients.kafka import Position, TopicPartition
from kafkaops.plan.model import Change, ChangeType
from kafkaops.resources.groups.read import partitions_of
from kafkaops.resources.kind import Session
from kafkaops.resources.wording import counted

_TOPICS_SHOWN = 3


def weigh(session: Session, changes: Sequence[Change]) -> Sequence[Change]:
    """The changes, deletions with the topics on which the group has offsets and how far behind it is."""
    going = [change.address.name for change in changes if change.type is ChangeType.DELETE]
    if not going:
        return changes
    everywhere = partitions_of(session.cluster.topics, session.cluster)
    committed = session.kafka.committed(dict.fromkeys(going, everywhere))
    wanted = sorted({partition for offsets in committed.values() for partition in offsets})
    ends = session.kafka.offsets(wanted, Position.LATEST)
    known = {partition: end for partition, end in ends.items() if isinstance(end, int)}
    return [
        _with_offsets(change, committed.get(change.address.name, {}), known)
        if change.type is ChangeType.DELETE
        else change
        for change in changes
    ]


def _with_offsets(change: Change, offsets: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> Change:
    said = _standing(offsets, ends)
    hazards = (replace(item, text=f"{item.text} ({said})") if item.code == "KO604" else item for item in change.hazards)
    return replace(change, hazards=tuple(hazards))


def _standing(offsets: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> str:
    """`it has offsets on 2 topics: a, b; 340 messages are not read yet`."""
    if not offsets:
        return "it has no committed offsets"
    topics = sorted({partition.topic for partition in offsets})
    more = f" and {len(topics) - _TOPICS_SHOWN} more" if len(topics) > _TOPICS_SHOWN else ""
    where = f"it has offsets on {counted(len(topics), 'topic')}: {', '.join(topics[:_TOPICS_SHOWN])}{more}"
    behind = sum(max(0, ends[partition] - offset) for partition, offset in offsets.items() if partition in ends)
    left = f"{counted(behind, 'message')} {'is' if behind == 1 else 'are'} not read yet"
    return f"{where}; {left}" if offsets.keys() <= ends.keys() else f"{where}; how far behind it is, is unknown"
