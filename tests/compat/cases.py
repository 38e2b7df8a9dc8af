"""A pair of schemas for every rule of resolution, written by hand, with what must come of it.

`kinds` are the kinds that are reported, in order; a pair is compatible if all of them are warnings. `rule` is the rule
that one of the schemas breaks. `sentences` say why the verdict is not Java's, where it is not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from kafkaops.compat import Kind, Rule
from tests.compat.sentences import Sentence

Text = str | dict[str, Any] | list[Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One pair."""

    name: str
    reader: str
    writer: str
    kinds: tuple[Kind, ...] = ()
    rule: Rule | None = None
    sentences: tuple[Sentence, ...] = ()


def case(
    name: str,
    reader: Text,
    writer: Text,
    *kinds: Kind,
    rule: Rule | None = None,
    sentences: tuple[Sentence, ...] = (),
) -> Case:
    """A case whose schemas are JSON values; a text that starts like JSON is taken as it is."""
    return Case(name, _text(reader), _text(writer), kinds, rule, sentences)


def _text(schema: Text) -> str:
    return schema if isinstance(schema, str) and schema[:1] in ('"', "{", "[") else json.dumps(schema)


def record(*fields: dict[str, Any], name: str = "R", **attributes: Any) -> dict[str, Any]:
    """A record."""
    return {"type": "record", "name": name, "fields": list(fields), **attributes}


def field(name: str, kind: Any, **attributes: Any) -> dict[str, Any]:
    """A field."""
    return {"name": name, "type": kind, **attributes}


def enum(*symbols: str, name: str = "E", **attributes: Any) -> dict[str, Any]:
    """An enum."""
    return {"type": "enum", "name": name, "symbols": list(symbols), **attributes}


def fixed(size: Any, name: str = "F", **attributes: Any) -> dict[str, Any]:
    """A fixed."""
    return {"type": "fixed", "name": name, "size": size, **attributes}


def array(items: Any) -> dict[str, Any]:
    """An array."""
    return {"type": "array", "items": items}


def values(kind: Any) -> dict[str, Any]:
    """A map."""
    return {"type": "map", "values": kind}


def logical(kind: str, name: str, **attributes: Any) -> dict[str, Any]:
    """A primitive with a logical type."""
    return {"type": kind, "logicalType": name, **attributes}


PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
_PROMOTED = {
    ("int", "long"),
    ("int", "float"),
    ("int", "double"),
    ("long", "float"),
    ("long", "double"),
    ("float", "double"),
    ("string", "bytes"),
    ("bytes", "string"),
}
MISMATCH = Kind.TYPE_MISMATCH
NO_DEFAULT = Kind.READER_FIELD_MISSING_DEFAULT_VALUE
BAD_DEFAULT = Kind.READER_FIELD_INVALID_DEFAULT
BRANCH = Kind.MISSING_UNION_BRANCH
SYMBOLS = Kind.MISSING_ENUM_SYMBOLS
NAME = Kind.NAME_MISMATCH
SIZE = Kind.FIXED_SIZE_MISMATCH
LOGICAL = Kind.LOGICAL_TYPE_MISMATCH
ALIAS = Kind.AMBIGUOUS_ALIAS

_promotions = [
    case(
        f"{writer} read as {reader}",
        reader,
        writer,
        *(() if reader == writer or (writer, reader) in _PROMOTED else (MISMATCH,)),
    )
    for writer in PRIMITIVES
    for reader in PRIMITIVES
]
_complex: dict[str, Text] = {
    "record": record(),
    "enum": enum("A"),
    "fixed": fixed(2),
    "array": array("int"),
    "map": values("int"),
    "int": "int",
    "bytes": "bytes",
}
_kinds = [
    case(f"{writer} read as {reader}", _complex[reader], _complex[writer], *(() if reader == writer else (MISMATCH,)))
    for writer in _complex
    for reader in _complex
    if {reader, writer} - {"int", "bytes"}
]
_containers = [
    case("items promoted", array("long"), array("int")),
    case("items narrowed", array("int"), array("long"), MISMATCH),
    case("values promoted", values("double"), values("float")),
    case("values narrowed", values("float"), values("double"), MISMATCH),
    case("items of arrays of maps", array(values(array("int"))), array(values(array("string"))), MISMATCH),
    case("items become a union", array(["null", "int"]), array("int")),
    case("items were a union", array("int"), array(["null", "int"]), MISMATCH),
]
_fields = [
    case("field removed", record(field("a", "int")), record(field("a", "int"), field("b", "int"))),
    case("field added with a default", record(field("a", "int", default=1)), record()),
    case("field added without a default", record(field("a", "int")), record(), NO_DEFAULT),
    case("two fields added", record(field("a", "int"), field("b", "int")), record(), NO_DEFAULT, NO_DEFAULT),
    case("nullable field added without a default", record(field("a", ["null", "int"])), record(), NO_DEFAULT),
    case("nullable field added with null", record(field("a", ["null", "int"], default=None)), record()),
    case("null field added without a default", record(field("a", "null")), record(), NO_DEFAULT),
    case(
        "fields in another order",
        record(field("a", "int"), field("b", "string")),
        record(field("b", "string"), field("a", "int")),
    ),
    case("field promoted", record(field("a", "long")), record(field("a", "int"))),
    case("field narrowed", record(field("a", "int")), record(field("a", "long")), MISMATCH),
    case(
        "field narrowed that has a default", record(field("a", "int", default=0)), record(field("a", "long")), MISMATCH
    ),
    case("names differ in case", record(field("A", "int")), record(field("a", "int")), NO_DEFAULT),
    case("an enum's default is no field's default", record(field("a", enum("X", default="X"))), record(), NO_DEFAULT),
    case(
        "field of a nested record",
        record(field("n", record(field("a", "int"), name="N"))),
        record(field("n", record(name="N"))),
        NO_DEFAULT,
    ),
    case("no fields", record(), record(field("a", "int"))),
    case("an error is a record", record(type="error"), record()),
    case(
        "docs, order and properties do not matter",
        record(field("a", "int", doc="x", order="ignore"), doc="y", z=1),
        record(field("a", "int")),
    ),
]
_field_aliases = [
    case("field renamed with an alias", record(field("b", "int", aliases=["a"])), record(field("a", "int"))),
    case("the second alias", record(field("b", "int", aliases=["x", "a"])), record(field("a", "int"))),
    case(
        "an alias of the writer does not count",
        record(field("a", "int")),
        record(field("b", "int", aliases=["a"])),
        NO_DEFAULT,
    ),
    case("alias and narrowed", record(field("b", "int", aliases=["a"])), record(field("a", "long")), MISMATCH),
    case(
        "name and alias both match",
        record(field("b", "int", aliases=["a"])),
        record(field("a", "int"), field("b", "int")),
        ALIAS,
        sentences=(Sentence.UNIQUE_NAMES,),
    ),
    case(
        "two aliases match",
        record(field("c", "int", aliases=["a", "b"])),
        record(field("a", "int"), field("b", "int")),
        ALIAS,
        sentences=(Sentence.UNIQUE_NAMES,),
    ),
    case(
        "its own name as alias",
        record(field("a", "int", aliases=["a"])),
        record(field("a", "int")),
        sentences=(Sentence.OWN_ALIAS,),
    ),
    case("an alias twice", record(field("b", "int", aliases=["a", "a"])), record(field("a", "int"))),
    case(
        "an alias that another field has as name",
        record(field("a", "int"), field("b", "int", aliases=["a"])),
        record(field("a", "int")),
        ALIAS,
        sentences=(Sentence.UNIQUE_ALIASES,),
    ),
    case(
        "an alias of two fields",
        record(field("b", "int", aliases=["a"]), field("c", "int", aliases=["a"])),
        record(field("a", "int")),
        ALIAS,
        sentences=(Sentence.UNIQUE_ALIASES,),
    ),
    case(
        "such an alias without that field in the writer",
        record(field("a", "int", default=0), field("b", "int", aliases=["a"])),
        record(field("b", "int")),
    ),
    case(
        "an alias with a dot is no path",
        record(field("b", "int", aliases=["R.a"])),
        record(field("a", "int")),
        NO_DEFAULT,
    ),
    case("any string is a field's alias", record(field("b", "int", aliases=["a-b"])), record(field("b", "int"))),
]
_names = [
    case("record renamed", record(field("a", "int"), name="S"), record(field("a", "int")), NAME),
    case("record renamed with an alias", record(name="S", aliases=["R"]), record()),
    case("namespace changed", record(namespace="m"), record(namespace="n")),
    case("namespace added", record(namespace="m"), record()),
    case("renamed into a namespace, alias short", record(name="S", namespace="n", aliases=["R"]), record(), NAME),
    case(
        "renamed inside a namespace, alias short", record(name="S", namespace="n", aliases=["R"]), record(namespace="n")
    ),
    case(
        "renamed inside a namespace, alias full",
        record(name="S", namespace="n", aliases=["n.R"]),
        record(namespace="n"),
    ),
    case("alias of another namespace", record(name="S", namespace="n", aliases=["m.R"]), record(namespace="m")),
    case("alias of the wrong namespace", record(name="S", namespace="n", aliases=["m.R"]), record(namespace="n"), NAME),
    case("alias that starts with a dot", record(name="S", namespace="n", aliases=[".R"]), record(), NAME),
    case("alias by the name's own namespace", record(name="n.S", aliases=["R"]), record(name="n.R")),
    case("a full name ignores the namespace", record(name="n.S", namespace="m", aliases=["R"]), record(name="n.R")),
    case("an alias of the writer's type does not count", record(), record(name="S", aliases=["R"]), NAME),
    case("enum renamed", enum("A", name="D"), enum("A"), NAME),
    case("enum renamed with an alias", enum("A", name="D", aliases=["E"]), enum("A")),
    case("fixed renamed", fixed(2, "G"), fixed(2), NAME),
    case("fixed renamed with an alias", fixed(2, "G", aliases=["F"]), fixed(2)),
    case(
        "a field's type replaced by another",
        record(field("a", record(field("x", "int"), name="A"))),
        record(field("a", record(field("y", "int"), name="B"))),
        NAME,
    ),
    case("names differ in case only", record(name="r"), record(), NAME),
    case("any string is a type's alias", record(aliases=["a-b"]), record(), sentences=(Sentence.ANY_ALIAS,)),
]
_enums = [
    case("symbol added to the reader", enum("A", "B"), enum("A")),
    case("symbol taken from the reader", enum("A"), enum("A", "B"), SYMBOLS),
    case("symbols in another order", enum("B", "A"), enum("A", "B")),
    case("symbol taken, with a default", enum("A", default="A"), enum("A", "B")),
    case("the writer's default does not count", enum("A"), enum("A", "B", default="A"), SYMBOLS),
    case("symbol renamed", enum("C"), enum("A"), SYMBOLS),
    case("symbols differ in case", enum("a"), enum("A"), SYMBOLS),
    case("no symbols written", enum("A"), enum()),
    case("no symbols read", enum(), enum("A"), SYMBOLS),
    case("default that is no symbol", enum("A", default="B"), enum("A"), rule=Rule.ENUM_DEFAULT),
    case(
        "default that is no string",
        enum("A", default=1),
        enum("A"),
        rule=Rule.ENUM_DEFAULT,
        sentences=(Sentence.ENUM_DEFAULT,),
    ),
]
_fixeds = [
    case("fixed grown", fixed(3), fixed(2), SIZE),
    case("fixed shrunk", fixed(1), fixed(2), SIZE),
    case("fixed renamed and grown", fixed(3, "G"), fixed(2), NAME),
    case("fixed of no bytes", fixed(0), fixed(0)),
    case("size as text", fixed("2"), fixed(2), rule=Rule.INVALID_ATTRIBUTE),
    case("size below zero", fixed(-1), fixed(2), rule=Rule.INVALID_ATTRIBUTE),
    case("size with a fraction", fixed(2.0), fixed(2), rule=Rule.INVALID_ATTRIBUTE),
    case("size true", fixed(True), fixed(2), rule=Rule.INVALID_ATTRIBUTE),
    case("size too large", fixed(2**31), fixed(2), rule=Rule.INVALID_ATTRIBUTE),
    case("no size", {"type": "fixed", "name": "F"}, fixed(2), rule=Rule.MISSING_ATTRIBUTE),
]
_unions = [
    case("became nullable", ["null", "int"], "int"),
    case("was nullable", "int", ["null", "int"], MISMATCH),
    case("was nullable, but null", "null", ["null"]),
    case("branch added to the reader", ["null", "int", "string"], ["null", "int"]),
    case("branch taken from the reader", ["null", "int"], ["null", "int", "boolean"], BRANCH),
    case("two branches taken", ["null"], ["null", "int", "boolean"], BRANCH, BRANCH),
    case("branches in another order", ["int", "null"], ["null", "int"]),
    case("branch promoted", ["null", "long"], ["null", "int"]),
    case("branch promoted as the union's last", ["string", "boolean", "double"], "int"),
    case("branch narrowed", ["null", "int"], ["null", "long"], BRANCH),
    case("string written, bytes in the union", ["null", "bytes"], "string"),
    case("all branches of a union promoted to one type", "double", ["int", "float"]),
    case("one branch of a union not promoted", "float", ["int", "double"], MISMATCH),
    case("a union of nothing written", "int", []),
    case("a union of nothing read", [], "int", BRANCH),
    case("array inside a union", ["null", array("int")], ["null", array("string")], MISMATCH),
    case("map inside a union", ["null", values("long")], ["null", values("int")]),
    case("map for an array inside a union", ["null", values("int")], array("int"), BRANCH),
    case("record inside a union", ["null", record(field("a", "int"))], record(), NO_DEFAULT),
    case("record of another name inside a union", ["null", record(name="S")], record(), BRANCH),
    case("record by alias inside a union", ["null", record(name="S", aliases=["R"])], record()),
    case("record by short name inside a union", ["null", record(namespace="m")], record(namespace="n")),
    case("enum inside a union", ["null", enum("A")], enum("A", "B"), SYMBOLS),
    case("fixed inside a union", ["null", fixed(3)], fixed(2), SIZE),
    case(
        "full name before short name",
        [record(field("a", "int"), namespace="m"), record(namespace="n")],
        record(namespace="n"),
    ),
    case(
        "full name, though the short name fits better",
        [record(namespace="m"), record(field("a", "int"), namespace="n")],
        record(namespace="n"),
        NO_DEFAULT,
        sentences=(Sentence.FIRST_BRANCH,),
    ),
    case(
        "the first of two short names",
        [record(field("a", "int"), namespace="m"), record(namespace="n")],
        record(namespace="o"),
        NO_DEFAULT,
        sentences=(Sentence.FIRST_BRANCH,),
    ),
    case(
        "the first of two short names fits",
        [record(namespace="m"), record(field("a", "int"), namespace="n")],
        record(namespace="o"),
    ),
    case(
        "alias before short name",
        [record(field("a", "int"), namespace="m"), record(name="S", aliases=["o.R"])],
        record(namespace="o"),
    ),
    case(
        "the first of two short names of enums",
        [enum("A", namespace="m"), enum("A", "B", namespace="n")],
        enum("A", "B", namespace="o"),
        SYMBOLS,
        sentences=(Sentence.FIRST_BRANCH,),
    ),
    case("a fixed matches by size too", [fixed(3, namespace="m"), fixed(2, namespace="n")], fixed(2, namespace="o")),
    case(
        "a fixed of the full name and another size",
        [fixed(3, namespace="o"), fixed(2, namespace="n")],
        fixed(2, namespace="o"),
    ),
    case("enum and record of one name", [enum("A", name="n.R"), record(name="m.R")], record(name="n.R")),
    case("a logical type is the type to a union", ["null", logical("long", "timestamp-millis")], "int", LOGICAL),
    case(
        "the same type before a promotion",
        ["double", logical("long", "timestamp-millis")],
        logical("long", "timestamp-millis"),
    ),
]
_recursive = [
    case("a list", record(field("next", ["null", "R"])), record(field("next", ["null", "R"]))),
    case(
        "a list whose value changed",
        record(field("next", ["null", "R"]), field("a", "int")),
        record(field("next", ["null", "R"]), field("a", "string")),
        MISMATCH,
    ),
    case("a list that can no longer end", record(field("next", "R")), record(field("next", ["null", "R"])), MISMATCH),
    case("a tree", record(field("children", array("R"))), record(field("children", array("R")))),
    case(
        "a tree renamed",
        record(field("children", array("S")), name="S", aliases=["R"]),
        record(field("children", array("R"))),
    ),
    case(
        "a tree renamed without an alias",
        record(field("children", array("S")), name="S"),
        record(field("children", array("R"))),
        NAME,
    ),
    case(
        "two that need each other",
        record(field("s", ["null", record(field("r", ["null", "R"]), field("x", "int"), name="S")])),
        record(field("s", ["null", record(field("r", ["null", "R"]), name="S")])),
        NO_DEFAULT,
    ),
    case(
        "Java remembers a pair it only assumed",
        [
            record(field("f", record(field("h", ["null", "m.X"]), name="Y")), field("g", "string"), name="m.X"),
            record(field("f", "m.Y"), field("g", "int"), name="n.X"),
        ],
        record(field("f", record(field("h", ["null", "o.X"]), name="Y")), field("g", "int"), name="o.X"),
        MISMATCH,
        sentences=(Sentence.NO_BRANCH,),
    ),
    case(
        "Java remembers a pair it only assumed, and takes the right branch",
        [
            record(field("f", record(field("h", ["null", "m.X"]), name="m.Y")), field("g", "string"), name="m.X"),
            record(field("f", "m.Y"), field("g", "int"), name="n.X"),
        ],
        record(field("f", record(field("h", ["null", "n.X"]), name="n.Y")), field("g", "int"), name="n.X"),
        MISMATCH,
        sentences=(Sentence.NO_BRANCH,),
    ),
]
_defaults = [
    case("int default that is text", record(field("a", "int", default="1")), record(), rule=Rule.INVALID_DEFAULT),
    case("int default with a fraction", record(field("a", "int", default=1.0)), record(), rule=Rule.INVALID_DEFAULT),
    case("int default too large", record(field("a", "int", default=2**31)), record(), rule=Rule.INVALID_DEFAULT),
    case("int default true", record(field("a", "int", default=True)), record(), rule=Rule.INVALID_DEFAULT),
    case("long default", record(field("a", "long", default=2**63 - 1)), record()),
    case("long default too large", record(field("a", "long", default=2**63)), record(), rule=Rule.INVALID_DEFAULT),
    case("double default without a fraction", record(field("a", "double", default=1)), record()),
    case("boolean default 0", record(field("a", "boolean", default=0)), record(), rule=Rule.INVALID_DEFAULT),
    case("string default null", record(field("a", "string", default=None)), record(), rule=Rule.INVALID_DEFAULT),
    case("null default 'null'", record(field("a", "null", default="null")), record(), rule=Rule.INVALID_DEFAULT),
    case("array default", record(field("a", array("int"), default=[1, 2])), record()),
    case(
        "array default of other items",
        record(field("a", array("int"), default=[1, "2"])),
        record(),
        rule=Rule.INVALID_DEFAULT,
    ),
    case("map default", record(field("a", values("int"), default={"x": 1})), record()),
    case(
        "map default that is an array",
        record(field("a", values("int"), default=[])),
        record(),
        rule=Rule.INVALID_DEFAULT,
    ),
    case("record default", record(field("a", record(field("x", "int"), name="A"), default={"x": 1})), record()),
    case(
        "record default filled by its fields' own",
        record(field("a", record(field("x", "int", default=1), name="A"), default={})),
        record(),
    ),
    case(
        "record default that lacks a field",
        record(field("a", record(field("x", "int"), name="A"), default={})),
        record(),
        rule=Rule.INVALID_DEFAULT,
    ),
    case("default of a union's first branch", record(field("a", ["int", "null"], default=1)), record()),
    case("default of a union's second branch", record(field("a", ["null", "int"], default=1)), record()),
    case("default of no branch", record(field("a", ["null", "int"], default="x")), record(), rule=Rule.INVALID_DEFAULT),
    case("default of an empty union", record(field("a", [], default=1)), record(), rule=Rule.INVALID_DEFAULT),
    case("bytes default", record(field("a", "bytes", default="\u00ff")), record()),
    case(
        "bytes default beyond a byte",
        record(field("a", "bytes", default="\u0100")),
        record(),
        BAD_DEFAULT,
        sentences=(Sentence.INVALID_DEFAULTS,),
    ),
    case(
        "bytes default beyond a byte that nobody needs",
        record(field("a", "bytes", default="\u0100")),
        record(field("a", "bytes")),
    ),
    case("enum default", record(field("a", enum("A"), default="A")), record()),
    case(
        "enum default that is no symbol",
        record(field("a", enum("A"), default="B")),
        record(),
        BAD_DEFAULT,
        sentences=(Sentence.INVALID_DEFAULTS,),
    ),
    case(
        "enum default that is no symbol and nobody needs",
        record(field("a", enum("A"), default="B")),
        record(field("a", enum("A"))),
    ),
    case("fixed default", record(field("a", fixed(2), default="ab")), record()),
    case(
        "fixed default too long",
        record(field("a", fixed(2), default="abc")),
        record(),
        BAD_DEFAULT,
        sentences=(Sentence.INVALID_DEFAULTS,),
    ),
    case(
        "double default NaN as text",
        record(field("a", "double", default="NaN")),
        record(),
        BAD_DEFAULT,
        sentences=(Sentence.INVALID_DEFAULTS,),
    ),
    case(
        "double default as text that is no number",
        record(field("a", "double", default="x")),
        record(),
        rule=Rule.INVALID_DEFAULT,
    ),
    case(
        "a default of the writer does not count",
        record(field("a", "int", default="x")),
        record(field("a", "int")),
        rule=Rule.INVALID_DEFAULT,
    ),
    case(
        "a wrong default of the writer",
        record(field("a", "int")),
        record(field("a", "int", default="x")),
        sentences=(Sentence.INVALID_DEFAULTS,),
    ),
    case("a default that takes itself", record(field("a", "R", default={})), record(), rule=Rule.ENDLESS_DEFAULT),
    case(
        "a default of the record it is in",
        record(field("a", ["null", "R"], default={"a": None})),
        record(),
        sentences=(Sentence.DEFAULT_VALUES,),
    ),
]
_logical = [
    case("the same logical type", logical("long", "timestamp-millis"), logical("long", "timestamp-millis")),
    case("millis to micros", logical("long", "timestamp-micros"), logical("long", "timestamp-millis"), LOGICAL),
    case("date to timestamp", logical("long", "timestamp-millis"), logical("int", "date"), LOGICAL),
    case("logical type added", logical("string", "uuid"), "string", LOGICAL),
    case("logical type taken away", "string", logical("string", "uuid"), LOGICAL),
    case(
        "scale changed",
        logical("bytes", "decimal", precision=4, scale=1),
        logical("bytes", "decimal", precision=4, scale=2),
        LOGICAL,
    ),
    case(
        "precision changed",
        logical("bytes", "decimal", precision=5, scale=2),
        logical("bytes", "decimal", precision=4, scale=2),
        LOGICAL,
    ),
    case(
        "scale 0 is no scale",
        logical("bytes", "decimal", precision=4, scale=0),
        logical("bytes", "decimal", precision=4),
    ),
    case("an invalid decimal is none", logical("bytes", "decimal", precision=1, scale=2), "bytes"),
    case("a decimal without precision is none", logical("bytes", "decimal"), "bytes"),
    case("a date on a long is none", logical("long", "date"), "long"),
    case("a logical type of one's own", logical("string", "money"), logical("string", "price"), LOGICAL),
    case("decimal of a fixed too small for it", fixed(1, logicalType="decimal", precision=9), fixed(1)),
    case("decimal of a fixed", fixed(4, logicalType="decimal", precision=9), fixed(4), LOGICAL),
    case("duration of twelve bytes", fixed(12, logicalType="duration"), fixed(12), LOGICAL),
    case("duration of other bytes is none", fixed(11, logicalType="duration"), fixed(11)),
    case(
        "logical type on a field is none",
        record(field("a", "long", logicalType="timestamp-millis")),
        record(field("a", "long")),
    ),
    case("logical type of a record", record(logicalType="money"), record(), LOGICAL),
    case(
        "both a promotion and a logical type",
        logical("long", "timestamp-millis"),
        logical("int", "time-millis"),
        LOGICAL,
    ),
]
_namespaces = [
    case(
        "a short name inside a namespace",
        record(field("a", record(name="A")), field("b", "A"), namespace="n"),
        record(field("a", record(name="A")), field("b", "n.A"), namespace="n"),
    ),
    case(
        "an inner namespace ends with its type",
        record(field("a", record(field("x", enum("S")), name="m.A")), field("b", enum("S")), namespace="n"),
        record(field("a", record(field("x", enum("S")), name="m.A")), field("b", enum("S")), namespace="n"),
    ),
    case(
        "the empty namespace",
        record(field("a", record(name="A", namespace="")), field("b", "A"), namespace="n"),
        record(field("a", record(name="A", namespace="")), field("b", "A"), namespace="n"),
    ),
    case(
        "a name that means the type it stands in",
        [record(field("x", "int")), record(field("a", ["null", "n.R"]), namespace="n")],
        [record(field("x", "int")), record(field("a", ["null", "R"]), namespace="n")],
        sentences=(Sentence.NAMESPACE,),
    ),
    case(
        "a name of the null namespace that is not defined yet",
        record(field("n", record(field("r", ["null", "R"]), name="n.N"))),
        "int",
        rule=Rule.UNKNOWN_TYPE,
    ),
    case("primitive in an object", record(field("a", {"type": "int"})), record(field("a", "int"))),
    case("a type called like a kind of type", record(name="n.record"), record(name="n.record")),
]
_invalid = [
    case("unknown type", "strin", "int", rule=Rule.UNKNOWN_TYPE),
    case("unknown kind of type", {"type": "strin"}, "int", rule=Rule.UNKNOWN_TYPE),
    case(
        "a name used before its definition",
        record(field("a", "A"), field("b", record(name="A"))),
        record(),
        rule=Rule.USED_BEFORE_DEFINED,
        sentences=(Sentence.BEFORE_USED,),
    ),
    case("such a name in the writer", record(), record(field("a", "A"), field("b", record(name="A")))),
    case(
        "a name defined twice",
        record(field("a", fixed(1)), field("b", fixed(1))),
        record(),
        rule=Rule.DEFINED_TWICE,
        sentences=(Sentence.ONE_DEFINITION,),
    ),
    case(
        "a name defined twice in two ways",
        record(field("a", fixed(1)), field("b", fixed(2))),
        record(),
        rule=Rule.DEFINED_TWICE,
    ),
    case(
        "a defined type as an object",
        record(field("a", record(name="A")), field("b", {"type": "A"})),
        record(),
        rule=Rule.WRAPPED_NAME,
    ),
    case(
        "a defined type as an object in the writer",
        record(),
        record(field("a", record(name="A")), field("b", {"type": "A"})),
        sentences=(Sentence.PREVIOUSLY_ACCEPTED,),
    ),
    case("a type inside a type", {"type": {"type": "int"}}, "int", rule=Rule.INVALID_ATTRIBUTE),
    case("a union inside a type", {"type": ["int"]}, "int", rule=Rule.INVALID_ATTRIBUTE),
    case("no type", '{"name": "R"}', "int", rule=Rule.MISSING_ATTRIBUTE),
    case("a number", "[3]", "int", rule=Rule.NOT_A_SCHEMA),
    case("union in a union", '["int", ["string"]]', "int", rule=Rule.UNION_IN_UNION),
    case("a branch twice", ["int", "int"], "int", rule=Rule.DUPLICATE_BRANCH),
    case(
        "a branch twice, once with a logical type", ["int", logical("int", "date")], "int", rule=Rule.DUPLICATE_BRANCH
    ),
    case("two arrays in a union", [array("int"), array("string")], array("int"), rule=Rule.DUPLICATE_BRANCH),
    case("record without a name", {"type": "record", "fields": []}, "int", rule=Rule.MISSING_ATTRIBUTE),
    case("record without fields", {"type": "record", "name": "R"}, "int", rule=Rule.MISSING_ATTRIBUTE),
    case("fields that are no array", record(fields={}), "int", rule=Rule.INVALID_ATTRIBUTE),
    case("field without a name", record({"type": "int"}), "int", rule=Rule.MISSING_ATTRIBUTE),
    case("field without a type", record({"name": "a"}), "int", rule=Rule.MISSING_ATTRIBUTE),
    case("a field twice", record(field("a", "int"), field("a", "int")), "int", rule=Rule.DUPLICATE_FIELD),
    case("a symbol twice", enum("A", "A"), "int", rule=Rule.DUPLICATE_SYMBOL),
    case("enum without symbols", {"type": "enum", "name": "E"}, "int", rule=Rule.MISSING_ATTRIBUTE),
    case("array without items", {"type": "array"}, "int", rule=Rule.MISSING_ATTRIBUTE),
    case("map without values", {"type": "map"}, "int", rule=Rule.MISSING_ATTRIBUTE),
    case("a name with a hyphen", record(name="a-b"), "int", rule=Rule.INVALID_NAME),
    case("a namespace with a hyphen", record(namespace="a-b"), "int", rule=Rule.INVALID_NAME),
    case("a namespace with an empty part", record(namespace="a..b"), "int", rule=Rule.INVALID_NAME),
    case("a field's name that starts with a digit", record(field("1a", "int")), "int", rule=Rule.INVALID_NAME),
    case("an empty symbol", enum(""), "int", rule=Rule.INVALID_NAME),
    case(
        "a name with a hyphen in the writer",
        record(name="ab", aliases=["a-b"]),
        record(name="a-b"),
        sentences=(Sentence.ANY_ALIAS, Sentence.INVALID_NAMES),
    ),
    case("Unicode names", record(field("größe", "int"), name="Ähre"), record(field("größe", "int"), name="Ähre")),
    case("a name beyond the first plane", record(field("\U00010400", "int")), record(), rule=Rule.INVALID_NAME),
    case("named like a primitive", record(name="int"), record(), rule=Rule.INVALID_NAME),
    case("named like a primitive in a namespace", record(name="n.int"), record(name="n.int")),
    case("aliases that are no array", record(aliases="S"), record(), rule=Rule.INVALID_ATTRIBUTE),
    case("an alias that is no string", record(field("a", "int", aliases=[1])), record(), rule=Rule.INVALID_ATTRIBUTE),
    case("an unknown order", record(field("a", "int", order="up")), record(), rule=Rule.INVALID_ATTRIBUTE),
    case("an order in capitals", record(field("a", "int", order="IGNORE")), record(field("a", "int"))),
    case(
        "a key twice",
        '{"type": "int", "type": "int"}',
        "int",
        rule=Rule.REPEATED_KEY,
        sentences=(Sentence.REPEATED_KEYS,),
    ),
    case("a key twice in the writer", "long", '{"type": "string", "type": "int"}'),
    case("no JSON", '"int', "int", rule=Rule.JSON_SYNTAX),
    case("text after the schema", '"int" "int"', "int", rule=Rule.JSON_SYNTAX),
    case("a comma too many", '["int",]', "int", rule=Rule.JSON_SYNTAX),
    case("a comment", '["int"] // branches', "int", rule=Rule.JSON_SYNTAX),
    case(
        "nested 999 deep",
        '{"type": "array", "items": ' * 999 + '"int"' + "}" * 999,
        '{"type": "array", "items": ' * 999 + '"int"' + "}" * 999,
    ),
    case("nested 1,001 deep", '{"type": "array", "items": ' * 1001 + '"int"' + "}" * 1001, "int", rule=Rule.SIZE_LIMIT),
]

CASES: tuple[Case, ...] = tuple(
    _promotions
    + _kinds
    + _containers
    + _fields
    + _field_aliases
    + _names
    + _enums
    + _fixeds
    + _unions
    + _recursive
    + _defaults
    + _logical
    + _namespaces
    + _invalid
)
