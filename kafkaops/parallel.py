"""Work on many things with all processors. It is given by fork, so that no text is copied."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_IT = 400
"""Below this many items the processes would take longer than the work."""
_LARGEST_PART = 256
"""Items that one process takes at a time: no more than fit into memory, and few enough that none waits long."""

_work: tuple[Callable[[Sequence[object]], Sequence[object]], Sequence[object]] | None = None


def in_parallel(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """`function` of every item, in order: by several processes where that is quicker and safe."""
    return in_parts(partial(_each, function), items)


def in_parts(function: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item]) -> list[Result]:
    """What `function` makes of each part of the items, in order; it gives one result for every item."""
    global _work  # what a forked process finds when it looks for its part of the work
    processes = os.cpu_count() or 1
    size = min(_LARGEST_PART, max(-(-len(items) // (processes * 4)), 1))
    bounds = [(start, min(start + size, len(items))) for start in range(0, len(items), size)]
    if len(items) < WORTH_IT or processes < 2 or not _may_fork():
        return [result for start, end in bounds for result in function(items[start:end])]
    from multiprocessing import get_context  # only where there is much to do: it costs a start-up milliseconds

    _work = (function, items)  # type: ignore[assignment]  # one function for all items of one call
    try:
        # Ctrl-C reaches all processes of a terminal: the first one ends the others.
        ignoring = (signal.SIGINT, signal.SIG_IGN)
        with get_context("fork").Pool(processes, initializer=signal.signal, initargs=ignoring) as pool:
            parts = pool.map(_part, bounds, chunksize=1)
    finally:
        _work = None
    return [result for part in parts for result in part]  # type: ignore[misc]  # what `function` returned


def _each(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [function(item) for item in items]


def _may_fork() -> bool:
    """librdkafka and other threads do not survive a fork."""
    return hasattr(os, "fork") and threading.active_count() == 1 and "confluent_kafka" not in sys.modules


def _part(bounds: tuple[int, int]) -> Sequence[object]:
    assert _work is not None
    function, items = _work
    return function(items[slice(*bounds)])
