"""The Avro compatibility checker: whether a reader's schema reads what a writer's schema wrote, and if not, why.

Pure: it does no I/O, uses the standard library alone and imports nothing else of kafkaops. What it decides, and by
which sentence of the Avro 1.12 specification, is in docs/avro-compatibility.md.

    >>> writer = '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}'
    >>> reader = writer.replace("]}", ', {"name": "priority", "type": "int"}]}')
    >>> found = incompatibilities(reader, SchemaText(writer, "version 3"))
    >>> found.compatible
    False
    >>> print(found[0].message)
    records written with version 3 have no `priority`; a reader with the reader's schema cannot fill it
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kafkaops.compat.canonical import meaning, parsing_canonical_form
from kafkaops.compat.explain import explain
from kafkaops.compat.jsontext import MAX_CHARACTERS, MAX_NESTING
from kafkaops.compat.kinds import Kind, Severity, Side
from kafkaops.compat.problems import TOLERATED, WARNINGS, Location, Problem, Rule, SchemaError
from kafkaops.compat.references import DuplicateDefinitionError, Outline, ReferenceCycleError, dependency_order
from kafkaops.compat.resolution import differences
from kafkaops.compat.result import Incompatibilities, Incompatibility
from kafkaops.compat.schema import Schema, outline, parse, parse_alone
from kafkaops.compat.texts import SchemaText

__all__ = [
    "MAX_CHARACTERS",
    "MAX_NESTING",
    "TOLERATED",
    "WARNINGS",
    "DuplicateDefinitionError",
    "Incompatibilities",
    "Incompatibility",
    "Kind",
    "Location",
    "Outline",
    "Problem",
    "ReferenceCycleError",
    "Rule",
    "Schema",
    "SchemaError",
    "SchemaText",
    "Severity",
    "Side",
    "check",
    "dependency_order",
    "incompatibilities",
    "meaning",
    "outline",
    "parse",
    "parse_alone",
    "parsing_canonical_form",
]

_NOTHING: Final = Incompatibilities()


def incompatibilities(
    reader: str | SchemaText,
    writer: str | SchemaText,
    *,
    strict_logical_types: bool = False,
    reader_references: Sequence[str | SchemaText] = (),
    writer_references: Sequence[str | SchemaText] = (),
    new: Side = Side.READER,
) -> Incompatibilities:
    """What keeps a reader with one schema from reading records that were written with another.

    The references are the texts that define named types from elsewhere, each side's own. A changed logical type is a
    warning, or with `strict_logical_types` an error. `new` says which of the two is under change: the fixes are for
    its author. The writer's schema may break rules that one already in use may break (see `lenient` of `parse`).

    Raises:
        SchemaError: one of the texts is not a usable schema.
    """
    parsed_reader = parse(reader, reader_references)
    parsed_writer = parse(writer, writer_references, lenient=True)
    return check(parsed_reader, parsed_writer, strict_logical_types=strict_logical_types, new=new)


def check(
    reader: Schema, writer: Schema, *, strict_logical_types: bool = False, new: Side = Side.READER
) -> Incompatibilities:
    """`incompatibilities` of schemas that have been parsed: for comparing one with many."""
    found = differences(reader, writer, strict_logical_types=strict_logical_types)
    return explain(reader, writer, found, new) if found else _NOTHING
