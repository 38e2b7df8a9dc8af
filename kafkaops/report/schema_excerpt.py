"""A line of a schema with what is meant in it underlined; of a schema in one line, the part around it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from kafkaops.evolution.model import Spot

SCHEMA_ENDINGS = (".avsc", ".json", ".proto")
WIDTH = 100
"""Characters that are shown of a line."""
_BEFORE = 40
"""Characters that stay before what is meant when a line is cut."""


def schema_excerpt(file: Path, spot: Spot) -> list[str]:
    """Two lines, source and carets; nothing if the file or its line cannot be read."""
    lines = _lines(file)
    if not 1 <= spot.line <= len(lines):
        return []
    line = lines[spot.line - 1].rstrip("\r")
    caret = min(spot.column - 1, len(line))
    start = max(0, caret - _BEFORE) if len(line) > WIDTH else 0
    shown = "".join(" " if unicodedata.category(each) == "Cc" else each for each in line[start : start + WIDTH])
    left, right = "…" if start else "", "…" if start + WIDTH < len(line) else ""
    indent = len(left) + _cells(shown[: caret - start])
    carets = max(_cells(shown[caret - start : caret - start + spot.length]), 1)
    number = str(spot.line)
    return [f"{number} | {left}{shown}{right}", f"{' ' * len(number)} | {' ' * indent}{'^' * carets}"]


@lru_cache(maxsize=64)
def _lines(file: Path) -> tuple[str, ...]:
    try:
        return tuple(file.read_text(encoding="utf-8-sig").split("\n"))
    except (OSError, UnicodeDecodeError):
        return ()


def _cells(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return len(text) + wide - sum(unicodedata.combining(each) > 0 for each in text)
