"""A pair of schemas for every rule of resolution, written by hand, with what must come of it."""

from __future__ import annotations

from kafkaops.compat import Kind, Rule
from tests.compat.case import Case, Text, case
from tests.compat.schema_cases import SCHEMA_CASES
from tests.compat.sentences import Sentence
from tests.compat.shapes import array, enum, field, fixed, logical, record, values

MISMATCH = Kind.TYPE_MISMATCH
NO_DEFAULT = Kind.READER_FIELD_MISSING_DEFAULT_VALUE
BRANCH = Kind.MISSING_UNION_BRANCH
SYMBOLS = Kind.MISSING_ENUM_SYMBOLS
NAME = Kind.NAME_MISMATCH
SIZE = Kind.FIXED_SIZE_MISMATCH
LOGICAL = Kind.LOGICAL_TYPE_MISMATCH
ALIAS = Kind.AMBIGUOUS_ALIAS

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
    case(
        "full name of another kind, short name of the same",
        [record(namespace="n"), enum("A", name="R", namespace="m")],
        enum("A", name="R", namespace="n"),
    ),
    case("full name of another kind alone", ["null", record()], enum("A", name="R"), BRANCH),
    case("an array beside a record that is called so", [record(name="array"), values("int")], array("int"), BRANCH),
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

CASES: tuple[Case, ...] = (
    *_promotions,
    *_kinds,
    *_containers,
    *_fields,
    *_field_aliases,
    *_names,
    *_enums,
    *_fixeds,
    *_unions,
    *_recursive,
    *_logical,
    *SCHEMA_CASES,
)
