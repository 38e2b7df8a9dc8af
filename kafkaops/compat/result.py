"""What a comparison tells its caller."""

from __future__ import annotations

from dataclasses import dataclass

from kafkaops.compat.jsontext import Path
from kafkaops.compat.kinds import Kind, Severity, Side
from kafkaops.compat.problems import Location


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One thing that a reader cannot, or with severity warning perhaps should not, read."""

    kind: Kind
    severity: Severity
    message: str
    """What happens, as a sentence without its full stop."""
    fix: str
    """What to do instead."""
    reader: Location
    writer: Location
    """Where in the two schemas. What one of them lacks is shown at the record that lacks it."""
    new: Side
    """Which of the two is the schema under change; `fix` is about that one, and `location` in it."""

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


class Incompatibilities(tuple[Incompatibility, ...]):
    """All findings of one comparison, in the order of the text under change."""

    __slots__ = ()

    @property
    def compatible(self) -> bool:
        """Whether the reader reads everything the writer may have written: no finding is an error."""
        return all(item.severity is not Severity.ERROR for item in self)
