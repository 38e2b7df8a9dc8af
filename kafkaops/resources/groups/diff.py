"""What the spec says of groups against what was seen. Pure.

| code | meaning |
| --- | --- |
| KO601 | a topic of the group is neither there nor made by this plan |
| KO602 | the group has members: it is not deleted |
| KO603 | the group is not a consumer group: it is not deleted |
| KO604 | deleting a group loses its committed offsets |
| KO605 | a group of another kind has this name |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kafkaops.address import Address, Guard
from kafkaops.clients.kafka import ClusterState, GroupPhase, TopicPartition
from kafkaops.errors import Diagnostic, Place
from kafkaops.plan.model import (
    Change,
    ChangeType,
    Difference,
    FieldChange,
    Hazard,
    Operation,
    Reason,
    Risk,
    Unit,
)
from kafkaops.resources.groups.declared import as_declared
from kafkaops.resources.groups.model import (
    CommitStartPosition,
    DeleteGroup,
    GroupsSnapshot,
    GroupState,
    SetGroupConfigs,
)
from kafkaops.resources.groups.observe import observations
from kafkaops.resources.wording import counted
from kafkaops.spec.model import ConsumerGroup, Service, StartFrom, Topic

KIND = "group"
_TOPIC = "topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the spec says of groups and of what they read."""

    groups: Mapping[str, ConsumerGroup]
    topics: Mapping[str, Topic] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    removed: Mapping[str, Place | None] = field(default_factory=dict)
    places: Mapping[str, Place | None] = field(default_factory=dict)
    lifted: Mapping[str, frozenset[Guard]] = field(default_factory=dict)
    dropped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The configs that this project set on a group and the spec no longer names: they are reset."""


def diff(wanted: Wanted, snapshot: GroupsSnapshot, cluster: ClusterState) -> Difference:
    """Every change and observation for the groups that the spec names."""
    changes: list[Change] = []
    seen: list[Diagnostic] = []
    in_sync = 0
    for name, group in wanted.groups.items():
        if not group.managed:
            continue
        have = snapshot.seen[name]
        change = _declared(name, group, have, cluster, wanted)
        if change is None:
            in_sync += 1
        else:
            changes.append(change)
        service = wanted.services.get(group.service or "")
        place = wanted.places.get(name)
        seen.extend(observations(name, group, service, have, snapshot.ends, cluster, place))
    there = [name for name in wanted.removed if snapshot.seen[name].view.phase is not GroupPhase.ABSENT]
    changes.extend(_removal(name, snapshot.seen[name], wanted) for name in there)
    return Difference(changes=tuple(changes), observations=tuple(seen), in_sync=in_sync)


def operations(
    name: str,
    want: ConsumerGroup,
    have: GroupState,
    partitions: Iterable[TopicPartition],
    dropped: frozenset[str] = frozenset(),
) -> tuple[Operation, ...]:
    """What would make the group as declared. Offsets of a group with members are its own affair."""
    found: list[Operation] = []
    setting = tuple((key, value) for key, value in sorted(want.config.items()) if _differs(key, value, have))
    overrides = have.configs.overrides if have.configs else {}
    reset = tuple(sorted(dropped & overrides.keys()))
    if setting or reset:
        found.append(SetGroupConfigs(group=name, set=setting, reset=reset))
    if want.start_from is not None and not have.view.phase.active:
        found.extend(_starts(name, want.start_from, have, partitions))
    return tuple(found)


def _starts(
    name: str, start_from: StartFrom, have: GroupState, partitions: Iterable[TopicPartition]
) -> Iterable[CommitStartPosition]:
    """A partition that came later starts at its first message, whatever `start_from` says: nothing is skipped."""
    known = {partition.topic for partition in have.committed}
    missing = [partition for partition in partitions if partition not in have.committed]
    fresh = tuple(part for part in missing if start_from is StartFrom.LATEST and part.topic not in known)
    rest = tuple(part for part in missing if part not in fresh)
    if fresh:
        yield CommitStartPosition(group=name, start_from=StartFrom.LATEST, partitions=fresh)
    if rest:
        yield CommitStartPosition(group=name, start_from=StartFrom.EARLIEST, partitions=rest)


def _differs(key: str, value: str, have: GroupState) -> bool:
    now = have.configs.effective(key) if have.configs else None
    return now is None or now.strip() != value.strip()


def expected_partitions(
    group: ConsumerGroup, topics: Mapping[str, Topic], cluster: ClusterState
) -> tuple[TopicPartition, ...]:
    """The partitions that the group's topics have, or will have once the spec is applied."""
    found: list[TopicPartition] = []
    for name in group.topics:
        live = len(cluster.topics[name].partitions) if name in cluster.topics else 0
        declared = topics[name].partitions if name in topics and topics[name].managed else 0
        found.extend(TopicPartition(name, index) for index in range(max(live, declared)))
    return tuple(found)


def _declared(
    name: str, group: ConsumerGroup, have: GroupState, cluster: ClusterState, wanted: Wanted
) -> Change | None:
    partitions = expected_partitions(group, wanted.topics, cluster)
    steps = operations(name, group, have, partitions, wanted.dropped.get(name, frozenset()))
    blockers = (*_foreign(name, have, wanted), *_missing_topics(name, group, have, wanted, cluster))
    if not steps and not blockers:
        return None
    place = wanted.places.get(name)
    absent = have.view.phase is GroupPhase.ABSENT
    return Change(
        address=Address(KIND, name),
        type=ChangeType.CREATE if absent else ChangeType.UPDATE,
        reason=Reason.ABSENT_FROM_CLUSTER if absent else Reason.DIFFERS_FROM_SPEC,
        operations=steps,
        fields=tuple(_fields(steps, have)),
        blockers=blockers,
        requires=tuple(Address(_TOPIC, topic) for topic in group.topics),
        lifted=wanted.lifted.get(name, frozenset()),
        place=place,
        summary=f"reads {', '.join(group.topics)}",
        observed=_digest(have),
        before=None if absent else as_declared(have),
    )


def _fields(steps: Iterable[Operation], have: GroupState) -> Iterable[FieldChange]:
    for step in steps:
        match step:
            case SetGroupConfigs():
                for key, value in step.set:
                    now = have.configs.effective(key) if have.configs else None
                    unit = Unit.MILLISECONDS if key.endswith(".ms") else None
                    yield FieldChange(f"config.{key}", _number(now), _number(value), unit=unit)
                for key in step.reset:
                    now = have.configs.overrides[key] if have.configs else None
                    yield FieldChange(f"config.{key}", _number(now), None, note="back to the brokers' value")
            case CommitStartPosition():
                for topic in dict.fromkeys(part.topic for part in step.partitions):
                    indexes = [part.partition for part in step.partitions if part.topic == topic]
                    note = f"{counted(len(indexes), 'partition')} without a committed offset"
                    yield FieldChange(f"committed.{topic}", None, step.start_from.value, note=note)
            case _:
                pass


def _number(text: str | None) -> str | int | None:
    return int(text) if text is not None and text.lstrip("-").isdigit() else text


def _foreign(name: str, have: GroupState, wanted: Wanted) -> Iterable[Diagnostic]:
    if have.view.phase is GroupPhase.FOREIGN:
        yield Diagnostic(
            "KO605",
            "a share group or a streams group has this name",
            address=str(Address(KIND, name)),
            place=wanted.places.get(name),
            hint="choose another name, or set `managed: false`",
        )


def _missing_topics(
    name: str, group: ConsumerGroup, have: GroupState, wanted: Wanted, cluster: ClusterState
) -> Iterable[Diagnostic]:
    if group.start_from is None or have.view.phase.active:
        return
    for topic in group.topics:
        declared = wanted.topics.get(topic)
        if topic not in cluster.topics and (declared is None or not declared.managed):
            yield Diagnostic(
                "KO601",
                f"its topic {topic} is not on the cluster, and this plan does not make it",
                address=str(Address(KIND, name)),
                place=wanted.places.get(name),
                hint="declare the topic as managed, or wait until its owner made it",
            )


def _removal(name: str, have: GroupState, wanted: Wanted) -> Change:
    address, view, place = Address(KIND, name), have.view, wanted.removed[name]
    blockers: list[Diagnostic] = []
    foreign = view.phase is GroupPhase.FOREIGN
    if view.phase.active and not foreign:
        blockers.append(
            Diagnostic(
                "KO602",
                f"it has {counted(len(view.members), 'member')} ({view.phase.value}): Kafka deletes no such group",
                address=str(address),
                place=place,
                hint="stop its consumers first",
            )
        )
    if foreign or view.purpose not in ("consumer", ""):
        kind = "share or streams" if foreign else view.purpose
        blockers.append(
            Diagnostic(
                "KO603",
                f"it is a group of kind '{kind}', not of consumers; kafkaops never deletes such a group",
                address=str(address),
                place=place,
                hint="take it out of `removed:`",
            )
        )
    return Change(
        address=address,
        type=ChangeType.DELETE,
        reason=Reason.NAMED_FOR_REMOVAL,
        operations=(DeleteGroup(group=name),),
        hazards=(
            Hazard(
                Risk.IRREVERSIBLE,
                "KO604",
                "its committed offsets go: consumers that come back start anew, skipping or repeating messages",
                guard=Guard.DELETE,
            ),
        ),
        blockers=tuple(blockers),
        lifted=wanted.lifted.get(name, frozenset()),
        place=place,
        observed=_digest(have),
        before=as_declared(have),
    )


def _digest(have: GroupState) -> str:
    """Stands for what a plan built on: which partitions had a committed offset, and the group's configs.

    Neither its phase nor the offsets themselves: they move all the time, and apply looks at them again.
    """
    overrides = dict(have.configs.overrides) if have.configs else {}
    seen = [sorted(str(part) for part in have.committed), overrides]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()
