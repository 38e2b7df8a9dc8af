"""What a change would cost, from what the cluster holds: messages, bytes, readers. Only asked where it matters.

| code | meaning |
| --- | --- |
| KO241 | groups that read the topic now |
| KO242 | groups that have committed offsets on it |
| KO243 | connectors that read it or write to it |
| KO244 | Kafka Streams applications that need its number of partitions as it is |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kafkaops.address import Address, Guard
from kafkaops.clients.connect import SeenConnector
from kafkaops.clients.kafka import GroupView, Position, Refusal, TopicPartition
from kafkaops.errors import Diagnostic, Severity
from kafkaops.plan.model import Change, ChangeType, Hazard, Risk
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.copying import sizes
from kafkaops.resources.topics.streams import applications, has_internal_topics
from kafkaops.resources.wording import counted
from kafkaops.spec.throughput import size_text

_LOSING = frozenset({"KO220", "KO222", "KO223"})
_EMPTY_MAKES_SAFE = frozenset({"KO221", "KO222", "KO223"})
_TOPIC_KEYS = ("errors.deadletterqueue.topic.name", "topic", "kafka.topic")


def weigh(session: Session, changes: Sequence[Change]) -> Sequence[Change]:
    """The changes with what they would cost. Those that cost nothing are returned as they are."""
    risky = [change for change in changes if _loses_or_moves(change)]
    if not risky:
        return changes
    counts = _message_counts(session, [change.address.name for change in risky])
    losing = [change.address.name for change in risky if any(hazard.code in _LOSING for hazard in change.hazards)]
    bytes_held = _sizes(session, [name for name in losing if counts[name] != 0])
    streams = _streams(session, [change.address.name for change in risky if _grows(change)])
    readers = _readers(session, [change.address.name for change in risky if change.type is ChangeType.DELETE])

    staying = _without_leaving(session, readers)

    def weighed(change: Change) -> Change:
        if not _loses_or_moves(change):
            return change
        name = change.address.name
        change = _with_count(change, counts.get(name), bytes_held.get(name))
        if counts.get(name) != 0:
            change = _with_keys(session, change)
        change = change.annotated(hazards=[_of_streams(app, topics) for app, topics in streams.get(name, {}).items()])
        if change.type is not ChangeType.DELETE:
            return change
        gone_first = [Address("connector", name) for name in readers.connectors.get(change.address.name, ())]
        change = replace(change, requires=(*change.requires, *gone_first))
        return _with_readers(change, staying)

    return [weighed(change) for change in changes]


def _loses_or_moves(change: Change) -> bool:
    return any(hazard.code in _EMPTY_MAKES_SAFE | _LOSING for hazard in change.hazards)


def _message_counts(session: Session, topics: Sequence[str]) -> Mapping[str, int | None]:
    """Per topic the offsets between its ends: no more messages than that; None when a partition cannot say."""
    partitions = [
        TopicPartition(name, index) for name in topics for index in range(len(session.cluster.topics[name].partitions))
    ]
    first = session.kafka.offsets(partitions, Position.EARLIEST)
    following = session.kafka.offsets(partitions, Position.LATEST)
    counts: dict[str, int | None] = dict.fromkeys(topics, 0)
    for partition in partitions:
        start, end, so_far = first[partition], following[partition], counts[partition.topic]
        if so_far is None or isinstance(start, Refusal) or isinstance(end, Refusal):
            counts[partition.topic] = None
        else:
            counts[partition.topic] = so_far + end - start
    return counts


def _sizes(session: Session, topics: Sequence[str]) -> Mapping[str, int | None]:
    """Per topic the bytes on its leaders' disks, one request a broker; None when a leader did not say."""
    leaders = {
        TopicPartition(name, index): partition.leader
        for name in topics
        for index, partition in enumerate(session.cluster.topics[name].partitions)
        if partition.leader is not None
    }
    if not leaders:
        return {}
    found = sizes(session, {partition: (leader,) for partition, leader in leaders.items()})
    total: dict[str, int | None] = dict.fromkeys(topics, 0)
    for partition, leader in leaders.items():
        size, so_far = found.on(partition, leader), total[partition.topic]
        total[partition.topic] = None if size is None or so_far is None else so_far + size
    return total


def _grows(change: Change) -> bool:
    return any(hazard.code == "KO221" for hazard in change.hazards)


def _streams(session: Session, topics: Sequence[str]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Per growing topic the Streams applications that read it, with their internal topics."""
    if not topics or not has_internal_topics(session.cluster.topics):
        return {}
    apps = applications(session.kafka.all_groups(), session.cluster.topics)
    views = [view for view in session.kafka.groups(list(apps)).values() if isinstance(view, GroupView)]
    idle = _idle_on(session, topics, [view.name for view in views if not view.phase.active])
    return {
        topic: {app: apps[app] for app in sorted({*_members_on(topic, views), *idle.get(topic, ())})}
        for topic in topics
    }


def _of_streams(app: str, topics: Sequence[str]) -> Hazard:
    shown = ", ".join(topics[:2]) + (f" and {len(topics) - 2} more" if len(topics) > 2 else "")
    return Hazard(
        Risk.DISRUPTIVE,
        "KO244",
        f"the Kafka Streams application {app} reads it: its own topics ({shown}) keep their number of partitions, so "
        "that it fails until it is reset",
        guard=Guard.DISRUPTIVE,
    )


def _with_keys(session: Session, change: Change) -> Change:
    """Said where the spec knows that records have keys; where it does not, they may have some all the same."""
    topic = session.loaded.spec.topics.get(change.address.name)
    key = topic.key if topic is not None else None
    if key is None:
        return change

    def said(hazard: Hazard) -> Hazard:
        if hazard.code != "KO221":
            return hazard
        return replace(hazard, text=f"{hazard.text}; its records have keys: the spec binds {key.schema_file}")

    return replace(change, hazards=tuple(said(hazard) for hazard in change.hazards))


def _with_count(change: Change, count: int | None, size: int | None) -> Change:
    """The numbers into the hazards; a topic without messages has nothing to lose and no keys to move."""
    held = f", about {size_text(size)} by the size of its log" if size else ""

    def weighed(hazard: Hazard) -> Hazard:
        if count == 0 and hazard.code in _EMPTY_MAKES_SAFE:
            return replace(hazard, risk=Risk.SAFE, guard=None, text=f"{hazard.text} (it has no messages)")
        if hazard.code not in _LOSING:
            return hazard
        if count is None:
            return replace(hazard, text=f"{hazard.text} (how many is unknown: a partition did not answer{held})")
        if count == 0:
            return replace(hazard, text=f"{hazard.text} (it has no messages)")
        return replace(hazard, text=f"{hazard.text} (at most {counted(count, 'message')}{held})")

    return replace(change, hazards=tuple(weighed(hazard) for hazard in change.hazards))


@dataclass(frozen=True, slots=True)
class Readers:
    """Who uses topics that are to go: by topic, active groups with members, idle groups, connectors."""

    active: Mapping[str, Mapping[str, int]]
    idle: Mapping[str, Sequence[str]]
    connectors: Mapping[str, Sequence[str]]


def _readers(session: Session, topics: Sequence[str]) -> Readers:
    if not topics:
        return Readers({}, {}, {})
    names = session.kafka.all_groups()
    views = [view for view in session.kafka.groups(names).values() if isinstance(view, GroupView)]
    active = {topic: _members_on(topic, views) for topic in topics}
    idle = _idle_on(session, topics, [view.name for view in views if not view.phase.active])
    seen = session.connect.connectors() if session.connect is not None else {}
    return Readers(active, idle, {topic: _connectors_on(topic, seen.values()) for topic in topics})


def _without_leaving(session: Session, found: Readers) -> Readers:
    """The readers that stay: a connector that the same plan deletes is gone, with its group, before the topic is."""
    leaving = session.removing("connector")
    groups = {f"connect-{name}" for name in leaving} | session.removing("group")
    return Readers(
        {topic: {name: n for name, n in by.items() if name not in groups} for topic, by in found.active.items()},
        {topic: [name for name in names if name not in groups] for topic, names in found.idle.items()},
        {topic: [name for name in names if name not in leaving] for topic, names in found.connectors.items()},
    )


def _members_on(topic: str, views: Iterable[GroupView]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for view in views:
        members = sum(any(part.topic == topic for part in member.assigned) for member in view.members)
        if members:
            found[view.name] = members
    return found


def _idle_on(session: Session, topics: Sequence[str], groups: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Inactive groups with an offset on a topic's partitions: they will have to start anew."""
    partitions = [
        TopicPartition(name, index) for name in topics for index in range(len(session.cluster.topics[name].partitions))
    ]
    committed = session.kafka.committed(dict.fromkeys(groups, partitions))
    return {
        topic: sorted(group for group, offsets in committed.items() if any(part.topic == topic for part in offsets))
        for topic in topics
    }


def _connectors_on(topic: str, connectors: Iterable[SeenConnector]) -> Sequence[str]:
    return sorted(connector.name for connector in connectors if _names(topic, connector.config))


def _names(topic: str, config: Mapping[str, str | None]) -> bool:
    listed = [part.strip() for part in (config.get("topics") or "").split(",")]
    listed.extend(config.get(key) or "" for key in _TOPIC_KEYS)
    if topic in listed:
        return True
    pattern = config.get("topics.regex")
    try:
        return bool(pattern and re.fullmatch(pattern, topic))
    except re.error:
        # Java's regular expressions know more than Python's; a pattern that cannot be read may match.
        return True


def _with_readers(change: Change, readers: Readers) -> Change:
    topic = change.address.name
    hazards: list[Hazard] = []
    if active := readers.active.get(topic):
        listed = ", ".join(f"{group} ({counted(members, 'member')})" for group, members in sorted(active.items()))
        hazards.append(Hazard(Risk.DISRUPTIVE, "KO241", f"groups read it now: {listed}", guard=Guard.DISRUPTIVE))
    if connectors := readers.connectors.get(topic):
        hazards.append(
            Hazard(
                Risk.DISRUPTIVE,
                "KO243",
                f"connectors name it: {', '.join(connectors)}",
                guard=Guard.DISRUPTIVE,
            )
        )
    warnings: list[Diagnostic] = []
    if idle := readers.idle.get(topic):
        warnings.append(
            Diagnostic(
                "KO242",
                f"groups without members have offsets on it, which go with it: {', '.join(idle)}",
                severity=Severity.WARNING,
                address=str(change.address),
            )
        )
    return change.annotated(hazards=hazards, warnings=warnings)
