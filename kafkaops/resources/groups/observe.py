"""What is expected of a group against what it does: said in the plan, changed by nobody. Pure.

| code | meaning |
| --- | --- |
| KO610 | fewer or more members than declared instances |
| KO611 | members without a partition: they idle |
| KO612 | it reads topics that the spec does not name for it, or leaves one out |
| KO613 | it is further behind than `max_lag` |
| KO614 | it has members and no committed offset on some partitions: `start_from` waits |
| KO615 | it runs the other rebalance protocol |
| KO616 | its lag cannot be told for some partitions |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kafkaops.clients.kafka import ClusterState, GroupPhase, TopicPartition
from kafkaops.errors import Diagnostic, Place, Severity
from kafkaops.resources.groups.model import GroupState
from kafkaops.resources.wording import counted
from kafkaops.spec.model import ConsumerGroup, Instances, Service


def observations(
    name: str,
    group: ConsumerGroup,
    service: Service | None,
    have: GroupState,
    ends: Mapping[TopicPartition, int],
    cluster: ClusterState,
    place: Place | None,
) -> Iterator[Diagnostic]:
    """Everything worth saying of one group."""
    if have.view.phase is GroupPhase.FOREIGN:
        return
    look = _Look(name, group, have, cluster, place)
    by_service = service.instances if service is not None else None
    yield from look.members(group.instances if group.instances is not None else by_service)
    if have.view.phase.active:
        yield from look.assignments()
        yield from look.uncommitted()
        yield from look.protocol()
    yield from look.lag(ends)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at one group."""

    name: str
    group: ConsumerGroup
    have: GroupState
    cluster: ClusterState
    place: Place | None

    def members(self, declared: int | Instances | None) -> Iterator[Diagnostic]:
        present = len(self.have.view.members)
        expected = _expected(declared)
        if expected is None or present in expected:
            return
        span = str(expected[0]) if len(expected) == 1 else f"{expected[0]} to {expected[-1]}"
        yield self._said(
            "KO610",
            f"{counted(present, 'member')}, {span} declared",
            Severity.WARNING if present else Severity.INFO,
            "start or stop instances, or declare what is meant",
        )

    def assignments(self) -> Iterator[Diagnostic]:
        view = self.have.view
        assigned = {part.topic for member in view.members for part in member.assigned}
        if not assigned:
            return
        idle = sum(not member.assigned for member in view.members)
        if idle:
            yield self._said(
                "KO611",
                f"{counted(idle, 'member')} of {len(view.members)} without a partition",
                Severity.WARNING,
                "a partition has one reader in a group: add partitions, or run fewer instances",
            )
        foreign, missing = sorted(assigned - set(self.group.topics)), sorted(set(self.group.topics) - assigned)
        parts = [f"reads {', '.join(foreign)} besides"] if foreign else []
        parts += [f"does not read {', '.join(missing)}"] if missing else []
        if parts:
            yield self._said(
                "KO612", f"it {' and '.join(parts)}", Severity.WARNING, "declare its topics, or mend its subscription"
            )

    def uncommitted(self) -> Iterator[Diagnostic]:
        lacking = [part for part in _partitions(self.group, self.cluster) if part not in self.have.committed]
        if self.group.start_from is not None and lacking:
            yield self._said(
                "KO614",
                f"no committed offset on {_some(lacking)}; it has members, so its start is theirs to choose",
                Severity.INFO,
                "their auto.offset.reset decides until they commit",
            )

    def protocol(self) -> Iterator[Diagnostic]:
        declared = self.group.protocol
        if declared is not None and self.have.view.protocol != declared.value:
            yield self._said(
                "KO615",
                f"it runs the {self.have.view.protocol} protocol, {declared.value} is declared",
                Severity.WARNING,
                "group.protocol in its consumers' settings decides",
            )

    def lag(self, ends: Mapping[TopicPartition, int]) -> Iterator[Diagnostic]:
        if self.group.max_lag is None:
            return
        committed = self.have.committed
        behind = {part: max(0, ends[part] - offset) for part, offset in committed.items() if part in ends}
        total = sum(behind.values())
        if total > self.group.max_lag:
            worst = max(behind, key=lambda part: behind[part])
            text = f"{counted(total, 'message')} behind, {self.group.max_lag:,} allowed"
            yield self._said(
                "KO613",
                f"{text}; most on {worst} ({behind[worst]:,})",
                Severity.WARNING,
                "look for stuck or slow members",
            )
        untold = sorted(part for part in committed if part not in ends)
        if untold:
            yield self._said("KO616", f"its lag on {_some(untold)} cannot be told", Severity.WARNING, None)

    def _said(self, code: str, text: str, severity: Severity, hint: str | None) -> Diagnostic:
        return Diagnostic(code, text, severity=severity, address=f"group.{self.name}", place=self.place, hint=hint)


def _expected(declared: int | Instances | None) -> range | None:
    match declared:
        case int():
            return range(declared, declared + 1)
        case Instances():
            return range(declared.min, max(declared.min, declared.max or declared.target or declared.min) + 1)
        case None:
            return None


def _partitions(group: ConsumerGroup, cluster: ClusterState) -> Iterable[TopicPartition]:
    for topic in group.topics:
        if topic in cluster.topics:
            yield from (TopicPartition(topic, index) for index in range(len(cluster.topics[topic].partitions)))


def _some(partitions: Iterable[TopicPartition], limit: int = 3) -> str:
    listed = [str(part) for part in partitions]
    return ", ".join(listed[:limit]) + (f" and {len(listed) - limit} more" if len(listed) > limit else "")
