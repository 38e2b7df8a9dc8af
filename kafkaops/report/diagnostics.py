"""Findings for people: code, address, what is wrong, the line it is on, and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from kafkaops.errors import Diagnostic, Place, Severity

_SHOWN = 500
"""So many findings are read by nobody; a file that is broken throughout would take minutes to show."""
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}


def print_diagnostics(diagnostics: Iterable[Diagnostic], console: Console) -> None:
    """Write the findings, each with the line of the file it is about; of very many the first."""
    from kafkaops.spec.excerpt import excerpt

    every = tuple(diagnostics)
    for item in every[:_SHOWN]:
        for line in _lines(item, excerpt(item.place) if item.place else None):
            console.print(line, soft_wrap=True, highlight=False)
    if len(every) > _SHOWN:
        console.print(f"and {len(every) - _SHOWN:,} findings more; --format json has all of a spec's", highlight=False)


def _lines(item: Diagnostic, source: str | None) -> Iterable[Text]:
    head = Text(f"{item.severity}[{item.code}]", style=STYLES[item.severity])
    if item.address:
        head.append(f" {item.address}", style="bold")
    yield head.append(":", style="default").append(f" {' '.join(item.summary.split())}", style="default")
    if item.place:
        yield Text(f"  at {shown_place(item.place)}", style="dim")
    if source:
        yield from (Text(f"  {line}", style="cyan") for line in source.splitlines())
    for line in (item.detail or "").splitlines():
        yield Text(f"  {line}")
    if item.hint:
        yield Text("  hint: ", style="bold cyan").append(item.hint, style="default")


def shown_place(place: Place) -> str:
    """The place with its file relative to where the user stands, if it is below."""
    here = Path.cwd()
    file = place.file.relative_to(here) if place.file.is_absolute() and place.file.is_relative_to(here) else place.file
    return f"{file}:{place.line}:{place.column}"
