"""The words and places of findings, as a person meets them. The golden text has every kind, told to either side."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from kafkaops.compat import Incompatibilities, Kind, SchemaText, Side, check, incompatibilities, parse

GOLDEN = Path(__file__).with_name("messages.txt")

OLD = """\
{"type": "record", "name": "Order", "namespace": "com.paklog", "fields": [
  {"name": "id", "type": "string"},
  {"name": "prio", "type": "int"},
  {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["OPEN", "PICKED", "LOST"]}},
  {"name": "weight", "type": "long"},
  {"name": "note", "type": ["null", "string", "bytes"]},
  {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 16}},
  {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
  {"name": "lines", "type": {"type": "array", "items": {
    "type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}]}}},
  {"name": "by_zone", "type": {"type": "map", "values": "float"}},
  {"name": "place", "type": {"type": "record", "name": "Place", "fields": [{"name": "x", "type": "int"}]}},
  {"name": "first", "type": "int"}, {"name": "last", "type": "int"}
]}
"""
NEW = """\
{"type": "record", "name": "Order", "namespace": "com.paklog", "fields": [
  {"name": "id", "type": ["null", "string"]},
  {"name": "priority", "type": "int"},
  {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["OPEN", "PICKED"]}},
  {"name": "weight", "type": "int"},
  {"name": "note", "type": ["null", "string"]},
  {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 32}},
  {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 4}},
  {"name": "lines", "type": {"type": "array", "items": {
    "type": "record", "name": "Line", "fields": [{"name": "sku", "type": "long"}, {"name": "lot", "type": "long"}]}}},
  {"name": "by_zone", "type": {"type": "map", "values": ["null", "boolean"]}},
  {"name": "place", "type": {"type": "record", "name": "Spot", "fields": [{"name": "x", "type": "int"}]}},
  {"name": "nth", "type": "int", "aliases": ["first", "last"]},
  {"name": "grade", "type": {"type": "enum", "name": "Grade", "symbols": ["A"]}, "default": "B"}
]}
"""


def told() -> list[tuple[str, Incompatibilities]]:
    new, old = SchemaText(NEW, "this schema"), SchemaText(OLD, "version 3")
    return [
        ("New readers, old writers (the reader is under change)", incompatibilities(new, old)),
        ("Old readers, new writers (the writer is under change)", incompatibilities(old, new, new=Side.WRITER)),
    ]


def render(title: str, found: Incompatibilities) -> str:
    lines = [title]
    for item in found:
        lines += [
            "",
            f"{item.severity.value} {item.kind.value} at {item.location} {item.location.pointer}",
            f"  {item.message}",
            f"  fix: {item.fix}",
            f"  reader {item.reader}, {item.reader.length} wide; writer {item.writer}, {item.writer.length} wide",
        ]
    return "\n".join(lines) + "\n"


def test_golden() -> None:
    text = "\n".join(render(*part) for part in told())
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_golden_has_every_kind() -> None:
    text = GOLDEN.read_text(encoding="utf-8")
    assert [kind for kind in Kind if kind.value not in text] == []


def test_the_sentence_of_the_promise() -> None:
    found = told()[0][1]
    item = next(item for item in found if item.kind is Kind.READER_FIELD_MISSING_DEFAULT_VALUE)
    start = "records written with version 3 have no `priority`; a reader with this schema cannot fill it: "
    assert str(item).startswith(start + "give it a default or make it a union with null")


@pytest.mark.parametrize("place", range(2))
def test_places_are_where_the_text_says(place: int) -> None:
    """What is underlined in the text is what is meant."""
    _, found = told()[place]
    for item in found:
        for location, text in ((item.reader, (NEW, OLD)[place]), (item.writer, (OLD, NEW)[place])):
            line = text.splitlines()[location.line - 1]
            underlined = line[location.column - 1 : location.column - 1 + location.length]
            assert len(underlined) == location.length
            assert underlined[0] in '"[{0123456789'


def test_a_removed_field_is_shown_at_its_record_in_the_new_file() -> None:
    found = told()[1][1]
    (item,) = (item for item in found if "`prio`" in item.message)
    assert (item.line, item.column) == (1, 28)
    assert item.path == ("name",)
    assert item.reader.path == ("fields", 1, "name")


def test_names_default_to_the_roles() -> None:
    (item,) = incompatibilities('"int"', '"string"')
    assert item.message == (
        "records written with the writer's schema hold a string where a reader with the reader's schema expects an int"
    )
    assert item.fix == "keep `string`, or add a field of the new type beside it"


def test_strict_logical_types() -> None:
    schemas = parse(NEW), parse(OLD)
    for strict, severity in ((False, "warning"), (True, "error")):
        found = check(*schemas, strict_logical_types=strict)
        logical = [item for item in found if item.kind is Kind.LOGICAL_TYPE_MISMATCH]
        assert [item.severity.value for item in logical] == [severity]


def test_findings_travel_between_processes() -> None:
    found = told()[0][1]
    copies = pickle.loads(pickle.dumps(list(found)))
    assert copies == list(found)
    assert {hash(item) for item in copies} == {hash(item) for item in found}
    assert repr(copies[0]) == repr(found[0])


def test_in_a_reference() -> None:
    """A place in another text says so."""
    line = '{"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "%s"}]}'
    order = '{"type": "record", "name": "Order", "fields": [{"name": "line", "type": "Line"}]}'
    (item,) = incompatibilities(
        SchemaText(order, "order.avsc"),
        SchemaText(order, "version 1"),
        reader_references=[SchemaText(line % "int", "line.avsc")],
        writer_references=[line % "string"],
    )
    assert str(item.reader) == "line.avsc:1:71"
    assert (item.reader.reference, item.writer.reference) == (0, 0)
    assert str(item.writer) == "reference 1:1:71"
    assert "`sku`" in item.message
