"""What the spec says of topics against what was seen. Pure: the same input gives the same changes.

| code | meaning |
| --- | --- |
| KO201 | partitions cannot shrink |
| KO203 | the replication factor is above the number of brokers |
| KO204 | the topic is another system's own and is never deleted |
| KO206 | overrides that the spec does not name |
| KO207 | `a.b` beside `a_b` on the cluster: their metrics would be one |
| KO208 | the cluster is unwell, said once (`health.py`) |
| KO209 | batches are allowed that no segment can hold |
| KO210 | more partitions at once than the controller makes |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kafkaops.address import Address, Guard
from kafkaops.clients.kafka import ClusterState
from kafkaops.errors import Diagnostic, Place, Severity
from kafkaops.plan.model import (
    Change,
    ChangeType,
    Difference,
    FieldChange,
    Hazard,
    Operation,
    Reason,
    Risk,
)
from kafkaops.resources.health import Health, held_while_unwell
from kafkaops.resources.topics import reassigning
from kafkaops.resources.topics.configs import number_of, same, shown, unit_of
from kafkaops.resources.topics.declared import as_declared
from kafkaops.resources.topics.hazards import hazards_of
from kafkaops.resources.topics.model import (
    CreateTopic,
    DeleteTopic,
    FinishReassignment,
    GrowPartitions,
    Layout,
    Move,
    ReassignReplicas,
    SetTopicConfigs,
    TopicState,
)
from kafkaops.resources.topics.placement import Replicas
from kafkaops.resources.wording import counted
from kafkaops.spec.model import ConfigMode, Topic
from kafkaops.spec.protected import owner_of

KIND = "topic"
MAX_ADDED_PARTITIONS = 9_000
"""Metadata records in a controller's operation are limited to 10,000, configs and the topic's own included."""
_SIZES = ("max.message.bytes", "segment.bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the spec says of topics, with where it says it and what is allowed."""

    topics: Mapping[str, Topic]
    removed: Mapping[str, Place | None] = field(default_factory=dict)
    places: Mapping[str, Place | None] = field(default_factory=dict)
    lifted: Mapping[str, frozenset[Guard]] = field(default_factory=dict)
    throttle: int | None = None
    """Bytes per second that moving replicas may take of each broker."""
    dropped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The config keys that this project set on a topic and the spec no longer names: they are reset."""


def diff(
    wanted: Wanted, seen: Mapping[str, TopicState], cluster: ClusterState, layout: Layout | None = None
) -> Difference:
    """Every change and observation for the topics that the spec names."""
    layout = layout or Layout()
    health = Health.of(cluster, layout.moving, [name for name, have in seen.items() if have.mark is not None])
    targets = reassigning.targets(wanted.topics, seen, cluster, layout)
    changes: list[Change] = []
    observations: list[Diagnostic] = []
    in_sync = 0
    for name, topic in wanted.topics.items():
        if not topic.managed:
            continue
        have = seen.get(name)
        change = _declared(name, topic, have, wanted, _Around(cluster, layout, targets.get(name)))
        if change is None:
            in_sync += 1
        else:
            changes.append(change)
        if have is not None and topic.config_mode is ConfigMode.MERGE:
            ours = wanted.dropped.get(name, frozenset())
            observations.extend(_unmanaged_overrides(name, topic, have, wanted.places.get(name), ours))
    changes.extend(_removal(name, seen[name], wanted) for name in wanted.removed if name in seen)
    return Difference(
        changes=tuple(held_while_unwell(change, health.summary) for change in changes),
        ailment=health.summary,
        observations=(*health.observations(), *reassigning.observations(layout), *observations),
        in_sync=in_sync,
        unmanaged=tuple(
            sorted(
                name
                for name in cluster.topics.keys() - wanted.topics.keys() - wanted.removed.keys()
                if owner_of(name) is None
            )
        ),
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """What is known beside the topic: the cluster, and where its replicas should be if they are to be moved."""

    cluster: ClusterState
    layout: Layout
    target: tuple[Replicas, ...] | None


def operations(
    name: str,
    want: Topic,
    have: TopicState | None,
    target: tuple[Replicas, ...] | None = None,
    throttle: int | None = None,
    dropped: frozenset[str] = frozenset(),
) -> tuple[Operation, ...]:
    """What would make the topic as declared; nothing where it is, or where it cannot be made so.

    In an order that keeps min.insync.replicas at or below the replication factor, and so that new partitions get
    as many replicas as the others.
    """
    if have is None:
        return (
            CreateTopic(
                topic=name,
                partitions=want.partitions,
                replication_factor=want.replication_factor,
                config=tuple(sorted(want.config.items())),
            ),
        )
    growth: list[Operation] = []
    if want.partitions > have.partitions:
        growth.append(GrowPartitions(topic=name, before=have.partitions, after=want.partitions))
    setting = tuple(
        (key, value) for key, value in sorted(want.config.items()) if not same(key, value, have.configs.effective(key))
    )
    unnamed = _to_reset(want, have, dropped)
    moving, at_once, reset = reassigning.moving_operations(name, have, target, throttle, setting, unnamed)
    configs = [SetTopicConfigs(topic=name, set=at_once, reset=reset)] if at_once or reset else []
    return (*configs, *moving, *growth) if moving else (*growth, *configs)


def _to_reset(want: Topic, have: TopicState, dropped: frozenset[str]) -> tuple[str, ...]:
    """Overrides that the spec does not name: all of them in mode exact, else those that this project once set."""
    unnamed = sorted(key for key in have.overrides if key not in want.config)
    return tuple(key for key in unnamed if want.config_mode is ConfigMode.EXACT or key in dropped)


def _declared(name: str, topic: Topic, have: TopicState | None, wanted: Wanted, around: _Around) -> Change | None:
    steps = operations(name, topic, have, around.target, wanted.throttle, wanted.dropped.get(name, frozenset()))
    blockers = tuple(_blockers(name, topic, have, around, wanted.places.get(name)))
    if not steps and not blockers:
        return None
    fields = _created(topic) if have is None else _changed(topic, have, steps)
    return Change(
        address=Address(KIND, name),
        type=ChangeType.CREATE if have is None else ChangeType.UPDATE,
        reason=_reason(have, steps),
        operations=steps,
        fields=fields,
        hazards=hazards_of(have, steps) if have is not None else (),
        blockers=blockers,
        warnings=tuple(reassigning.warnings(str(Address(KIND, name)), topic, have)) if have is not None else (),
        lifted=wanted.lifted.get(name, frozenset()),
        place=wanted.places.get(name),
        observed=digest(have),
        before=as_declared(have) if have is not None else None,
        summary=f"{counted(topic.partitions, 'partition')} × {counted(topic.replication_factor, 'replica')}",
    )


def _reason(have: TopicState | None, steps: Sequence[Operation]) -> Reason:
    if have is None:
        return Reason.ABSENT_FROM_CLUSTER
    if steps and all(isinstance(step, FinishReassignment) for step in steps):
        return Reason.REASSIGNMENT_UNFINISHED
    return Reason.DIFFERS_FROM_SPEC


def _created(topic: Topic) -> tuple[FieldChange, ...]:
    return (
        FieldChange("partitions", None, topic.partitions),
        FieldChange("replication_factor", None, topic.replication_factor),
        *(_config_field(key, None, value) for key, value in sorted(topic.config.items())),
    )


def _changed(topic: Topic, have: TopicState, steps: Iterable[Operation]) -> tuple[FieldChange, ...]:
    found: list[FieldChange] = []
    if topic.partitions != have.partitions:
        found.append(FieldChange("partitions", have.partitions, topic.partitions))
    moves = have.moving or any(isinstance(step, ReassignReplicas) for step in steps)
    if have.factors != {topic.replication_factor} and not moves:
        found.append(FieldChange("replication_factor", have.replication_factor, topic.replication_factor))
    for step in steps:
        match step:
            case SetTopicConfigs():
                found.extend(_config_field(key, have.configs.effective(key), value) for key, value in step.set)
                found.extend(_reset_field(key, have) for key in step.reset)
            case ReassignReplicas():
                found.extend(reassigning.fields(step, have))
                found.extend(_later_fields(step, have))
            case FinishReassignment():
                found.append(reassigning.finish_field(step, have))
                found.extend(_later_fields(step, have))
    return tuple(found)


def _later_fields(step: Move, have: TopicState) -> Iterable[FieldChange]:
    reset = ((key, have.defaults.get(key)) for key in step.then_reset)
    for key, value in (*step.then_set, *reset):
        yield _config_field(key, have.configs.effective(key), value, note=reassigning.ONCE_COPIED)


def _config_field(key: str, before: str | None, after: str | None, note: str | None = None) -> FieldChange:
    return FieldChange(f"config.{key}", shown(key, before), shown(key, after), unit=unit_of(key), note=note)


def _reset_field(key: str, have: TopicState) -> FieldChange:
    default = have.defaults.get(key)
    return _config_field(key, have.configs.overrides[key], default, note="back to the brokers' value")


def _blockers(
    name: str, topic: Topic, have: TopicState | None, around: _Around, place: Place | None
) -> Iterable[Diagnostic]:
    address = str(Address(KIND, name))
    yield from _too_many(name, topic.partitions - (have.partitions if have else 0), place)
    if have is None:
        yield from _unwritable(name, topic, place)
        yield from _cannot_create(name, topic, around.cluster, place)
        return
    if any(not same(key, topic.config.get(key), have.configs.effective(key)) for key in _SIZES if key in topic.config):
        yield from _unwritable(name, topic, place)
    if topic.partitions < have.partitions:
        yield Diagnostic(
            "KO201",
            f"partitions cannot shrink ({have.partitions} → {topic.partitions})",
            address=address,
            place=place,
            hint=f"declare {have.partitions}, or create another topic and move its producers and consumers",
        )
    yield from reassigning.blockers(address, topic, have, around.cluster, around.layout, place)


def _too_many(name: str, added: int, place: Place | None) -> Iterable[Diagnostic]:
    """KAFKA-17870. Kafka says so when a topic is created, and fails without a word when one grows."""
    if added > MAX_ADDED_PARTITIONS:
        yield Diagnostic(
            "KO210",
            f"{added:,} partitions at once are more than the {MAX_ADDED_PARTITIONS:,} that the controller makes",
            address=str(Address(KIND, name)),
            place=place,
            hint=f"go there in steps of at most {MAX_ADDED_PARTITIONS:,}",
        )


def _unwritable(name: str, topic: Topic, place: Place | None) -> Iterable[Diagnostic]:
    """The brokers take this, and refuse such batches when they are produced (UnifiedLog.append)."""
    batch, segment = (number_of(topic.config.get(key)) for key in _SIZES)
    if batch is None or segment is None or batch <= segment:
        return
    yield Diagnostic(
        "KO209",
        f"max.message.bytes ({batch}) is above segment.bytes ({segment}): larger batches could never be written",
        address=str(Address(KIND, name)),
        place=place,
        hint="raise segment.bytes, or lower max.message.bytes",
    )


def _cannot_create(name: str, topic: Topic, cluster: ClusterState, place: Place | None) -> Iterable[Diagnostic]:
    address = str(Address(KIND, name))
    if topic.replication_factor > len(cluster.brokers):
        yield reassigning.too_few_brokers(address, topic.replication_factor, cluster, place)
    twin = _metric_twin(name, cluster.topics)
    if twin is not None:
        yield Diagnostic(
            "KO207",
            f"the cluster has {twin}, whose metrics could not be told from this topic's",
            address=address,
            place=place,
            hint="Kafka's metrics write '.' as '_'; choose a name that differs in more",
        )


def _metric_twin(name: str, names: Iterable[str]) -> str | None:
    """A topic whose name differs in `.` and `_` only. Kafka checks this on create, though not within a batch."""
    if "." not in name and "_" not in name:
        return None
    folded = name.replace(".", "_")
    return next((other for other in names if other != name and other.replace(".", "_") == folded), None)


def _removal(name: str, have: TopicState, wanted: Wanted) -> Change:
    owner = owner_of(name)
    address = Address(KIND, name)
    place = wanted.removed[name]
    blockers: tuple[Diagnostic, ...] = ()
    if owner is not None or have.placement.internal:
        blockers = (
            Diagnostic(
                "KO204",
                f"it belongs to {owner or 'Kafka itself'}; kafkaops never deletes such a topic",
                address=str(address),
                place=place,
                hint="take it out of `removed:`; its owner's own tools can delete it",
            ),
        )
    return Change(
        address=address,
        type=ChangeType.DELETE,
        reason=Reason.NAMED_FOR_REMOVAL,
        operations=(DeleteTopic(topic=name),),
        fields=(
            FieldChange("partitions", have.partitions, None),
            FieldChange("replication_factor", have.replication_factor, None),
        ),
        hazards=(
            Hazard(
                Risk.IRREVERSIBLE,
                "KO220",
                "its messages and the offsets that groups committed on it go for good",
                guard=Guard.DELETE,
            ),
        ),
        blockers=blockers,
        lifted=wanted.lifted.get(name, frozenset()),
        place=place,
        observed=digest(have),
        before=as_declared(have),
        summary=f"{counted(have.partitions, 'partition')} × {counted(have.replication_factor, 'replica')}",
    )


def _unmanaged_overrides(
    name: str, topic: Topic, have: TopicState, place: Place | None, dropped: frozenset[str]
) -> Sequence[Diagnostic]:
    found = sorted(key for key in have.overrides if key not in topic.config and key not in dropped)
    if not found:
        return ()
    listed = ", ".join(f"{key}={have.configs.overrides[key]}" for key in found)
    return (
        Diagnostic(
            "KO206",
            f"configs are set that the spec does not name: {listed}",
            severity=Severity.INFO,
            address=str(Address(KIND, name)),
            place=place,
            hint="declare them, or set `config_mode: exact` to have them reset",
        ),
    )


def digest(have: TopicState | None) -> str:
    """Stands for what was seen. Prediction puts the topic's id in front, which takes a request to learn."""
    if have is None:
        return ""
    seen = [have.partitions, have.replication_factor, dict(have.overrides)]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()
