"""From what is declared and what is registered to changes. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import replace

from kafkaops.address import Address, Guard
from kafkaops.clients.registry import RegisteredSchema, SchemaType
from kafkaops.errors import Diagnostic, Severity
from kafkaops.plan.digest import digest_of
from kafkaops.plan.model import Change, ChangeType, Difference, FieldChange, Operation, Reason
from kafkaops.resources.schemas import avro, hazards, texts
from kafkaops.resources.schemas.compare import Standing, standings
from kafkaops.resources.schemas.declared import as_declared
from kafkaops.resources.schemas.model import (
    GLOBAL,
    Desired,
    DesiredReference,
    DesiredSubject,
    RegisterSchema,
    RestoreVersion,
    SchemasSnapshot,
    SetGlobalCompatibility,
    SetSubjectCompatibility,
)
from kafkaops.resources.schemas.removal import removals

_DIFFERENCES = {
    SchemaType.AVRO: avro.differences,
    SchemaType.JSON: texts.json_differences,
    SchemaType.PROTOBUF: texts.line_differences,
}
Lifted = Mapping[Address, frozenset[Guard]]
"""The guards lifted for the subjects, by option or in the spec."""


def diff(wanted: Desired, seen: SchemasSnapshot, lifted: Lifted) -> Difference:
    """What to do so that the registry holds what is declared."""
    settled = standings(wanted, seen.state, seen.taken_for)
    changes = list(_global_change(wanted, seen, lifted))
    changed_global = bool(changes)
    in_sync = int(wanted.global_level is not None and not changed_global)
    for subject in wanted.subjects.values():
        change = _subject_change(subject, settled, seen, lifted, changed_global)
        if change is None:
            in_sync += 1
        else:
            changes.append(change)
    changes.extend(removals(wanted, seen, lifted))
    return Difference(
        changes=tuple(changes),
        observations=tuple(_observations(wanted, settled)),
        in_sync=in_sync,
        unmanaged=tuple(sorted(seen.state.subjects - wanted.subjects.keys() - wanted.removed.keys())),
    )


def _global_change(wanted: Desired, seen: SchemasSnapshot, lifted: Lifted) -> Iterator[Change]:
    before, after = seen.state.global_level or "", wanted.global_level
    if after is None or before == after:
        return
    yield Change(
        address=GLOBAL,
        type=ChangeType.UPDATE,
        reason=Reason.DIFFERS_FROM_SPEC,
        operations=(SetGlobalCompatibility(before=before, after=after),),
        fields=(FieldChange("compatibility", before, after),),
        hazards=hazards.of_global_level(before, after),
        lifted=lifted.get(GLOBAL, frozenset()),
        place=wanted.global_place,
        summary="the registry's global compatibility level",
        observed=digest_of(before),
        before={"compatibility": before},
    )


def _subject_change(
    subject: DesiredSubject,
    settled: Mapping[str, Standing],
    seen: SchemasSnapshot,
    lifted: Lifted,
    changed_global: bool,
) -> Change | None:
    standing = settled[subject.subject]
    own_level = seen.state.levels.get(subject.subject)
    level = _level_operation(subject, own_level)
    version = None if standing.same else _version_operation(subject, standing, seen)
    operations: tuple[Operation, ...] = tuple(item for item in (level, version) if item is not None)
    if not operations:
        return None
    latest = standing.latest
    requires = [Address("schema", reference.subject) for reference in subject.references] if version else []
    if changed_global and version is not None and subject.level is None:
        requires.append(GLOBAL)  # the level that holds when it is registered is the new one
    return Change(
        address=subject.address,
        type=ChangeType.CREATE if latest is None else ChangeType.UPDATE,
        reason=Reason.ABSENT_FROM_CLUSTER if latest is None else Reason.DIFFERS_FROM_SPEC,
        operations=operations,
        fields=tuple(_fields(subject, standing, settled, level, version)),
        hazards=hazards.of_subject(subject, latest, level, version),
        blockers=subject.problems if version else (),
        requires=tuple(requires),
        lifted=lifted.get(subject.address, frozenset()),
        place=subject.place,
        summary=_summary(subject),
        observed=_observed(latest, own_level),
        before=as_declared(latest, own_level) if latest is not None or own_level is not None else None,
    )


def _level_operation(subject: DesiredSubject, own_level: str | None) -> SetSubjectCompatibility | None:
    if subject.level is None or subject.level == own_level:
        return None
    return SetSubjectCompatibility(subject=subject.subject, before=own_level, after=subject.level)


def _version_operation(subject: DesiredSubject, standing: Standing, seen: SchemasSnapshot) -> RegisterSchema:
    """Register, or where the registry has it as another version already, make that one the newest."""
    latest = standing.latest
    versions = {item.subject: item.version for item in standing.references or ()}
    register = RegisterSchema(
        subject=subject.subject,
        type=subject.type,
        text=subject.text,
        references=tuple(replace(item, version=versions.get(item.subject)) for item in subject.references),
        normalize=subject.normalize,
        after_version=latest.version if latest else None,
    )
    taken = seen.taken_for.get(subject.subject)
    if taken is None or standing.references is None:
        return register
    values = {item.name: getattr(register, item.name) for item in dataclasses.fields(register)}
    return RestoreVersion(**values, version=taken.version)


def _fields(
    subject: DesiredSubject,
    standing: Standing,
    settled: Mapping[str, Standing],
    level: SetSubjectCompatibility | None,
    version: RegisterSchema | None,
) -> Iterator[FieldChange]:
    if level is not None:
        yield FieldChange("compatibility", level.before, level.after)
    if version is None:
        return
    latest = standing.latest
    if latest is None:
        yield FieldChange("schema", None, subject.file)
        for reference in subject.references:
            yield FieldChange(f"references.{reference.name}", None, _refers_to(reference, settled))
        return
    if isinstance(version, RestoreVersion) and version.version != latest.version:
        note = "registered again as the newest version"
        yield FieldChange("version", latest.version, version.version, note=note)
    text_changes = list(_text_changes(subject, latest))
    reference_changes = list(_reference_changes(subject, latest, settled))
    yield from text_changes
    yield from reference_changes
    if not text_changes and not reference_changes:
        yield FieldChange("schema", f"version {latest.version}", f"as in {subject.file}")


def _text_changes(subject: DesiredSubject, latest: RegisteredSchema) -> Iterator[FieldChange]:
    registered = latest.content
    if registered.type is not subject.type:
        yield FieldChange("type", registered.type.value, subject.type.value)
        return
    try:
        found = _DIFFERENCES[subject.type](registered.text, subject.text)
    except (ValueError, RecursionError):
        return
    for path, before, after in found:
        yield FieldChange(path, before, after)


def _reference_changes(
    subject: DesiredSubject, latest: RegisteredSchema, settled: Mapping[str, Standing]
) -> Iterator[FieldChange]:
    before = {item.subject: f"version {item.version}" for item in latest.content.references}
    after = {item.subject: _refers_to(item, settled) for item in subject.references}
    for name in dict.fromkeys((*after, *before)):
        if before.get(name) != after.get(name):
            yield FieldChange(f"references.{name}", before.get(name), after.get(name))


def _refers_to(reference: DesiredReference, settled: Mapping[str, Standing]) -> str:
    other = settled.get(reference.subject)
    if other is None or other.holds is None:
        return "the version that this plan registers"
    return f"version {other.holds.version}"


def _summary(subject: DesiredSubject) -> str:
    if subject.type is SchemaType.AVRO and not subject.problems:
        return avro.description(subject.text)
    return f"{subject.type.value.capitalize()} schema {subject.file}"


def _observed(latest: RegisteredSchema | None, level: str | None) -> str:
    if latest is None:
        return digest_of([None, level])
    content = latest.content
    references = [[item.name, item.subject, item.version] for item in content.references]
    return digest_of([latest.version, latest.id, content.type, content.text, references, level])


def _observations(wanted: Desired, settled: Mapping[str, Standing]) -> Iterator[Diagnostic]:
    for name, standing in settled.items():
        subject, holds = wanted.subjects[name], standing.holds
        if holds is None:
            continue
        for problem in subject.problems:  # what is registered already is no reason to stop
            yield replace(problem, severity=Severity.WARNING)
        if standing.docs_only:
            yield _observation(
                subject,
                f"only the docs of {subject.file} differ from version {holds.version}, and the registry "
                "does not tell the two apart",
                "they will go with the next change that it does tell apart",
            )
        elif standing.is_earlier and standing.latest is not None:
            yield _observation(
                subject,
                f"{subject.file} is version {holds.version}; version {standing.latest.version} stays the newest",
                f"what refers to it, refers to version {holds.version}; nothing needs to be registered again",
            )


def _observation(subject: DesiredSubject, summary: str, hint: str) -> Diagnostic:
    return Diagnostic(
        "KO312",
        summary,
        severity=Severity.INFO,
        address=str(subject.address),
        place=subject.place,
        hint=hint,
    )
