"""A load test while it runs, on a terminal and in a pipe."""

from __future__ import annotations

import io

from rich.console import Console

from kafkaops.cli.loadtest_live import LiveView, progress_line
from kafkaops.loadtest.progress import Counts, Progress


def second(number: int, topic: str = "wave-events", **changes: object) -> Progress:
    values: dict[str, object] = {
        "topic": topic, "second": number, "remaining_s": 9 - number, "warming_up": number == 0, "due": 5_000,
        "sent": 5_000, "acked": 4_990, "consumed": 4_980, "backlog": 10, "p50_ns": 2_500_000,
        "p99_ns": 20_000_000 * (number + 1), "errors": 0, "in_flight": 12,
        "since_start": Counts(),
    }  # fmt: skip
    return Progress(**{**values, **changes})  # type: ignore[arg-type]


def shown(view: LiveView, *seconds: Progress) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(view.show(seconds))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_table_fits_a_narrow_terminal_however_long_the_topics_name() -> None:
    view = LiveView(signs=True)
    shown(view, second(0))
    text = shown(view, second(1), second(1, "a-topic-with-a-name-that-goes-on-and-on-and-on"))
    assert max(map(len, text.splitlines())) <= 80
    assert "8 s left" in text
    for figure in ("5,000", "4,990", "4,980", "2.50", "40.0", "10"):
        assert figure in text
    assert "p99 ▅█  at most 40.0 ms, wave-events" in text


def test_a_terminal_without_such_signs_gets_plain_ones() -> None:
    text = shown(LiveView(signs=False), second(4))
    assert text.isascii()
    assert "###############..............." in text


def test_a_line_a_second_in_a_pipe() -> None:
    assert progress_line(second(0), named=False) == (
        "   1 s  due 5,000  sent 5,000  acked 4,990  consumed 4,980  p50 2.50 p99 20.0 ms  backlog 10  errors 0  "
        "warming up"
    )
    bare = second(1, consumed=None, backlog=None, p50_ns=None, remaining_s=None)
    assert progress_line(bare, named=True) == "   2 s  wave-events  due 5,000  sent 5,000  acked 4,990  errors 0"
