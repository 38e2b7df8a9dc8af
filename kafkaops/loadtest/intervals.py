"""Sets of whole numbers that come in runs, such as sequences and offsets."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Intervals:
    """A set of integers as disjoint, rising runs [start, stop) that do not touch."""

    __slots__ = ("_starts", "_stops")

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in runs:
            self.add(start, stop)

    def add(self, start: int, stop: int) -> None:
        """Put [start, stop) into the set. At the end, which is the usual place, this takes constant time."""
        if start >= stop:
            return
        stops = self._stops
        if not stops or start > stops[-1]:
            self._starts.append(start)
            stops.append(stop)
        elif start >= self._starts[-1]:
            stops[-1] = max(stops[-1], stop)
        else:
            self._insert(start, stop)

    def _insert(self, start: int, stop: int) -> None:
        low = bisect_left(self._stops, start)
        high = bisect_right(self._starts, stop)
        if low < high:
            start = min(start, self._starts[low])
            stop = max(stop, self._stops[high - 1])
        self._starts[low:high] = [start]
        self._stops[low:high] = [stop]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._starts, self._stops, strict=True)

    def __len__(self) -> int:
        """How many numbers are in the set."""
        return sum(self._stops) - sum(self._starts)

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __contains__(self, number: int) -> bool:
        index = bisect_right(self._starts, number) - 1
        return index >= 0 and number < self._stops[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Intervals) and list(self) == list(other)

    def __repr__(self) -> str:
        return f"Intervals({list(self)})"

    @property
    def last(self) -> int | None:
        """The highest number."""
        return self._stops[-1] - 1 if self._stops else None

    def union(self, *others: Intervals) -> Intervals:
        """Numbers in any of the sets."""
        return Intervals(sorted(run for part in (self, *others) for run in part))

    def minus(self, other: Intervals) -> Intervals:
        """Numbers in this set and not in the other."""
        left = Intervals()
        cuts = list(other)
        at = 0
        for start, stop in self:
            while at < len(cuts) and cuts[at][1] <= start:
                at += 1
            index = at
            while index < len(cuts) and cuts[index][0] < stop:
                left.add(start, cuts[index][0])
                start = max(start, cuts[index][1])
                index += 1
            left.add(start, stop)
        return left

    def within(self, start: int, stop: int) -> Intervals:
        """The numbers of the set that lie in [start, stop)."""
        found = Intervals()
        for index in range(bisect_right(self._stops, start), bisect_left(self._starts, stop)):
            found.add(max(start, self._starts[index]), min(stop, self._stops[index]))
        return found

    def both(self, other: Intervals) -> Intervals:
        """Numbers in both sets."""
        return self.minus(self.minus(other))
