"""Judging many schemas with all processors. The work is given by fork, so that no text is copied."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_IT = 400
"""Below this many items the processes would take longer than the work."""
_CHUNKS_EACH = 4
"""Parts of the work for each process: enough that none waits long for the last one."""

_work: tuple[Callable[[object], object], Sequence[object]] | None = None


def in_parallel(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """`function` of every item, in order: by several processes where that is quicker and safe."""
    global _work  # what a forked process finds when it looks for its part of the work
    processes = os.cpu_count() or 1
    if len(items) < WORTH_IT or processes < 2 or not _may_fork():
        return [function(item) for item in items]
    size = -(-len(items) // (processes * _CHUNKS_EACH))
    bounds = [(start, min(start + size, len(items))) for start in range(0, len(items), size)]
    _work = (function, items)  # type: ignore[assignment]  # one function for all items of one call
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            parts = pool.map(_part, bounds, chunksize=1)
    finally:
        _work = None
    return [result for part in parts for result in part]  # type: ignore[misc]  # what `function` returned


def _may_fork() -> bool:
    """librdkafka and other threads do not survive a fork."""
    forks = "fork" in multiprocessing.get_all_start_methods()
    return forks and threading.active_count() == 1 and "confluent_kafka" not in sys.modules


def _part(bounds: tuple[int, int]) -> list[object]:
    assert _work is not None
    function, items = _work
    return [function(item) for item in items[slice(*bounds)]]
