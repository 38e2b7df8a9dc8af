"""The meaning of an Avro schema, and what differs between two."""

from __future__ import annotations

import json

import pytest

from kafkaops.resources.schemas.avro import description, differences, same, same_but_docs
from tests.resources.schemas.values import a_field, a_record

BASE = a_record("R", a_field("a"), a_field("n", "double", default=1), namespace="x", doc="one")


def text(schema: object) -> str:
    return json.dumps(schema)


@pytest.mark.parametrize(
    "other",
    [
        dict(reversed(BASE.items())),
        {**{key: value for key, value in BASE.items() if key != "namespace"}, "name": "x.R"},
        {**BASE, "fields": [a_field("a", {"type": "string"}), a_field("n", "double", default=1.0)]},
        {**BASE, "fields": [a_field("a", order="ascending"), a_field("n", "double", default=1)]},
    ],
    ids=["attributes in another order", "name in full", "type as an object", "order as it is without"],
)
def test_one_meaning_in_another_form(other: object) -> None:
    assert same(text(BASE), json.dumps(other, indent=3))


@pytest.mark.parametrize(
    ("other", "docs_only"),
    [
        ({**BASE, "doc": "two"}, True),
        ({**BASE, "fields": [a_field("a", doc="x"), a_field("n", "double", default=1)]}, True),
        ({**BASE, "aliases": ["S"]}, False),
        ({**BASE, "fields": [a_field("a", aliases=["b"]), a_field("n", "double", default=1)]}, False),
        ({**BASE, "fields": [a_field("a"), a_field("n", "double", default=2)]}, False),
        ({**BASE, "fields": [a_field("a"), a_field("n", "double")]}, False),
        ({**BASE, "fields": [a_field("n", "double", default=1), a_field("a")]}, False),
        ({**BASE, "owner": "team"}, False),
        ({**BASE, "namespace": "y"}, False),
    ],
)
def test_another_meaning(other: object, docs_only: bool) -> None:
    assert not same(text(BASE), text(other))
    assert same_but_docs(text(BASE), text(other)) is docs_only


def test_a_logical_type_is_part_of_the_meaning() -> None:
    plain, date = (
        a_record("R", a_field("d", "int")),
        a_record("R", a_field("d", {"type": "int", "logicalType": "date"})),
    )
    assert not same(text(plain), text(date))


def test_what_is_no_schema_is_compared_as_far_as_it_can_be_read() -> None:
    assert same("nonsense", "nonsense")
    assert not same("nonsense", "nonsense ")
    assert same('{"type": "nope", "a": 1}', '{"a":1,"type":"nope"}')
    assert not same('{"type": "nope"}', '{"type": {"type": "nope"}}')
    assert not same('{"type": "nope", "a": 1}', '{"type": "nope", "a": true}')


def test_differences_by_path() -> None:
    before = a_record(
        "R",
        a_field("a"),
        a_field("l", {"type": "record", "name": "L", "fields": [a_field("p", "int")]}),
        a_field("s", {"type": "enum", "name": "E", "symbols": ["A"]}),
        a_field("gone", ["null", "string"], default=None),
        namespace="x",
    )
    after = a_record(
        "R",
        a_field("l", {"type": "record", "name": "L", "fields": [a_field("p", "long", default=1)]}),
        a_field("a", {"type": "string", "logicalType": "uuid"}, doc="an id"),
        a_field("s", {"type": "enum", "name": "E", "symbols": ["A", "B"]}),
        a_field("new", {"type": "array", "items": {"type": "record", "name": "I", "fields": [a_field("q")]}}),
        namespace="x",
    )
    assert differences(text(before), text(after)) == (
        ("fields.l.fields.p", "int", "long"),
        ("fields.l.fields.p.default", None, "1"),
        ("fields.a", "string", "string(uuid)"),
        ("fields.a.doc", None, "an id"),
        ("fields.s.symbols", "A", "A, B"),
        ("fields.new", None, "array<record x.I>"),
        ("fields.gone", "[null, string], default null", None),
        ("fields", "a, l, s", "l, a, s"),
    )


def test_the_branches_of_a_union_are_told_apart() -> None:
    def union(kind: str) -> str:
        first = {"type": "record", "name": "A", "fields": [a_field("x", "int")]}
        second = {"type": "record", "name": "B", "fields": [a_field("x", kind)]}
        return text(a_record("R", a_field("u", [first, second])))

    assert differences(union("int"), union("long")) == (("fields.u.B.fields.x", "int", "long"),)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (BASE, "record x.R, 2 fields"),
        (a_record("R", a_field("a")), "record R, 1 field"),
        ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "enum E, 2 symbols"),
        ("string", "string"),
        (["null", "int"], "[null, int]"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 2}, "bytes(decimal 8,2)"),
        ({"type": "map", "values": {"type": "array", "items": "int"}}, "map<array<int>>"),
    ],
)
def test_descriptions(schema: object, words: str) -> None:
    assert description(text(schema)) == words
