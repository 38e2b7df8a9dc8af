"""Pairs for the rules on a schema by itself: defaults, namespaces, and everything that makes it invalid."""

from __future__ import annotations

from kafkaops.compat import Kind, Rule
from tests.compat.case import Case, case
from tests.compat.sentences import Sentence
from tests.compat.shapes import array, enum, field, fixed, logical, record, values

BAD_DEFAULT = Kind.READER_FIELD_INVALID_DEFAULT

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
        "a name of the null namespace that was defined deep inside another",
        record(
            field("a", record(field("b", record(name="B")), name="A")), field("c", record(field("b", "B"), name="n.C"))
        ),
        record(
            field("a", record(field("b", record(name="B")), name="A")), field("c", record(field("b", "B"), name="n.C"))
        ),
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


SCHEMA_CASES: tuple[Case, ...] = (*_defaults, *_namespaces, *_invalid)
