"""The names of the lint rules for schemas, as the spec writes them. What they mean is in docs/schema-checks.md."""

from __future__ import annotations

from enum import StrEnum


class LintRule(StrEnum):
    """What `kafkaops schemas lint` looks at."""

    DOC = "doc"
    """Records, enums, fixed types and fields say what they are."""
    TYPE_NAME = "type_name"
    """Named types are in PascalCase."""
    FIELD_NAME = "field_name"
    """Fields are in the case that `field_names` says."""
    SYMBOL_NAME = "symbol_name"
    """Enum symbols are in UPPER_SNAKE_CASE."""
    NAMESPACE = "namespace"
    """Named types have a namespace, below the one that `namespace` says."""
    EMPTY_ENUM = "empty_enum"
    """Enums have symbols."""
    ENUM_DEFAULT = "enum_default"
    """Enums have a default, so that a new symbol breaks no reader."""
    NULL_ORDER = "null_order"
    """In a union with null the default's branch stands first."""
    LOGICAL_TIME = "logical_time"
    """Numbers that are named like a time have a logical type."""
    LOGICAL_MONEY = "logical_money"
    """What is named like money is a decimal, not a float or double."""
    TOP_LEVEL_UNION = "top_level_union"
    """A file declares one type, not a union."""
    OPTIONAL_DEFAULT = "optional_default"
    """A field that may be null has a default."""
    NAMING_STRATEGY = "naming_strategy"
    """A subject is named as the subject naming strategy has it."""


class LintLevel(StrEnum):
    """How much a broken rule matters; only `error` changes the exit code."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OFF = "off"


class FieldCase(StrEnum):
    """How fields are named."""

    SNAKE = "snake_case"
    CAMEL = "camelCase"
