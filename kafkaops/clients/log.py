"""One-partition topics as logs that are read whole and written in transactions: values and the port.

`kafka_log.py` implements it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """A record to write. A value of None is a tombstone: compaction removes the key."""

    topic: str
    key: bytes
    value: bytes | None


class Logged(NamedTuple):
    """A record as it stands in a log. A named tuple, since there are tens of thousands: it is made in half the time."""

    offset: int
    key: bytes | None
    value: bytes | None


class LogReader(Protocol):
    """Reads logs from a point to their end. Raises `PlatformError`."""

    def read(self, topic: str, start: int | None = None) -> Sequence[Logged]:
        """Every committed record from an offset (None: the first) to the end as it is now."""
        ...

    def close(self) -> None:
        """Let the connections go. Harmless when called twice."""
        ...


class LogWriter(Protocol):
    """Writes in transactions under one fixed id, so that whoever begins shuts out who wrote before."""

    def begin(self) -> None:
        """Shut out earlier writers of the same id and abort what they left open. Raises `PlatformError`."""
        ...

    def commit(self, entries: Sequence[Entry]) -> None:
        """Write all or nothing. Raises `FencedError` when shut out, else `PlatformError`.

        Readers may see it a moment later: the commit is decided before its markers are written.
        """
        ...

    def close(self) -> None:
        """Let the connections go. Harmless when called twice."""
        ...
