"""What a comparison tells its caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kafkaops.compat.jsontext import Path
from kafkaops.compat.kinds import Kind, Severity, Side
from kafkaops.compat.problems import Location


class Teller(Protocol):
    """Tells of an incompatibility what it is asked for, and works out no more than that."""

    @property
    def message(self) -> str:
        """See `Explanation`."""
        ...

    @property
    def fix(self) -> str:
        """See `Explanation`."""
        ...

    @property
    def reader(self) -> Location:
        """See `Explanation`."""
        ...

    @property
    def writer(self) -> Location:
        """See `Explanation`."""
        ...


@dataclass(frozen=True, slots=True)
class Explanation:
    """An incompatibility in words and places."""

    message: str
    """What happens, as a sentence without its full stop."""
    fix: str
    """What to do instead."""
    reader: Location
    writer: Location
    """Where in the two schemas. What one of them lacks is shown at the record that lacks it."""


class Incompatibility:
    """One thing that a reader cannot, or with severity warning perhaps should not, read.

    It is put in words and looked up in the texts when somebody first asks: who wants a verdict only does not wait.
    """

    __slots__ = ("_explain", "_known", "kind", "new", "severity")

    def __init__(self, kind: Kind, severity: Severity, new: Side, explain: Callable[[], Teller]) -> None:
        self.kind = kind
        self.severity = severity
        self.new = new
        """Which of the two is the schema under change; `fix` is for its author, and `location` in it."""
        self._explain = explain
        self._known: Teller | None = None

    @property
    def _teller(self) -> Teller:
        if self._known is None:
            self._known = self._explain()
        return self._known

    @property
    def explanation(self) -> Explanation:
        """The message, the fix and both places."""
        return Explanation(self.message, self.fix, self.reader, self.writer)

    @property
    def message(self) -> str:
        """What happens, as a sentence without its full stop."""
        return self._teller.message

    @property
    def fix(self) -> str:
        """What to do instead."""
        return self._teller.fix

    @property
    def reader(self) -> Location:
        """The place in the reader's schema."""
        return self._teller.reader

    @property
    def writer(self) -> Location:
        """The place in the writer's schema."""
        return self._teller.writer

    @property
    def location(self) -> Location:
        """The place in the schema under change."""
        return self.reader if self.new is Side.READER else self.writer

    @property
    def path(self) -> Path:
        """The JSON path of `location`."""
        return self.location.path

    @property
    def line(self) -> int:
        """The line of `location`, from 1."""
        return self.location.line

    @property
    def column(self) -> int:
        """The column of `location`, from 1, in characters."""
        return self.location.column

    def __str__(self) -> str:
        return f"{self.message}: {self.fix}"

    def __repr__(self) -> str:
        return f"Incompatibility({self.kind.value}, {self.severity.value}, {self.explanation!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Incompatibility) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[object, ...]:
        return _explained, (self.kind, self.severity, self.new, self.explanation)

    def _key(self) -> tuple[object, ...]:
        return self.kind, self.severity, self.new, self.explanation


def _explained(kind: Kind, severity: Severity, new: Side, explanation: Explanation) -> Incompatibility:
    """An incompatibility that comes from another process."""
    return Incompatibility(kind, severity, new, lambda: explanation)


class Incompatibilities(tuple[Incompatibility, ...]):
    """All findings of one comparison, in the order of the reader's fields."""

    __slots__ = ()

    @property
    def compatible(self) -> bool:
        """Whether the reader reads everything the writer may have written: no finding is an error."""
        return all(item.severity is not Severity.ERROR for item in self)
