"""The types of a parsed schema.

A primitive without attributes is its name, a plain string; everything else is a node that keeps the JSON it was
read from. Positions, messages and normal forms come from that JSON later, when somebody asks.
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

    def __init__(self, json: dict[str, Json], kind: str) -> None:
        self.json = json
        self.kind = self.full = kind


class Array(Node):
    """An array; `types` holds the one type of its items."""

    __slots__ = ("types",)
    kind = full = "array"

    def __init__(self, json: dict[str, Json]) -> None:
        self.json = json
        self.types: list[Type] = ["null"]


class Map(Node):
    """A map; `types` holds the one type of its values."""

    __slots__ = ("types",)
    kind = full = "map"

    def __init__(self, json: dict[str, Json]) -> None:
        self.json = json
        self.types: list[Type] = ["null"]


class Union:
    """A union; `types` are its branches in order."""

    __slots__ = ("json", "types")
    kind: Final = "union"

    def __init__(self, json: list[Json], types: list[Type]) -> None:
        self.json = json
        self.types = types


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

    def __init__(self, json: dict[str, Json], full: str, name: str, namespace: str) -> None:
        self.json = json
        self.full = full
        self.name = name
        self.namespace = namespace
        self.fields: list[dict[str, Json]] = []
        self.types: list[Type] = []
        self.index: dict[str, int] = {}
        self.aliased = False
        """Whether a field has aliases."""


class Enum(Named):
    """An enum: its symbols in order, and the default that stands for symbols it does not know."""

    __slots__ = ("default", "symbols")
    kind = "enum"

    def __init__(self, json: dict[str, Json], full: str, name: str, namespace: str) -> None:
        self.json = json
        self.full = full
        self.name = name
        self.namespace = namespace
        self.symbols: list[str] = []
        self.default: str | None = None


class Fixed(Named):
    """A fixed number of bytes."""

    __slots__ = ("size",)
    kind = "fixed"

    def __init__(self, json: dict[str, Json], full: str, name: str, namespace: str) -> None:
        self.json = json
        self.full = full
        self.name = name
        self.namespace = namespace
        self.size = 0


NamedType: TypeAlias = Record | Enum | Fixed
Type: TypeAlias = str | Annotated | Array | Map | Union | Record | Enum | Fixed
