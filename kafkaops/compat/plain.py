"""The short way from JSON to types, for schemas with nothing wrong in them: nearly all.

It builds what `Builder` builds and explains nothing. At the first thing that is not as plain as it expects, a mistake
or only a rarity, it gives up, and `Builder` starts over. So speed is here, and every rule's wording is there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from kafkaops.compat.defaults import CERTAIN, EMPTY, RANGES
from kafkaops.compat.jsontext import Json
from kafkaops.compat.model import PRIMITIVES, Array, Enum, Fixed, Map, NamedType, Record, Type, Union, annotated

AnyNamed = TypeVar("AnyNamed", Record, Enum, Fixed)
_EXPECTED: Final = (LookupError, TypeError, AttributeError, ValueError, RecursionError)
"""What comes of a schema that is not plain: an attribute missing or of another JSON type, an unknown name, nesting."""


class PlainReader:
    """Reads one schema. `read` sets up all that it has: the named types, what is left to check, how many keys."""

    __slots__ = ("defaults", "keys", "letters", "names", "words")
    names: dict[str, NamedType]
    defaults: list[tuple[Record, int]]
    """The fields whose default takes more than a look."""
    keys: int
    """Keys of the objects read; some in default values and unknown attributes are left out."""
    words: list[str]
    """Field names, symbols, and the parts of the types' names."""
    letters: str
    """All of these words in one."""

    def read(self, document: Json) -> Type | None:
        """The type that a JSON document declares, or None if it is not plain."""
        self.names = {}
        self.defaults = []
        self.keys = 0
        words: list[str] = []
        self.words = words
        try:
            root = READ_JSON[document.__class__](self, document, "")
            self.letters = "".join(words)  # strings all, or a TypeError
            return root
        except _EXPECTED:
            return None

    def names_are_plain(self) -> bool:
        """Whether all names are allowed by the specification."""
        words, letters = self.words, self.letters
        # Among words of letters, digits and `_`, those that are empty or begin with a digit come first.
        return not words or (letters.isascii() and letters.isidentifier() and min(words) >= "A")

    def _reference(self, name: str, namespace: str) -> Type:
        if name in PRIMITIVES:
            return name
        return self.names[name if "." in name or not namespace else f"{namespace}.{name}"]

    def _object(self, value: dict[str, Any], namespace: str) -> Type:
        self.keys += len(value)
        return READ_KIND[value["type"]](self, value, namespace)

    def _primitive(self, value: dict[str, Any], namespace: str) -> Type:
        kind = PRIMITIVES[value["type"]]
        return kind if len(value) == 1 else annotated(value, kind)

    def _union(self, value: list[Any], namespace: str) -> Union:
        union = Union()
        union.json = value
        types: list[Type] = []
        positions: dict[str, int] = {}
        union.types, union.positions = types, positions
        for branch in value:
            if branch.__class__ is str and branch in PRIMITIVES:
                positions[branch] = len(types)
                types.append(branch)
            else:
                node = READ_JSON[branch.__class__](self, branch, namespace)
                positions[node if node.__class__ is str else node.full] = len(types)  # type: ignore[union-attr]  # or it gives up
                types.append(node)
        if len(positions) != len(types):
            raise ValueError("a type twice")
        return union

    def _array(self, value: dict[str, Any], namespace: str) -> Array:
        node = Array()
        node.json = value
        items = value["items"]
        node.types = [READ_JSON[items.__class__](self, items, namespace)]
        return node

    def _map(self, value: dict[str, Any], namespace: str) -> Map:
        node = Map()
        node.json = value
        values = value["values"]
        node.types = [READ_JSON[values.__class__](self, values, namespace)]
        return node

    def _record(self, value: dict[str, Any], namespace: str) -> Record:
        record = self._declare(Record, value, namespace)
        namespace = record.namespace
        record.fields = fields = value["fields"]
        types: list[Type] = []
        index: dict[str, int] = {}
        record.types, record.index = types, index
        record.aliased = False
        keys = 0
        for field in fields:
            kind, size = field["type"], len(field)
            index[field["name"]] = len(types)
            keys += size
            if size > 2:
                if "default" in field and not (
                    field["default"] is None and kind.__class__ is list and kind[0] == "null"
                ):
                    self._default(record, field["default"], kind)
                if "aliases" in field:
                    record.aliased = True
                    _check_aliases(field["aliases"])
                if "order" in field and field["order"] not in ("ascending", "descending", "ignore"):
                    raise ValueError("an order that needs a closer look")
            if kind.__class__ is str and kind in PRIMITIVES:
                types.append(kind)
            else:
                types.append(READ_JSON[kind.__class__](self, kind, namespace))
        if len(index) != len(fields) or fields.__class__ is not list:
            raise ValueError("a field twice, or no array")
        self.keys += keys
        self.words += index
        return record

    def _default(self, record: Record, value: Any, kind: Any) -> None:
        """Note the default of the record's next field, whose type has not been read yet, if it may not fit."""
        if kind.__class__ is list:
            kind = kind[0]
        if kind.__class__ is dict:
            kind = kind["type"]
        if kind.__class__ is str:
            if CERTAIN.get(kind) is value.__class__:
                return
            limit = RANGES.get(kind)
            if limit is not None and value.__class__ is int and -limit <= value < limit:
                return
        if not value and EMPTY.get(kind) is value.__class__:
            return
        self.defaults.append((record, len(record.types)))
        if value.__class__ is dict:
            self.keys += len(value)

    def _enum(self, value: dict[str, Any], namespace: str) -> Enum:
        enum = self._declare(Enum, value, namespace)
        enum.symbols = symbols = value["symbols"]
        if len(set(symbols)) != len(symbols) or symbols.__class__ is not list:
            raise ValueError("no array, or a symbol twice")
        self.words += symbols
        enum.default = symbols[symbols.index(value["default"])] if "default" in value else None
        return enum

    def _fixed(self, value: dict[str, Any], namespace: str) -> Fixed:
        fixed = self._declare(Fixed, value, namespace)
        fixed.size = value["size"]
        if fixed.size.__class__ is not int or not 0 <= fixed.size < 2**31:
            raise ValueError("not a size")
        return fixed

    def _declare(self, kind: type[AnyNamed], value: dict[str, Any], namespace: str) -> AnyNamed:
        """The type that a definition declares, with its names alone."""
        name = value["name"]
        if "." in name:
            full = name
            namespace, _, name = name.rpartition(".")
            self.words += namespace.split(".")
            if full[0] == ".":
                raise ValueError("a name of the null namespace, or of none")
        else:
            if "namespace" in value:
                namespace = value["namespace"]
                if namespace.__class__ is not str or namespace.startswith("."):
                    raise ValueError("no namespace")
                if namespace:
                    self.words += namespace.split(".")
            full = f"{namespace}.{name}" if namespace else name
        if full in self.names or name in PRIMITIVES:
            raise ValueError("a name that is taken")
        self.words.append(name)
        self.names[full] = node = kind()
        node.json = value
        node.full = full
        node.name = name
        node.namespace = namespace
        if "aliases" in value:
            _check_aliases(value["aliases"])
        return node


def _check_aliases(aliases: Any) -> None:
    if aliases.__class__ is not list:
        raise ValueError("no array")
    "".join(aliases)


READ_JSON: Final[dict[type, Callable[[PlainReader, Any, str], Type]]] = {
    str: PlainReader._reference,
    dict: PlainReader._object,
    list: PlainReader._union,
}
"""How to read a schema, by the class of its JSON."""
READ_KIND: Final[dict[str, Callable[[PlainReader, dict[str, Any], str], Type]]] = {
    **dict.fromkeys(PRIMITIVES, PlainReader._primitive),
    "record": PlainReader._record,
    "error": PlainReader._record,
    "enum": PlainReader._enum,
    "fixed": PlainReader._fixed,
    "array": PlainReader._array,
    "map": PlainReader._map,
}
"""How to read a schema that is an object, by its `type`."""
