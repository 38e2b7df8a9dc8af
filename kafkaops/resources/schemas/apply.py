"""Doing changes of subjects, each verified by reading it back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from kafkaops.clients.fan_out import as_finished
from kafkaops.clients.registry import (
    Reference,
    RegisteredSchema,
    RegistryRefusal,
    SchemaContent,
    SchemaRegistry,
)
from kafkaops.errors import KafkaopsError, PlatformError
from kafkaops.plan.model import Change, Operation, Outcome
from kafkaops.resources.kind import Session
from kafkaops.resources.schemas.levels import promise
from kafkaops.resources.schemas.model import (
    DeleteSubject,
    RegisterSchema,
    RestoreVersion,
    SetGlobalCompatibility,
    SetSubjectCompatibility,
)
from kafkaops.resources.schemas.read import registry_of
from kafkaops.resources.stopping import skipped_by_stop

VISIBLE_WITHIN_S = 10.0
"""A registry of several nodes shows a write on the others a moment later."""
_PAUSE_S = 0.1
_MOST_TWINS = 100
"""Versions of one subject that a registry takes for one another; a bound for a loop, not a limit of use."""


def apply(session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
    """Do the changes, eight at a time; one outcome each, as it is verified."""
    registry = registry_of(session)

    def do(change: Change) -> Outcome:
        return skipped_by_stop(change) if session.stop.is_set() else _outcome(registry, change)

    for _, outcome in as_finished(do, changes):
        yield outcome


def _outcome(registry: SchemaRegistry, change: Change) -> Outcome:
    started = time.monotonic()
    try:
        details = [_do(registry, operation) for operation in change.operations]
    except KafkaopsError as error:
        diagnostic = replace(error.diagnostics[0], address=str(change.address), place=change.place)
        return Outcome.failed(change.address, diagnostic, time.monotonic() - started)
    return Outcome.done(change.address, "; ".join(details), time.monotonic() - started)


def _do(registry: SchemaRegistry, operation: Operation) -> str:
    """Do one operation and say what came of it."""
    match operation:
        case SetGlobalCompatibility(after=after):
            return _set_level(registry, None, after)
        case SetSubjectCompatibility(subject=subject, after=after):
            return _set_level(registry, subject, after)
        case RestoreVersion():
            return _restore(registry, operation)
        case RegisterSchema():
            return _register(registry, operation, _content(registry, operation))
        case DeleteSubject():
            return _delete(registry, operation)
        case _:
            raise AssertionError(f"no way to {operation.verb}")


def _set_level(registry: SchemaRegistry, subject: str | None, level: str) -> str:
    registry.set_level(subject, level)
    if not _becomes_true(lambda: registry.level(subject) == level):
        raise PlatformError.of("KO318", f"the level was set to {level}, and the registry does not show it")
    return f"level {level}"


def _content(registry: SchemaRegistry, operation: RegisterSchema) -> SchemaContent:
    """What to send: references by the versions planned, or the newest ones that earlier changes have made."""
    references = []
    for wanted in operation.references:
        found = registry.version(wanted.subject, wanted.version)
        if found is None:
            raise PlatformError.of(
                "KO321",
                f"it refers to {wanted.name}, and subject {wanted.subject} has no version",
                hint="plan again: it was there, or was to be made, when this was planned",
            )
        references.append(Reference(wanted.name, wanted.subject, found.version))
    return SchemaContent(operation.text, operation.type, tuple(references))


def _register(registry: SchemaRegistry, operation: RegisterSchema, content: SchemaContent) -> str:
    schema_id = registry.register(operation.subject, content, operation.normalize)
    newest: list[RegisteredSchema | None] = [None]

    def shows() -> bool:
        newest[0] = registry.version(operation.subject)
        return newest[0] is not None and newest[0].id == schema_id

    if not _becomes_true(shows):
        seen = f"version {newest[0].version} (id {newest[0].id})" if newest[0] else "no version"
        raise PlatformError.of(
            "KO317",
            f"it was registered as id {schema_id}, and the newest is {seen}",
            hint="someone may have registered at the same time; plan again to see what is left",
        )
    assert newest[0] is not None
    return f"version {newest[0].version}, id {schema_id}"


def _restore(registry: SchemaRegistry, operation: RestoreVersion) -> str:
    """Delete softly what the registry takes for the declared schema, then register that.

    Before anything is deleted the registry is asked whether it will take the schema afterwards.
    """
    content = _content(registry, operation)
    _refuse_incompatible(registry, operation, content)
    deleted: list[str] = []
    for _ in range(_MOST_TWINS):
        twin = registry.lookup(operation.subject, content, operation.normalize)
        if twin is None:
            break
        registry.delete_version(operation.subject, twin.version)
        deleted.append(str(twin.version))
    try:
        done = _register(registry, operation, content)
    except KafkaopsError as error:
        first = error.diagnostics[0]
        note = f"version {', '.join(deleted)} is deleted softly; apply again once this is mended"
        raise type(error)((replace(first, hint=note),)) from error
    return f"{done}; version {', '.join(deleted)} deleted softly"


def _refuse_incompatible(registry: SchemaRegistry, operation: RestoreVersion, content: SchemaContent) -> None:
    level = registry.level(operation.subject) or registry.level() or "NONE"
    checked = promise(level)
    if not (checked.backward or checked.forward):
        return
    try:
        verdict = registry.test_compatibility(operation.subject, content, checked.transitive)
    except RegistryRefusal:
        return  # it cannot test it (Apicurio, with references); registering will tell
    if verdict is not None and not verdict.compatible:
        raise PlatformError.of(
            "KO332",
            f"the registry calls it incompatible under level {level}; nothing was deleted",
            detail="\n".join(verdict.messages) or None,
        )


def _delete(registry: SchemaRegistry, operation: DeleteSubject) -> str:
    subject = operation.subject
    versions = () if operation.soft_deleted else registry.delete_subject(subject)
    if operation.permanent:
        versions = registry.delete_subject(subject, permanent=True) or versions
    if not _becomes_true(lambda: not registry.versions(subject, deleted=operation.permanent)):
        raise PlatformError.of("KO319", "it was deleted, and the registry still shows it")
    how = "permanently" if operation.permanent else "softly"
    return f"version {', '.join(str(version) for version in versions)} deleted {how}"


def _becomes_true(condition: Callable[[], bool]) -> bool:
    """Whether a condition holds within the time that a write takes to be seen."""
    until = time.monotonic() + VISIBLE_WITHIN_S
    while not condition():
        if time.monotonic() >= until:
            return False
        time.sleep(_PAUSE_S)
    return True
