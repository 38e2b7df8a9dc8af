"""Pairs of schemas that test every rule of resolution, from a seed.

A schema is made as a graph of types, changed a little as people change schemas, and written as JSON in one of the many
ways in which the same types can be written. Few names are used, so that they collide as often as is useful.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any, TypeAlias

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
NAMESPACES = ("", "n", "n", "m.k")
TYPE_NAMES = ("A", "B", "C", "D")
FIELD_NAMES = ("a", "b", "c", "d", "e")
SYMBOLS = ("S", "T", "U", "V")
LOGICAL = {
    "int": ("date", "time-millis"),
    "long": ("timestamp-millis", "timestamp-micros", "time-micros"),
    "string": ("uuid",),
    "bytes": ("decimal",),
}


class _Absent(Enum):
    """What stands for no default; an enum, so that a copy of it is itself."""

    ABSENT = "absent"


ABSENT = _Absent.ABSENT


@dataclass(eq=False)
class Primitive:
    name: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Container:
    kind: str
    content: Type


@dataclass(eq=False)
class Union:
    branches: list[Type]


@dataclass(eq=False)
class Field:
    name: str
    type: Type
    default: Any = ABSENT
    aliases: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Named:
    kind: str
    name: str
    namespace: str
    aliases: list[str] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    symbols: list[str] = field(default_factory=list)
    default: Any = ABSENT
    size: int = 0

    @property
    def full(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


Type: TypeAlias = Primitive | Container | Union | Named


class CollisionError(Exception):
    """The graph cannot be written as a valid schema: names or branches collide."""


class Generator:
    """Makes pairs of schema texts; the same seed makes the same pairs."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def pairs(self, count: int) -> Iterator[tuple[str, str]]:
        """So many pairs of a reader's and a writer's schema; about one in 30 has a schema that is not valid."""
        made = 0
        while made < count:
            try:
                pair = self._pair()
            except CollisionError:
                continue
            made += 1
            yield pair

    def _pair(self) -> tuple[str, str]:
        chance = self.random.random()
        writer = self._cousins() if chance < 0.12 else self._schema()
        if chance > 0.9:
            reader = self._schema()
        else:
            reader = copy.deepcopy(writer)
            for _ in range(self.random.choice((0, 1, 1, 1, 2, 2, 3))):
                reader = self._change(reader)
        if self.random.random() < 0.5:
            reader, writer = writer, reader
        texts = self._write(reader), self._write(writer)
        if self.random.random() < 0.03:
            side = self.random.randrange(2)
            return (self._spoil(texts[0]), texts[1]) if side == 0 else (texts[0], self._spoil(texts[1]))
        return texts

    # Making types

    def _schema(self) -> Type:
        self._made: list[Named] = []
        self._open: list[Named] = []
        if self.random.random() < 0.8:
            return self._named("record", self.random.choice((1, 2, 2, 3)))
        return self._type(2)

    def _type(self, depth: int) -> Type:
        choice = self.random.random()
        if depth <= 0 or choice < 0.34:
            return self._primitive()
        if choice < 0.44:
            return Container(self.random.choice(("array", "map")), self._type(depth - 1))
        if choice < 0.66:
            return self._union(depth - 1)
        if choice < 0.8 and self._made:
            return self.random.choice(self._made)
        return self._named(self.random.choice(("record", "record", "enum", "fixed")), depth - 1)

    def _primitive(self) -> Primitive:
        name = self.random.choice(PRIMITIVES)
        if name in LOGICAL and self.random.random() < 0.2:
            logical = self.random.choice(LOGICAL[name])
            digits = {"precision": self.random.randint(4, 6), "scale": 2} if logical == "decimal" else {}
            return Primitive(name, {"logicalType": logical, **digits})
        return Primitive(name, {"unit": "kg"} if self.random.random() < 0.05 else {})

    def _union(self, depth: int) -> Union:
        branches: list[Type] = [Primitive("null")] if self.random.random() < 0.6 else []
        if self.random.random() < 0.1:
            branches += self._namesakes()
        branches += [self._type(depth) for _ in range(self.random.choice((1, 1, 2, 3)))]
        return Union([branch for branch in branches if not isinstance(branch, Union)])

    def _namesakes(self) -> list[Named]:
        """Two types of one name in two namespaces."""
        kind = self.random.choice(("record", "enum", "fixed"))
        one, other = self._named(kind, 0), self._named(kind, 0)
        other.name, other.namespace = one.name, self.random.choice(NAMESPACES)
        return [one, other]

    def _named(self, kind: str, depth: int) -> Named:
        namespace = self.random.choice(NAMESPACES)
        if self._open and self.random.random() < 0.6:
            namespace = self._open[-1].namespace
        node = Named(kind, self.random.choice(TYPE_NAMES), namespace)
        self._made.append(node)
        if kind == "enum":
            node.symbols = self.random.sample(SYMBOLS, self.random.randint(1, 4))
            if self.random.random() < 0.3:
                node.default = self.random.choice(node.symbols)
        elif kind == "fixed":
            node.size = self.random.choice((1, 2, 2, 16))
        else:
            self._open.append(node)
            names = self.random.sample(FIELD_NAMES, self.random.choice((0, 1, 1, 2, 2, 3, 4)))
            node.fields = [self._field(name, depth) for name in names]
            self._open.pop()
        if self.random.random() < 0.1:
            node.aliases = [self._alias()]
        return node

    def _alias(self) -> str:
        name = self.random.choice(TYPE_NAMES)
        return self.random.choice((name, name, f"n.{name}", f"m.k.{name}"))

    def _field(self, name: str, depth: int) -> Field:
        made = Field(name, self._type(depth))
        if self.random.random() < 0.35:
            made.default = self._default(made.type, 3)
        if self.random.random() < 0.03:
            made.aliases = self.random.sample(FIELD_NAMES, self.random.choice((1, 1, 2)))
        return made

    def _default(self, node: Type, depth: int) -> Any:
        """A default of the type, or nothing where that takes too deep a value; now and then one that does not fit."""
        if depth == 0:
            return ABSENT
        if self.random.random() < 0.02:
            return self.random.choice((None, 0, "x", [], {}, 1.5, True))
        if isinstance(node, Primitive):
            return self._primitive_default(node.name)
        if isinstance(node, Container):
            return [] if node.kind == "array" else {}
        if isinstance(node, Union):
            last = len(node.branches) - 1
            index = 0 if self.random.random() < 0.8 else self.random.randint(0, max(last, 0))
            return self._default(node.branches[index], depth) if node.branches else ABSENT
        if node.kind == "enum":
            return self.random.choice(node.symbols if self.random.random() < 0.95 else SYMBOLS)
        if node.kind == "fixed":
            return "\u00ff" * (node.size if self.random.random() < 0.95 else 3)
        if node in self._open:
            return ABSENT
        values = {item.name: self._default(item.type, depth - 1) for item in node.fields}
        return ABSENT if ABSENT in values.values() else values

    def _primitive_default(self, name: str) -> Any:
        values: dict[str, tuple[Any, ...]] = {
            "null": (None,),
            "boolean": (True, False),
            "int": (0, -1, 2**31 - 1) if self.random.random() < 0.95 else (2**31,),
            "long": (0, 2**40),
            "float": (0, 1.5),
            "double": (0.0, 2, "NaN") if self.random.random() < 0.1 else (0.0, 2),
            "bytes": ("", "\u00ff") if self.random.random() < 0.95 else ("\u0100",),
            "string": ("", "x"),
        }
        return self.random.choice(values[name])

    def _cousins(self) -> Type:
        """Records that refer to themselves and to each other through unions, with namesakes in other namespaces."""
        self._made, self._open = [], []
        names = self.random.sample(TYPE_NAMES, 2)
        spaces = self.random.sample(("", "n", "m.k"), 2)
        records = [Named("record", name, space) for name in names for space in spaces]
        for record in records:
            for name in self.random.sample(FIELD_NAMES, self.random.choice((1, 2, 2, 3))):
                chosen: list[Type] = list(self.random.sample(records, self.random.choice((0, 1, 1, 2, 3))))
                plain = Primitive(self.random.choice(("int", "long", "string")))
                kind: Type = Union([Primitive("null"), *chosen]) if chosen else plain
                record.fields.append(Field(name, kind, None if chosen and self.random.random() < 0.3 else ABSENT))
        self._made = list(records)
        top: list[Type] = list(records[: self.random.randint(1, 4)])
        return Union(top) if len(top) > 1 else top[0]

    # Changing them

    def _change(self, root: Type) -> Type:
        """The schema with one change, made in place."""
        types = list(_reachable(root))
        self._made = [node for node in types if isinstance(node, Named)]
        self._open = list(self._made)
        if self.random.random() < 0.04:
            return Union([root, *([Primitive("null")])]) if not isinstance(root, Union) else root
        for _ in range(20):
            node = self.random.choice(types)
            if self._change_node(node):
                break
        return root

    def _change_node(self, node: Type) -> bool:
        if isinstance(node, Container):
            node.content = self._changed_type(node.content)
        elif isinstance(node, Union):
            self._change_union(node)
        elif isinstance(node, Named):
            if self.random.random() < 0.2:
                self._rename(node)
            elif node.kind == "record":
                return self._change_record(node)
            elif node.kind == "enum":
                self._change_enum(node)
            else:
                node.size += self.random.choice((1, -1, 0))
        else:
            return False
        return True

    def _changed_type(self, node: Type) -> Type:
        """The type that a field, an item or a value has after a change."""
        choice = self.random.random()
        if choice < 0.3 and isinstance(node, Primitive):
            return self._primitive()
        if choice < 0.5 and not isinstance(node, Union):
            branches = [Primitive("null"), node]
            self.random.shuffle(branches)
            return Union(list(branches))
        if choice < 0.6 and isinstance(node, Union) and node.branches:
            return self.random.choice(node.branches)
        if choice < 0.7 and isinstance(node, Container):
            return Container("map" if node.kind == "array" else "array", node.content)
        return self._type(1)

    def _change_union(self, union: Union) -> None:
        choice = self.random.random()
        if choice < 0.3 or not union.branches:
            added = self._type(1)
            if not isinstance(added, Union):
                union.branches.insert(self.random.randint(0, len(union.branches)), added)
        elif choice < 0.55:
            union.branches.pop(self.random.randrange(len(union.branches)))
        elif choice < 0.75:
            self.random.shuffle(union.branches)
        else:
            index = self.random.randrange(len(union.branches))
            changed = self._changed_type(union.branches[index])
            if not isinstance(changed, Union):
                union.branches[index] = changed

    def _rename(self, node: Named) -> None:
        before = node.full
        if self.random.random() < 0.5:
            node.name = self.random.choice(TYPE_NAMES)
        else:
            node.namespace = self.random.choice(NAMESPACES)
        if self.random.random() < 0.6:
            short = before.rpartition(".")[2]
            node.aliases.append(self.random.choice((before, before, short, self._alias())))

    def _change_enum(self, enum: Named) -> None:
        choice = self.random.random()
        unused = [symbol for symbol in SYMBOLS if symbol not in enum.symbols]
        if choice < 0.3 and unused:
            enum.symbols.insert(self.random.randint(0, len(enum.symbols)), self.random.choice(unused))
        elif choice < 0.65 and len(enum.symbols) > 1:
            enum.symbols.pop(self.random.randrange(len(enum.symbols)))
        else:
            self.random.shuffle(enum.symbols)
        keeps = enum.default in enum.symbols and self.random.random() < 0.7
        enum.default = enum.default if keeps else self.random.choice((ABSENT, ABSENT, enum.symbols[0]))

    def _change_record(self, record: Named) -> bool:
        fields = record.fields
        if not fields or self.random.random() < 0.3:
            unused = [name for name in FIELD_NAMES if all(item.name != name for item in fields)]
            if not unused:
                return False
            added = self._field(self.random.choice(unused), 1)
            fields.insert(self.random.randint(0, len(fields)), added)
            return True
        changes: tuple[Callable[[Named, Field], object], ...] = (
            lambda record, item: record.fields.remove(item),
            self._rename_field,
            self._rename_field,
            lambda record, item: setattr(item, "default", self._default(item.type, 3)),
            lambda record, item: setattr(item, "default", ABSENT),
            self._retype_field,
            self._retype_field,
            lambda record, item: self.random.shuffle(record.fields),
        )
        self.random.choice(changes)(record, self.random.choice(fields))
        return True

    def _rename_field(self, record: Named, item: Field) -> None:
        before = item.name
        unused = [name for name in FIELD_NAMES if all(other.name != name for other in record.fields)]
        item.name = self.random.choice(unused or FIELD_NAMES)
        if self.random.random() < 0.7:
            item.aliases.append(before if self.random.random() < 0.9 else self.random.choice(FIELD_NAMES))

    def _retype_field(self, record: Named, item: Field) -> None:
        item.type = self._changed_type(item.type)
        if item.default is not ABSENT:
            item.default = self._default(item.type, 3)

    # Writing them

    def _write(self, root: Type) -> str:
        return json.dumps(_Writing(self.random, root).json(root, ""), ensure_ascii=self.random.random() < 0.5)

    def _spoil(self, text: str) -> str:
        """A text with a mistake in it that some parsers forgive."""
        spoils: tuple[Callable[[str], str], ...] = (
            lambda text: text.replace('"name": "a"', '"name": "a", "name": "a"', 1),
            lambda text: text.replace('"name": "a"', '"name": "a-b"', 1),
            lambda text: text.replace('"name": "b"', '"name": "é"', 1),
            lambda text: text.replace('"int"', '"itn"', 1),
            lambda text: text.replace('"int"', '{"type": "A"}', 1),
            lambda text: text.replace('"string"', '{"type": {"type": "string"}}', 1),
            lambda text: text.replace('"size": 2', '"size": "2"', 1),
            lambda text: text.replace('"symbols": ["S"', '"symbols": ["S", "S"', 1),
            lambda text: text.replace('"fields": [{', '"fields": [{"name": "a", "type": "int"}, {', 1),
            lambda text: text[:-1],
            lambda text: text + " // a comment",
            lambda text: text.replace('"fields"', '"Fields"', 1),
            lambda text: text.replace('"null", ', '"null", "null", ', 1),
            lambda text: text.replace('"type": "int"', '"type": "int", "default": "1"', 1),
            lambda text: text.replace('"aliases": [', '"aliases": ["a b", ', 1),
        )
        return self.random.choice(spoils)(text)


class _Writing:
    """One way to write a graph of types: each named type where it first occurs, and its name from then on."""

    def __init__(self, random: Random, root: Type) -> None:
        self.random = random
        self.written: dict[str, Named] = {}
        self.all = {node.full for node in _reachable(root) if isinstance(node, Named)}

    def json(self, node: Type, namespace: str) -> Any:
        if isinstance(node, Primitive):
            wrapped = node.attributes or self.random.random() < 0.05
            return {"type": node.name, **node.attributes} if wrapped else node.name
        if isinstance(node, Container):
            content = "items" if node.kind == "array" else "values"
            return {"type": node.kind, content: self.json(node.content, namespace)}
        if isinstance(node, Union):
            _check_branches(node)
            return [self.json(branch, namespace) for branch in node.branches]
        known = self.written.get(node.full)
        if known is not None:
            return self._reference(node, known, namespace)
        return self._definition(node, namespace)

    def _reference(self, node: Named, known: Named, namespace: str) -> str:
        if known is not node:
            raise CollisionError
        if node.namespace == namespace and self.random.random() < 0.7:
            return node.name
        if not node.namespace and namespace and f"{namespace}.{node.name}" in self.all:
            raise CollisionError
        return node.full

    def _definition(self, node: Named, namespace: str) -> dict[str, Any]:
        self.written[node.full] = node
        result: dict[str, Any] = {"type": node.kind, "name": node.name}
        if node.namespace and self.random.random() < 0.2:
            result["name"] = node.full
        elif node.namespace != namespace or self.random.random() < 0.1:
            result["namespace"] = node.namespace
        if node.aliases:
            result["aliases"] = node.aliases
        if self.random.random() < 0.05:
            result["doc"] = "what: it is"
        if node.kind == "record":
            if len({item.name for item in node.fields}) != len(node.fields):
                raise CollisionError
            result["fields"] = [self._field(item, node.namespace) for item in node.fields]
        elif node.kind == "enum":
            result["symbols"] = node.symbols
            if node.default is not ABSENT:
                result["default"] = node.default
        else:
            result["size"] = max(node.size, 0)
        return result

    def _field(self, item: Field, namespace: str) -> dict[str, Any]:
        result: dict[str, Any] = {"name": item.name, "type": self.json(item.type, namespace)}
        if item.default is not ABSENT:
            result["default"] = item.default
        if item.aliases:
            result["aliases"] = item.aliases
        if self.random.random() < 0.03:
            result["order"] = self.random.choice(("ascending", "ignore"))
        return result


def _check_branches(union: Union) -> None:
    keys = [
        branch.full if isinstance(branch, Named) else branch.kind if isinstance(branch, Container) else branch.name
        for branch in union.branches
        if not isinstance(branch, Union)
    ]
    if len(set(keys)) != len(union.branches):
        raise CollisionError


def _reachable(root: Type) -> Iterator[Type]:
    """Every type of a graph, once."""
    seen: set[int] = set()
    stack: list[Type] = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, Container):
            stack.append(node.content)
        elif isinstance(node, Union):
            stack.extend(node.branches)
        elif isinstance(node, Named):
            stack.extend(item.type for item in node.fields)
