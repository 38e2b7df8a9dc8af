"""What Ctrl-C does to a command that changes things: it ends after what is in flight."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from kafkaops.resources.stopping import StopSignal

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopping_on_interrupt(stop: StopSignal) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM, or the terminal's hanging up) lets the batch in flight end; the second one stops
    at once. What the caller ignores, as `nohup` does, stays ignored.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.asked:  # not is_set: a request may be under way, and must not be crossed by a second one
            raise KeyboardInterrupt
        stop.set()
        # Not through a console: what was interrupted may be writing to that very stream, which does not re-enter.
        with suppress(OSError):
            os.write(2, b"\nStopping after what is in flight; press Ctrl-C again to stop now.\n")

    heeded = [number for number in _STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
