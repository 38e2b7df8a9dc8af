"""Values as they were written: plain data that remembers file, line and column.

Includes, overrides and defaults are merged as `Written` values, so that whatever comes out at the end
still knows where it came from. Nothing here is changed in place: aliases share their values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from kafkaops.errors import Place
from kafkaops.spec.loaded import PathStep

Scalar: TypeAlias = str | int | float | bool | None
Members: TypeAlias = dict[str, "Written"]
Value: TypeAlias = Scalar | Members | list["Written"]


class WrittenFloat(float):
    """A decimal number that still reads as it was written: `1.10` does not become `1.1`."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> WrittenFloat:
        """The number that a text holds. Raises `ValueError`."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text


class Written:
    """One value with its place, and its key's place if it stands under one (0 if not)."""

    __slots__ = ("column", "file", "key_column", "key_line", "line", "value")

    def __init__(
        self, value: Value, file: Path, line: int, column: int, key_line: int = 0, key_column: int = 0
    ) -> None:
        self.value: Final = value
        self.file: Final = file
        self.line: Final = line
        self.column: Final = column
        self.key_line: Final = key_line
        self.key_column: Final = key_column

    @property
    def members(self) -> Members:
        """The mapping's members; empty for anything but a mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Written]:
        """The list's items; empty for anything but a list."""
        return self.value if isinstance(self.value, list) else []

    @property
    def place(self) -> Place:
        """Where to point: at a scalar itself, at the key of a mapping, a list or an empty value."""
        if self.key_line and (self.value is None or isinstance(self.value, dict | list)):
            return self.key_place
        return Place(self.file, self.line, self.column)

    @property
    def key_place(self) -> Place:
        """Where its key stands; its own place if it has none."""
        if self.key_line:
            return Place(self.file, self.key_line, self.key_column)
        return Place(self.file, self.line, self.column)

    def with_value(self, value: Value) -> Written:
        """Another value at the same place."""
        return Written(value, self.file, self.line, self.column, self.key_line, self.key_column)

    def plain(self) -> Any:
        """The value without places, as a JSON reader would give it."""
        value = self.value
        if isinstance(value, dict):
            return {key: member.plain() for key, member in value.items()}
        if isinstance(value, list):
            return [item.plain() for item in value]
        return value

    def at(self, path: tuple[PathStep, ...]) -> Written | None:
        """The value at a path, or None where nothing was written."""
        found: Written | None = self
        for step in path:
            if found is None:
                return None
            found = found._step(step)
        return found

    def _step(self, step: PathStep) -> Written | None:
        if isinstance(step, str):
            return self.members.get(step)
        items = self.items
        return items[step] if 0 <= step < len(items) else None

    def kind(self) -> str:
        """What it is, as a person says it."""
        match self.value:
            case None:
                return "nothing"
            case bool():
                return "true or false"
            case int() | float():
                return "a number"
            case str():
                return "a text"
            case list():
                return "a list"
            case _:
                return "a mapping"


class WrittenPlaces(Mapping[tuple[PathStep, ...], Place]):
    """The places of a written value by path, looked up when asked: most are never asked for."""

    def __init__(self, root: Written) -> None:
        self._root = root

    def __getitem__(self, path: tuple[PathStep, ...]) -> Place:
        found = self._root.at(path)
        if found is None:
            raise KeyError(path)
        return found.place

    def __iter__(self) -> Iterator[tuple[PathStep, ...]]:
        return _paths(self._root, ())

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _paths(written: Written, path: tuple[PathStep, ...]) -> Iterator[tuple[PathStep, ...]]:
    yield path
    for key, member in written.members.items():
        yield from _paths(member, (*path, key))
    for index, item in enumerate(written.items):
        yield from _paths(item, (*path, index))
