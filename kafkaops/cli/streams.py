"""stdin, stdout and stderr as they come: closed, a pipe whose reader left, a full disk, a locale without our signs.

A command that changes a cluster must not stop halfway because nobody reads its output any more. So output that
cannot be written is dropped, the command goes on, and what was lost is told at its end.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import sys
from pathlib import Path

from kafkaops.report.printable import printable

_SPELLED = {"→": "->", "…": "...", "×": "x", "±": "+-", "✓": "ok", "✗": "failed", "·": "-", "≤": "<=", "≥": ">="}
_PLAIN = "kafkaops-plain"


class _Output(io.FileIO):
    """A stream's descriptor. The first failed write is kept in `fault`, and nothing is written after it."""

    fault: OSError | None = None

    def write(self, data: object) -> int:
        """Write what the system takes; never raises."""
        size = memoryview(data).nbytes  # type: ignore[arg-type]  # FileIO.write takes any buffer, typeshed's name moves
        while self.fault is None:
            try:
                written = super().write(data)  # type: ignore[arg-type]  # as above
            except OSError as error:
                self.fault = error
                break
            if written is not None:
                return written
            select.select([], [self], [])  # a descriptor that does not block, and is full
        return size


class Streams:
    """The three streams, put in order for one run of the program."""

    def __init__(self) -> None:
        _open_closed_descriptors()
        codecs.register_error(_PLAIN, _spelled)
        self._outputs = {name: _install(name, number) for name, number in (("stdout", 1), ("stderr", 2))}
        if sys.stdin is None:
            sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 (it stays open until the end)
        elif isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")

    def lost(self) -> OSError | None:
        """Why stdout is not whole; None also when its reader left, who then has what was wanted."""
        sys.stdout.flush()
        output = self._outputs["stdout"]
        fault = output.fault if output else None
        return None if fault is None or fault.errno == errno.EPIPE else fault


def _open_closed_descriptors() -> None:
    """Give closed ones (`>&-`) to the null device, lest the next socket becomes stdout."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one


def _install(name: str, number: int) -> _Output | None:
    """Put a stream that never raises in the place of `sys.stdout` or `sys.stderr`; leaves a test's own alone."""
    before = getattr(sys, name)
    if before is not getattr(sys, f"__{name}__"):
        return None
    output = _Output(number, "w", closefd=False)
    encoding = getattr(before, "encoding", None) or "utf-8"
    errors = "backslashreplace" if is_unicode(encoding) else _PLAIN
    line_buffering = number == 2 or output.isatty()
    stream = io.TextIOWrapper(io.BufferedWriter(output), encoding, errors, line_buffering=line_buffering)
    setattr(sys, name, stream)
    return output


def write_text(text: str) -> None:
    """Text for stdout that is laid out, and perhaps coloured, already; without rich, whose import takes its time."""
    sys.stdout.write(printable(text, keep_colours=True))


def is_unicode(encoding: str) -> bool:
    """Whether an encoding has every character."""
    return encoding.lower().replace("-", "").replace("_", "").startswith("utf")


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """Our own signs in ASCII, and any other character by its number."""
    assert isinstance(error, UnicodeEncodeError)
    character = error.object[error.start]
    return _SPELLED.get(character) or character.encode("ascii", "backslashreplace").decode(), error.start + 1
