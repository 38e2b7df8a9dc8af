"""The two streams: stdout is data, stderr is prose."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from rich.console import Console

PIPE_WIDTH = 120
"""Columns to lay text out for where nobody's terminal says."""


def stdout() -> Console:
    """The console for what was asked for. In a pipe it has no colour and a width of its own."""
    return _console(stderr=False)


def stderr() -> Console:
    """The console for prose: progress, questions, errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else PIPE_WIDTH, highlight=False, soft_wrap=True)


def write_json(document: Mapping[str, object]) -> None:
    """One JSON document on stdout."""
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def mention_warnings(count: int) -> None:
    """One line for what `kafkaops validate` would show in full."""
    if count:
        many = "1 warning" if count == 1 else f"{count} warnings"
        stderr().print(f"{many} in the spec; kafkaops validate shows more", style="yellow")
