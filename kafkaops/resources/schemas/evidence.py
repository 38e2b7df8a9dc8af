"""What holds a version or a subject in place, asked of the registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kafkaops.clients.registry import SchemaRegistry
from kafkaops.errors import Diagnostic, Severity
from kafkaops.plan.model import Change, Foresight, Prediction
from kafkaops.resources.schemas.judge import Judgement
from kafkaops.resources.schemas.model import DeleteSubject, RestoreVersion


def of_restoring(registry: SchemaRegistry, operation: RestoreVersion, change: Change) -> Iterator[Diagnostic]:
    """A version that is referred to cannot be deleted, not even for a moment."""
    referring = _referring(registry, operation.subject, (operation.version,))
    if not referring:
        return
    yield Diagnostic(
        "KO313",
        f"version {operation.version} cannot be made the newest: {_refer(referring)} to it",
        address=str(change.address),
        place=change.place,
        detail="the registry takes the declared schema for that version, and will not delete it meanwhile",
        hint='give the schema something that the registry tells apart, such as an attribute "revision": 2',
    )


@dataclass(frozen=True, slots=True)
class Removal:
    """What was found out about a subject that is to go."""

    judgement: Judgement
    goes_after: frozenset[str]
    """The subjects that refer to it and go by this plan as well: they hold it in place until then."""


def of_removal(
    registry: SchemaRegistry,
    operation: DeleteSubject,
    change: Change,
    let_go: frozenset[str],
    topics: frozenset[str],
) -> Removal:
    """What goes with a subject, and what refers to it; `let_go` no longer will when it is its turn."""
    subject = operation.subject
    versions = registry.versions(subject, deleted=operation.permanent)
    found = _referring(registry, subject, versions)
    referring = [item for item in found if item[0] not in let_go]
    going = ", ".join(str(version) for version in versions)
    detail = f"deletes version{'s' if len(versions) != 1 else ''} {going}"
    if not referring:
        detail += f"; no schema that stays refers to {'it' if len(versions) == 1 else 'them'}"
    prediction = Prediction(Foresight.PREDICTED, detail)
    held = tuple(_held(change, referring, registry.heeds_deleted_referrers))
    judgement = prediction, (), held, tuple(_still_used(change, subject, topics))
    return Removal(judgement, frozenset(name for name, _ in found) & let_go)


def _held(change: Change, referring: list[tuple[str, int]], heeds_deleted: bool) -> Iterator[Diagnostic]:
    if referring:
        how = " with `permanent: true`, for this registry heeds what is deleted only softly" if heeds_deleted else ""
        yield Diagnostic(
            "KO305",
            f"{_refer(referring)} to it",
            address=str(change.address),
            place=change.place,
            hint=f"name those subjects under `removed:` as well{how}; or keep this one, and let it go: "
            f"removed: [{{address: {change.address}, action: forget}}]",
        )


def _still_used(change: Change, subject: str, topics: frozenset[str]) -> Iterator[Diagnostic]:
    topic, dash, part = subject.rpartition("-")
    if dash and part in ("key", "value") and topic in topics:
        yield Diagnostic(
            "KO307",
            f"topic {topic} is in the spec, and by its name this is the schema of its {part}s",
            severity=Severity.WARNING,
            address=str(change.address),
            place=change.place,
        )


def _refer(referring: list[tuple[str, int]]) -> str:
    """'orders-value version 1 refers', or 'refer' of several."""
    names = ", ".join(f"{subject} version {version}" for subject, version in referring)
    return f"{names} refer{'s' if len(referring) == 1 else ''}"


def _referring(registry: SchemaRegistry, subject: str, versions: tuple[int, ...]) -> list[tuple[str, int]]:
    """The (subject, version) that refer to any of the versions, other than the subject's own.

    Apicurio heeds referring versions that were deleted softly, and names ids of which nothing is left.
    """
    ids = {schema_id for version in versions for schema_id in registry.referrers(subject, version)}
    places = {place for schema_id in sorted(ids) for place in registry.places_of(schema_id, deleted=True)}
    return sorted(place for place in places if place[0] != subject)
