"""When the records of one partition were due, kept by call until the fate of each is known. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class _Call:
    intended: Sequence[int]
    open: int
    """Records whose fate is not known yet."""


class Journal:
    """Calls in the order in which they were made; those that came to an end are forgotten."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._calls: list[_Call] = []

    def __len__(self) -> int:
        """Calls that are kept."""
        return len(self._calls)

    def note(self, first: int, intended: Sequence[int], taken: int) -> None:
        """A call's records have the sequences from `first` on; so many of them were taken."""
        if taken:
            self._firsts.append(first)
            self._calls.append(_Call(intended, taken))

    def settle(self, first: int, count: int) -> Sequence[int]:
        """The fate of consecutive records is known: when they were due."""
        at = bisect_right(self._firsts, first) - 1
        found: list[int] = []
        while True:
            call, skipped = self._calls[at], first - self._firsts[at]
            part = call.intended[skipped : skipped + count]
            call.open -= len(part)
            if not found and len(part) == count:
                self._forget()
                return part
            found += part
            first, count, at = first + len(part), count - len(part), at + 1
            if not count:
                self._forget()
                return found

    def _forget(self) -> None:
        done = 0
        while done < len(self._calls) and not self._calls[done].open:
            done += 1
        del self._firsts[:done], self._calls[:done]
