"""What a parsed schema tells: names, normal forms, references, problems."""

from __future__ import annotations

import json

import pytest

from kafkaops.compat import (
    DuplicateDefinitionError,
    ReferenceCycleError,
    Rule,
    Schema,
    SchemaError,
    SchemaText,
    dependency_order,
    meaning,
    outline,
    parse,
    parsing_canonical_form,
)
from kafkaops.compat.build import Builder
from kafkaops.compat.model import Array, Enum, Fixed, Map, Named, Record, Type, Union
from kafkaops.compat.plain import PlainReader
from kafkaops.compat.schema import _examine, _is_plain, located
from tests.compat.generator import Generator
from tests.compat.shapes import array, enum, field, fixed, logical, record, values


def test_names() -> None:
    schema = parse(json.dumps(record(field("a", enum("X")), field("b", "E"), namespace="n")))
    assert schema.full_name == "n.R"
    assert schema.defined == ("n.R", "n.E")
    assert parse('"int"').full_name is None
    assert parse("[]").defined == ()


def test_canonical_form_of_the_specification() -> None:
    """Each of its transformations: PRIMITIVES, FULLNAMES, STRIP, ORDER, STRINGS, INTEGERS, WHITESPACE."""
    text = """{"doc": "x", "fields": [
        {"type": {"type": "int"}, "default": 1, "name": "\\u0061", "aliases": ["z"], "order": "ignore"},
        {"name": "f", "type": {"size": 12, "type": "fixed", "name": "F", "logicalType": "duration"}},
        {"name": "g", "type": ["null", "F", {"type": "map", "values": "R", "x": {}}]}
    ], "namespace": "n", "name": "R", "type": "record", "aliases": ["Q"]}"""
    assert parsing_canonical_form(parse(text)) == (
        '{"name":"n.R","type":"record","fields":[{"name":"a","type":"int"},'
        '{"name":"f","type":{"name":"n.F","type":"fixed","size":12}},'
        '{"name":"g","type":["null","n.F",{"type":"map","values":"n.R"}]}]}'
    )


BASE = record(
    field("a", "double", default=1.0, aliases=["x", "y"]),
    field("b", logical("long", "timestamp-millis"), doc="when"),
    field("c", enum("S", "T", aliases=["n.D"]), order="ignore"),
    field("d", ["null", "int"], default=None),
    namespace="n",
)


@pytest.mark.parametrize(
    "same",
    [
        json.dumps(BASE, indent=3),
        json.dumps(dict(reversed(BASE.items()))),
        json.dumps(BASE).replace('"default": 1.0', '"default": 1'),
        json.dumps(BASE).replace('["x", "y"]', '["y", "x", "x"]'),
        json.dumps(BASE).replace('["n.D"]', '["D"]'),
        json.dumps(BASE).replace('"int"', '{"type": "int"}'),
        json.dumps(BASE).replace('"name": "R"', '"name": "n.R"'),
        json.dumps(BASE).replace('"name": "b"', '"order": "ascending", "name": "b"'),
        json.dumps(BASE).replace('"name": "d"', '"aliases": [], "name": "d"'),
        json.dumps(BASE).replace('"ignore"', '"IGNORE"'),
    ],
)
def test_the_same_meaning(same: str) -> None:
    assert meaning(parse(same)) == meaning(parse(json.dumps(BASE)))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"default": 1.0', '"default": 2.0'),
        ('["x", "y"]', '["x"]'),
        ('["n.D"]', '["m.D"]'),
        ("timestamp-millis", "timestamp-micros"),
        ('"when"', '"then"'),
        ('"ignore"', '"descending"'),
        ('"order": "ignore"', '"extra": "ignore"'),
        (', "default": null', ""),
    ],
)
def test_another_meaning_of_the_same_canonical_form(right: str, wrong: str) -> None:
    one, other = parse(json.dumps(BASE)), parse(json.dumps(BASE).replace(right, wrong))
    assert meaning(one) != meaning(other)
    assert parsing_canonical_form(one) == parsing_canonical_form(other)


def test_an_error_is_not_a_record_in_meaning() -> None:
    one, other = parse(json.dumps(record())), parse(json.dumps(record(type="error")))
    assert meaning(one) != meaning(other)
    assert parsing_canonical_form(one) == parsing_canonical_form(other)


def mixes_namespaces(schema: Schema) -> bool:
    """Whether some types have a namespace and some have none. In a normal form nothing tells which a short name has."""
    return len({bool(node.namespace) for node in schema.names.values()}) == 2


def test_normal_forms_are_schemas_that_say_the_same() -> None:
    for reader, _ in Generator(3).pairs(300):
        try:
            schema = parse(reader)
        except SchemaError:
            continue
        if mixes_namespaces(schema):
            continue
        assert meaning(parse(meaning(schema))) == meaning(schema)
        form = parsing_canonical_form(schema)
        assert parsing_canonical_form(parse(form)) == form


ADDRESS = json.dumps(record(field("zip", "string"), name="n.Address"))
PARTY = json.dumps(record(field("address", "Address"), name="n.Party"))
ORDER = json.dumps(record(field("buyer", "n.Party"), field("to", ["null", "n.Address"]), name="n.Order"))


@pytest.mark.parametrize("references", [(ADDRESS, PARTY), (PARTY, ADDRESS)])
def test_references_in_any_order(references: tuple[str, str]) -> None:
    schema = parse(ORDER, references)
    assert schema.defined == ("n.Order",)
    assert set(schema.names) == {"n.Order", "n.Party", "n.Address"}
    assert parsing_canonical_form(schema).count('"name":"n.Address"') == 1
    assert parsing_canonical_form(schema, inline_references=False) == (
        '{"name":"n.Order","type":"record","fields":[{"name":"buyer","type":"n.Party"},'
        '{"name":"to","type":["null","n.Address"]}]}'
    )
    assert meaning(schema) == meaning(parse(ORDER, references[::-1]))


def test_a_missing_reference() -> None:
    with pytest.raises(SchemaError) as caught:
        parse(SchemaText(ORDER, "order.avsc"), [SchemaText(ADDRESS.replace("n.Address", "n.Adress"), "address.avsc")])
    assert [str(problem) for problem in caught.value.problems] == [
        "order.avsc:1:76: no type is named `n.Party`: define it first, or give the schema that does as a reference",
        "order.avsc:1:120: no type is named `n.Address`: did you mean `n.Adress`?",
    ]


def test_a_reference_that_is_wrong() -> None:
    with pytest.raises(SchemaError) as caught:
        parse(ORDER, [PARTY, SchemaText('{"type": "record", "name": "n.Address"}', "address.avsc")])
    (problem,) = caught.value.problems
    assert (str(problem.location), problem.location.reference) == ("address.avsc:1:1", 1)


def test_a_reference_that_defines_the_same_name() -> None:
    with pytest.raises(SchemaError) as caught:
        parse(ADDRESS, [SchemaText(ADDRESS, "other.avsc")])
    (problem,) = caught.value.problems
    assert problem.rule is Rule.DEFINED_TWICE
    with pytest.raises(SchemaError):
        parse('"int"', [ADDRESS, ADDRESS])


def test_references_that_need_each_other() -> None:
    one = json.dumps(record(field("b", "B"), name="A"))
    other = json.dumps(record(field("a", "A"), name="B"))
    with pytest.raises(SchemaError) as caught:
        parse('"A"', [SchemaText(one, "a.avsc"), SchemaText(other, "b.avsc")])
    (problem,) = caught.value.problems
    assert problem.rule is Rule.REFERENCE_CYCLE
    assert set(problem.message.rpartition(": ")[2].split(" → ")) == {"a.avsc", "b.avsc"}


def test_outline_and_order() -> None:
    texts = {"order": ORDER, "party": PARTY, "address": ADDRESS}
    outlines = {name: outline(text) for name, text in texts.items()}
    assert outlines["order"].full_name == "n.Order"
    assert outlines["order"].needs == ("n.Party", "n.Address")
    assert outlines["party"].needs == ("n.Address",)
    assert outlines["address"].defines == ("n.Address",)
    assert dependency_order(outlines) == ("address", "party", "order")
    with pytest.raises(DuplicateDefinitionError, match=r"`n.Address` is defined in address and in other"):
        dependency_order({**outlines, "other": outline(ADDRESS)})
    loop = outline(json.dumps(record(field("o", "n.Order"), name="n.Address")))
    with pytest.raises(ReferenceCycleError) as caught:
        dependency_order({**outlines, "address": loop})
    assert set(caught.value.keys) == {"order", "party", "address"} or len(caught.value.keys) >= 3


def test_outline_of_a_short_name_that_only_the_null_namespace_has() -> None:
    user = outline(json.dumps(record(field("b", "B"), name="n.A")))
    assert user.needs == ("n.B",)
    assert dependency_order({"user": user, "b": outline(json.dumps(record(name="B")))}) == ("b", "user")
    assert parse(json.dumps(record(field("b", "B"), name="n.A")), [json.dumps(record(name="B"))]).problems[0].rule is (
        Rule.NULL_NAMESPACE
    )


def test_outline_of_a_text_that_is_no_json() -> None:
    with pytest.raises(SchemaError):
        outline("{")


@pytest.mark.parametrize(
    ("schema", "rule"),
    [
        (record(field("größe", "int")), Rule.UNPORTABLE_NAME),
        (record(name="n.int"), Rule.UNPORTABLE_NAME),
        (record(field("a", ["null", "int"], default=1)), Rule.LATER_BRANCH_DEFAULT),
        (record(field("a", enum("X"), default="Y")), Rule.UNFIT_DEFAULT),
        (record(field("a", record(name="A", namespace="")), field("b", "A"), namespace="n"), Rule.NULL_NAMESPACE),
    ],
)
def test_warnings(schema: dict[str, object], rule: Rule) -> None:
    (problem,) = parse(json.dumps(schema)).problems
    assert problem.rule is rule
    assert problem.is_warning


def same(one: Type, other: Type, seen: set[tuple[int, int]]) -> bool:
    """Whether two readings of one text gave the same types."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    if one.__class__ is not other.__class__ or one.json is not other.json:
        return False
    if (id(one), id(other)) in seen:
        return True
    seen.add((id(one), id(other)))
    if isinstance(one, Named) and isinstance(other, Named):
        if (one.full, one.name, one.namespace) != (other.full, other.name, other.namespace):
            return False
        if isinstance(one, Enum) and isinstance(other, Enum):
            return one.symbols == other.symbols and one.default == other.default
        if isinstance(one, Fixed) and isinstance(other, Fixed):
            return one.size == other.size
        assert isinstance(one, Record) and isinstance(other, Record)
        if (one.index, one.aliased, one.fields) != (other.index, other.aliased, other.fields):
            return False
    if isinstance(one, Array | Map | Union | Record) and isinstance(other, Array | Map | Union | Record):
        return all(same(*pair, seen) for pair in zip(one.types, other.types, strict=True))
    return True


def test_the_short_way_gives_what_the_long_way_gives() -> None:
    """`PlainReader` either gives up or reads what `Builder` reads, and `Builder` then finds no structure wrong."""
    read = 0
    for pair in Generator(5).pairs(3_000):
        for text in pair:
            try:
                document = json.loads(text)
            except ValueError:
                continue
            plain = PlainReader()
            one = plain.read(document)
            if one is None:
                continue
            builder = Builder()
            other = builder.read([document])
            assert builder.finish() == []
            assert {item.rule for item in builder.findings} <= {Rule.INVALID_NAME, Rule.UNPORTABLE_NAME}
            assert same(one, other, set()), text
            assert list(plain.names) == list(builder.names)
            read += 1
    assert read > 5_000


def test_the_short_way_finds_flawless_what_all_rules_find_flawless() -> None:
    """A schema that is read the short way has no problems, or those that the long way finds."""
    flawless = 0
    for pair in Generator(6).pairs(3_000):
        for text in pair:
            schema = Schema(text) if _is_json(text) else None
            if schema is not None and _is_plain(schema, lenient=False):
                assert schema.problems == located(schema.texts, _examine(schema.texts)[3]), text
                flawless += not schema.problems
    assert flawless > 4_000


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("ascii_only", [True, False])
def test_letters_beyond_ascii_are_nothing_special_but_in_names(ascii_only: bool) -> None:
    def plain(schema: dict[str, object]) -> bool:
        return _is_plain(Schema(json.dumps(schema, ensure_ascii=ascii_only)), lenient=False)

    assert plain(record(field("size", "int", doc="Größe")))
    assert plain(record(field("size", fixed(1), default="ÿ")))
    assert not plain(record(field("größe", "int")))
    assert not plain(record(field("size", enum("KLEIN", "GROß"))))
    assert not plain(record(name="größe.Order"))


def test_a_key_that_is_written_in_two_ways_is_still_one() -> None:
    with pytest.raises(SchemaError) as caught:
        parse(r'{"type": "record", "name": "R", "n\u0061me": "S", "fields": []}')
    assert caught.value.problems[0].rule is Rule.REPEATED_KEY


def test_the_short_way_is_the_usual_one() -> None:
    text = json.dumps(
        record(field("a", array(values("int"))), field("b", fixed(2)), field("c", ["null", "R"], default=None))
    )
    assert PlainReader().read(json.loads(text)) is not None
