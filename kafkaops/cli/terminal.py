"""The two streams: stdout is data, stderr is prose."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from kafkaops.cli.streams import is_unicode
from kafkaops.report.printable import printable

PIPE_WIDTH = 120
"""Columns to lay text out for where nobody's terminal says."""


class Terminal(Console):
    """A console for text that others wrote: nothing in it is markup, stands for an emoji, or steers the terminal.

    What kafkaops itself wants in a colour is given as `rich.text.Text` or with `style=`.
    """

    def render_str(self, text: str, **settings: Any) -> Text:
        """As rich does it; written out before it is measured, so that columns of tables have room."""
        return super().render_str(printable(text), **settings)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich does it, with steering characters written out."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


def stdout() -> Terminal:
    """The console for what was asked for. In a pipe it has no colour and a width of its own."""
    return _console(stderr=False)


def stderr() -> Terminal:
    """The console for prose: progress, questions, errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Terminal:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Terminal(stderr=stderr, width=width, highlight=False, soft_wrap=True, markup=False, emoji=False)


def write_json(document: Mapping[str, object]) -> None:
    """One JSON document on stdout. Where the locale lacks characters they are escaped as JSON does it."""
    json.dump(document, sys.stdout, indent=2, ensure_ascii=not is_unicode(sys.stdout.encoding))
    sys.stdout.write("\n")


def mention_warnings(count: int) -> None:
    """One line for what `kafkaops validate` would show in full."""
    if count:
        many = "1 warning" if count == 1 else f"{count} warnings"
        stderr().print(f"{many} in the spec; kafkaops validate shows more", style="yellow")
