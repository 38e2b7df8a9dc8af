"""What apply shows while it works: a bar on a terminal, a line for each step in a pipe."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from kafkaops.apply.run import Watcher
from kafkaops.apply.settle import Onlooker
from kafkaops.cli.terminal import stderr
from kafkaops.plan.model import Change, Outcome, OutcomeState
from kafkaops.report.grouping import title_of
from kafkaops.report.values import duration, plural
from kafkaops.resources.settling import Unsettled
from kafkaops.spec.throughput import size_text

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


_SAID_EVERY_S = 30.0
"""How often a pipe is told how far the cluster is."""


def how_far(state: Unsettled) -> str:
    """`4 of 6 partitions left, about 12.3 MiB`."""
    size = "bytes unknown" if state.bytes_left is None else f"about {size_text(state.bytes_left)}"
    note = f"; {state.note}" if state.note else ""
    return f"{state.left:,} of {plural(state.total, state.what.removesuffix('s'))} left, {size}{note}"


class _Told(_Lines):
    """How far the cluster is, as a line now and then, and at once when something holds it up."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console, total)
        self.said_at, self.note = float("-inf"), ""

    def waiting(self, state: Unsettled) -> None:
        now = time.monotonic()
        if now - self.said_at >= _SAID_EVERY_S or state.note != self.note:
            self.console.print(f"copying: {how_far(state)}", style="dim", soft_wrap=True)
            self.said_at, self.note = now, state.note


class _Shown(_Lines):
    """The same as a bar of bytes."""

    def __init__(self, progress: Progress, task: TaskID, total: int) -> None:
        super().__init__(progress.console, total)
        self.progress, self.task, self.most = progress, task, 0

    def waiting(self, state: Unsettled) -> None:
        left = state.bytes_left or 0
        self.most = max(self.most, left)
        whole = self.most or None  # without a size it only moves
        self.progress.update(self.task, total=whole, completed=self.most - left, said=how_far(state))


@contextmanager
def settling(total: int) -> Iterator[Onlooker]:
    """Whoever is told how far the cluster is with what a run began, for the time that it takes."""
    console = stderr()
    if not console.is_terminal:
        yield _Told(console, total)
        return
    columns = (TextColumn("copying"), BarColumn(20), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Shown(progress, progress.add_task("", total=None, said=""), total)
