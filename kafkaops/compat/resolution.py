"""The comparison: whether a reader's schema reads what a writer's schema wrote.

Avro 1.12's "Schema Resolution" with its rule for unions, that the *first* matching branch of the reader is resolved
against, makes the whole of it a conjunction: two schemas are compatible if and only if every pair of types that can
be reached from the roots is. So this is a walk over pairs with a stack of its own, each pair of named types once;
recursive types need no guess that would have to be taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias, final

from kafkaops.compat.branches import PROMOTIONS, BranchIndex, matching_branch, primitive
from kafkaops.compat.jsontext import Container, Json
from kafkaops.compat.kinds import Kind, Severity
from kafkaops.compat.logical import logical_type
from kafkaops.compat.model import Annotated, Array, Enum, Fixed, Map, Named, NamedType, Node, Record, Type, Union
from kafkaops.compat.problems import Rule
from kafkaops.compat.schema import Schema

Use: TypeAlias = tuple[Container, str | int]
"""The place where a type is used, or an attribute of one."""
Pair: TypeAlias = tuple[Type, Type, Container, str | int, Container, str | int]
"""A reader's and a writer's type, and the place of each. One flat tuple: most pairs are made only to be compared."""

_ERROR: Final = Severity.ERROR
_WARNING: Final = Severity.WARNING
# Names of their own for what every comparison needs: up to Python 3.11 an enum's member takes a call to look up.


@final
class Difference:
    """Something a reader meets that it cannot, or perhaps should not, read; not yet located or put in words."""

    __slots__ = ("kind", "names", "pair", "severity")

    def __init__(self, kind: Kind, pair: Pair, names: tuple[str, ...] = (), severity: Severity = _ERROR) -> None:
        self.kind = kind
        self.pair = pair
        """The two types, and the places that show the difference."""
        self.names = names
        """The field, or the symbols, that it is about."""
        self.severity = severity

    @property
    def reader(self) -> Type:
        """The reader's type."""
        return self.pair[0]

    @property
    def writer(self) -> Type:
        """The writer's type."""
        return self.pair[1]

    @property
    def reader_place(self) -> Use:
        """The place in the reader's schema."""
        return self.pair[2:4]

    @property
    def writer_place(self) -> Use:
        """The place in the writer's schema."""
        return self.pair[4:6]


def differences(reader: Schema, writer: Schema, *, strict_logical_types: bool = False) -> list[Difference]:
    """What stands between a reader's schema and records of a writer's schema, in the order of the reader's fields.

    Nothing if all is well.
    """
    return _Walk().run(reader, writer, _ERROR if strict_logical_types else _WARNING)


class _Walk:
    """One comparison. All that it works with is set up by `run`."""

    __slots__ = ("_found", "_indexes", "_logical_severity", "_reader", "_seen", "_stack")
    _reader: Schema
    _logical_severity: Severity
    _found: list[Difference]
    _stack: list[Pair | Difference]
    """What is still to be compared, the next one last, and differences that wait for their turn."""
    _seen: set[tuple[Named, Named]]
    _indexes: dict[int, BranchIndex]
    """Of the reader's unions in which a look did not find the branch."""

    def run(self, reader_schema: Schema, writer_schema: Schema, logical_severity: Severity) -> list[Difference]:
        self._reader = reader_schema
        self._logical_severity = logical_severity
        self._found = found = []
        self._seen = set()
        self._indexes = {}
        root: Pair = reader_schema.root, writer_schema.root, reader_schema.holder, 0, writer_schema.holder, 0
        stack: list[Pair | Difference] = [root]
        self._stack = stack
        while stack:
            pair = stack.pop()
            if type(pair) is Difference:
                found.append(pair)
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
                found.append(Difference(Kind.TYPE_MISMATCH, pair))
        return found

    def _logical(self, pair: Pair) -> None:
        """Note a change of logical type. Java's checker looks at none of them."""
        reader, writer = pair[0], pair[1]
        if logical_type(reader) != logical_type(writer):
            places = *_attribute(reader, "logicalType", pair[2:4]), *_attribute(writer, "logicalType", pair[4:6])
            difference = Difference(Kind.LOGICAL_TYPE_MISMATCH, (reader, writer, *places), (), self._logical_severity)
            self._found.append(difference)

    def _writer_union(self, reader: Type, writer: Union, pair: Pair) -> None:
        """Every branch may have been written, so every one must be readable."""
        container, key, json, branches = pair[2], pair[3], writer.json, writer.types
        index = len(branches)
        while index:
            index -= 1
            branch = branches[index]
            if type(reader) is not Union:
                self._stack.append((reader, branch, container, key, json, index))
            elif type(branch) is not str or branch not in reader.types:
                self._reader_union(reader, (reader, branch, container, key, json, index))

    def _reader_union(self, reader: Union, pair: Pair) -> None:
        index = matching_branch(reader, pair[1], self._indexes)
        if index is None:
            self._stack.append(Difference(Kind.MISSING_UNION_BRANCH, pair))
        else:
            self._stack.append((reader.types[index], pair[1], reader.json, index, pair[4], pair[5]))

    def _primitives(self, reader: str | Annotated, writer: str | Annotated, pair: Pair) -> None:
        wanted, written = primitive(reader), primitive(writer)
        if wanted != written and wanted not in PROMOTIONS.get(written, ()):
            self._found.append(Difference(Kind.TYPE_MISMATCH, pair))
        elif reader != writer:
            self._logical(pair)

    def _containers(self, reader: Array | Map, writer: Array | Map, pair: Pair) -> None:
        content = "items" if isinstance(reader, Array) else "values"
        if reader.types[0] != writer.types[0]:
            self._stack.append((reader.types[0], writer.types[0], reader.json, content, writer.json, content))
        if "logicalType" in reader.json or "logicalType" in writer.json:
            self._logical(pair)

    def _named(self, reader: NamedType, writer: NamedType, pair: Pair) -> None:
        both = reader, writer
        if both in self._seen:
            return
        self._seen.add(both)
        if reader.name != writer.name and writer.full not in reader.aliases():
            places = *_definition(reader, pair[2:4]), *_definition(writer, pair[4:6])
            self._found.append(Difference(Kind.NAME_MISMATCH, (reader, writer, *places)))
            if not _alike(reader, writer):
                return
        _COMPARE_CONTENT[type(reader)](self, reader, writer)
        if "logicalType" in reader.json or "logicalType" in writer.json:
            self._logical(pair)

    def _fixeds(self, reader: Fixed, writer: Fixed) -> None:
        if reader.size != writer.size:
            pair = reader, writer, reader.json, "size", writer.json, "size"
            self._found.append(Difference(Kind.FIXED_SIZE_MISMATCH, pair))

    def _enums(self, reader: Enum, writer: Enum) -> None:
        if reader.default is not None or reader.symbols == writer.symbols:
            return
        known = set(reader.symbols)
        missing = tuple([symbol for symbol in writer.symbols if symbol not in known])
        if missing:
            symbols = writer.json["symbols"]
            assert isinstance(symbols, list)
            pair = reader, writer, reader.json, "symbols", symbols, symbols.index(missing[0])
            self._found.append(Difference(Kind.MISSING_ENUM_SYMBOLS, pair, missing))

    def _records(self, reader: Record, writer: Record) -> None:
        sources = self._aliased_sources(reader, writer) if reader.aliased else writer.index
        pending: list[Pair | Difference] = []
        position = -1
        for name in reader.index:
            position += 1
            source = sources.get(name)
            if source is None:
                difference = self._fill(reader, writer, position)
                if difference:
                    pending.append(difference)
                continue
            wanted, written = reader.types[position], writer.types[source]
            if wanted != written and not _evidently_same(wanted, written):
                pending.append((wanted, written, reader.fields[position], "type", writer.fields[source], "type"))
        if pending:
            pending.reverse()
            self._stack += pending

    def _aliased_sources(self, reader: Record, writer: Record) -> dict[str, int]:
        """For the reader's fields the writer's field that each of them reads, by name or by alias."""
        sources: dict[str, int] = {}
        taken: dict[int, int] = {}
        for name, position in reader.index.items():
            names = dict.fromkeys((name, *_field_aliases(reader.fields[position])))
            found = [writer.index[other] for other in names if other in writer.index]
            if found:
                sources[name] = found[0]
            if len(found) > 1:
                self._ambiguous(reader, writer, position, found)
            for source in found:
                if taken.setdefault(source, position) != position:
                    self._ambiguous(reader, writer, position, [source])
        return sources

    def _ambiguous(self, reader: Record, writer: Record, position: int, sources: list[int]) -> None:
        names = tuple(name for name, index in writer.index.items() if index in sources)
        field = reader.fields[position]
        pair = reader, writer, field, "aliases" if "aliases" in field else "name", writer.json, "name"
        owner = next(name for name, index in reader.index.items() if index == position)
        self._found.append(Difference(Kind.AMBIGUOUS_ALIAS, pair, (owner, *names)))

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
        return Difference(kind, (reader, writer, field, place, writer.json, "name"), (name,))


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
_COMPARE_CONTENT: Final[dict[type, Callable[[_Walk, Any, Any], None]]] = {
    Record: _Walk._records,
    Enum: _Walk._enums,
    Fixed: _Walk._fixeds,
}
"""How what two named types hold is compared, by their class."""


def _definition(node: NamedType, used: Use) -> Use:
    """The name of a type where it is defined at this place, or the place where it is referred to."""
    container, key = used
    value = container[key] if isinstance(container, dict) else container[int(key)]  # type: ignore[index]  # keys fit
    return (node.json, "name") if value is node.json else used


def _attribute(node: Type, attribute: str, used: Use) -> Use:
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
