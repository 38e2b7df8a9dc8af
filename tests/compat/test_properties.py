"""What holds for every schema, tried on many."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kafkaops.compat import Kind, SchemaError, check, incompatibilities, meaning, parse, parsing_canonical_form
from kafkaops.compat.jsontext import JsonTextError, load, scan, span_at
from tests.compat.generator import Generator
from tests.compat.shapes import field, record
from tests.compat.test_schema import mixes_namespaces

SEEDS = st.integers(0, 2**32)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=25,
)
several = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


def some_pair(seed: int) -> tuple[str, str]:
    """A pair of valid schemas."""
    (pair,) = Generator(seed).pairs(1)
    try:
        parse(pair[0]), parse(pair[1])
    except SchemaError:
        assume(False)
    return pair


def own_aliases(text: str) -> bool:
    """Whether aliases make a schema ambiguous to itself."""
    return any(item.kind is Kind.AMBIGUOUS_ALIAS for item in incompatibilities(text, text))


@several
@given(SEEDS)
def test_a_schema_reads_what_it_wrote(seed: int) -> None:
    reader, _ = some_pair(seed)
    found = incompatibilities(reader, reader)
    assert {item.kind for item in found} <= {Kind.AMBIGUOUS_ALIAS}


@several
@given(SEEDS)
def test_only_what_the_normal_form_says_matters(seed: int) -> None:
    """The verdict is that of the normal forms: white space, order of keys and ways to write names change nothing."""
    reader, writer = some_pair(seed)
    assume(not mixes_namespaces(parse(reader)) and not mixes_namespaces(parse(writer)))
    forms = meaning(parse(reader)), meaning(parse(writer))
    assert incompatibilities(*forms).compatible is incompatibilities(reader, writer).compatible


@several
@given(SEEDS)
def test_of_the_writer_only_the_canonical_form_matters(seed: int) -> None:
    reader, writer = some_pair(seed)
    assume(not mixes_namespaces(parse(writer)))
    form = parsing_canonical_form(parse(writer))
    assert incompatibilities(reader, form).compatible is incompatibilities(reader, writer).compatible


@several
@given(SEEDS, st.sampled_from([("int", 0), ("string", ""), (["null", "long"], None)]))
def test_a_new_field_with_a_default_breaks_no_reader(seed: int, kind: tuple[Any, Any]) -> None:
    reader, writer = (json.loads(text) for text in some_pair(seed))
    assume(isinstance(reader, dict) and reader["type"] == "record")
    added = {**reader, "fields": [*reader["fields"], field("added", kind[0], default=kind[1])]}
    before = incompatibilities(json.dumps(reader), json.dumps(writer))
    after = incompatibilities(json.dumps(added), json.dumps(writer))
    assert after.compatible is before.compatible


@several
@given(SEEDS)
def test_a_new_field_without_a_default_breaks_readers(seed: int) -> None:
    text, _ = some_pair(seed)
    writer = json.loads(text)
    assume(isinstance(writer, dict) and writer["type"] == "record" and not own_aliases(text))
    reader = {**writer, "fields": [*writer["fields"], field("added", "int")]}
    found = incompatibilities(json.dumps(reader), text)
    assert [(item.kind, item.path) for item in found if item.severity.value == "error"] == [
        (Kind.READER_FIELD_MISSING_DEFAULT_VALUE, ("fields", len(writer["fields"]), "name"))
    ]


@several
@given(SEEDS)
def test_a_writer_may_have_more(seed: int) -> None:
    reader, writer = some_pair(seed)
    schema = json.loads(writer)
    assume(isinstance(schema, dict) and schema["type"] == "record")
    more = {**schema, "fields": [*schema["fields"], field("added", "int")]}
    assert incompatibilities(reader, json.dumps(more)).compatible is incompatibilities(reader, writer).compatible


@several
@given(SEEDS)
def test_a_union_reads_what_its_branch_reads(seed: int) -> None:
    reader, writer = some_pair(seed)
    assume(not reader.startswith("[") and not writer.startswith("["))
    assume(parsing_canonical_form(parse(reader)) != '"null"')
    null = parsing_canonical_form(parse(writer)) == '"null"'
    alone = incompatibilities(reader, writer).compatible
    assert incompatibilities(f'["null", {reader}]', writer).compatible is (alone or null)


@several
@given(SEEDS)
def test_compatible_is_no_error(seed: int) -> None:
    reader, writer = (parse(text) for text in some_pair(seed))
    found = check(reader, writer, strict_logical_types=True)
    assert found.compatible is (not found)


@several
@given(SEEDS)
def test_every_finding_can_be_told(seed: int) -> None:
    reader, writer = some_pair(seed)
    for item in incompatibilities(reader, writer):
        for location, text in ((item.reader, reader), (item.writer, writer)):
            value = json.loads(text)
            for step in location.path:
                value = value[step]
            shown = text[location.column - 1 : location.column - 1 + location.length]
            assert isinstance(value, dict | list) or json.loads(shown) == value
        assert item.message and item.fix


@given(JSON, st.booleans(), st.sampled_from([None, 1]))
def test_json_is_read_as_python_reads_it(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    found = scan(text)
    assert load(text) == found.document == value
    for path, span in found.spans.items():
        assert span_at(text, path) == span
        part = value
        for step in path:
            part = part[step]
        assert json.loads(text[span.start : span.end]) == part


@given(JSON, st.data())
def test_a_broken_text_is_refused_both_ways(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    at = data.draw(st.integers(0, len(text) - 1))
    broken = text[:at] + data.draw(st.sampled_from(["", ",", "}", "]", '"', "x", ":", "\n"])) + text[at + 1 :]

    def outcome(read: Any) -> Any:
        try:
            return read(broken)
        except JsonTextError as error:
            return error.message, error.offset

    assert outcome(lambda text: scan(text).document) == outcome(load) or isinstance(outcome(load), tuple)
    assert isinstance(outcome(load), tuple) == isinstance(outcome(lambda text: scan(text).document), tuple)


def test_shapes_are_valid() -> None:
    assert parse(json.dumps(record(field("a", "int")))).problems == ()
