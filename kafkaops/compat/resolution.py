"""The comparison: whether a reader's schema reads what a writer's schema wrote.

Avro 1.12's "Schema Resolution" with its rule for unions, that the *first* matching branch of the reader is resolved
against, makes the whole of it a conjunction: two schemas are compatible if and only if every pair of types that can
be reached from the roots is. So this is a walk over pairs with a stack of its own, each pair of named types once;
recursive types need no guess that would have to be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeAlias, final

from kafkaops.compat.branches import PROMOTIONS, BranchIndex, matching_branch, primitive
from kafkaops.compat.jsontext import Container, Json
from kafkaops.compat.kinds import Kind, Severity
from kafkaops.compat.logical import logical_type
from kafkaops.compat.model import Annotated, Array, Enum, Fixed, Map, Named, NamedType, Node, Record, Type, Union
from kafkaops.compat.problems import Rule
from kafkaops.compat.schema import Schema
from kafkaops.compat.texts import Place

Pair: TypeAlias = tuple[Type, Type, Container, str | int, Container, str | int]
"""A reader's and a writer's type, and the place of each."""


@final
class Difference(NamedTuple):
    """Something a reader meets that it cannot, or perhaps should not, read; not yet located or put in words."""

    kind: Kind
    reader: Type
    writer: Type
    reader_place: Place
    writer_place: Place
    severity: Severity = Severity.ERROR
    names: tuple[str, ...] = ()
    """The field, or the symbols, that it is about."""


def differences(reader: Schema, writer: Schema, *, strict_logical_types: bool = False) -> list[Difference]:
    """What stands between a reader's schema and records of a writer's schema, in the order of the reader's fields.

    Nothing if all is well.
    """
    walk = _Walk(reader, Severity.ERROR if strict_logical_types else Severity.WARNING)
    return walk.run((reader.root, writer.root, reader.texts[-1].root, 0, writer.texts[-1].root, 0))


class _Walk:
    __slots__ = ("_found", "_indexes", "_logical_severity", "_reader", "_seen", "_stack")

    def __init__(self, reader: Schema, logical_severity: Severity) -> None:
        self._reader = reader
        self._logical_severity = logical_severity
        self._found: list[Difference] = []
        self._stack: list[Pair | Difference] = []
        """What is still to be compared, the next one last, and differences that wait for their turn."""
        self._seen: set[tuple[Named, Named]] = set()
        self._indexes: dict[int, BranchIndex] = {}
        """Of the reader's unions in which a look did not find the branch."""

    def run(self, root: Pair) -> list[Difference]:
        stack = self._stack
        stack.append(root)
        while stack:
            pair = stack.pop()
            if type(pair) is Difference:
                self._found.append(pair)
                continue
            reader, writer = pair[0], pair[1]
            kind = type(reader)
            if kind is type(writer):
                _COMPARE[kind](self, reader, writer, pair)
            elif type(writer) is Union:
                self._writer_union(reader, writer, pair)
            elif type(reader) is Union:
                self._reader_union(reader, pair)
            elif isinstance(reader, (str, Annotated)) and isinstance(writer, (str, Annotated)):
                self._primitives(reader, writer, pair)
            else:
                self._mismatch(Kind.TYPE_MISMATCH, pair)
        return self._found

    def _mismatch(self, kind: Kind, pair: Pair) -> None:
        """Note a difference between two types at the places where they are used."""
        self._found.append(Difference(kind, pair[0], pair[1], pair[2:4], pair[4:6]))

    def _logical(self, pair: Pair) -> None:
        """Note a change of logical type. Java's checker looks at none of them."""
        reader, writer = pair[0], pair[1]
        if logical_type(reader) != logical_type(writer):
            places = _attribute(reader, "logicalType", pair[2:4]), _attribute(writer, "logicalType", pair[4:6])
            difference = Difference(Kind.LOGICAL_TYPE_MISMATCH, reader, writer, *places, self._logical_severity)
            self._found.append(difference)

    def _writer_union(self, reader: Type, writer: Union, pair: Pair) -> None:
        """Every branch may have been written, so every one must be readable."""
        container, key = pair[2], pair[3]
        if type(reader) is not Union:
            for index in range(len(writer.types) - 1, -1, -1):
                self._stack.append((reader, writer.types[index], container, key, writer.json, index))
            return
        reads = reader.types
        for index in range(len(writer.types) - 1, -1, -1):
            branch = writer.types[index]
            if branch.__class__ is not str or branch not in reads:
                self._reader_union(reader, (reader, branch, container, key, writer.json, index))

    def _reader_union(self, reader: Union, pair: Pair) -> None:
        index = matching_branch(reader, pair[1], self._indexes)
        if index is None:
            self._stack.append(Difference(Kind.MISSING_UNION_BRANCH, reader, pair[1], pair[2:4], pair[4:]))
        else:
            self._stack.append((reader.types[index], pair[1], reader.json, index, pair[4], pair[5]))

    def _primitives(self, reader: str | Annotated, writer: str | Annotated, pair: Pair) -> None:
        wanted, written = primitive(reader), primitive(writer)
        if wanted != written and wanted not in PROMOTIONS.get(written, ()):
            self._mismatch(Kind.TYPE_MISMATCH, pair)
        elif reader != writer:
            self._logical(pair)

    def _containers(self, reader: Array | Map, writer: Array | Map, pair: Pair) -> None:
        content = "items" if isinstance(reader, Array) else "values"
        if reader.types[0] != writer.types[0]:
            self._stack.append((reader.types[0], writer.types[0], reader.json, content, writer.json, content))
        if "logicalType" in reader.json or "logicalType" in writer.json:
            self._logical(pair)

    def _named(self, reader: NamedType, writer: NamedType, pair: Pair) -> None:
        if (reader, writer) in self._seen:
            return
        self._seen.add((reader, writer))
        if reader.name != writer.name and writer.full not in reader.aliases():
            places = _definition(reader, pair[2:4]), _definition(writer, pair[4:6])
            self._found.append(Difference(Kind.NAME_MISMATCH, reader, writer, *places))
            if not _alike(reader, writer):
                return
        if type(reader) is Record and type(writer) is Record:
            self._records(reader, writer)
        elif type(reader) is Enum and type(writer) is Enum:
            self._enums(reader, writer)
        elif type(reader) is Fixed and type(writer) is Fixed and reader.size != writer.size:
            places = (reader.json, "size"), (writer.json, "size")
            self._found.append(Difference(Kind.FIXED_SIZE_MISMATCH, reader, writer, *places))
        if "logicalType" in reader.json or "logicalType" in writer.json:
            self._logical(pair)

    def _enums(self, reader: Enum, writer: Enum) -> None:
        if reader.default is not None:
            return
        known = set(reader.symbols)
        missing = tuple(symbol for symbol in writer.symbols if symbol not in known)
        if missing:
            symbols = writer.json["symbols"]
            assert isinstance(symbols, list)
            places: tuple[Place, Place] = (reader.json, "symbols"), (symbols, symbols.index(missing[0]))
            self._found.append(Difference(Kind.MISSING_ENUM_SYMBOLS, reader, writer, *places, names=missing))

    def _records(self, reader: Record, writer: Record) -> None:
        sources: Iterable[int | None] = map(writer.index.get, reader.index)
        if reader.aliased:
            sources = self._aliased_sources(reader, writer)
        pending: list[Pair | Difference] = []
        for position, source in enumerate(sources):
            wanted = reader.types[position]
            if source is None:
                difference = self._fill(reader, writer, position)
                if difference:
                    pending.append(difference)
                continue
            written = writer.types[source]
            if wanted != written and not _evidently_same(wanted, written):
                pending.append((wanted, written, reader.fields[position], "type", writer.fields[source], "type"))
        pending.reverse()
        self._stack += pending

    def _aliased_sources(self, reader: Record, writer: Record) -> list[int | None]:
        """For each field of the reader the writer's field that it reads, by name or by alias."""
        sources: list[int | None] = []
        taken: dict[int, int] = {}
        for position, (name, field) in enumerate(zip(reader.index, reader.fields, strict=True)):
            names = dict.fromkeys((name, *_field_aliases(field)))
            found = [writer.index[other] for other in names if other in writer.index]
            sources.append(found[0] if found else None)
            if len(found) > 1:
                self._ambiguous(reader, writer, position, found)
            for source in found:
                if taken.setdefault(source, position) != position:
                    self._ambiguous(reader, writer, position, [source])
        return sources

    def _ambiguous(self, reader: Record, writer: Record, position: int, sources: list[int]) -> None:
        names = tuple(name for name, index in writer.index.items() if index in sources)
        field = reader.fields[position]
        places: tuple[Place, Place] = (field, "aliases" if "aliases" in field else "name"), (writer.json, "name")
        owner = next(name for name, index in reader.index.items() if index == position)
        self._found.append(Difference(Kind.AMBIGUOUS_ALIAS, reader, writer, *places, names=(owner, *names)))

    def _fill(self, reader: Record, writer: Record, position: int) -> Difference | None:
        """What is wrong where a field that the writer does not have takes its default."""
        field = reader.fields[position]
        if "default" not in field:
            kind, place = Kind.READER_FIELD_MISSING_DEFAULT_VALUE, "name"
        elif (
            bad := self._reader.bad_defaults.get((id(reader), position))
        ) is not None and bad.rule is not Rule.LATER_BRANCH_DEFAULT:
            kind, place = Kind.READER_FIELD_INVALID_DEFAULT, "default"
        else:
            return None
        name = str(field["name"])
        return Difference(kind, reader, writer, (field, place), (writer.json, "name"), names=(name,))


_COMPARE: Final[dict[type, Callable[[_Walk, Any, Any, Pair], None]]] = {
    str: _Walk._primitives,
    Annotated: _Walk._primitives,
    Array: _Walk._containers,
    Map: _Walk._containers,
    Union: _Walk._writer_union,
    Record: _Walk._named,
    Enum: _Walk._named,
    Fixed: _Walk._named,
}
"""How two types of one kind are compared, by their class."""


def _definition(node: NamedType, used: tuple[Container, str | int]) -> Place:
    """The name of a type where it is defined at this place, or the place where it is referred to."""
    container, key = used
    value = container[key] if isinstance(container, dict) else container[int(key)]  # type: ignore[index]  # keys fit
    return (node.json, "name") if value is node.json else used


def _attribute(node: Type, attribute: str, used: tuple[Container, str | int]) -> Place:
    """An attribute of a type, or the type itself if it has none such."""
    return (node.json, attribute) if isinstance(node, Node) and attribute in node.json else used


def _evidently_same(reader: Type, writer: Type) -> bool:
    """Whether a look is enough: unions of the same primitives, primitives with the same attributes."""
    if type(reader) is Union:
        return type(writer) is Union and reader.types == writer.types
    return type(reader) is Annotated and type(writer) is Annotated and reader.json == writer.json


def _alike(reader: Named, writer: Named) -> bool:
    """Whether two types of different names could be one that was renamed: they have something in common."""
    if isinstance(reader, Record) and isinstance(writer, Record):
        return not reader.index.keys().isdisjoint(writer.index)
    if isinstance(reader, Enum) and isinstance(writer, Enum):
        return not set(reader.symbols).isdisjoint(writer.symbols)
    return False


def _field_aliases(field: dict[str, Json]) -> list[str]:
    aliases = field.get("aliases", [])
    assert isinstance(aliases, list)
    return [alias for alias in aliases if isinstance(alias, str)]
