"""The texts that a schema is made of, and the way from a value that was read to its line and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kafkaops.compat.jsontext import Container, Json, JsonTextError, Path, RepeatedKey, Span, load, path_to, span_at
from kafkaops.compat.problems import Location, Problem, Rule, SchemaError

Place: TypeAlias = tuple[Container, str | int | None]
"""A value that was read: an entry of a container, told by identity and key, or with None the container itself."""


@dataclass(frozen=True, slots=True)
class SchemaText:
    """A schema's JSON, and what to call it in messages: a file, or "version 3"."""

    text: str
    name: str = ""


class LoadedText:
    """A text that has been read as JSON."""

    __slots__ = ("name", "reference", "root", "text")

    def __init__(self, text: str, name: str, reference: int | None = None) -> None:
        self.text = text
        self.name = name
        self.reference = reference
        try:
            self.root: list[Json] = [load(text)]
        except JsonTextError as error:
            rule = Rule.SIZE_LIMIT if error.limit else Rule.JSON_SYNTAX
            location = self._location((), Span(error.offset, error.offset + 1))
            raise SchemaError([Problem(rule, error.message, location)]) from None

    def find(self, place: Place) -> Location | None:
        """Where a value stands, or None if it is not of this text."""
        container, key = place
        path = path_to(self.root, container)
        if path is None:
            return None
        full = path if key is None else (*path, key)
        return self.at(full[1:])

    def at(self, path: Path) -> Location:
        """Where the value at a path stands."""
        return self._location(path, span_at(self.text, path))

    def at_key(self, repeated: RepeatedKey, offset: int) -> Location:
        """The place of one of the keys that an object repeats."""
        return self._location((*repeated.path, repeated.key), Span(offset, offset + len(repeated.key) + 2))

    @property
    def label(self) -> str:
        """What to call it where it has no name."""
        return self.name or ("the schema" if self.reference is None else f"reference {self.reference + 1}")

    def _location(self, path: Path, span: Span) -> Location:
        text = self.text
        line = text.count("\n", 0, span.start) + 1
        column = span.start - text.rfind("\n", 0, span.start)
        end_of_line = text.find("\n", span.start)
        end = min(span.end, len(text) if end_of_line < 0 else end_of_line)
        length = 1 if text[span.start : span.start + 1] in ("{", "[") else max(end - span.start, 1)
        return Location(path, line, column, length, self.name, self.reference)


def locate(texts: Sequence[LoadedText], place: Place) -> Location:
    """Where a value stands among the texts of a schema."""
    return next(found for text in texts if (found := text.find(place)) is not None)
