"""The words for what stands between a reader and a writer."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a reader cannot do with a writer's records. The first six are the terms of Avro's Java checker."""

    NAME_MISMATCH = "name_mismatch"
    FIXED_SIZE_MISMATCH = "fixed_size_mismatch"
    MISSING_ENUM_SYMBOLS = "missing_enum_symbols"
    READER_FIELD_MISSING_DEFAULT_VALUE = "reader_field_missing_default_value"
    TYPE_MISMATCH = "type_mismatch"
    MISSING_UNION_BRANCH = "missing_union_branch"
    READER_FIELD_INVALID_DEFAULT = "reader_field_invalid_default"
    """The reader has to fill a field with a default that is no value of the field's type."""
    AMBIGUOUS_ALIAS = "ambiguous_alias"
    """By name and aliases, one reader field is two writer fields, or two are one."""
    LOGICAL_TYPE_MISMATCH = "logical_type_mismatch"
    """The bytes can be read and mean something else: seconds for days, hundredths for units."""


class Severity(StrEnum):
    """How much a finding matters. Only an error makes schemas incompatible."""

    ERROR = "error"
    WARNING = "warning"


class Side(StrEnum):
    """One of the two schemas of a comparison."""

    READER = "reader"
    WRITER = "writer"
