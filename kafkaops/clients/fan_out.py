"""Do one thing for many items, several at a time, without keeping a process alive that wants to end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
FirstT = TypeVar("FirstT")
SecondT = TypeVar("SecondT")

AT_ONCE = 8
"""Requests in flight to one system: enough to hide a round trip, few enough not to be throttled for."""


@dataclass
class _Work(Generic[ItemT, ResultT]):
    """What the threads share: items are handed out in order, and no more once `stopped` is set."""

    function: Callable[[ItemT], ResultT]
    items: Sequence[ItemT]
    finished: queue.SimpleQueue[tuple[int, ResultT | None, BaseException | None]] = field(
        default_factory=queue.SimpleQueue
    )
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    handed_out: int = 0

    def take(self) -> int | None:
        """The index of the next item, or None when there is nothing more to do."""
        with self.lock:
            if self.stopped.is_set() or self.handed_out >= len(self.items):
                return None
            self.handed_out += 1
            return self.handed_out - 1

    def run(self) -> None:
        """One thread's life."""
        while (index := self.take()) is not None:
            try:
                result = self.function(self.items[index])
            except BaseException as error:  # noqa: BLE001 - handed over, raised in the caller's thread
                self.stopped.set()
                self.finished.put((index, None, error))
            else:
                self.finished.put((index, result, None))


def as_finished(
    function: Callable[[ItemT], ResultT], items: Sequence[ItemT], at_once: int = AT_ONCE
) -> Iterator[tuple[int, ResultT]]:
    """Call `function` for every item in up to `at_once` threads; yield (index, result) as each ends.

    After an error no further item is begun, those begun are awaited, and the error of the first item (in
    the order of `items`) that had one is raised. When the caller stops asking or is interrupted, nothing
    more is begun; the threads are daemons, so that Ctrl-C never waits for a request that hangs.
    """
    work = _Work[ItemT, ResultT](function, items)
    if len(items) == 1:  # the common case needs no thread
        yield 0, function(items[0])
        return
    for number in range(min(at_once, len(items))):
        threading.Thread(target=work.run, name=f"fan-out-{number}", daemon=True).start()
    errors: dict[int, BaseException] = {}
    received = 0
    try:
        while received < (work.handed_out if errors else len(items)):
            index, result, error = work.finished.get()
            received += 1
            if error is not None:
                errors[index] = error
            elif not errors:
                yield index, result  # type: ignore[misc]  # no error, so it is what the function returned
    finally:
        work.stopped.set()
    if errors:
        raise errors[min(errors)]


def fan_out(function: Callable[[ItemT], ResultT], items: Sequence[ItemT], at_once: int = AT_ONCE) -> list[ResultT]:
    """The results of `function` for every item, in the items' order; see `as_finished` for errors."""
    by_index = dict(as_finished(function, items, at_once))
    return [by_index[index] for index in range(len(items))]


def both(first: Callable[[], FirstT], second: Callable[[], SecondT]) -> tuple[FirstT, SecondT]:
    """The results of two calls made at the same time; errors as in `fan_out`."""
    calls: tuple[Callable[[], FirstT], Callable[[], SecondT]] = (first, second)
    one, other = fan_out(_call, calls)
    return cast(FirstT, one), cast(SecondT, other)


def _call(call: Callable[[], object]) -> object:
    return call()
