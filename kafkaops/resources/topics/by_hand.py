"""What is asked for by hand of topics: each a plan of its own, made, confirmed, done and recorded as any other.

| code | meaning |
| --- | --- |
| KO271 | the spec does not declare the topic, or says not to touch it |
| KO273 | the topic is not on the cluster |
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from kafkaops.address import Address
from kafkaops.errors import Diagnostic, RefusedError
from kafkaops.ledger.ownership import taken
from kafkaops.plan.model import Change, ChangeType, FieldChange, Hazard, Operation, Reason
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.declared import as_declared
from kafkaops.resources.topics.diff import KIND, digest
from kafkaops.resources.topics.kind import TopicKind
from kafkaops.resources.topics.model import Layout, TopicsSnapshot, TopicState
from kafkaops.resources.topics.read import look, moved, read
from kafkaops.spec.suggest import did_you_mean

_INTERRUPTED = "KO876"


class ByHand(TopicKind):
    """Topics as a kind whose only changes are those that a command asks for, of the topics that it names."""

    command: ClassVar[str]
    """What the record calls it."""
    needs_racks: ClassVar[bool] = False

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = tuple(dict.fromkeys(topics))

    def names(self, session: Session) -> Collection[str]:
        """The topics asked for. Raises `RefusedError` (KO271) for those that the spec does not manage."""
        declared = session.loaded.spec.topics
        strangers = [name for name in self.topics if name not in declared or not declared[name].managed]
        if strangers:
            raise RefusedError(_not_ours(session, name) for name in strangers)
        return self.topics

    def read(self, session: Session) -> TopicsSnapshot:
        """The topics, and what is being moved. Raises `RefusedError` (KO273) for one that is absent."""
        absent = [name for name in self.topics if name not in session.cluster.topics]
        if absent:
            raise RefusedError(
                Diagnostic(
                    "KO273", "it is not on the cluster", address=f"{KIND}.{name}", hint="kafkaops apply makes it"
                )
                for name in absent
            )
        declared = session.loaded.spec.topics
        seen = read(session, {name: declared[name] for name in self.topics}, [], {}).seen
        layout = self.layout(session, seen)
        return TopicsSnapshot(moved(seen, layout.moving), layout)

    def layout(self, session: Session, seen: Mapping[str, TopicState]) -> Layout:
        """What is being moved, and where brokers stand."""
        ours = [name for name, have in seen.items() if have.mark is not None]
        return look(session, ours, with_racks=self.needs_racks)

    def change(
        self,
        session: Session,
        have: TopicState,
        step: Operation,
        fields: Sequence[FieldChange],
        summary: str,
        hazards: Sequence[Hazard] = (),
    ) -> Change:
        """An update of one topic that was asked for."""
        name = have.placement.name
        return Change(
            address=Address(KIND, name),
            type=ChangeType.UPDATE,
            reason=Reason.ASKED_FOR,
            operations=(step,),
            fields=tuple(fields),
            hazards=tuple(hazards),
            place=session.loaded.places.of("topics", name),
            observed=digest(have),
            before=as_declared(have),
            summary=summary,
        )


def _not_ours(session: Session, name: str) -> Diagnostic:
    declared = session.loaded.spec.topics
    known = name in declared
    summary = "the spec says managed: false" if known else "the spec does not declare it"
    hint = "take managed: false away" if known else did_you_mean(name, declared) or "declare it under `topics:`"
    return Diagnostic("KO271", f"not touched: {summary}", address=f"{KIND}.{name}", hint=hint)


def acting_session(opened: Session, held: Session, topics: Sequence[str]) -> Session:
    """The session to act in: it heeds the lock, and plans nothing of what the ledger knows.

    Raises `RefusedError` (KO872) for topics that another project holds.
    """
    addresses = [Address(KIND, name) for name in topics]
    rivals = [(address, held.ledger.rival(address)) for address in addresses] if held.ledger else []
    foreign = [taken(address, rival, None) for address, rival in rivals if rival is not None]
    if foreign:
        raise RefusedError(foreign)
    hint = "kafkaops plan shows what is left; kafkaops apply completes it"
    notes = tuple(replace(note, hint=hint) for note in held.notes if note.code == _INTERRUPTED)
    return replace(opened, cluster=held.cluster, stop=held.stop, notes=notes)
