"""Input that is wrong, huge or malicious: a clear error, never a pass, a RecursionError or a long wait."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

from kafkaops.compat import (
    MAX_CHARACTERS,
    MAX_NESTING,
    Rule,
    SchemaError,
    SchemaText,
    incompatibilities,
    meaning,
    outline,
    parse,
    parsing_canonical_form,
    texts,
)
from kafkaops.compat.jsontext import Container, Json, Path, path_to
from tests.compat.shapes import array, enum, field, fixed, record


def refusal(text: str) -> tuple[Rule, str, int, int]:
    """The first problem of a text that is refused."""
    with pytest.raises(SchemaError) as caught:
        parse(text)
    problem = caught.value.problems[0]
    return problem.rule, problem.message, problem.location.line, problem.location.column


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("", "the text is empty", 1, 1),
        ("  \n ", "the text is empty", 2, 2),
        ('"int', "unterminated string starting", 1, 1),
        ('{"type": "int"', "expecting ',' delimiter", 1, 15),
        ('{\n  "type": int\n}', "expecting value", 2, 11),
        ('["int",]', "expecting value", 1, 8),
        ('["int"] ["int"]', "extra data", 1, 9),
        ("\ufeff" + '"int"', "the text starts with a byte order mark, which JSON does not have", 1, 1),
        ('{"type": "int"} // why', "JSON has no comments", 1, 17),
        ('{/* why */ "type": "int"}', "JSON has no comments", 1, 2),
        ('{"type": "fixed", "name": "NaN", "size": NaN}', "NaN is not JSON", 1, 42),
        ('{"type": "fixed", "name": "F", "size": -Infinity}', "-Infinity is not JSON", 1, 40),
        ('{"type": "int", "doc": "a\tb"}', "invalid control character", 1, 26),
        ('{"type": "int", "doc": "\\x"}', "invalid \\escape", 1, 25),
        ("<html>", "expecting value", 1, 1),
    ],
)
def test_no_json(text: str, message: str, line: int, column: int) -> None:
    assert refusal(text) == (Rule.JSON_SYNTAX, message, line, column)


def test_an_endless_number() -> None:
    text = '{"type": "int",\n "x": ' + "9" * 5_000 + "}"
    assert refusal(text) == (Rule.SIZE_LIMIT, "a whole number has more than 4,300 digits", 2, 7)


def test_twenty_megabytes() -> None:
    rule, message, _, _ = refusal(json.dumps({"type": "int", "doc": "x" * 20_000_000}))
    assert (rule, message) == (
        Rule.SIZE_LIMIT,
        f"the text has 20,000,026 characters, and at most {MAX_CHARACTERS:,} are read",
    )


@pytest.mark.parametrize("opening", ["[", '{"type": "array", "items": '])
def test_ten_thousand_levels(opening: str) -> None:
    rule, message, line, column = refusal(opening * 10_000)
    assert (rule, message, line) == (Rule.SIZE_LIMIT, "nested more than 1,000 levels deep", 1)
    assert column == len(opening) * MAX_NESTING + 1


def nested_arrays(depth: int) -> str:
    return '{"type": "array", "items": ' * depth + '"int"' + "}" * depth


def nested_records(depth: int) -> str:
    text = '"int"'
    for number in range(depth):
        text = f'{{"type": "record", "name": "R{number}", "fields": [{{"name": "f", "type": {text}}}]}}'
    return text


DEEP = [
    nested_arrays(MAX_NESTING),
    nested_records(MAX_NESTING // 3),
    '{"type": "int", "x": ' + "[" * 999 + "]" * 999 + "}",
]


def at_stack_depth(depth: int, task: Callable[[], None]) -> None:
    """Run a task with so many frames below it."""
    if depth:
        at_stack_depth(depth - 1, task)
    else:
        task()


@pytest.mark.parametrize("text", DEEP, ids=["arrays", "records", "a property"])
@pytest.mark.parametrize("frames", [0, 500, 800])
def test_a_thousand_levels(text: str, frames: int) -> None:
    """What is allowed works whatever stack is left: all of the checker is free of recursion that grows with depth."""
    assert sys.getrecursionlimit() == 1_000

    def use() -> None:
        schema = parse(text)
        assert incompatibilities(text, text).compatible
        assert parsing_canonical_form(schema)
        assert meaning(schema)
        assert outline(text).needs == ()
        wrong = text.replace('"int"', '"itn"', 1)
        with pytest.raises(SchemaError) as caught:
            parse(wrong)
        assert caught.value.problems[0].rule is Rule.UNKNOWN_TYPE
        for item in incompatibilities(text, '"null"'):
            assert str(item) and item.location.line

    at_stack_depth(frames, use)


def test_a_mistake_inside_a_thousand_levels() -> None:
    text = nested_arrays(990).replace('"int"', '"int",')
    rule, message, _, column = refusal(text)
    assert (rule, message) == (Rule.JSON_SYNTAX, "expecting property name enclosed in double quotes")
    assert column == text.index(",}") + 2


def test_a_long_chain_of_records() -> None:
    """Flat to JSON, deep to types: each record has the one before as a field."""

    def chain(kind: str) -> str:
        records = [record(field("f", kind), name="R0")]
        records += [record(field("f", f"R{number - 1}"), name=f"R{number}") for number in range(1, 5_000)]
        return json.dumps(records)

    reader, writer = chain("int"), chain("string")
    found = incompatibilities(reader, writer)
    assert len(found) == 1
    assert incompatibilities(reader, reader).compatible
    assert parsing_canonical_form(parse(reader)).count("R4999") == 1


def test_a_long_chain_of_defaults() -> None:
    fields = [field("f0", record(field("x", "int", default=1), name="R0"), default={})]
    for number in range(1, 3_000):
        inner = record(field("x", f"R{number - 1}", default={}), name=f"R{number}")
        fields.append(field(f"f{number}", inner, default={}))
    text = json.dumps(record(*fields, name="Root"))
    assert parse(text).problems == ()
    broken = text.replace('"default": 1', '"default": "1"')
    assert refusal(broken)[0] is Rule.INVALID_DEFAULT


def test_a_default_without_end() -> None:
    text = json.dumps(record(field("r", "R", default={})))
    rule, message, _, column = refusal(text)
    assert rule is Rule.ENDLESS_DEFAULT
    assert message == "the default {} of `r` takes itself to be filled in, without end"
    assert column == text.index("{}") + 1
    assert parse(text, lenient=True).problems[0].rule is Rule.ENDLESS_DEFAULT


def test_two_defaults_that_take_each_other() -> None:
    inner = record(field("r", "R", default={}), name="S")
    assert refusal(json.dumps(record(field("s", inner, default={}))))[0] is Rule.ENDLESS_DEFAULT


@pytest.mark.timeout(60)
def test_many_of_everything() -> None:
    """Nothing takes time that grows with the square of the input."""
    count = 20_000
    symbols = [f"S{number}" for number in range(count)]
    fixeds = [fixed(1, f"F{number}") for number in range(count)]
    readers = [
        enum(*symbols),
        fixeds,
        record(*(field(f"f{number}", "int") for number in range(count))),
        record(*(field(f"f{number}", array("Missing")) for number in range(count // 20))),
    ]
    for reader in readers[:3]:
        text = json.dumps(reader)
        assert incompatibilities(text, text).compatible
    assert len(incompatibilities(json.dumps(enum()), json.dumps(readers[0]))) == 1
    assert len(incompatibilities(json.dumps([fixed(1, "Other")]), json.dumps(fixeds))) == count
    with pytest.raises(SchemaError) as caught:
        parse(json.dumps(enum(*symbols, *symbols)))
    assert {problem.rule for problem in caught.value.problems} == {Rule.DUPLICATE_SYMBOL}
    assert caught.value.omitted == count - len(caught.value.problems)
    assert str(caught.value).endswith(f"and {caught.value.omitted:,} more")


def test_many_places_are_found_without_as_many_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search costs as much as the text is long, so that thousands of findings in a large schema took minutes."""

    def narrowed(to: str, indent: int | None) -> str:
        fields = [
            field(f"f{n}", ["null", record(field("q", to, doc="Größe"), name=f"R{n}")], default=None)
            for n in range(100)
        ]
        return json.dumps(record(*fields), indent=indent, ensure_ascii=False)

    for indent in (None, 2):
        pair = narrowed("int", indent), narrowed("long", indent)
        searches: list[object] = []

        def searched(document: Json, target: Container, made: list[object] = searches) -> Path | None:
            made.append(target)
            return path_to(document, target)

        monkeypatch.setattr(texts, "path_to", searched)
        found = [(item.reader, item.writer) for item in incompatibilities(*pair)]
        assert len(found) == 100
        assert len(searches) <= 2 * texts.SEARCHES
        monkeypatch.setattr(texts, "SEARCHES", 1_000)
        assert [(item.reader, item.writer) for item in incompatibilities(*pair)] == found
        monkeypatch.undo()


def test_a_repeated_key_says_where_both_stand() -> None:
    text = '{"type": "record", "name": "R",\n "fields": [{"name": "a", "type": "int",\n  "type": "long"}]}'
    rule, message, line, column = refusal(text)
    assert (rule, line, column) == (Rule.REPEATED_KEY, 3, 3)
    assert message == "`type` stands twice in one object, first in line 2"
    schema = parse(text, lenient=True)
    assert [problem.rule for problem in schema.problems] == [Rule.REPEATED_KEY]


@pytest.mark.parametrize("extra", ['"doc": "a: b"', '"x": {"y": {"z": 1}}', '"default": {"a": {"b": {}}}', '"x" : 1'])
def test_a_colon_is_no_repeated_key(extra: str) -> None:
    assert parse('{"type": "int", ' + extra + "}").problems == ()


@pytest.mark.parametrize("extra", ['"doc": "a: b"', '"x": {"y": {"z": 1}}', '"x" : 1'])
def test_a_repeated_key_among_other_colons(extra: str) -> None:
    assert refusal('{"type": "int", ' + extra + ', "b": 1, "b": 1}')[0] is Rule.REPEATED_KEY


def test_every_mistake_is_told_at_once() -> None:
    text = json.dumps(
        [
            record(field("a", "strin"), field("a", "int"), {"name": "b"}, field("c", array("int"), default=[1, "2"])),
            {"type": "enum", "name": "E", "symbols": ["A", "A", "B-C"], "default": "D"},
            {"type": "map"},
            5,
        ]
    )
    with pytest.raises(SchemaError) as caught:
        parse(SchemaText(text, "order.avsc"))
    assert [problem.rule for problem in caught.value.problems] == [
        Rule.UNKNOWN_TYPE,
        Rule.DUPLICATE_FIELD,
        Rule.MISSING_ATTRIBUTE,
        Rule.DUPLICATE_SYMBOL,
        Rule.INVALID_NAME,
        Rule.ENUM_DEFAULT,
        Rule.MISSING_ATTRIBUTE,
        Rule.NOT_A_SCHEMA,
    ]
    assert str(caught.value).splitlines()[0] == ("order.avsc:1:67: no type is named `strin`: did you mean `string`?")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("strng", "string"), ("Adress", "n.Address"), ("m.Address", "n.Address"), ("recrod", "record"), ("Zzz", None)],
)
def test_the_nearest_name(name: str, meant: str | None) -> None:
    text = json.dumps(record(field("a", record(name="n.Address")), field("b", name)))
    with pytest.raises(SchemaError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    expected = f"did you mean `{meant}`?" if meant else "define it first, or give the schema that does as a reference"
    assert (problem.message, problem.fix) == (f"no type is named `{name}`", expected)


def test_a_namespace_in_common_makes_no_two_names_alike() -> None:
    fields = (field("a", record(name="OrderLine")), field("b", "strin"))
    with pytest.raises(SchemaError) as caught:
        parse(json.dumps(record(*fields, name="OrderEvent", namespace="com.paklog.wms")))
    (problem,) = caught.value.problems
    assert problem.fix == "did you mean `string`?"


def test_a_field_without_a_name_beside_one_of_an_empty_name() -> None:
    fields = [{"name": "", "type": "int"}, {"type": "int"}]
    with pytest.raises(SchemaError) as caught:
        parse(json.dumps({"type": "record", "name": "R", "fields": fields}))
    assert [problem.rule for problem in caught.value.problems] == [Rule.INVALID_NAME, Rule.MISSING_ATTRIBUTE]
