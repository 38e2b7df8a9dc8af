"""How a load test looks while it runs: a table in place on a terminal, a line a second in a pipe."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from kafkaops.cli.loadtest_view import milliseconds
from kafkaops.cli.streams import is_unicode
from kafkaops.cli.terminal import stderr

if TYPE_CHECKING:
    from rich.console import RenderableType

    from kafkaops.loadtest.progress import Progress

_BAR_WIDTH = 30
_KEPT = 30
"""Seconds whose p99 is drawn."""
_STEPS = "▁▂▃▄▅▆▇█"


@contextmanager
def watching() -> Iterator[Callable[[tuple[Progress, ...]], None]]:
    """Whoever the coordinator reports to."""
    console = stderr()
    if not console.is_terminal:
        yield lambda seconds: console.print(Text("\n".join(progress_line(each, len(seconds) > 1) for each in seconds)))
        return
    from rich.live import Live

    view = LiveView(signs=is_unicode(console.encoding))
    with Live(console=console, refresh_per_second=2, transient=True) as live:
        yield lambda seconds: live.update(view.show(seconds), refresh=True)


def progress_line(second: Progress, named: bool) -> str:
    """One load's last second in one line."""
    parts = [f"{second.second + 1:>4} s"]
    if named:
        parts.append(second.topic)
    parts += [f"due {second.due:,}", f"sent {second.sent:,}", f"acked {second.acked:,}"]
    if second.consumed is not None:
        parts.append(f"consumed {second.consumed:,}")
    if second.p50_ns is not None and second.p99_ns is not None:
        parts.append(f"p50 {milliseconds(second.p50_ns / 1e6)} p99 {milliseconds(second.p99_ns / 1e6)} ms")
    if second.backlog is not None:
        parts.append(f"backlog {second.backlog:,}")
    parts.append(f"errors {second.errors:,}")
    if second.remaining_s is not None:
        parts.append(_phase(second, second.remaining_s))
    return "  ".join(parts)


def _phase(second: Progress, remaining_s: int) -> str:
    if second.warming_up:
        return "warming up"
    # What is still to come was due already: acks and records that are late.
    return f"{remaining_s} s left" if remaining_s or second.due else "finishing"


class LiveView:
    """The last second of every load, and the p99 of those before it."""

    def __init__(self, *, signs: bool) -> None:
        self._signs = signs
        self._p99: dict[str, deque[int]] = {}

    def show(self, seconds: tuple[Progress, ...]) -> RenderableType:
        """One more second."""
        from rich.console import Group

        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
        table.add_column("topic", overflow="ellipsis", no_wrap=True, max_width=16)
        for name in ("due/s", "acked/s", "read/s", "p50 ms", "p99", "backlog", "errors"):
            table.add_column(name, justify="right", no_wrap=True)
        for each in seconds:
            table.add_row(
                each.topic, f"{each.due:,}", f"{each.acked:,}", _number(each.consumed), _latency(each.p50_ns),
                _latency(each.p99_ns), _number(each.backlog),
                Text(f"{each.errors:,}", "bold red" if each.errors else ""),
            )  # fmt: skip
        lines: list[RenderableType] = [self._clock(seconds[0]), table]
        if self._signs:
            lines += [line for each in seconds if (line := self._history(each)) is not None]
        return Group(*lines)

    def _clock(self, second: Progress) -> Text:
        passed = second.second + 1
        if second.remaining_s is None:
            return Text(f"{passed} s")
        share = passed / max(passed + second.remaining_s, 1)
        full = round(share * _BAR_WIDTH)
        bar = ("━" * full + "╌" * (_BAR_WIDTH - full)) if self._signs else "#" * full + "." * (_BAR_WIDTH - full)
        warming_up = f", {second.remaining_s} s left" if second.warming_up else ""
        return Text(f"{bar}  {_phase(second, second.remaining_s)}{warming_up}")

    def _history(self, second: Progress) -> Text | None:
        kept = self._p99.setdefault(second.topic, deque(maxlen=_KEPT))
        if second.p99_ns is not None:
            kept.append(second.p99_ns)
        if not kept:
            return None
        highest = max(kept)
        drawn = "".join(_STEPS[min(value * len(_STEPS) // max(highest, 1), len(_STEPS) - 1)] for value in kept)
        return Text(f"p99 {drawn}  at most {milliseconds(highest / 1e6)} ms, {second.topic}", "dim")


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _latency(value_ns: int | None) -> str:
    return "" if value_ns is None else milliseconds(value_ns / 1e6)
