"""Rebalancing by hand: nothing but moves that keep every topic's replication factor.

| code | meaning |
| --- | --- |
| KO272 | replicas of the topic are being moved already |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kafkaops.address import Address, Guard
from kafkaops.errors import Diagnostic
from kafkaops.plan.model import Change, Difference
from kafkaops.resources.health import Health, held_while_unwell
from kafkaops.resources.kind import Session
from kafkaops.resources.topics import reassigning
from kafkaops.resources.topics.by_hand import ByHand
from kafkaops.resources.topics.diff import KIND
from kafkaops.resources.topics.kind import throttle_of
from kafkaops.resources.topics.model import TopicsSnapshot, TopicState
from kafkaops.resources.topics.placement import Load, Replicas, rebalanced
from kafkaops.resources.wording import counted


class Rebalancing(ByHand):
    """Topics as a kind whose only changes are the moves that even out replicas and leaders."""

    command = "topics rebalance"
    needs_racks = True

    def __init__(self, topics: Sequence[str], *, heed_racks: bool = True) -> None:
        super().__init__(topics)
        self._heed_racks = heed_racks

    def diff(self, session: Session, snapshot: TopicsSnapshot) -> Difference:
        """The moves, one topic heeding the ones before it. Pure."""
        layout, cluster = snapshot.layout, session.cluster
        assert layout.racks is not None
        ours = [name for name, have in snapshot.seen.items() if have.mark is not None]
        health = Health.of(cluster, layout.moving, ours)
        load, changes = Load.of(cluster, layout.racks), []
        for name, have in sorted(snapshot.seen.items()):
            widest = max(map(len, have.targets), default=0)
            if widest > len(layout.racks):
                lacking = reassigning.too_few_brokers(f"{KIND}.{name}", widest, cluster, None)
                changes.append(self._move(session, name, have, have.targets).annotated(blockers=[lacking]))
                continue
            load = load.without(have.targets)
            target = rebalanced(have.targets, load, heed_racks=self._heed_racks)
            load = load.plus(target)
            if have.moving or target != have.targets:
                changes.append(held_while_unwell(self._move(session, name, have, target), health.summary))
        return Difference(
            changes=tuple(changes),
            ailment=health.summary,
            observations=(*health.observations(), *reassigning.observations(layout)),
            in_sync=len(snapshot.seen) - len(changes),
        )

    def _move(self, session: Session, name: str, have: TopicState, target: Sequence[Replicas]) -> Change:
        step = reassigning.move(name, have, target, throttle_of(session))
        summary = f"{counted(len(step.after), 'partition')} changed"
        change = self.change(
            session, have, step, list(reassigning.fields(step, have)), summary, list(reassigning.hazards(step))
        )
        busy = Diagnostic(
            "KO272",
            f"replicas of {counted(len(have.moving), 'partition')} are being moved already",
            address=str(Address(KIND, name)),
            place=change.place,
            hint="wait (kafkaops topics reassignments --watch), or kafkaops topics cancel-reassignment",
        )
        # Lifted: it is asked for by name, and confirmed.
        return replace(change, blockers=(busy,) if have.moving else (), lifted=frozenset({Guard.DISRUPTIVE}))
