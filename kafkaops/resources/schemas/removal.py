"""Subjects that the spec wants gone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kafkaops.address import Address, Guard
from kafkaops.clients.registry import RegisteredSchema
from kafkaops.errors import Diagnostic
from kafkaops.plan.digest import digest_of
from kafkaops.plan.model import Change, ChangeType, FieldChange, Hazard, Reason, Risk
from kafkaops.resources.schemas.declared import as_declared
from kafkaops.resources.schemas.model import KIND, DeleteSubject, Desired, Removed, SchemasSnapshot


def removals(wanted: Desired, seen: SchemasSnapshot, lifted: Mapping[Address, frozenset[Guard]]) -> Iterator[Change]:
    """A change for each subject that is to go and is still there."""
    for name, removed in wanted.removed.items():
        soft_deleted = name in seen.soft_deleted
        if name in seen.state.subjects or soft_deleted:
            latest = seen.state.latest.get(name)
            yield Change(
                address=removed.address,
                type=ChangeType.DELETE,
                reason=Reason.NAMED_FOR_REMOVAL,
                operations=(DeleteSubject(subject=name, permanent=removed.permanent, soft_deleted=soft_deleted),),
                fields=(FieldChange("newest_version", latest.version, None),) if latest else (),
                hazards=(_hazard(removed),),
                blockers=tuple(_still_declared(removed, wanted)),
                requires=_referred_to(latest),
                lifted=lifted.get(removed.address, frozenset()),
                place=removed.place,
                summary="delete permanently" if removed.permanent else "delete softly",
                observed=digest_of([latest.version, latest.id] if latest else None),
                before=as_declared(latest, seen.state.levels.get(name)),
            )


def _hazard(removed: Removed) -> Hazard:
    if removed.permanent:
        text = "its schemas are deleted for good: records with their ids can then no longer be decoded"
        return Hazard(Risk.IRREVERSIBLE, "KO307", text, Guard.DELETE)
    text = (
        "producers and consumers that look the subject up no longer find it; "
        "records stay readable by their ids, and registering again brings it back"
    )
    return Hazard(Risk.DISRUPTIVE, "KO307", text, Guard.DELETE)


def _still_declared(removed: Removed, wanted: Desired) -> Iterator[Diagnostic]:
    subject = wanted.subjects.get(removed.subject)
    if subject is None:
        return
    uses = ", ".join(str(use) for use in subject.uses) or f"file {subject.file}"
    yield Diagnostic(
        "KO306",
        f"it is to be removed and is still declared, for {uses}",
        address=str(removed.address),
        place=removed.place,
        hint="take the declaration out of the spec, or the removal",
    )


def _referred_to(latest: RegisteredSchema | None) -> tuple[Address, ...]:
    """What it refers to. Deletions run backwards: it goes before those, which it holds in place."""
    if latest is None:
        return ()
    return tuple(Address(KIND, reference.subject) for reference in latest.content.references)
