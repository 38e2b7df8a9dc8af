"""The line of a file that a finding is about, with a caret below it, and without secrets."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kafkaops.errors import Place, SpecError
from kafkaops.spec.secrets import looks_secret, masked_spans
from kafkaops.spec.source import read_text

WIDTH = 76
"""Terminal cells that an excerpt may take, to fit indented into 80; a longer line is cut around the caret."""
MAX_LINE = 4_000
"""Characters of the longest line that is shown: looking for secrets in longer ones would take long."""
_MEMBER = re.compile(r"""["']?(?P<key>[A-Za-z_][\w.:-]*)["']?\s*:(?:\s+|$|(?=["']))""")
_ONLY_REFERENCE = re.compile(r"""\s*["']?\$\{(?:env|file|dev):[^{}]*\}["']?\s*[,}\]]*\s*(?:#.*)?""")


def excerpt(place: Place) -> str | None:
    """Two lines, source and caret, or None where the file or the line cannot be read (any more)."""
    lines = _lines_of(place.file)
    if not 1 <= place.line <= len(lines):
        return None
    line = lines[place.line - 1]
    if len(line) > MAX_LINE:
        return None
    before = lines[place.line - 2] if place.line > 1 else ""
    hidden = _masked(line, place.column - 1, _opens_secret(before, line))
    number = f"{place.line} | "
    shown, caret = _cut(hidden, WIDTH - len(number))
    return f"{number}{shown}\n{' ' * (len(number) - 2)}| {' ' * caret}^"


def _lines_of(file: Path) -> tuple[str, ...]:
    try:
        state = file.stat()
        return _read_lines(file, state.st_mtime_ns, state.st_size)
    except (OSError, ValueError, SpecError):
        return ()


@lru_cache(maxsize=8)
def _read_lines(file: Path, _mtime_ns: int, _size: int) -> tuple[str, ...]:
    return tuple(line.rstrip("\r") for line in read_text(file).split("\n"))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without secrets, and where in it the caret goes (an index of a character)."""

    text: str
    caret: int


def _opens_secret(before: str, line: str) -> bool:
    """Whether the line before ends in a secret's key, so that its value stands on this line."""
    members = list(_MEMBER.finditer(before))
    if not members or _MEMBER.search(line):
        return False
    rest = before[members[-1].end() :].split("#")[0].strip()
    return looks_secret(_name(before, members[-1])) and rest in ("", "|", ">", "|-", ">-", "|+", ">+")


def _name(line: str, member: re.Match[str]) -> str:
    """A member's key with all that stands before it, back to what ends another member: `sasl_p- assword` is a slip."""
    start = member.start("key")
    return line[max(line.rfind("{", 0, start), line.rfind(",", 0, start)) + 1 : member.end("key")]


def _masked(line: str, caret: int, whole: bool) -> _Line:
    spans = [(len(line) - len(line.lstrip()), len(line))] if whole else _secret_spans(line)
    text = ""
    end = 0
    moved = caret
    for start, stop in spans:
        text += line[end:start] + "***"
        if caret >= stop:
            moved += 3 - (stop - start)
        elif caret > start:
            moved = len(text) - 3
        end = stop
    return _Line(text + line[end:], max(0, moved))


def _secret_spans(line: str) -> list[tuple[int, int]]:
    """Where a line holds secrets: the rest of the line after a secret's key, passwords in URLs."""
    for member in _MEMBER.finditer(line):
        start = member.end()
        if start < len(line) and looks_secret(_name(line, member)) and not _ONLY_REFERENCE.fullmatch(line, start):
            return [*masked_spans(line[:start]), (start, len(line))]
    return masked_spans(line)


def _cut(line: _Line, width: int) -> tuple[str, int]:
    """The part of the line around the caret that fits, and the caret's column in terminal cells."""
    printable = "".join(" " if character == "\t" else character for character in line.text)
    caret = min(line.caret, len(printable))
    start, end = 0, len(printable)
    if _cells(printable) > width:
        start = max(0, caret - width // 2)
        while start > 0 and _cells(printable[start - 1 :]) <= width - 1:
            start -= 1
        end = start
        while end < len(printable) and _cells(printable[start : end + 1]) <= width - 2:
            end += 1
        if _cells(printable[start:]) <= width - 1:
            end = len(printable)
    left = "…" if start > 0 else ""
    right = "…" if end < len(printable) else ""
    return f"{left}{printable[start:end]}{right}", len(left) + _cells(printable[start:caret])


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
