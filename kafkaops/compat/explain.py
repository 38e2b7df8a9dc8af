"""Differences in words, with their places: what happens to whom, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property, partial
from typing import Final, TypeAlias

from kafkaops.compat.branches import PROMOTIONS, primitive
from kafkaops.compat.defaults import shorten
from kafkaops.compat.describe import describe, listed
from kafkaops.compat.jsontext import Json, Path
from kafkaops.compat.kinds import Kind, Side
from kafkaops.compat.logical import logical_type
from kafkaops.compat.model import Annotated, Enum, Fixed, Named, Record, Type, Union
from kafkaops.compat.problems import Location
from kafkaops.compat.resolution import Difference
from kafkaops.compat.result import Incompatibilities, Incompatibility
from kafkaops.compat.schema import Schema

_LONGEST_EXAMPLE: Final = 60
Words: TypeAlias = tuple[str, str]
"""A message and its fix."""


def explain(reader: Schema, writer: Schema, found: list[Difference], new: Side) -> Incompatibilities:
    """The differences between two schemas, told to the author of the `new` one."""
    return Incompatibilities(
        [Incompatibility(item.kind, item.severity, new, partial(_Teller, reader, writer, item, new)) for item in found]
    )


class _Teller:
    """One difference, with the words at hand that its sentences are made of. See `Teller` in `result`."""

    def __init__(self, reader: Schema, writer: Schema, difference: Difference, new: Side) -> None:
        self.difference = difference
        self.schemas = reader, writer
        self.read, self.wrote = difference.reader, difference.writer
        self.reader_new = new is Side.READER
        self.written = "records written with " + (writer.name or "the writer's schema")
        self.a_reader = "a reader with " + (reader.name or "the reader's schema")

    @cached_property
    def reader(self) -> Location:
        """Where in the reader's schema."""
        return self.schemas[0].locate(self.difference.reader_place)

    @cached_property
    def writer(self) -> Location:
        """Where in the writer's schema."""
        return self.schemas[1].locate(self.difference.writer_place)

    @cached_property
    def words(self) -> Words:
        """The message and the fix."""
        return _TELL[self.difference.kind](self)

    @property
    def message(self) -> str:
        """What happens."""
        return self.words[0]

    @property
    def fix(self) -> str:
        """What to do."""
        return self.words[1]

    @property
    def where(self) -> str:
        """The field that it is about, as ` in `lines[].sku``; nothing if it is in none."""
        trail = field_trail(self.schemas[0].document(self.reader), self.reader.path)
        return f" in `{trail}`" if trail else ""

    def missing_default(self) -> Words:
        (name,) = self.difference.names
        inside = "" if self.read is self.schemas[0].root else f" in `{_name(self.read)}`"
        message = f"{self.written} have no `{name}`{inside}; {self.a_reader} cannot fill it"
        if not self.reader_new:
            return message, f"keep `{name}`, or first give it a default where it is read"
        assert isinstance(self.read, Record) and isinstance(self.wrote, Record)
        field = self.read.fields[self.read.index[name]]
        fix = f"give it a default or make it a union with null{_nullable_example(field)}"
        former = _former_name(self.read, self.wrote, name)
        return message, f'{fix}; if it was `{former}` before, add "aliases": ["{former}"]' if former else fix

    def invalid_default(self) -> Words:
        (name,) = self.difference.names
        assert isinstance(self.read, Record)
        position = self.read.index[name]
        default = shorten(self.read.fields[position]["default"])
        expected = describe(self.read.types[position])
        message = f"{self.written} have no `{name}`; {self.a_reader} fills it with {default}, no value of {expected}"
        return message, "correct the default" if self.reader_new else f"keep `{name}`"

    def type_mismatch(self) -> Words:
        written, expected = describe(self.wrote), describe(self.read)
        message = f"{self.written} hold {written}{self.where} where {self.a_reader} expects {expected}"
        if _is_widening(self.read, self.wrote):
            fix = f"keep `{_name(self.wrote)}`: Avro widens {_bare(self.read)} to {_bare(self.wrote)}, never back"
            return message, fix if self.reader_new else "let the readers take the wider type first"
        name = _name(self.wrote)
        if self.writer.path and isinstance(self.writer.path[-1], int):  # a branch of a union
            return message, f"keep `{name}` in a union" if self.reader_new else f"let the readers have `{name}` first"
        if self.reader_new:
            return message, f"keep `{name}`, or add a field of the new type beside it"
        return message, f"keep writing `{_name(self.read)}`, or add a field of the new type beside it"

    def missing_branch(self) -> Words:
        assert isinstance(self.read, Union)
        written, union = describe(self.wrote), describe(self.read)
        message = f"{self.written} may hold {written}{self.where}, and {self.a_reader} expects {union}"
        if self.reader_new:
            return message, f"keep `{_name(self.wrote)}` in the union"
        return message, f"let the readers have `{_name(self.wrote)}` in their union first"

    def missing_symbols(self) -> Words:
        assert isinstance(self.read, Enum)
        symbols = listed([f"`{symbol}`" for symbol in self.difference.names], "or")
        name = self.read.name
        message = f"{self.written} may hold {symbols}{self.where}, which {self.a_reader} does not know in `{name}`"
        them = "it" if len(self.difference.names) == 1 else "them"
        if self.reader_new:
            example = self.read.symbols[0] if self.read.symbols else "UNKNOWN"
            return message, f'keep {them}, or give `{name}` a default for what it does not know: "default": "{example}"'
        return message, f"let the readers have {them} first, or a default in `{name}`"

    def fixed_size(self) -> Words:
        assert isinstance(self.read, Fixed) and isinstance(self.wrote, Fixed)
        before, after = self.wrote.size, self.read.size
        name = self.read.name
        message = f"`{name}` has {before} bytes in {self.written}, and {self.a_reader} takes {after}"
        size = before if self.reader_new else after
        return message, f"keep {size} bytes, or make the other size a type of another name in a field of its own"

    def name_mismatch(self) -> Words:
        assert isinstance(self.read, Named) and isinstance(self.wrote, Named)
        message = f"{self.written} hold {describe(self.wrote)}{self.where} where {self.a_reader} expects "
        message += f"`{self.read.name}`"
        if self.reader_new:
            return message, f'if it was renamed, add "aliases": ["{self.wrote.full}"] to `{self.read.name}`'
        return message, f"keep the name `{self.read.name}`: readers follow a new one by aliases of their own only"

    def ambiguous_alias(self) -> Words:
        owner, *written = self.difference.names
        fields = listed([f"`{name}`" for name in written])
        if len(written) > 1:
            message = f"{self.written} have {fields}, and to {self.a_reader} all of them are `{owner}` by its aliases"
        else:
            message = f"{self.written} have one {fields}, and {self.a_reader} takes it for `{owner}` and another field"
        return message, "take an alias away" if self.reader_new else "keep only one of the names"

    def logical_mismatch(self) -> Words:
        written, read = _logical(self.wrote), _logical(self.read)
        message = f"{self.written} hold {written}{self.where}, which {self.a_reader} takes for {read}"
        keep = written if self.reader_new else read
        return message, f"keep {keep}, or add a field of the new type beside it"


_TELL: Final[dict[Kind, Callable[[_Teller], Words]]] = {
    Kind.READER_FIELD_MISSING_DEFAULT_VALUE: _Teller.missing_default,
    Kind.READER_FIELD_INVALID_DEFAULT: _Teller.invalid_default,
    Kind.TYPE_MISMATCH: _Teller.type_mismatch,
    Kind.MISSING_UNION_BRANCH: _Teller.missing_branch,
    Kind.MISSING_ENUM_SYMBOLS: _Teller.missing_symbols,
    Kind.FIXED_SIZE_MISMATCH: _Teller.fixed_size,
    Kind.NAME_MISMATCH: _Teller.name_mismatch,
    Kind.AMBIGUOUS_ALIAS: _Teller.ambiguous_alias,
    Kind.LOGICAL_TYPE_MISMATCH: _Teller.logical_mismatch,
}


def field_trail(document: Json, path: Path) -> str:
    """The fields on the way to a place: names joined by dots, `[]` for an array's items, `{}` for a map's values."""
    trail, value, in_fields = "", document, False
    for step in path:
        value = value[step] if isinstance(value, dict) else value[int(step)]  # type: ignore[index]  # a path leads from container to container
        if in_fields and isinstance(value, dict):
            trail += f".{value.get('name')}"
        elif step in ("items", "values"):
            trail += "[]" if step == "items" else "{}"
        in_fields = step == "fields"
    return trail.lstrip(".")


def _nullable_example(field: dict[str, Json]) -> str:
    """How the field would look with null as its default, or nothing where that is too long to read."""
    kind = field["type"]
    branches: list[Json] = [branch for branch in kind if branch != "null"] if isinstance(kind, list) else [kind]
    example = {"name": field["name"], "type": ["null", *branches], "default": None}
    text = json.dumps(example, ensure_ascii=False)
    return f", as {text}" if len(text) <= _LONGEST_EXAMPLE + len(str(field["name"])) else ""


def _former_name(reader: Record, writer: Record, name: str) -> str | None:
    """The writer's field that a field new to the reader most likely was before."""
    from difflib import get_close_matches  # only where something is wrong: it costs a start-up milliseconds

    node = reader.types[reader.index[name]]
    gone = [
        other
        for other, position in writer.index.items()
        if other not in reader.index and _same_kind(writer.types[position], node)
    ]
    close = get_close_matches(name, gone, 1, 0.6)
    return close[0] if close else gone[0] if len(gone) == 1 else None


def _same_kind(one: Type, other: Type) -> bool:
    return (one if isinstance(one, str) else one.kind) == (other if isinstance(other, str) else other.kind)


def _is_widening(reader: Type, writer: Type) -> bool:
    """Whether the change, made the other way round, would have been a promotion."""
    if not isinstance(reader, str | Annotated) or not isinstance(writer, str | Annotated):
        return False
    return primitive(writer) in PROMOTIONS.get(primitive(reader), ())


def _bare(node: Type) -> str:
    return node if isinstance(node, str) else node.kind


def _name(node: Type) -> str:
    return node.name if isinstance(node, Named) else _bare(node)


def _logical(node: Type) -> str:
    logical = logical_type(node)
    return f"{logical} ({_bare(node)})" if logical else f"plain {_bare(node)}"
