"""Tests wait for conditions, never for seconds. The limits only end a test that would wait for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT_S = 120.0
_PAUSE_S = 0.05


def until(holds: Callable[[], object], what: str | Callable[[], object] = "it", limit_s: float = LIMIT_S) -> None:
    """Wait until it is so. `what` was waited for, or tells how things stand, when it never comes."""
    end = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() >= end:
            raise AssertionError(f"{what() if callable(what) else what} did not come to be in {limit_s:g} s")
        time.sleep(_PAUSE_S)


def shows(read: Callable[[], object], wanted: object, limit_s: float = LIMIT_S) -> None:
    """Wait until this is read: each broker and each worker learns of a change by itself, some of them late."""
    found = [read()]

    def shown() -> bool:
        found[0] = read()
        return found[0] == wanted

    if found[0] != wanted:
        until(shown, lambda: f"{wanted!r}, not {found[0]!r},", limit_s)
