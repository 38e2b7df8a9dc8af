"""Normal forms of a schema: two texts with the same form say the same.

Both are written with a stack of pieces, so that neither deep nesting nor a long chain of references needs recursion.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final, TypeAlias

from kafkaops.compat.jsontext import Json
from kafkaops.compat.model import Annotated, Array, Enum, Fixed, Map, Named, Node, Record, Type, Union
from kafkaops.compat.schema import Schema


class _Value:
    """A JSON value that is written as it is, as opposed to a type."""

    __slots__ = ("value",)

    def __init__(self, value: Json) -> None:
        self.value = value


class _Written:
    """Text that needs no more writing, as opposed to the name of a type."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


Piece: TypeAlias = "_Written | _Value | Type"
Entries: TypeAlias = list[tuple[str, list[Piece]]]
"""The entries of an object to be written: each key with the pieces of its value."""

_NAMED: Final = frozenset({"type", "name", "namespace", "aliases"})
_OWN_ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    "record": _NAMED | {"fields"},
    "enum": _NAMED | {"symbols"},
    "fixed": _NAMED | {"size"},
    "array": frozenset({"type", "items"}),
    "map": frozenset({"type", "values"}),
}
_FIELD_ATTRIBUTES: Final = frozenset({"name", "type", "default", "aliases", "order"})


def parsing_canonical_form(schema: Schema, *, inline_references: bool = True) -> str:
    """The specification's Parsing Canonical Form: equal for schemas that any data looks the same to.

    Types of the schema's references are written out where they are first used, as Java does, or with
    `inline_references=False` stay names.
    """
    return _Writer(schema, full=False, inline_references=inline_references).write()


def meaning(schema: Schema, *, inline_references: bool = False) -> str:
    """A normal form of everything a schema says: the canonical form and what that drops.

    Defaults, aliases, docs, logical types, order and other properties count; white space, the order of attributes and
    of aliases, how names are qualified, `{"type": "int"}` for `"int"`, an attribute set to what it is without, and
    `1` for `1.0` as the default of a double do not. References' own types stay names unless `inline_references`.
    """
    return _Writer(schema, full=True, inline_references=inline_references).write()


class _Writer:
    def __init__(self, schema: Schema, *, full: bool, inline_references: bool) -> None:
        self._root = schema.root
        self._full = full
        self._written: set[str] = set() if inline_references else set(schema.names) - set(schema.defined)

    def write(self) -> str:
        out: list[str] = []
        stack: list[Piece] = [self._root]
        while stack:
            piece = stack.pop()
            if isinstance(piece, _Written):
                out.append(piece.text)
            else:
                pieces = self._value(piece.value) if isinstance(piece, _Value) else self._type(piece)
                stack.extend(reversed(pieces))
        return "".join(out)

    def _type(self, node: Type) -> list[Piece]:
        if isinstance(node, Union):
            return _array([[branch] for branch in node.types])
        if isinstance(node, str) or (isinstance(node, Annotated) and not self._full):
            return [_quoted(node if isinstance(node, str) else node.kind)]
        if isinstance(node, Named):
            if node.full in self._written:
                return [_quoted(node.full)]
            self._written.add(node.full)
            return _object([*self._named(node), *self._extras(node)])
        entries: Entries = [("type", [_quoted(node.kind)])]
        if isinstance(node, Array | Map):
            entries.append(("items" if isinstance(node, Array) else "values", [node.types[0]]))
        return _object([*entries, *self._extras(node)])

    def _named(self, node: Record | Enum | Fixed) -> Entries:
        kind = str(node.json["type"]) if self._full else node.kind
        entries: Entries = [("name", [_quoted(node.full)]), ("type", [_quoted(kind)])]
        if isinstance(node, Record):
            entries.append(("fields", _array([self._field(node, index) for index in range(len(node.fields))])))
        elif isinstance(node, Enum):
            entries.append(("symbols", _array([[_quoted(symbol)] for symbol in node.symbols])))
        else:
            entries.append(("size", [_Written(str(node.size))]))
        return entries

    def _field(self, record: Record, index: int) -> list[Piece]:
        field, node = record.fields[index], record.types[index]
        entries: Entries = [("name", [_quoted(str(field["name"]))]), ("type", [node])]
        if self._full:
            if "default" in field:
                entries.append(("default", [_Value(_default(node, field["default"]))]))
            if field.get("aliases"):
                entries.append(("aliases", [_Value(_sorted(field["aliases"]))]))
            order = str(field.get("order", "ascending")).lower()
            if order != "ascending":
                entries.append(("order", [_quoted(order)]))
            entries += _properties(field, _FIELD_ATTRIBUTES)
        return _object(entries)

    def _extras(self, node: Node) -> Entries:
        """What the Parsing Canonical Form drops of a type."""
        if not self._full:
            return []
        entries: Entries = []
        if isinstance(node, Named) and node.json.get("aliases"):
            entries.append(("aliases", [_Value(_sorted(node.aliases()))]))
        return entries + _properties(node.json, _OWN_ATTRIBUTES.get(node.kind, frozenset({"type"})))

    def _value(self, value: Json) -> list[Piece]:
        """A JSON value without white space, keys in order."""
        if isinstance(value, list):
            return _array([[_Value(item)] for item in value])
        if isinstance(value, dict):
            return _object([(key, [_Value(value[key])]) for key in sorted(value)])
        return [_Written(json.dumps(value, ensure_ascii=False))]


def _properties(attributes: dict[str, Json], known: frozenset[str]) -> Entries:
    return [(key, [_Value(attributes[key])]) for key in sorted(attributes.keys() - known)]


def _default(node: Type, value: Json) -> Json:
    """A default with one way to write a number: `1` is `1.0` to a double."""
    kind = node.kind if isinstance(node, Annotated) else node
    if kind in ("float", "double") and isinstance(value, int) and abs(value) < 2**53:
        return float(value)
    return value


def _sorted(aliases: Json | list[str]) -> list[Json]:
    assert isinstance(aliases, list)
    return [*sorted({str(alias) for alias in aliases})]


def _quoted(text: str) -> _Written:
    return _Written(json.dumps(text, ensure_ascii=False))


def _object(entries: Entries) -> list[Piece]:
    return _joined("{", [[_Written(f"{_quoted(key).text}:"), *value] for key, value in entries], "}")


def _array(items: Iterable[list[Piece]]) -> list[Piece]:
    return _joined("[", items, "]")


def _joined(opening: str, parts: Iterable[list[Piece]], closing: str) -> list[Piece]:
    pieces: list[Piece] = [_Written(opening)]
    for index, part in enumerate(parts):
        if index:
            pieces.append(_Written(","))
        pieces += part
    pieces.append(_Written(closing))
    return pieces
