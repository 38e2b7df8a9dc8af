"""What the spec says of subjects, file by file and reference by reference. Pure.

The loader has refused specs that do not hold together; what is wrong all the same becomes a problem of the
subject, never an exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from kafkaops.clients.registry import SchemaType
from kafkaops.compat import Outline, SchemaError, SchemaText, outline, parse
from kafkaops.errors import Diagnostic, Place
from kafkaops.resources.schemas.model import (
    KIND,
    Desired,
    DesiredReference,
    DesiredSubject,
    Removed,
    Use,
)
from kafkaops.resources.schemas.told import desired_as_told
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.model import Compatibility, SchemaBinding, SubjectNameStrategy

_TYPES = {".avsc": SchemaType.AVRO, ".json": SchemaType.JSON, ".proto": SchemaType.PROTOBUF}
_PROTO_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_PROTO_MESSAGE = re.compile(r"^\s*message\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Binding:
    """A schema file bound to a subject, and from where."""

    subject: str
    binding: SchemaBinding
    use: Use | None
    place: Place | None


def desired(loaded: LoadedSpec) -> Desired:
    """The subjects that the spec declares, those of shared types included, and those that are to go."""
    if loaded.subjects is not None:
        told = desired_as_told(loaded.subjects)
        return replace(told, subjects=_weighed(told.subjects), removed=_removed(loaded))
    files = _Files(loaded.schema_texts)
    bindings = list(_bindings(loaded, files))
    subjects: dict[str, DesiredSubject] = {}
    for bound in bindings:
        known = subjects.get(bound.subject)
        subjects[bound.subject] = _merged(known, bound) if known else _declared(bound, files)
    owners = _owners(bindings)
    queue = list(subjects.values())
    for declared in queue:  # grows while it is walked: shared types may share types
        references, added = _references(declared, owners, files, subjects)
        subjects[declared.subject] = replace(subjects[declared.subject], references=references)
        subjects.update((new.subject, new) for new in added)
        queue.extend(added)
    section = loaded.spec.schemas
    return Desired(
        subjects=_weighed(subjects),
        removed=_removed(loaded),
        global_level=_level(section.global_compatibility),
        global_place=loaded.places.of("schemas", "global_compatibility"),
    )


def _weighed(subjects: Mapping[str, DesiredSubject]) -> dict[str, DesiredSubject]:
    """Each subject with whether others refer to it, and with what is wrong with it."""
    shared = {reference.subject for subject in subjects.values() for reference in subject.references}
    marked = {name: replace(subject, shared=name in shared) for name, subject in subjects.items()}
    return {name: _checked(subject, marked) for name, subject in marked.items()}


def _removed(loaded: LoadedSpec) -> dict[str, Removed]:
    return {removed.subject: removed for removed in _removals(loaded)}


class _Files:
    """The schema files' texts, and which of them defines which Avro type."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self.outlines: dict[str, Outline] = {}
        self.defined_in: dict[str, str] = {}
        for file in sorted(texts):
            if _type_of(file) is not SchemaType.AVRO:
                continue
            try:
                found = outline(texts[file])
            except SchemaError:
                continue  # said where the file is used
            self.outlines[file] = found
            for name in found.defines:
                self.defined_in.setdefault(name, file)

    def full_name(self, file: str) -> str | None:
        """The full name of what a file declares."""
        if file in self.outlines:
            return self.outlines[file].full_name
        return None if _type_of(file) is SchemaType.AVRO else full_name_of(_type_of(file), self.texts.get(file, ""))

    def needs(self, file: str) -> dict[str, str]:
        """The Avro files that a file needs, each with the name it is needed by."""
        found: dict[str, str] = {}
        if file not in self.outlines:
            return found
        fallbacks = dict(self.outlines[file].fallbacks)
        for name in self.outlines[file].needs:
            known = name if name in self.defined_in else fallbacks.get(name, name)
            owner = self.defined_in.get(known)
            if owner is not None and owner != file:
                root = self.outlines[owner].full_name
                if owner not in found or known == root:
                    found[owner] = known
        return found


def full_name_of(kind: SchemaType, text: str) -> str | None:
    """The full name of what a schema declares, which naming strategies use; None where it has none."""
    match kind:
        case SchemaType.AVRO:
            try:
                return outline(text).full_name
            except SchemaError:
                return None
        case SchemaType.JSON:
            return _json_title(text)
        case SchemaType.PROTOBUF:
            package, message = _PROTO_PACKAGE.search(text), _PROTO_MESSAGE.search(text)
            return ".".join(found[1] for found in (package, message) if found) if message else None


def _type_of(file: str) -> SchemaType:
    return _TYPES.get(PurePosixPath(file).suffix, SchemaType.AVRO)


def _json_title(text: str) -> str | None:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        return None
    title = root.get("title") if isinstance(root, dict) else None
    return title if isinstance(title, str) else None


def _bindings(loaded: LoadedSpec, files: _Files) -> Iterator[_Binding]:
    """Every binding of the spec with its subject; topics that are not managed keep their schemas to themselves."""
    for subject, binding in loaded.spec.schemas.subjects.items():
        place = loaded.places.of("schemas", "subjects", subject)
        yield _Binding(binding.subject or subject, binding, None, place)
    for topic, declared in loaded.spec.topics.items():
        for part, bound in (("key", declared.key), ("value", declared.value)):
            if bound is not None and declared.managed:
                subject = bound.subject or _subject(topic, part, bound, files)
                yield _Binding(subject, bound, Use(topic, part), loaded.places.of("topics", topic, part))


def _subject(topic: str, part: str, binding: SchemaBinding, files: _Files) -> str:
    """The subject's name by the naming strategy; without a record's name the topic has to do."""
    name = files.full_name(binding.schema_file)
    match binding.subject_name_strategy:
        case SubjectNameStrategy.RECORD if name:
            return name
        case SubjectNameStrategy.TOPIC_RECORD if name:
            return f"{topic}-{name}"
        case _:
            return f"{topic}-{part}"


def _declared(bound: _Binding, files: _Files) -> DesiredSubject:
    binding = bound.binding
    return DesiredSubject(
        subject=bound.subject,
        file=binding.schema_file,
        type=_type_of(binding.schema_file),
        text=files.texts.get(binding.schema_file, ""),
        references=tuple(DesiredReference(item.name, _named_after(item.schema_file)) for item in binding.references),
        level=_level(binding.compatibility),
        normalize=bool(binding.normalize),
        uses=(bound.use,) if bound.use else (),
        place=bound.place,
        allow=binding.lifecycle.allow,
    )


def _level(level: Compatibility | None) -> str | None:
    """A level as the registry writes it."""
    return None if level is None else level.value


def _named_after(file: str) -> str:
    """A stand-in for the subject of a referenced file until `_references` knows it."""
    return f"\0{file}"


def _merged(known: DesiredSubject, bound: _Binding) -> DesiredSubject:
    """A subject that is bound again, as a record's own subject is by every topic that carries the record."""
    binding = bound.binding
    problems = known.problems
    if binding.schema_file != known.file:
        problems += (
            Diagnostic(
                "KO315",
                f"{known.file} and {binding.schema_file} are both declared for it",
                address=str(known.address),
                place=bound.place,
                hint="one subject holds one schema; another naming strategy gives each its own subject",
            ),
        )
    return replace(
        known,
        level=known.level or _level(binding.compatibility),
        normalize=known.normalize or bool(binding.normalize),
        uses=known.uses + ((bound.use,) if bound.use else ()),
        allow=tuple(dict.fromkeys((*known.allow, *binding.lifecycle.allow))),
        problems=problems,
    )


def _owners(bindings: list[_Binding]) -> dict[str, str]:
    """For each bound file the subject that others refer to it by: an explicit one before a topic's."""
    owners: dict[str, str] = {}
    for bound in bindings:
        owners.setdefault(bound.binding.schema_file, bound.subject)
    return owners


def _references(
    declared: DesiredSubject,
    owners: dict[str, str],
    files: _Files,
    subjects: Mapping[str, DesiredSubject],
) -> tuple[tuple[DesiredReference, ...], list[DesiredSubject]]:
    """A subject's references, and the subjects of shared types that nothing has declared so far."""
    if declared.type is SchemaType.AVRO:
        needed = files.needs(declared.file)
    else:
        needed = {item.subject.removeprefix("\0"): item.name for item in declared.references}
    added: list[DesiredSubject] = []
    for file, name in needed.items():
        if file in owners:
            continue
        subject = files.full_name(file) or name
        owners[file] = subject
        if subject not in subjects:
            text = files.texts.get(file, "")
            shared = DesiredSubject(subject=subject, file=file, type=_type_of(file), text=text, place=declared.place)
            added.append(shared)
    return tuple(DesiredReference(name, owners[file]) for file, name in needed.items()), added


def texts_below(subject: DesiredSubject, subjects: Mapping[str, DesiredSubject]) -> tuple[SchemaText, ...]:
    """The texts of everything that a subject refers to, at whatever depth, each once."""
    found: dict[str, SchemaText] = {}
    queue = [reference.subject for reference in subject.references]
    while queue:
        name = queue.pop()
        other = subjects.get(name)
        if other is not None and name not in found and name != subject.subject:
            found[name] = SchemaText(other.text, other.file)
            queue.extend(reference.subject for reference in other.references)
    return tuple(found.values())


def _checked(subject: DesiredSubject, subjects: Mapping[str, DesiredSubject]) -> DesiredSubject:
    """The subject with what is wrong with its schema: what a registry may find out only when it registers."""
    problem: str | None = None
    if subject.type is SchemaType.AVRO:
        try:
            parse(SchemaText(subject.text, subject.file), texts_below(subject, subjects))
        except SchemaError as error:
            problem = "\n".join(str(item) for item in error.problems)
    elif subject.type is SchemaType.JSON:
        try:
            json.loads(subject.text)
        except (ValueError, RecursionError) as error:
            problem = f"{subject.file}: {error}"
    if problem is None:
        return subject
    kind = "an Avro schema" if subject.type is SchemaType.AVRO else "JSON"
    diagnostic = Diagnostic(
        "KO301",
        f"{subject.file} is not {kind}",
        address=str(subject.address),
        place=subject.place,
        detail=problem,
        hint="registries differ in what they let through; nothing is registered until it is mended",
    )
    return replace(subject, problems=(*subject.problems, diagnostic))


def _removals(loaded: LoadedSpec) -> Iterator[Removed]:
    for name, item in loaded.removals(KIND).items():
        removal = item.removal
        yield Removed(subject=name, permanent=removal.permanent, place=item.place, allow=removal.allow)
