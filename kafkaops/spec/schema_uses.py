"""Where a spec names schema files, and the subjects that follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from kafkaops.compat import Outline
from kafkaops.errors import Diagnostic, Place
from kafkaops.spec.checks.context import Context
from kafkaops.spec.model import SchemaBinding, SubjectNameStrategy
from kafkaops.spec.written import Written


@dataclass(frozen=True)
class SchemaUse:
    """One place of the spec that names a schema file."""

    file: str
    place: Place | None
    address: str | None = None
    subject: str | None = None
    """The subject, if it follows from the spec alone."""
    prefix: str | None = None
    """Otherwise, what stands before the record's full name: nothing, or the topic and a hyphen."""


def schema_uses(context: Context) -> Iterator[SchemaUse]:
    """Every place of the spec that names a schema file, `schemas.files` aside."""
    for name, topic in context.spec.topics.items():
        for side, binding in (("key", topic.key), ("value", topic.value)):
            if binding is not None:
                yield from _bound(
                    context, ("topics", name, side), binding, f"topic.{name}", _subject(name, side, binding)
                )
    for name, binding in context.spec.schemas.subjects.items():
        path = ("schemas", "subjects", name)
        yield from _bound(context, path, binding, f"schema.{name}", (binding.subject or name, None))
    yield from _in_broken(context)


def _in_broken(context: Context) -> Iterator[SchemaUse]:
    """What resources name that do not fit the model: it is used all the same."""
    for name, topic in context.declared("topics").items():
        if name not in context.spec.topics:
            for side in ("key", "value"):
                yield from _named_in(topic.members.get(side), f"topic.{name}")
    subjects = context.root.at(("schemas", "subjects"))
    for name, binding in subjects.members.items() if subjects else ():
        if name not in context.spec.schemas.subjects:
            yield from _named_in(binding, f"schema.{name}")


def _named_in(binding: Written | None, address: str) -> Iterator[SchemaUse]:
    if binding is None:
        return
    references = binding.members.get("references")
    for written in (binding, *(references.items if references else ())):
        file = written.members.get("schema")
        if file is not None and isinstance(file.value, str):
            yield SchemaUse(PurePosixPath(file.value).as_posix(), file.place, address)


def _bound(
    context: Context,
    path: tuple[str, ...],
    binding: SchemaBinding,
    address: str,
    subject: tuple[str | None, str | None],
) -> Iterator[SchemaUse]:
    yield SchemaUse(binding.schema_file, context.place(*path, "schema"), address, *subject)
    for index, reference in enumerate(binding.references):
        place = context.place(*path, "references", index, "schema")
        yield SchemaUse(reference.schema_file, place, address)


def _subject(topic: str, side: str, binding: SchemaBinding) -> tuple[str | None, str | None]:
    """The subject, or the prefix of a subject that is named after the record."""
    if binding.subject is not None:
        return binding.subject, None
    match binding.subject_name_strategy:
        case SubjectNameStrategy.RECORD:
            return None, ""
        case SubjectNameStrategy.TOPIC_RECORD:
            return None, f"{topic}-"
        case _:
            return f"{topic}-{side}", None


def check_subjects(
    context: Context, uses: Iterable[SchemaUse], outlines: Mapping[str, Outline]
) -> Iterator[Diagnostic]:
    """Subjects that would get two schemas in turns on every apply (KO147), or are removed and bound (KO150)."""
    bound: dict[str, SchemaUse] = {}
    for use in uses:
        subject = use.subject or _named_by_record(use, outlines)
        first = bound.setdefault(subject, use) if subject else use
        if first.file != use.file:
            yield Diagnostic(
                "KO147",
                f"the subject {subject} is bound to {first.file} and to {use.file}",
                address=use.address,
                place=use.place,
                hint=f"the first is at {first.place}; one subject holds the versions of one schema",
            )
    for index, removal in enumerate(context.spec.removed):
        kind, _, name = removal.address.partition(".")
        if kind == "schema" and name in bound and name not in context.spec.schemas.subjects:
            yield Diagnostic(
                "KO150",
                f"{removal.address} is both declared and removed",
                place=context.place("removed", index, "address"),
                hint=f"it is bound at {bound[name].place}; remove one of the two",
            )


def _named_by_record(use: SchemaUse, outlines: Mapping[str, Outline]) -> str | None:
    seen = outlines.get(use.file)
    if use.prefix is None or seen is None or seen.full_name is None:
        return None
    return f"{use.prefix}{seen.full_name}"
