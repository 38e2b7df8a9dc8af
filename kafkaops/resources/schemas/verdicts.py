"""Would readers and writers still understand each other? Our own answer, beside the registry's.

Registries miss much: Apicurio lets a changed reference through, whatever it does to those who use it, and none
can be asked about a level, or a reference, that is yet to be made. So Avro schemas are always checked here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kafkaops.clients.registry import RegisteredSchema, SchemaRegistry, SchemaType
from kafkaops.compat import Schema, SchemaError, SchemaText, Severity, Side, check, parse
from kafkaops.resources.schemas.desired import texts_below
from kafkaops.resources.schemas.levels import Promise
from kafkaops.resources.schemas.model import DesiredSubject, RegisterSchema

SHOWN = 5
"""Findings shown of one comparison; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Who cannot read what, and what to do about it."""

    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class OwnVerdict:
    """What our checker says of a new version against earlier ones."""

    findings: tuple[Finding, ...]
    against: tuple[int, ...]
    """The versions compared with; a registered one that cannot be read is left out."""

    @property
    def compatible(self) -> bool:
        """Whether nobody breaks."""
        return not self.findings

    @property
    def text(self) -> str:
        """The findings as lines."""
        lines = [finding.message for finding in self.findings[:SHOWN]]
        more = len(self.findings) - SHOWN
        return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)

    @property
    def line(self) -> str:
        """The findings as one line."""
        return "; ".join(self.text.splitlines())

    @property
    def hint(self) -> str | None:
        """What to do about the first."""
        return self.findings[0].fix if self.findings else None


@dataclass(frozen=True, slots=True)
class Compared:
    """A new Avro schema and the earlier versions that its level compares it with, ready to be checked."""

    new: Schema
    earlier: tuple[tuple[int, Schema], ...]

    def under(self, promise: Promise) -> OwnVerdict:
        """The verdict under a level's promise; versions beyond what it asks for are not looked at."""
        earlier = self.earlier if promise.transitive else self.earlier[-1:]
        findings: dict[Finding, None] = {}
        for _, old in earlier:
            if promise.backward:
                findings.update(dict.fromkeys(_findings(self.new, old, Side.READER)))
            if promise.forward:
                findings.update(dict.fromkeys(_findings(old, self.new, Side.WRITER)))
        return OwnVerdict(tuple(findings), tuple(version for version, _ in earlier))


def _findings(reader: Schema, writer: Schema, new: Side) -> list[Finding]:
    found = check(reader, writer, new=new)
    return [Finding(item.message, item.fix) for item in found if item.severity is Severity.ERROR]


def compare(
    registry: SchemaRegistry,
    operation: RegisterSchema,
    subject: DesiredSubject,
    subjects: Mapping[str, DesiredSubject],
    every_version: bool,
) -> Compared | None:
    """Read the earlier versions with what they refer to; None where our checker cannot compare."""
    if operation.type is not SchemaType.AVRO:
        return None
    try:
        new = parse(SchemaText(operation.text, subject.file), texts_below(subject, subjects))
    except SchemaError:
        return None
    versions: Sequence[RegisteredSchema]
    if every_version:
        versions = registry.every_version(operation.subject)
    else:
        latest = registry.version(operation.subject)
        versions = [latest] if latest else []
    earlier = [(item.version, _parsed(registry, item)) for item in versions]
    readable = tuple((version, schema) for version, schema in earlier if schema is not None)
    return Compared(new, readable) if readable else None


def _parsed(registry: SchemaRegistry, registered: RegisteredSchema) -> Schema | None:
    """A registered version with the versions it refers to; None for what is no usable Avro."""
    if registered.content.type is not SchemaType.AVRO:
        return None
    below: dict[str, SchemaText] = {}
    queue = list(registered.content.references)
    while queue:
        reference = queue.pop()
        if reference.subject in below:
            continue
        other = registry.version(reference.subject, reference.version)
        if other is not None:
            name = f"{reference.subject} version {reference.version}"
            below[reference.subject] = SchemaText(other.content.text, name)
            queue.extend(other.content.references)
    text = SchemaText(registered.content.text, f"version {registered.version}")
    try:
        return parse(text, list(below.values()), lenient=True)
    except SchemaError:
        return None
