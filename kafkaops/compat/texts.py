"""The texts that a schema is made of, and the way from a value that was read to its line and column."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from kafkaops.compat.jsontext import (
    Container,
    Json,
    JsonTextError,
    Path,
    RepeatedKey,
    Span,
    containers,
    load,
    path_to,
    scan,
    span_at,
)
from kafkaops.compat.problems import Location, Problem, Rule, SchemaError

Place: TypeAlias = tuple[Container, str | int | None]
"""A value that was read: an entry of a container, told by identity and key, or with None the container itself."""


_LINE_END: Final = re.compile("\n")
SEARCHES: Final = 16
"""How often a text is searched for a place. For more it is read once more, for all of them: see `_Index`."""


@dataclass(frozen=True, slots=True)
class SchemaText:
    """A schema's JSON, and what to call it in messages: a file, or "version 3"."""

    text: str
    name: str = ""


class _Index:
    """Where everything of a text stands: what is reported about a large one is as large."""

    __slots__ = ("paths", "spans")

    def __init__(self, text: str, root: list[Json]) -> None:
        self.paths = {id(container): path for container, path in containers(root)}
        self.spans = scan(text).spans


class LoadedText:
    """A text that has been read as JSON.

    Raises:
        SchemaError: it cannot be.
    """

    __slots__ = ("_index", "_line_ends", "_searches", "holder", "name", "reference", "text")

    def __init__(self, text: str, name: str = "", reference: int | None = None) -> None:
        self.text = text
        self.name = name
        """What the caller named it; may be empty."""
        self.reference = reference
        """The index of the reference that it is, or None for a schema's own text."""
        self._index: _Index | None = None
        self._line_ends: list[int] | None = None
        self._searches = 0
        try:
            self.holder: list[Json] = [load(text)]
            """The document, as the only entry of a list: so it has a place like all that is inside it."""
        except JsonTextError as error:
            rule = Rule.SIZE_LIMIT if error.limit else Rule.JSON_SYNTAX
            location = self._location((), Span(error.offset, error.offset + 1))
            raise SchemaError([Problem(rule, error.message, location)]) from None

    def find(self, place: Place) -> Location | None:
        """Where a value stands, or None if it is not of this text."""
        container, key = place
        index = self._index_of_many()
        path = index.paths.get(id(container)) if index else path_to(self.holder, container)
        if path is None:
            return None
        full = path if key is None else (*path, key)
        return self.at(full[1:])

    def at(self, path: Path) -> Location:
        """Where the value at a path stands."""
        return self._location(path, self._index.spans[path] if self._index else span_at(self.text, path))

    def at_key(self, repeated: RepeatedKey, offset: int) -> Location:
        """The place of one of the keys that an object repeats."""
        return self._location((*repeated.path, repeated.key), Span(offset, offset + len(repeated.key) + 2))

    @property
    def label(self) -> str:
        """What to call it where it has no name."""
        return self.name or ("the schema" if self.reference is None else f"reference {self.reference + 1}")

    def _index_of_many(self) -> _Index | None:
        """The index, once a text has been searched so often that making it is the smaller work."""
        self._searches += 1
        if self._index is None and self._searches > SEARCHES:
            self._index = _Index(self.text, self.holder)
        return self._index

    def _location(self, path: Path, span: Span) -> Location:
        if self._line_ends is None:
            self._line_ends = [match.start() for match in _LINE_END.finditer(self.text)]
        ends = self._line_ends
        line = bisect_left(ends, span.start)
        column = span.start - (ends[line - 1] if line else -1)
        end = min(span.end, ends[line] if line < len(ends) else len(self.text))
        length = 1 if self.text[span.start : span.start + 1] in ("{", "[") else max(end - span.start, 1)
        return Location(path, line + 1, column, length, self.name, self.reference)


def locate(texts: Sequence[LoadedText], place: Place) -> Location:
    """Where a value stands among the texts of a schema."""
    return next(found for text in texts if (found := text.find(place)) is not None)
