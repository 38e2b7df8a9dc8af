"""What the spec's replication factor asks of replicas, and what a move in progress means for a plan. Pure.

| code | meaning |
| --- | --- |
| KO260 | a reassignment is in progress |
| KO261 | hazard: replicas are copied between brokers |
| KO262 | hazard: records are on fewer brokers |
| KO263 | somebody else is moving the topic's replicas: this waits |
| KO264 | the replication factor is below the min.insync.replicas that would be in force |
| KO265 | the cluster's reassignments cannot be looked at |
| KO266 | the replication factor is changed by the plan that follows the move in progress |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kafkaops.address import Guard
from kafkaops.clients.kafka import ClusterState
from kafkaops.errors import Diagnostic, Place, Severity
from kafkaops.plan.model import FieldChange, Hazard, Operation, Risk
from kafkaops.resources.topics.configs import number_of
from kafkaops.resources.topics.model import (
    ChangeReplicationFactor,
    FinishReassignment,
    Layout,
    Move,
    ReassignReplicas,
    TopicState,
)
from kafkaops.resources.topics.placement import Load, Replicas, resized
from kafkaops.resources.wording import counted
from kafkaops.spec.model import Topic
from kafkaops.spec.throughput import size_text, throughput_text

MIN_IN_SYNC = "min.insync.replicas"
FIELD = "reassignment"
"""The path of what a move in progress differs in."""
ONCE_COPIED = "once the replicas are copied"
"""The note of what is set then."""
TO_ANOTHER_FACTOR = "KO266"
_FIELDS_SHOWN = 12
"""Brokers that a plan lists one by one."""
_TOPICS_SHOWN = 10


def wants_move(topic: Topic, have: TopicState) -> bool:
    """Whether replicas are to be made or taken away, and nothing is moving that would have to end first."""
    return topic.managed and not have.moving and have.factors != {topic.replication_factor}


def targets(
    topics: Mapping[str, Topic], seen: Mapping[str, TopicState], cluster: ClusterState, layout: Layout
) -> Mapping[str, tuple[Replicas, ...]]:
    """Where the replicas of topics should be whose replication factor differs; one topic heeds the one before.

    A topic for which there are too few brokers is left out.
    """
    if layout.racks is None:
        return {}
    load, found = Load.of(cluster, layout.racks), {}
    for name, have in sorted(seen.items()):
        topic = topics.get(name)
        if topic is None or not wants_move(topic, have) or topic.replication_factor > len(layout.racks):
            continue
        load = load.without(have.targets)
        found[name] = resized(have.targets, topic.replication_factor, load)
        load = load.plus(found[name])
    return found


def move(name: str, have: TopicState, target: Sequence[Replicas], throttle: int | None) -> ReassignReplicas:
    """The operation that gives the partitions these replicas; only those that differ are named."""
    differing = [index for index, now in enumerate(have.targets) if now != target[index]]
    before = tuple((index, have.targets[index]) for index in differing)
    after = tuple((index, target[index]) for index in differing)
    factor = max(map(len, target), default=0)
    if have.factors == {factor}:
        return ReassignReplicas(topic=name, before=before, after=after, throttle=throttle)
    return ChangeReplicationFactor(
        topic=name,
        before=before,
        after=after,
        throttle=throttle,
        factor_before=have.replication_factor,
        factor_after=factor,
    )


def moving_operations(
    name: str,
    have: TopicState,
    target: Sequence[Replicas] | None,
    throttle: int | None,
    setting: tuple[tuple[str, str], ...],
    reset: tuple[str, ...] = (),
) -> tuple[tuple[Operation, ...], tuple[tuple[str, str], ...], tuple[str, ...]]:
    """What concerns replicas, and the configs that are left to be set and reset at once.

    A higher min.insync.replicas waits for the copies: before, producers with acks=all would be refused.
    """
    if target is None and have.mark is None:
        return (), setting, reset
    copying = any(move.adding for move in have.moving.values()) or (
        target is not None and any(set(after) - set(now) for now, after in zip(have.targets, target, strict=True))
    )
    then_set = tuple(pair for pair in setting if copying and _raises(have, *pair))
    then_reset = tuple(key for key in reset if copying and _raises(have, key, have.defaults.get(key, "")))
    later: Move = _finish(name, have, throttle) if target is None else move(name, have, target, throttle)
    return (
        (replace(later, then_set=then_set, then_reset=then_reset),),
        tuple(pair for pair in setting if pair not in then_set),
        tuple(key for key in reset if key not in then_reset),
    )


def _finish(name: str, have: TopicState, throttle: int | None) -> FinishReassignment:
    """The rest of a move, under the throttle that the spec asks for now."""
    moves = sorted(have.moving.items())
    return FinishReassignment(
        topic=name,
        before=tuple(
            (index, tuple(broker for broker in each.replicas if broker not in each.adding)) for index, each in moves
        ),
        after=tuple((index, each.target) for index, each in moves),
        throttle=throttle if moves else None,
    )


def _raises(have: TopicState, key: str, value: str) -> bool:
    if key != MIN_IN_SYNC:
        return False
    now, then = number_of(have.configs.effective(key)), number_of(value)
    return now is not None and then is not None and then > now


def fields(step: ReassignReplicas, have: TopicState) -> Iterator[FieldChange]:
    """What differs: the number of replicas, and who gets or loses how many of them and of the leaders' places."""
    if isinstance(step, ChangeReplicationFactor):
        yield FieldChange("replication_factor", step.factor_before, step.factor_after)
    now = list(have.targets)
    then = [dict(step.after).get(index, replicas) for index, replicas in enumerate(now)]
    yield from _counts("replicas", now, then)
    yield from _counts("preferred_leaders", [replicas[:1] for replicas in now], [replicas[:1] for replicas in then])


def finish_field(step: FinishReassignment, have: TopicState) -> FieldChange:
    """What ending a move changes: something is copied still, or only a throttle or the mark is left."""
    throttled = have.mark.rate_kib * 1024 if have.mark else 0
    note = f"throttle of {throughput_text(throttled)} taken away" if throttled else None
    if step.throttle:
        note = f"throttled to {throughput_text(step.throttle)}"
    return FieldChange(FIELD, "in progress" if have.moving else "copied", "finished", note=note)


def _counts(what: str, now: Iterable[Replicas], then: Iterable[Replicas]) -> Iterator[FieldChange]:
    before, after = (Counter(broker for replicas in each for broker in replicas) for each in (now, then))
    differing = [broker for broker in sorted(before | after) if before[broker] != after[broker]]
    for broker in differing[:_FIELDS_SHOWN]:
        yield FieldChange(f"{what}.broker_{broker}", before[broker], after[broker])
    if len(differing) > _FIELDS_SHOWN:
        others = differing[_FIELDS_SHOWN:]
        was, will = (sum(each[broker] for broker in others) for each in (before, after))
        yield FieldChange(f"{what}.other_brokers", was, will, note=f"{len(others)} more brokers")


def hazards(step: ReassignReplicas) -> Iterator[Hazard]:
    """What it costs. How many bytes is learnt from the brokers (`copying.py`)."""
    copies = sum(map(len, step.copies.values()))
    if copies:
        limit = f"at most {throughput_text(step.throttle)} a broker" if step.throttle else "without a throttle"
        text = f"{counted(copies, 'replica')} copied between brokers, {limit}, beside the traffic of clients"
        yield Hazard(Risk.DISRUPTIVE, "KO261", text, guard=Guard.DISRUPTIVE)
    if isinstance(step, ChangeReplicationFactor) and step.factor_after < step.factor_before:
        text = f"records are on {counted(step.factor_after, 'broker')}, and lost when those are"
        yield Hazard(Risk.DISRUPTIVE, "KO262", text, guard=Guard.DISRUPTIVE)


def blockers(
    address: str, topic: Topic, have: TopicState, cluster: ClusterState, layout: Layout, place: Place | None
) -> Iterator[Diagnostic]:
    """Why the replication factor cannot be made what it should be."""
    wanted = topic.replication_factor
    if have.factors == {wanted} and not _raises(have, MIN_IN_SYNC, topic.config.get(MIN_IN_SYNC, "")):
        return
    if have.moving and have.mark is None:
        left = counted(len(have.moving), "partition")
        summary = f"somebody else is moving its replicas ({left} left), which must end first"
        hint = "kafkaops topics reassignments --watch shows how far it is"
        yield Diagnostic("KO263", summary, address=address, place=place, hint=hint)
    if not wants_move(topic, have):
        return
    if layout.refused is not None or layout.racks is None:
        summary = f"the cluster's reassignments cannot be looked at: {layout.refused or 'nobody asked'}"
        hint = "grant this principal Describe and Alter on the cluster"
        yield Diagnostic("KO265", summary, address=address, place=place, hint=hint)
    if wanted > len(cluster.brokers):
        yield too_few_brokers(address, wanted, cluster, place)
    needed = number_of(topic.config.get(MIN_IN_SYNC) or have.configs.effective(MIN_IN_SYNC))
    if needed is not None and needed > wanted and wanted < max(have.factors):
        summary = f"min.insync.replicas={needed} is above replication factor {wanted}: acks=all could never be served"
        hint = f"declare min.insync.replicas of at most {wanted} for it, which is set first"
        yield Diagnostic("KO264", summary, address=address, place=place, hint=hint)


def warnings(address: str, topic: Topic, have: TopicState) -> Iterator[Diagnostic]:
    """KO266: one move after the other."""
    if have.moving and have.mark is not None and have.factors != {topic.replication_factor}:
        yield Diagnostic(
            TO_ANOTHER_FACTOR,
            f"replication factor {topic.replication_factor} follows when the move in progress has ended",
            severity=Severity.WARNING,
            address=address,
            hint="apply, and plan again; or kafkaops topics cancel-reassignment",
        )


def too_few_brokers(address: str, wanted: int, cluster: ClusterState, place: Place | None) -> Diagnostic:
    """KO203."""
    return Diagnostic(
        "KO203",
        f"replication factor {wanted} needs as many brokers; the cluster has {counted(len(cluster.brokers), 'broker')}",
        address=address,
        place=place,
        hint=f"declare at most {len(cluster.brokers)} for this environment, or wait for the missing broker",
    )


def observations(layout: Layout) -> Iterator[Diagnostic]:
    """KO260 for each topic that is being moved, whoever began it."""
    for item in layout.copying[:_TOPICS_SHOWN]:
        size = "bytes left unknown" if item.bytes_left is None else f"about {size_text(item.bytes_left)} left to copy"
        whose = "" if item.ours else ", begun by somebody else"
        yield Diagnostic(
            "KO260",
            f"reassignment in progress: {item.left} of {counted(item.partitions, 'partition')} left, {size}{whose}",
            severity=Severity.INFO,
            address=f"topic.{item.topic}",
            hint="apply waits for it and finishes it; or kafkaops topics reassignments --watch" if item.ours else None,
        )
    if len(layout.copying) > _TOPICS_SHOWN:
        more = counted(len(layout.copying) - _TOPICS_SHOWN, "more topic")
        yield Diagnostic("KO260", f"reassignments in progress on {more}", severity=Severity.INFO)
