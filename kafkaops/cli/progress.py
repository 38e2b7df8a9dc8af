"""What apply shows while it works: a bar on a terminal, a line for each step in a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from kafkaops.apply.run import Watcher
from kafkaops.cli.terminal import stderr
from kafkaops.plan.model import Change, Outcome, OutcomeState
from kafkaops.report.grouping import title_of
from kafkaops.report.values import duration

_MARKS = {
    OutcomeState.DONE: ("✓", "green"),
    OutcomeState.FAILED: ("✗", "bold red"),
    OutcomeState.SKIPPED: ("·", "yellow"),
}
_LINES_SHOWN = 50
"""More changes than this are counted, not listed one by one."""


class _Lines:
    """One line for each change that ended, while there are few; for each wave otherwise."""

    def __init__(self, console: Console, total: int) -> None:
        self.console, self.each = console, total <= _LINES_SHOWN

    def wave_started(self, kind: str, changes: Sequence[Change]) -> None:
        if not self.each:
            self.console.print(f"{title_of(kind)}: {len(changes):,} …", style="dim")

    def ended(self, change: Change, outcome: Outcome) -> None:
        if not self.each and outcome.state is OutcomeState.DONE:
            return
        mark, style = _MARKS[outcome.state]
        detail = f"  {outcome.detail}" if outcome.detail else ""
        took = f"  {duration(outcome.seconds)}" if outcome.seconds >= 0.05 else ""
        self.console.print(f"{mark} {change.type} {outcome.address}{detail}{took}", style=style, soft_wrap=True)


class _Bar(_Lines):
    """The same lines above a bar."""

    def __init__(self, progress: Progress, task: TaskID, total: int) -> None:
        super().__init__(progress.console, total)
        self.progress, self.task = progress, task

    def wave_started(self, kind: str, changes: Sequence[Change]) -> None:
        self.progress.update(self.task, description=title_of(kind))

    def ended(self, change: Change, outcome: Outcome) -> None:
        super().ended(change, outcome)
        self.progress.advance(self.task)


@contextmanager
def watching(total: int) -> Iterator[Watcher]:
    """Whoever apply reports to, for the time that it runs."""
    console = stderr()
    if not console.is_terminal or total == 0:
        yield _Lines(console, total)
        return
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bar(progress, progress.add_task("", total=total), total)
