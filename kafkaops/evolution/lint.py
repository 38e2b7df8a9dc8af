"""How schemas are written: rules that keep them readable and able to evolve. Pure.

What each rule says is in docs/schema-checks.md. A severity can be set for each in the spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kafkaops.compat import Schema
from kafkaops.compat.jsontext import Json
from kafkaops.compat.logical import logical_type
from kafkaops.compat.model import Annotated, Array, Enum, Map, Named, Record, Type, Union
from kafkaops.compat.texts import Place
from kafkaops.errors import Severity
from kafkaops.evolution.judge import spot_of
from kafkaops.evolution.model import Finding
from kafkaops.spec.lint_rules import FieldCase, LintLevel, LintRule
from kafkaops.spec.model import SchemaLint

DEFAULT_LEVELS = dict.fromkeys(LintRule, LintLevel.WARNING) | {LintRule.EMPTY_ENUM: LintLevel.ERROR}
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
_UPPER_SNAKE = re.compile(r"[A-Z][A-Z0-9_]*")
_SNAKE = re.compile(r"[a-z][a-z0-9_]*")
_CAMEL = re.compile(r"[a-z][a-zA-Z0-9]*")
_CASES = {FieldCase.SNAKE: _SNAKE, FieldCase.CAMEL: _CAMEL}
_TIME = re.compile(r"(?:.*(?:_at|_time|_timestamp|_date)|(?:time|timestamp|date))|.*[a-z](?:At|Time|Timestamp|Date)")
_MONEY = re.compile(
    r"(?:.*_)?(?:price|cost|amount|total|fee|balance|tax|discount|salary|revenue)|.*(?:Price|Cost|Amount|Fee|Balance)"
)
_NO_MONEY = re.compile(r".*(?:total_count|total_items|count)")
_EXAMPLES = {FieldCase.SNAKE: "warehouse_code", FieldCase.CAMEL: "warehouseCode"}


@dataclass(frozen=True, slots=True)
class _Breach:
    """A broken rule, not yet located."""

    rule: LintRule
    message: str
    place: Place
    fix: str = ""


def lint(schema: Schema, config: SchemaLint) -> tuple[Finding, ...]:
    """What breaks a rule in a schema's own text; the texts it takes types from are linted as their own."""
    levels = DEFAULT_LEVELS | config.rules
    found = []
    for breach in _Linter(schema, config).breaches():
        level = levels[breach.rule]
        if level is LintLevel.OFF:
            continue
        location = schema.locate(breach.place)
        if location.reference is None:
            found.append(
                Finding(
                    rule=breach.rule.value,
                    code="KO362",
                    severity=Severity(level.value),
                    message=breach.message,
                    fix=breach.fix,
                    spot=spot_of(location),
                )
            )
    return tuple(sorted(found, key=lambda item: (item.spot.line, item.spot.column) if item.spot else (0, 0)))


class _Linter:
    def __init__(self, schema: Schema, config: SchemaLint) -> None:
        self._schema = schema
        self._namespace = config.namespace
        self._case = config.field_names
        self._own = [schema.names[name] for name in schema.defined]

    def breaches(self) -> Iterator[_Breach]:
        """Every broken rule of the types that the text defines."""
        if isinstance(self._schema.root, Union):
            yield _Breach(
                LintRule.TOP_LEVEL_UNION,
                "the schema is a union: its subject has no name of its own, and every branch evolves at once",
                (self._schema.root.json, None),
                "declare one record, or bind each branch to a subject of its own",
            )
        for node in self._own:
            yield from self._named(node)
            if isinstance(node, Enum):
                yield from _enum(node)
            elif isinstance(node, Record):
                yield from self._record(node)

    def _named(self, node: Named) -> Iterator[_Breach]:
        name: Place = (node.json, "name")
        if not node.json.get("doc") and node.kind != "fixed":
            yield _Breach(LintRule.DOC, f"the {node.kind} `{node.name}` has no doc", name, 'add "doc": "…"')
        if not _PASCAL.fullmatch(node.name):
            yield _Breach(
                LintRule.TYPE_NAME,
                f"the {node.kind} `{node.name}` is not named in PascalCase",
                name,
                f'name it `{_pascal(node.name)}`, with "aliases": ["{node.name}"] if data has been written',
            )
        if not node.namespace:
            yield _Breach(LintRule.NAMESPACE, f"`{node.name}` has no namespace", name, 'add "namespace": "…"')
        elif self._namespace and not f"{node.namespace}.".startswith(f"{self._namespace}."):
            yield _Breach(
                LintRule.NAMESPACE,
                f"`{node.full}` lies outside the namespace {self._namespace}",
                name,
                f"move it to {self._namespace} or below",
            )

    def _record(self, record: Record) -> Iterator[_Breach]:
        case = self._case or _majority([str(field["name"]) for field in record.fields])
        for field, node in zip(record.fields, record.types, strict=True):
            name = str(field["name"])
            place: Place = (field, "name")
            if not field.get("doc"):
                yield _Breach(LintRule.DOC, f"the field `{name}` has no doc", place, 'add "doc": "…"')
            if not _CASES[case].fullmatch(name):
                like = _EXAMPLES[case]
                yield _Breach(
                    LintRule.FIELD_NAME, f"the field `{name}` is not in {case.value}", place, f"name it like `{like}`"
                )
            yield from _optional(field, node)
            yield from _logical(name, node, (field, "type"))


def _enum(enum: Enum) -> Iterator[_Breach]:
    place: Place = (enum.json, "symbols")
    if not enum.symbols:
        yield _Breach(LintRule.EMPTY_ENUM, f"the enum `{enum.name}` has no symbols", place, "add one, or drop the enum")
    elif enum.default is None:
        yield _Breach(
            LintRule.ENUM_DEFAULT,
            f"the enum `{enum.name}` has no default: a symbol that is added breaks every reader",
            (enum.json, "name"),
            'add a symbol such as "UNKNOWN" and "default": "UNKNOWN"',
        )
    for index, symbol in enumerate(enum.symbols):
        if not _UPPER_SNAKE.fullmatch(symbol):
            symbols = enum.json["symbols"]
            assert isinstance(symbols, list)
            message = f"the symbol `{symbol}` of `{enum.name}` is not in UPPER_SNAKE_CASE"
            yield _Breach(LintRule.SYMBOL_NAME, message, (symbols, index))


def _optional(field: dict[str, Json], node: Type) -> Iterator[_Breach]:
    if not isinstance(node, Union) or "null" not in node.types:
        return
    name = field["name"]
    if "default" not in field:
        yield _Breach(
            LintRule.OPTIONAL_DEFAULT,
            f"the field `{name}` may be null and has no default: it cannot be taken away, nor be new, in a reader",
            (field, "name"),
            'put null first and add "default": null',
        )
    elif field["default"] is None and node.types[0] != "null":
        yield _Breach(
            LintRule.NULL_ORDER,
            f"the default of `{name}` is null, and null is not the first branch: before Avro 1.12 this is no schema",
            (field, "type"),
            "put null first",
        )
    elif field["default"] is not None and node.types[0] == "null":
        yield _Breach(
            LintRule.NULL_ORDER,
            f"`{name}` has a default that is not null, and null stands first: before Avro 1.12 this is no schema",
            (field, "type"),
            "put the default's type first",
        )


def _logical(name: str, node: Type, place: Place) -> Iterator[_Breach]:
    for branch in _leaves(node):
        kind = branch if isinstance(branch, str) else branch.kind
        if logical_type(branch) is not None:
            continue
        if kind in ("int", "long") and _TIME.fullmatch(name):
            yield _Breach(
                LintRule.LOGICAL_TIME,
                f"`{name}` is a plain {kind}: nothing says whether it is seconds, milliseconds or days",
                place,
                'say so: {"type": "long", "logicalType": "timestamp-millis"}',
            )
        elif kind in ("float", "double") and _MONEY.fullmatch(name) and not _NO_MONEY.fullmatch(name):
            yield _Breach(
                LintRule.LOGICAL_MONEY,
                f"`{name}` is a {kind}, which cannot hold most amounts of money exactly",
                place,
                'use {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}',
            )


def _leaves(node: Type) -> Iterator[str | Annotated]:
    """The primitives that a field holds: itself, a union's branches, the items of an array, the values of a map."""
    nodes = node.types if isinstance(node, Union | Array | Map) else [node]
    for inner in nodes:
        if isinstance(inner, str | Annotated):
            yield inner
        elif isinstance(inner, Array | Map) and isinstance(inner.types[0], str | Annotated):
            yield inner.types[0]


def _majority(names: Iterable[str]) -> FieldCase:
    """The case that a record's fields are in: snake_case unless more of them are in camelCase."""
    listed = list(names)
    snake = sum("_" in name for name in listed)
    camel = sum(name != name.lower() and "_" not in name for name in listed)
    return FieldCase.CAMEL if camel > snake else FieldCase.SNAKE


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_\W]+", name))
