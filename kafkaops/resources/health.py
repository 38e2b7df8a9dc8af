"""Whether a cluster is well enough for changes that disrupt. Pure.

| code | meaning |
| --- | --- |
| KO205 | the cluster is unwell: this waits until it is not |
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from kafkaops.clients.kafka import ClusterState, Reassignment, TopicPartition
from kafkaops.errors import Diagnostic, Severity
from kafkaops.plan.model import Change, Risk
from kafkaops.resources.wording import counted


@dataclass(frozen=True, slots=True)
class Health:
    """What ails a cluster, by one metadata request."""

    offline: tuple[str, ...] = ()
    """Partitions without a leader, as `topic[partition]`."""
    under_replicated: tuple[str, ...] = ()
    """Partitions with a replica out of sync, other than those that are being reassigned."""
    missing_brokers: tuple[int, ...] = ()
    """Brokers that hold replicas and are not there."""
    reassigned: tuple[str, ...] = ()
    """Partitions that somebody else is reassigning. What kafkaops moves itself ails nobody."""

    @classmethod
    def of(
        cls,
        cluster: ClusterState,
        moving: Mapping[TopicPartition, Reassignment] | None = None,
        ours: Collection[str] = (),
    ) -> Health:
        """Look at every visible partition. `ours` are the topics that kafkaops moves replicas of."""
        moving = moving or {}
        offline: list[str] = []
        under: list[str] = []
        holders: set[int] = set()
        for name, placement in cluster.topics.items():
            for index, partition in enumerate(placement.partitions):
                holders.update(partition.replicas)
                if partition.leader is None:
                    offline.append(f"{name}[{index}]")
                elif len(partition.in_sync) < len(partition.replicas) and TopicPartition(name, index) not in moving:
                    under.append(f"{name}[{index}]")
        others = tuple(str(key) for key in sorted(moving) if key.topic not in ours)
        return cls(tuple(offline), tuple(under), tuple(sorted(holders - cluster.brokers.keys())), others)

    @property
    def well(self) -> bool:
        """True when nothing ails it."""
        return not (self.offline or self.under_replicated or self.missing_brokers or self.reassigned)

    @property
    def summary(self) -> str:
        """What ails it, in one line."""
        parts: list[str] = []
        if self.missing_brokers:
            parts.append(f"broker {_some(str(broker) for broker in self.missing_brokers)} is missing")
        if self.offline:
            number = counted(len(self.offline), "partition")
            parts.append(f"{number} without a leader ({_some(self.offline)})")
        if self.under_replicated:
            number = counted(len(self.under_replicated), "partition")
            parts.append(f"{number} with replicas not in sync ({_some(self.under_replicated)})")
        if self.reassigned:
            parts.append(f"{counted(len(self.reassigned), 'partition')} being reassigned ({_some(self.reassigned)})")
        return "; ".join(parts)

    def observations(self) -> tuple[Diagnostic, ...]:
        """The one observation that says so."""
        if self.well:
            return ()
        return (
            Diagnostic(
                "KO208",
                f"the cluster is unwell: {self.summary}",
                severity=Severity.WARNING,
                hint="safe changes go on; disruptive ones wait until every replica is in sync",
            ),
        )


def held_while_unwell(change: Change, ailment: str) -> Change:
    """The change, made to wait if it is of any risk and the cluster ails from something."""
    waits = any(blocker.code == "KO205" for blocker in change.blockers)
    if not ailment or change.risk is Risk.SAFE or waits:
        return change
    blocker = Diagnostic(
        "KO205",
        f"waits until the cluster is well: {ailment}",
        address=str(change.address),
        place=change.place,
        hint="safe changes of this plan go on: name them with --target",
    )
    return change.annotated(blockers=(blocker,))


def _some(names: Iterable[str], limit: int = 3) -> str:
    listed = list(names)
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more
