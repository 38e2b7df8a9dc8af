from __future__ import annotations

import json
from typing import Any

import pytest

from kafkaops.compat import parse
from kafkaops.evolution.compared import compare
from kafkaops.evolution.difference import differences

ENUM = {"type": "enum", "name": "Status", "symbols": ["A", "B"]}
FIXED = {"type": "fixed", "name": "Hash", "size": 16}
MONEY = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}


def record(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "Order", "namespace": "shop", "fields": list(fields), **more}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def said(before: Any, after: Any) -> list[str]:
    return [str(item) for item in differences(parse(json.dumps(before)), parse(json.dumps(after)))]


ID = field("id", "string")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (record(ID), record(ID), []),
        (record(ID), record(ID, field("x", "int")), ["+ Order.x: a new field, an int, without default"]),
        (
            record(ID),
            record(ID, field("x", ["null", "int"], default=None)),
            ["+ Order.x: a new field, a union of null and int, default null"],
        ),
        (record(ID, field("x", "int")), record(ID), ["- Order.x: the field is gone; it was an int"]),
        (
            record(field("x", "int")),
            record(field("y", "int", aliases=["x"])),
            ["~ Order.y: renamed from `x`, which it keeps as an alias", "+ Order.y: the alias `x`"],
        ),
        (record(field("x", "int")), record(field("x", "long")), ["~ Order.x: an int became a long"]),
        (
            record(field("x", "int")),
            record(field("x", ["null", "int"])),
            ["~ Order.x: may now be `null` as well"],
        ),
        (
            record(field("x", ["null", "int"])),
            record(field("x", "int")),
            ["~ Order.x: may no longer be `null`"],
        ),
        (
            record(field("x", ["null", "int"])),
            record(field("x", ["int", "string"])),
            ["- Order.x: may no longer be `null`", "+ Order.x: may now be `string`"],
        ),
        (
            record(field("x", ["null", "int"])),
            record(field("x", ["int", "null"])),
            ["~ Order.x: the order of the union's branches changed"],
        ),
        (
            record(field("x", "int", default=1)),
            record(field("x", "int", default=2)),
            ["~ Order.x: the default: 1 became 2"],
        ),
        (
            record(field("x", "int")),
            record(field("x", "int", default=2)),
            ["+ Order.x: the default is now 2"],
        ),
        (record(ID, doc="a"), record(ID, doc="b"), ['~ Order: the doc of `Order`: "a" became "b"']),
        (
            record(field("x", ENUM)),
            record(field("x", {**ENUM, "symbols": ["B", "C"]})),
            ["- Order.x: the symbol `A` of `Status`", "+ Order.x: the symbol `C` of `Status`"],
        ),
        (
            record(field("x", ENUM)),
            record(field("x", {**ENUM, "symbols": ["B", "A"], "default": "A"})),
            [
                "~ Order.x: the order of the symbols of `Status` changed",
                '+ Order.x: the default of `Status` is now "A"',
            ],
        ),
        (record(field("x", FIXED)), record(field("x", {**FIXED, "size": 8})), ["~ Order.x: 16 bytes became 8"]),
        (
            record(field("x", MONEY)),
            record(field("x", {**MONEY, "scale": 3})),
            ["~ Order.x: decimal(9, 2) became decimal(9, 3)"],
        ),
        (record(field("x", MONEY)), record(field("x", "bytes")), ["~ Order.x: decimal(9, 2) became plain bytes"]),
        (
            record(ID),
            record(ID, name="Purchase", aliases=["Order"]),
            ["~ Purchase: record shop.Order became shop.Purchase; the former name is an alias"],
        ),
        (
            record(field("x", {"type": "array", "items": "int"})),
            record(field("x", {"type": "array", "items": "string"})),
            ["~ Order.x[]: an int became a string"],
        ),
        (
            record(field("x", {"type": "map", "values": record(ID, name="Line")})),
            record(field("x", {"type": "map", "values": record(name="Line")})),
            ["- Order.x{}.id: the field is gone; it was a string"],
        ),
        (
            record(field("a", "int"), field("b", "int")),
            record(field("b", "int"), field("a", "int")),
            ["~ Order: the order of the fields changed, and with it the bytes"],
        ),
        (record(ID, owner="me"), record(ID, owner="you"), ['~ Order: the property owner: "me" became "you"']),
    ],
)
def test_what_changed(before: Any, after: Any, expected: list[str]) -> None:
    assert said(before, after) == expected


def test_recursive_types_end() -> None:
    tree = record(field("next", ["null", "shop.Order"], default=None))
    grown = record(field("next", ["null", "shop.Order"], default=None), field("x", "int", default=0))
    assert said(tree, tree) == []
    assert said(tree, grown) == ["+ Order.x: a new field, an int, default 0"]


@pytest.mark.parametrize(
    ("before", "after", "levels"),
    [
        (record(ID), record(ID, field("x", "int", default=0)), ("BACKWARD", "FORWARD", "FULL")),
        (record(ID), record(ID, field("x", "int")), ("FORWARD",)),
        (record(ID, field("x", "int")), record(ID), ("BACKWARD",)),
        (record(field("x", "int")), record(field("x", "string")), ()),
    ],
)
def test_the_verdict_in_each_direction(before: Any, after: Any, levels: tuple[str, ...]) -> None:
    assert compare(parse(json.dumps(before)), parse(json.dumps(after))).levels == levels


def test_what_changes_no_data_is_told() -> None:
    compared = compare(parse(json.dumps(record(ID))), parse(json.dumps(record(ID, doc="Said better."))))
    assert compared.changes and compared.canonical_alike
