"""The types of a parsed schema.

A primitive without attributes is its name, a plain string; everything else is a node that keeps the JSON it was
read from. Positions, messages and normal forms come from that JSON later, when somebody asks.

Nodes are made empty, and filled in by who reads a schema (`plain`, `build`). A record has its name before it has its
fields, which may refer to it; and to go through an `__init__` would take as long as the rest of a small type.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from kafkaops.compat.jsontext import Json

PRIMITIVES: Final = {name: name for name in ("null", "boolean", "int", "long", "float", "double", "bytes", "string")}
"""Each primitive type's name, as one object."""


class Node:
    """A type that is not a bare primitive name."""

    __slots__ = ("json",)
    json: dict[str, Json]
    kind: str
    """What kind of type it is."""
    full: str
    """What it is called among the branches of a union: its full name, or its kind if it has no name."""


class Annotated(Node):
    """A primitive with attributes, such as a logical type; `kind` is the primitive."""

    __slots__ = ("full", "kind")


class Array(Node):
    """An array; `types` holds the one type of its items."""

    __slots__ = ("types",)
    kind = full = "array"
    types: list[Type]


class Map(Node):
    """A map; `types` holds the one type of its values."""

    __slots__ = ("types",)
    kind = full = "map"
    types: list[Type]


class Union:
    """A union; `types` are its branches in order."""

    __slots__ = ("json", "positions", "types")
    kind: Final = "union"
    json: list[Json]
    types: list[Type]
    positions: dict[str, int]
    """Where each branch stands, by its full name, or its kind if it has no name."""


class Named(Node):
    """A type with a name: `full` with its namespace, `name` without, `namespace` empty for the null namespace."""

    __slots__ = ("full", "name", "namespace")
    full: str
    name: str
    namespace: str

    def aliases(self) -> list[str]:
        """The full names of its aliases: a short one lies in the type's own namespace."""
        prefix = f"{self.namespace}." if self.namespace else ""
        aliases = self.json.get("aliases", ())
        assert isinstance(aliases, list | tuple)
        return [alias if "." in alias else prefix + alias for alias in aliases if isinstance(alias, str)]


class Record(Named):
    """A record, or an error of a protocol. `fields`, `types` and the values of `index` have the same order."""

    __slots__ = ("aliased", "fields", "index", "types")
    kind = "record"
    fields: list[dict[str, Json]]
    types: list[Type]
    index: dict[str, int]
    aliased: bool
    """Whether a field has aliases."""


class Enum(Named):
    """An enum: its symbols in order, and the default that stands for symbols it does not know."""

    __slots__ = ("default", "symbols")
    kind = "enum"
    symbols: list[str]
    default: str | None


class Fixed(Named):
    """A fixed number of bytes."""

    __slots__ = ("size",)
    kind = "fixed"
    size: int


def annotated(json: dict[str, Json], kind: str) -> Annotated:
    """A primitive with attributes."""
    node = Annotated()
    node.json = json
    node.kind = node.full = kind
    return node


NamedType: TypeAlias = Record | Enum | Fixed
Type: TypeAlias = str | Annotated | Array | Map | Union | Record | Enum | Fixed
