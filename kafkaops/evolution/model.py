"""The words of a schema check: what is compared, what is found, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from kafkaops.compat import Schema, SchemaError, SchemaText, parse
from kafkaops.errors import ExitCode, Severity
from kafkaops.evolution.levels import Level


class Rule(StrEnum):
    """What the findings are called that are not the checker's own (`kafkaops.compat.Kind`)."""

    SCHEMA_DELETED = "schema_deleted"
    SCHEMA_RENAMED = "schema_renamed"
    LEVEL_LOWERED = "level_lowered"
    SUBJECT_CHANGED = "subject_changed"
    STRATEGY_CHANGED = "strategy_changed"
    KEY_CHANGED = "key_changed"
    LANGUAGE_CHANGED = "language_changed"
    SUPPRESSION_EXPIRED = "suppression_expired"
    SUPPRESSION_UNUSED = "suppression_unused"
    REGISTRY_DIFFERS = "registry_differs"
    REGISTRY_REFUSES = "registry_refuses"
    NOT_CHECKED = "not_checked"
    UNUSABLE_VERSION = "unusable_version"
    EARLIER_SPEC_UNREADABLE = "earlier_spec_unreadable"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file of the project, as reports show it."""

    file: str
    """POSIX, relative to the project's root where it is below it."""
    line: int = 1
    """1-based."""
    column: int = 1
    """1-based, in characters."""
    length: int = 1
    """Characters to underline."""
    pointer: str = ""
    """The way inside a schema, as a JSON Pointer (RFC 6901)."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Suppressed:
    """By which entry of the spec a finding does not count."""

    reason: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, or worth knowing, where it is, and the way out."""

    rule: str
    code: str
    message: str
    severity: Severity = Severity.ERROR
    fix: str = ""
    subject: str | None = None
    spot: Spot | None = None
    against: tuple[str, ...] = ()
    """The earlier versions that it holds for, the newest first."""
    breaks: str | None = None
    """"consumers": what the change does to whom, where the checker says so."""
    suppressed: Suppressed | None = None

    @property
    def counts(self) -> bool:
        """Whether it makes the answer no."""
        return self.severity is Severity.ERROR and self.suppressed is None


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was there before, with the texts of the types that it takes from elsewhere."""

    label: str
    """As messages name it: "version 3", "main (1a2b3c4)"."""
    text: str
    references: tuple[SchemaText, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The registry's metadata properties, which a compatibility group goes by."""
    registered: bool = False
    """Whether it was in use beyond doubt: a registry has it, or someone gave it as an earlier version."""
    parsed: Schema | None = field(default=None, compare=False, repr=False)
    """The schema, where it has been parsed under the name that messages give it."""

    @property
    def name(self) -> str:
        """What messages call it: "version 3", "the schema of main (1a2b3c4)"."""
        return self.label if self.registered else f"the schema of {self.label}"

    def standing_alone(self) -> Version | None:
        """The version with its schema, if that takes no type from elsewhere; else None."""
        try:
            parsed = parse(SchemaText(self.text, self.name), lenient=True)
        except SchemaError:
            return None
        return Version(self.label, self.text, self.references, self.metadata, self.registered, parsed)

    def schema(self) -> Schema:
        """The version parsed, as one already in use. Raises `SchemaError` where it is none."""
        return self.parsed or parse(SchemaText(self.text, self.name), self.references, lenient=True)


@dataclass(frozen=True, slots=True)
class Candidate:
    """The schema of a subject as it is about to be."""

    text: SchemaText
    references: tuple[SchemaText, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


class State(StrEnum):
    """What came of one subject."""

    COMPATIBLE = "compatible"
    INCOMPATIBLE = "incompatible"
    IDENTICAL = "unchanged"
    """The same as a version that is there already, which passes before anything is compared."""
    NEW = "new"
    """There is no earlier version."""
    NOT_CHECKED = "not checked"
    REMOVED = "removed"
    CLEAN = "clean"
    """Linted: no rule of severity error is broken."""
    BROKEN = "breaks rules"


@dataclass(frozen=True, slots=True)
class RegistryVerdict:
    """What the registry's own compatibility test says, or why it was not asked."""

    compatible: bool | None
    messages: tuple[str, ...] = ()
    not_asked: str | None = None


@dataclass(frozen=True, slots=True)
class Affected:
    """Who produces and consumes a topic, as the spec has it."""

    topics: tuple[str, ...] = ()
    producers: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()
    """Services, groups that no service claims, and connectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectResult:
    """One subject's verdict."""

    subject: str
    file: str
    state: State
    level: Level | None = None
    compared: tuple[str, ...] = ()
    """The labels of the versions that were compared with, the newest first."""
    note: str = ""
    """What a reader should know about it: how many versions history had, why nothing was checked."""
    affected: Affected = Affected()
    order: str | None = None
    """Who upgrades first, by the level."""
    registry: RegistryVerdict | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing counts against it."""
        return not any(finding.counts for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The verdict on a project's schemas."""

    project: str
    root: Path
    """The folder that the spots' files are relative to."""
    against: str
    """What the schemas were compared with, for people."""
    subjects: tuple[SubjectResult, ...]
    general: tuple[Finding, ...] = ()
    """Findings of no single subject."""
    notes: tuple[str, ...] = ()
    verdicts: tuple[str, str] = ("compatible", "not compatible")
    """What it is called when nothing counts against it, and when something does."""

    def findings(self) -> Iterator[Finding]:
        """All findings, the general ones first."""
        yield from self.general
        for subject in self.subjects:
            yield from subject.findings

    @property
    def ok(self) -> bool:
        """Whether nothing counts against the change."""
        return not any(finding.counts for finding in self.findings())

    @property
    def verdict(self) -> str:
        """The answer in a word or two."""
        return self.verdicts[0] if self.ok else self.verdicts[1]

    @property
    def exit_code(self) -> ExitCode:
        """0 or 3."""
        return ExitCode.OK if self.ok else ExitCode.ANSWER_IS_NO

    def count(self, state: State) -> int:
        """How many subjects are in a state."""
        return sum(subject.state is state for subject in self.subjects)
