"""The rules' titles, for reports that list them."""

from __future__ import annotations

_TITLES = {
    "name_mismatch": "The reader knows the type by another name",
    "fixed_size_mismatch": "A fixed has another size",
    "missing_enum_symbols": "The reader lacks symbols of an enum and has no default for them",
    "reader_field_missing_default_value": "The reader has a field without default that the writer does not write",
    "type_mismatch": "The reader expects another type",
    "missing_union_branch": "The reader's union lacks a type that the writer writes",
    "reader_field_invalid_default": "The reader fills a field with a default that does not fit",
    "ambiguous_alias": "Names and aliases lead to more than one field",
    "logical_type_mismatch": "The same bytes mean something else",
    "schema_deleted": "A schema is no longer declared",
    "schema_renamed": "A schema file was renamed",
    "level_lowered": "A compatibility level was lowered",
    "subject_changed": "Records go under another subject",
    "strategy_changed": "The subject naming strategy was changed",
    "key_changed": "The schema of a topic's keys was changed",
    "language_changed": "A subject's schema is in another language",
    "suppression_expired": "A suppression has expired",
    "suppression_unused": "A suppression suppresses nothing",
    "registry_differs": "The registry's verdict differs",
    "registry_refuses": "The registry calls it incompatible",
    "not_checked": "Not checked here",
    "unusable_version": "An earlier version is not a usable schema",
    "earlier_spec_unreadable": "The earlier spec cannot be read",
    "doc": "Something has no doc",
    "type_name": "A type's name is not in PascalCase",
    "field_name": "A field's name is in another case",
    "symbol_name": "An enum symbol is not in UPPER_SNAKE_CASE",
    "namespace": "A type lies outside the namespace",
    "empty_enum": "An enum has no symbols",
    "enum_default": "An enum has no default",
    "null_order": "In a union with null the default's branch is not the first",
    "logical_time": "A time is a plain number",
    "logical_money": "Money is not a decimal",
    "top_level_union": "A schema is a union",
    "optional_default": "An optional field has no default",
    "naming_strategy": "A subject is not named as its strategy has it",
}


def title_of(rule: str) -> str:
    """A rule as a short sentence."""
    return _TITLES.get(rule, rule.replace("_", " "))


ALL_RULES = frozenset(_TITLES)
"""Every rule that a finding, and so a suppression, can name."""
