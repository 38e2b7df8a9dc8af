"""Rebalancing by hand: a plan of its own, of nothing but moves that keep every topic's replication factor.

| code | meaning |
| --- | --- |
| KO272 | replicas of the topic are being moved already |
| KO273 | the topic is not on the cluster |
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from kafkaops.address import Address, Guard
from kafkaops.errors import Diagnostic, RefusedError
from kafkaops.plan.model import Change, ChangeType, Difference, Reason
from kafkaops.resources.health import Health, held_while_unwell
from kafkaops.resources.kind import Session
from kafkaops.resources.topics import reassigning
from kafkaops.resources.topics.by_hand import managed_topics
from kafkaops.resources.topics.diff import KIND, digest
from kafkaops.resources.topics.kind import TopicKind
from kafkaops.resources.topics.model import TopicsSnapshot, TopicState
from kafkaops.resources.topics.placement import Load, Replicas, rebalanced
from kafkaops.resources.topics.read import look, moved, read
from kafkaops.resources.wording import counted


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: which topics, whether racks matter, and what it may take of each broker."""

    topics: tuple[str, ...]
    heed_racks: bool = True
    throttle: int | None = None
    """Bytes per second."""


class Rebalancing(TopicKind):
    """Topics as a kind whose only changes are the moves that even out replicas and leaders."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish

    def names(self, session: Session) -> Collection[str]:
        """The topics asked for. Raises `RefusedError` (KO271) for those that the spec does not manage."""
        return managed_topics(session, self._wish.topics)

    def read(self, session: Session) -> TopicsSnapshot:
        """Their placement, what is being moved, and the racks. Raises `RefusedError` (KO273) for one that is absent."""
        absent = [name for name in self._wish.topics if name not in session.cluster.topics]
        if absent:
            raise RefusedError(
                Diagnostic(
                    "KO273", "it is not on the cluster", address=f"{KIND}.{name}", hint="kafkaops apply makes it"
                )
                for name in absent
            )
        declared = session.loaded.spec.topics
        seen = read(session, {name: declared[name] for name in self._wish.topics}, [], {}).seen
        layout = look(session, [name for name, have in seen.items() if have.mark is not None], with_racks=True)
        return TopicsSnapshot(moved(seen, layout.moving), layout)

    def diff(self, session: Session, snapshot: TopicsSnapshot) -> Difference:
        """The moves, one topic heeding the ones before it. Pure."""
        layout, cluster = snapshot.layout, session.cluster
        assert layout.racks is not None
        ours = [name for name, have in snapshot.seen.items() if have.mark is not None]
        health = Health.of(cluster, layout.moving, ours)
        load, changes = Load.of(cluster, layout.racks), []
        for name, have in sorted(snapshot.seen.items()):
            load = load.without(have.targets)
            target = rebalanced(have.targets, load, heed_racks=self._wish.heed_racks)
            load = load.plus(target)
            if have.moving or target != have.targets:
                changes.append(held_while_unwell(self._change(session, name, have, target), health.summary))
        return Difference(
            changes=tuple(changes),
            ailment=health.summary,
            observations=(*health.observations(), *reassigning.observations(layout)),
            in_sync=len(snapshot.seen) - len(changes),
        )

    def _change(self, session: Session, name: str, have: TopicState, target: Sequence[Replicas]) -> Change:
        address, place = Address(KIND, name), session.loaded.places.of("topics", name)
        step = reassigning.move(name, have, target, self._wish.throttle)
        busy = Diagnostic(
            "KO272",
            f"replicas of {counted(len(have.moving), 'partition')} are being moved already",
            address=str(address),
            place=place,
            hint="wait (kafkaops topics reassignments --watch), or kafkaops topics cancel-reassignment",
        )
        return Change(
            address=address,
            type=ChangeType.UPDATE,
            reason=Reason.ASKED_FOR,
            operations=(step,),
            fields=tuple(reassigning.fields(step, have)),
            hazards=tuple(reassigning.hazards(step)),
            blockers=(busy,) if have.moving else (),
            lifted=frozenset({Guard.DISRUPTIVE}),  # it is asked for by name, and confirmed
            place=place,
            observed=digest(have),
            summary=f"{counted(len(step.after), 'partition')} changed",
        )


def planning_session(opened: Session, held: Session) -> Session:
    """The session to rebalance in: it heeds the lock, and plans nothing of what the ledger knows."""
    return replace(opened, stop=held.stop)
