"""What can be wrong with a schema by itself, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kafkaops.compat.jsontext import Path


@dataclass(frozen=True, slots=True)
class Location:
    """A place in the text of a schema or of one of its references."""

    path: Path
    """The way from the text's root: keys and 0-based indexes."""
    line: int
    """1-based."""
    column: int
    """1-based, in characters."""
    length: int
    """Characters to underline from `column` on, all in `line`; at least 1."""
    name: str = ""
    """What the caller named the text, a file for one; may be empty."""
    reference: int | None = None
    """The index of the reference whose text it is, or None for the schema's own."""

    @property
    def pointer(self) -> str:
        """The path as a JSON Pointer (RFC 6901); empty for the root."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)

    def __str__(self) -> str:
        name = self.name or ("" if self.reference is None else f"reference {self.reference + 1}")
        return f"{name}:{self.line}:{self.column}".lstrip(":")


class Rule(StrEnum):
    """The rule of JSON or of the Avro specification that a schema breaks. docs/avro-compatibility.md quotes each."""

    JSON_SYNTAX = "json-syntax"
    SIZE_LIMIT = "size-limit"
    """Longer, or nested deeper, than is read."""
    REPEATED_KEY = "repeated-key"
    NOT_A_SCHEMA = "not-a-schema"
    MISSING_ATTRIBUTE = "missing-attribute"
    INVALID_ATTRIBUTE = "invalid-attribute"
    INVALID_NAME = "invalid-name"
    UNPORTABLE_NAME = "unportable-name"
    """A name that only some implementations accept: letters beyond ASCII, a primitive's name in a namespace."""
    UNKNOWN_TYPE = "unknown-type"
    USED_BEFORE_DEFINED = "used-before-defined"
    DEFINED_TWICE = "defined-twice"
    NULL_NAMESPACE = "null-namespace"
    """A short name that is only found outside its namespace."""
    WRAPPED_NAME = "wrapped-name"
    """`{"type": "Name"}` where the name of a defined type stands for a kind of type."""
    DUPLICATE_FIELD = "duplicate-field"
    DUPLICATE_SYMBOL = "duplicate-symbol"
    ENUM_DEFAULT = "enum-default"
    UNION_IN_UNION = "union-in-union"
    DUPLICATE_BRANCH = "duplicate-branch"
    INVALID_DEFAULT = "invalid-default"
    ENDLESS_DEFAULT = "endless-default"
    """A default that needs itself to be filled in."""
    UNFIT_DEFAULT = "unfit-default"
    """A default of the right JSON type that its schema has no value for: not a symbol, not the size of the fixed."""
    LATER_BRANCH_DEFAULT = "later-branch-default"
    """A union's default that fits a branch other than the first, which Avro allows since 1.12."""
    REFERENCE_CYCLE = "reference-cycle"


WARNINGS = frozenset({Rule.UNPORTABLE_NAME, Rule.NULL_NAMESPACE, Rule.UNFIT_DEFAULT, Rule.LATER_BRANCH_DEFAULT})
"""Rules whose breach is said and does not make a schema unusable: what they forbid, Avro's Java parser accepts."""

TOLERATED = frozenset(
    {
        Rule.REPEATED_KEY,
        Rule.INVALID_NAME,
        Rule.USED_BEFORE_DEFINED,
        Rule.WRAPPED_NAME,
        Rule.INVALID_DEFAULT,
        Rule.ENDLESS_DEFAULT,
    }
)
"""Rules that a schema already in use may break and still be understood ("Fixing an invalid, but previously accepted,
schema" in the specification). See `lenient` in `kafkaops.compat.parse`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that a schema breaks: which, where, and the way out."""

    rule: Rule
    message: str
    location: Location
    fix: str = ""

    @property
    def is_warning(self) -> bool:
        """Whether the schema is usable all the same."""
        return self.rule in WARNINGS

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" + (f": {self.fix}" if self.fix else "")


class SchemaError(ValueError):
    """A text that is not a usable Avro schema, with the reasons that were found."""

    def __init__(self, problems: Iterable[Problem], omitted: int = 0) -> None:
        self.problems = tuple(problems)
        self.omitted = omitted
        """How many more there are."""
        more = [f"and {omitted:,} more"] if omitted else []
        super().__init__("\n".join([*map(str, self.problems), *more]))

    def __reduce__(self) -> tuple[object, ...]:
        return SchemaError, (self.problems, self.omitted)
