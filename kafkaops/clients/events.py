"""Where events of a run go, one line each: the port.

`kafka_events.py` implements it for a topic, `event_file.py` for a file.

KO840  an audit file cannot be opened or written
KO841  an audit topic does not take events
"""

from __future__ import annotations

from typing import Protocol


class EventSink(Protocol):
    """Takes events in order: at once on their way, and safe when `settle` returns."""

    name: str
    """What it is, for messages: 'file audit.jsonl'."""

    def put(self, key: str, line: str) -> None:
        """Send one event on its way. `line` has no line break. Raises `PlatformError` when one is known to be lost."""
        ...

    def settle(self) -> None:
        """Wait until every event so far is kept. Raises `PlatformError` when one is not certain to be."""
        ...

    def close(self) -> None:
        """Let go. Harmless when called twice."""
        ...
