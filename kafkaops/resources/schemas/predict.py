"""What the registry would say, and what it would wrongly let through. Touches nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from kafkaops.address import Address
from kafkaops.clients.fan_out import fan_out
from kafkaops.clients.http_errors import HttpStatusError
from kafkaops.clients.registry import (
    Mode,
    Reference,
    RegistryRefusal,
    SchemaContent,
    SchemaRegistry,
    SchemaType,
    Verdict,
)
from kafkaops.errors import Diagnostic
from kafkaops.plan.model import Change, Foresight, Hazard, Prediction
from kafkaops.resources.kind import Session
from kafkaops.resources.schemas.evidence import of_removal, of_restoring
from kafkaops.resources.schemas.judge import Known, judge
from kafkaops.resources.schemas.levels import promise
from kafkaops.resources.schemas.model import (
    KIND,
    DeleteSubject,
    DesiredSubject,
    RegisterSchema,
    RestoreVersion,
    SetGlobalCompatibility,
    SetSubjectCompatibility,
    registering,
)
from kafkaops.resources.schemas.read import registry_of
from kafkaops.resources.schemas.verdicts import compare

_OPEN = frozenset({Mode.READWRITE, Mode.FORWARD})
_NO_RIGHT = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NO_DRY_RUN = Prediction(Foresight.NOT_PREDICTABLE, "a registry has no dry run for compatibility levels")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the changes of one plan have in common."""

    registry: SchemaRegistry
    subjects: Mapping[str, DesiredSubject]
    changed: frozenset[str]
    """Subjects that get a new version by this plan."""
    let_go: frozenset[str]
    """Subjects that this plan deletes so that they no longer hold in place what they refer to."""
    topics: frozenset[str]
    global_before: str
    global_after: str


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found out about one change."""

    prediction: Prediction
    hazards: tuple[Hazard, ...] = ()
    blockers: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    goes_after: frozenset[str] = frozenset()
    """Subjects that must be deleted before it."""


def predict(session: Session, changes: Sequence[Change], subjects: Mapping[str, DesiredSubject]) -> list[Change]:
    """The changes with the registry's and our own verdict, asked for eight at a time."""
    around = _surroundings(session, changes, subjects)
    found = fan_out(lambda change: _found(around, change), changes)
    annotated = [
        change.annotated(
            prediction=item.prediction, hazards=item.hazards, blockers=item.blockers, warnings=item.warnings
        )
        for change, item in zip(changes, found, strict=True)
    ]
    return _in_order(annotated, {change.address: item.goes_after for change, item in zip(changes, found, strict=True)})


def _in_order(changes: Sequence[Change], goes_after: Mapping[Address, frozenset[str]]) -> list[Change]:
    """The deletions with what they hold in place, which the newest version does not tell of all: not of one that is
    deleted softly, nor of earlier versions. Where two hold each other, the order stays as it was.
    """
    required = {change.address: list(change.requires) for change in changes}
    for address, subjects in sorted(goes_after.items()):
        for referring in sorted(Address(KIND, subject) for subject in subjects):
            if address not in required[referring] and not _leads_to(required, address, referring):
                required[referring].append(address)
    return [replace(change, requires=tuple(required[change.address])) for change in changes]


def _leads_to(required: Mapping[Address, Sequence[Address]], start: Address, end: Address) -> bool:
    queue, seen = [start], set[Address]()
    while queue:
        address = queue.pop()
        if address == end:
            return True
        if address not in seen:
            seen.add(address)
            queue.extend(required.get(address, ()))
    return False


def _surroundings(session: Session, changes: Sequence[Change], subjects: Mapping[str, DesiredSubject]) -> Surroundings:
    registry = registry_of(session)
    operations = [operation for change in changes for operation in change.operations]
    versions = [item for item in operations if isinstance(item, RegisterSchema)]
    levels = [item for item in operations if isinstance(item, SetGlobalCompatibility)]
    before = (registry.level() or "NONE") if any(item.after_version for item in versions) else "NONE"
    return Surroundings(
        registry=registry,
        subjects=subjects,
        changed=frozenset(item.subject for item in versions),
        let_go=frozenset(
            item.subject
            for item in operations
            if isinstance(item, DeleteSubject) and (item.permanent or not registry.heeds_deleted_referrers)
        ),
        topics=frozenset(session.loaded.spec.topics),
        global_before=before,
        global_after=levels[0].after if levels else before,
    )


def _found(around: Surroundings, change: Change) -> _Found:
    try:
        return _ask(around, change)
    except HttpStatusError as error:
        if error.status not in _NO_RIGHT:
            raise
        reason = f"the registry does not let this user ask ({error.status})"
        return _Found(Prediction(Foresight.NOT_PREDICTABLE, reason))


def _ask(around: Surroundings, change: Change) -> _Found:
    for operation in change.operations:
        if isinstance(operation, DeleteSubject):
            removal = of_removal(around.registry, operation, change, around.let_go, around.topics)
            return _Found(*removal.judgement, goes_after=removal.goes_after)
    version = registering(change.operations)
    if version is None:
        return _Found(_NO_DRY_RUN)
    blockers = [*_mode_blockers(around.registry, change, version)]
    if isinstance(version, RestoreVersion):
        blockers.extend(of_restoring(around.registry, version, change))
    if blockers:
        return _Found(Prediction(Foresight.PREDICTED, "the registry would refuse"), (), tuple(blockers))
    if version.after_version is None:
        return _Found(_of_new_subject(version))
    return _of_new_version(around, change, version)


def _mode_blockers(registry: SchemaRegistry, change: Change, version: RegisterSchema) -> Iterator[Diagnostic]:
    """Apicurio keeps a mode and does not heed it; whoever set it meant it all the same."""
    mode = registry.mode(version.subject)
    if mode not in _OPEN:
        yield Diagnostic(
            "KO304",
            f"the registry is in mode {mode} for it, so that nothing may be registered",
            address=str(change.address),
            place=change.place,
            hint="set its mode to READWRITE when whoever set it is done",
        )


def _of_new_subject(version: RegisterSchema) -> Prediction:
    if version.type is SchemaType.AVRO:
        detail = "a new subject: there is nothing to be compatible with, and the schema is valid Avro"
        return Prediction(Foresight.PREDICTED, detail)
    detail = f"a registry checks a {version.type.value} schema of a new subject only when it registers it"
    return Prediction(Foresight.NOT_PREDICTABLE, detail)


def _of_new_version(around: Surroundings, change: Change, version: RegisterSchema) -> _Found:
    before, after = _levels(around, change, version)
    subject = around.subjects[version.subject]
    every_version = promise(after).transitive or promise(before).transitive
    asked, why_not = _registry_says(around, version, before, after)
    known = Known(
        address=str(change.address),
        place=change.place,
        before=before,
        after=after,
        newest=version.after_version or 0,
        registry=asked if not isinstance(asked, RegistryRefusal) else None,
        refusal=asked if isinstance(asked, RegistryRefusal) else None,
        why_not_asked=why_not,
        own=compare(around.registry, version, subject, around.subjects, every_version),
    )
    return _Found(*judge(known))


def _levels(around: Surroundings, change: Change, version: RegisterSchema) -> tuple[str, str]:
    """(the level in force now, the one in force when it is registered)."""
    for operation in change.operations:
        if isinstance(operation, SetSubjectCompatibility):
            return operation.before or around.global_before, operation.after
    own = around.registry.level(version.subject)
    return own or around.global_before, own or around.global_after


def _registry_says(
    around: Surroundings, version: RegisterSchema, before: str, after: str
) -> tuple[Verdict | RegistryRefusal | None, str]:
    """The registry's answer, or why it was not or could not be asked."""
    asked_of = promise(after)
    if not (asked_of.backward or asked_of.forward):
        return None, f"level {after} checks nothing"
    if before != after:
        return None, f"its level becomes {after} in this plan, and the registry tests under {before} until then"
    pending = [item.subject for item in version.references if item.subject in around.changed]
    if pending:
        return None, f"it refers to {', '.join(pending)}, of which this plan registers a version first"
    references = []
    for item in version.references:
        other = around.registry.version(item.subject, item.version)
        if other is None:
            return None, f"it refers to {item.subject}, which has no version"
        references.append(Reference(item.name, item.subject, other.version))
    content = SchemaContent(version.text, version.type, tuple(references))
    try:
        verdict = around.registry.test_compatibility(version.subject, content, asked_of.transitive)
    except RegistryRefusal as refusal:
        if references:  # Apicurio says so of every schema with references, where it does no dry run
            return None, "this registry does not test schemas with references"
        return refusal, ""
    return verdict, "" if verdict else "the subject has no version any more"
