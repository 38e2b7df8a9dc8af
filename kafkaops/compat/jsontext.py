"""JSON text: reading it within limits, and finding where in it something stands.

The usual way in is the C decoder, which keeps no positions. They are found afterwards, by a second reading
(`scan`), and only in a text that something is reported about.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Container: TypeAlias = "list[Json] | dict[str, Json]"
Path: TypeAlias = tuple[str | int, ...]

MAX_CHARACTERS: Final = 10_000_000
"""The longest text that is read. Kafka's own default limit for the record that stores a schema is 1 MiB."""
MAX_NESTING: Final = 1_000
"""How deep arrays and objects may nest: the limit of Jackson, and so of Avro's Java parser."""

_STRING = r'"(?:[^"\\]|\\.)*"'
_BRACKETS: Final = re.compile(_STRING + r"|[\[\]{}]", re.DOTALL)
_CONSTANTS: Final = re.compile(_STRING + r"|(-?Infinity|NaN)", re.DOTALL)


class JsonTextError(ValueError):
    """The text cannot be read as JSON within the limits; `offset` is where, in characters from 0."""

    def __init__(self, message: str, offset: int, *, limit: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.limit = limit


class _ConstantError(ValueError):
    """`NaN`, `Infinity` or `-Infinity`, which Python reads and JSON does not have."""


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)
_SPACES: Final = " \t\n\r"
_COLONS: Final = ('":', " :", "\n:", "\t:", "\r:")
_READ_VALUE: Final = _DECODER.scan_once  # type: ignore[attr-defined]  # typeshed leaves it out
"""The C decoder itself: the value that starts at an offset, and the offset after it."""


def load(text: str) -> Json:
    """The value that a JSON text holds. Of a repeated key the last value counts.

    Raises:
        JsonTextError: not JSON, longer than `MAX_CHARACTERS`, or nested deeper than `MAX_NESTING`.
    """
    if len(text) > MAX_NESTING:  # fewer characters cannot nest deeper
        _check_limits(text)
    try:
        value: Json
        value, end = _READ_VALUE(text, 0)
        if end == len(text) or not text[end:].strip(_SPACES):
            return value
    except (StopIteration, ValueError, RecursionError):
        pass  # space before the value, or a mistake: the complete reading says which
    return _load_slowly(text)


def _check_limits(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        message = f"the text has {len(text):,} characters, and at most {MAX_CHARACTERS:,} are read"
        raise JsonTextError(message, 0, limit=True)
    if text.count("[") + text.count("{") > MAX_NESTING:
        _check_nesting(text)


def _load_slowly(text: str) -> Json:
    try:
        return cast(Json, _DECODER.decode(text))
    except RecursionError:  # it depends on how deep the caller's own stack is
        return scan(text).document
    except json.JSONDecodeError as error:
        raise _syntax_error(text, error) from None
    except _ConstantError as error:
        offset = next((match.start(1) for match in _CONSTANTS.finditer(text) if match[1]), 0)
        raise JsonTextError(f"{error} is not JSON", offset) from None
    except ValueError:  # an integer of more digits than Python converts
        return scan(text).document


def _check_nesting(text: str) -> None:
    depth = 0
    for match in _BRACKETS.finditer(text):
        bracket = match[0]
        if bracket in "[{":
            depth += 1
            if depth > MAX_NESTING:
                raise JsonTextError(f"nested more than {MAX_NESTING:,} levels deep", match.start(), limit=True)
        elif bracket in "]}":
            depth -= 1


def _syntax_error(text: str, error: json.JSONDecodeError) -> JsonTextError:
    around = text[max(error.pos - 1, 0) : error.pos + 2]
    if text.startswith("\ufeff"):
        message = "the text starts with a byte order mark, which JSON does not have"
    elif not text.strip():
        message = "the text is empty"
    elif "//" in around or "/*" in around:
        message = "JSON has no comments"
    else:
        message = error.msg[0].lower() + error.msg[1:].removesuffix(" at")
    return JsonTextError(message, error.pos)


def has_repeated_keys(text: str, keys: int = 0) -> bool:
    """Whether some object of a JSON text, which `load` has read, has a key twice.

    `keys` is how many keys the objects of that reading had, or less. A text with no more colons than that, or no more
    that stand where a colon after a key can stand, holds no key twice: two counts settle nearly every schema.
    """
    if text.count(":") == keys or sum(map(text.count, _COLONS)) == keys:
        return False
    repeated = False

    def note(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        nonlocal repeated
        result = dict(pairs)
        repeated = repeated or len(result) != len(pairs)
        return result

    try:
        json.JSONDecoder(object_pairs_hook=note).decode(text)
    except RecursionError:
        return bool(scan(text).repeated)
    return repeated


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value stands in its text: offsets in characters, the end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RepeatedKey:
    """A key that an object has a second time."""

    path: Path
    """The object's path."""
    key: str
    first: int
    second: int
    """The offsets of the two keys."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A JSON text read with positions."""

    document: Json
    spans: dict[Path, Span]
    repeated: tuple[RepeatedKey, ...]


def scan(text: str) -> Scan:
    """Read a JSON text with the place of every value, without recursion and so however deep it nests.

    Many times slower than `load`, which is for the common case.

    Raises:
        JsonTextError: the text is not JSON.
    """
    return _Scanner(text).read()


_SPACE: Final = re.compile(r"[ \t\n\r]*")


@dataclass(slots=True)
class _Open:
    """A container that is being read."""

    value: Container
    path: Path
    start: int


class _Scanner:
    """A reader of JSON that keeps its own stack."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._offset = 0
        self._open: list[_Open] = []
        self._spans: dict[Path, Span] = {}
        self._key_starts: dict[Path, int] = {}
        self._repeated: list[RepeatedKey] = []

    def read(self) -> Scan:
        document = self._value(())
        while self._open:
            container = self._open[-1]
            if self._peek() == ("}" if isinstance(container.value, dict) else "]"):
                self._close()
                continue
            if container.value:
                self._expect(",")
            if isinstance(container.value, dict):
                self._member(container.value, container.path)
            else:
                path = (*container.path, len(container.value))
                container.value.append(self._value(path))
        if self._peek():
            raise JsonTextError("extra data", self._offset)
        return Scan(document, self._spans, tuple(self._repeated))

    def _member(self, target: dict[str, Json], path: Path) -> None:
        if self._peek() != '"':
            raise JsonTextError("expecting property name enclosed in double quotes", self._offset)
        start = self._offset
        key = cast(str, self._scalar())
        first = self._key_starts.setdefault((*path, key), start)
        if key in target:
            self._repeated.append(RepeatedKey(path, key, first, start))
        self._expect(":")
        target[key] = self._value((*path, key))

    def _value(self, path: Path) -> Json:
        """The next value. A container is empty as yet, and on the stack."""
        character = self._peek()
        start = self._offset
        if character in ("{", "["):
            self._offset += 1
            container: Container = {} if character == "{" else []
            self._open.append(_Open(container, path, start))
            return container
        value = self._scalar()
        self._spans[path] = Span(start, self._offset)
        return value

    def _close(self) -> None:
        container = self._open.pop()
        self._offset += 1
        self._spans[container.path] = Span(container.start, self._offset)

    def _scalar(self) -> Json:
        """The string, number or literal that stands here."""
        try:
            value, self._offset = _DECODER.raw_decode(self._text, self._offset)
        except json.JSONDecodeError as error:
            raise _syntax_error(self._text, error) from None
        except _ConstantError as error:
            raise JsonTextError(f"{error} is not JSON", self._offset) from None
        except ValueError:
            limit = sys.get_int_max_str_digits()
            message = f"a whole number has more than {limit:,} digits"
            raise JsonTextError(message, self._offset, limit=True) from None
        return cast(Json, value)

    def _peek(self) -> str:
        """The next character that is not space, without passing it, or nothing at the end."""
        self._offset = _space_after(self._text, self._offset)
        return self._text[self._offset : self._offset + 1]

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise JsonTextError(f"expecting {character!r} delimiter", self._offset)
        self._offset += 1


def span_at(text: str, path: Path) -> Span:
    """Where the value at a path stands in a JSON text; of a repeated key the last value, which is the one read."""
    try:
        start = _space_after(text, 0)
        for step in path:
            start = _entry(text, start, step)
        return Span(start, _READ_VALUE(text, start)[1])
    except RecursionError:
        return scan(text).spans[path]


def _entry(text: str, start: int, step: str | int) -> int:
    """The offset of an entry's value in the array or object at `start`. The C decoder jumps over what is before."""
    is_object = text[start] == "{"
    found, index = -1, 0
    offset = _space_after(text, start + 1)
    while text[offset] not in "]}":
        if text[offset] == ",":
            offset = _space_after(text, offset + 1)
        key: str | int = index
        if is_object:
            key, offset = _READ_VALUE(text, offset)
            offset = _space_after(text, _space_after(text, offset) + 1)
        if key == step:
            found = offset
            if not is_object:
                break
        offset = _space_after(text, _READ_VALUE(text, offset)[1])
        index += 1
    return found


def _space_after(text: str, offset: int) -> int:
    """The offset of the next character that is not space."""
    space = _SPACE.match(text, offset)
    assert space is not None
    return space.end()


def path_to(document: Json, target: Container) -> Path | None:
    """The path of a container inside a document, told by identity; None if it is not in there."""
    return next((path for container, path in containers(document) if container is target), None)


def containers(document: Json) -> Iterator[tuple[Container, Path]]:
    """Every array and object of a document, the document included, with its path."""
    stack: list[tuple[Json, Path]] = [(document, ())]
    while stack:
        value, path = stack.pop()
        if isinstance(value, list | dict):
            yield value, path
            entries = value.items() if isinstance(value, dict) else enumerate(value)
            stack.extend((item, (*path, key)) for key, item in entries if isinstance(item, list | dict))
