"""When each record is due. All arithmetic is in integers, so that a schedule never drifts.

Time is in nanoseconds from the run's start. Work done is counted in *ticks*, 2·10¹² of them to a record: with
rates in records per 1,000 s, the ticks that any segment holds are a whole number, ramps included.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

TICKS_PER_RECORD = 2_000_000_000_000
NANOSECONDS = 1_000_000_000
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time whose rate is constant or changes linearly. Rates are in records per 1,000 s."""

    length_ns: int
    rate_from: int
    rate_to: int

    def __post_init__(self) -> None:
        if self.length_ns <= 0:
            raise ValueError("a stretch of the load needs a length above 0")
        if self.rate_from < 0 or self.rate_to < 0:
            raise ValueError("a rate cannot be below 0")

    @property
    def ticks(self) -> int:
        """The work that falls due within the segment."""
        return (self.rate_from + self.rate_to) * self.length_ns

    def time_of(self, ticks: int) -> int:
        """The last nanosecond at which no more than `ticks` of the segment's work is due."""
        start, length, change = self.rate_from, self.length_ns, self.rate_to - self.rate_from
        if change == 0:
            return ticks // (2 * start)
        root_of = start * start * length * length + change * ticks * length
        if change > 0:
            return (math.isqrt(root_of) - start * length) // change
        root = math.isqrt(root_of)
        root += root * root < root_of
        return (start * length - root) // -change


@dataclass(frozen=True, slots=True)
class Schedule:
    """Segments one after another. Record `i` is due when `i` records' worth of work is."""

    segments: tuple[Segment, ...]

    @classmethod
    def constant(cls, rate: int, length_ns: int) -> Schedule:
        """`rate` records per 1,000 s for `length_ns`."""
        return cls((Segment(length_ns, rate, rate),))

    @property
    def length_ns(self) -> int:
        """The schedule's length in nanoseconds."""
        return sum(segment.length_ns for segment in self.segments)

    @property
    def ticks(self) -> int:
        """All work that falls due."""
        return sum(segment.ticks for segment in self.segments)

    @property
    def records(self) -> int:
        """How many records are due when they come evenly."""
        return -(-self.ticks // TICKS_PER_RECORD)

    @property
    def peak_rate(self) -> float:
        """The highest rate, in records per second."""
        return max(max(segment.rate_from, segment.rate_to) for segment in self.segments) / 1000

    def preceded_by(self, length_ns: int) -> Schedule:
        """The same with a warm-up at the first rate before it."""
        if length_ns == 0:
            return self
        rate = self.segments[0].rate_from or max(self.segments[0].rate_to // 10, 1)
        return Schedule((Segment(length_ns, rate, rate), *self.segments))

    def records_between(self, start_ns: int, stop_ns: int) -> int:
        """How many of the evenly spaced records are due in [start, stop)."""
        return self._due_before(stop_ns) - self._due_before(start_ns)

    def time_of(self, ticks: int) -> int:
        """When this much work is done. Raises `ValueError` beyond the end."""
        start_ns = 0
        for segment in self.segments:
            if ticks < segment.ticks:
                return start_ns + segment.time_of(ticks)
            ticks -= segment.ticks
            start_ns += segment.length_ns
        raise ValueError("beyond the end of the schedule")

    def _due_before(self, time_ns: int) -> int:
        low, high = 0, self.records
        while low < high:
            middle = (low + high) // 2
            if self.time_of(middle * TICKS_PER_RECORD) < time_ns:
                low = middle + 1
            else:
                high = middle
        return low


def even_arrivals(schedule: Schedule, producer: int, producers: int, origin_ns: int = 0) -> Iterator[list[int]]:
    """The intended times of every `producers`-th record, from `producer` on, in lists that rise.

    `origin_ns` is the clock's reading at the schedule's start.
    """
    step = TICKS_PER_RECORD * producers
    start_ns, first = origin_ns, TICKS_PER_RECORD * producer
    for segment in schedule.segments:
        count = max(-(-(segment.ticks - first) // step), 0)
        for begin in range(0, count, _CHUNK):
            size = min(_CHUNK, count - begin)
            yield _times(segment, start_ns, first + begin * step, step, size)
        first += count * step - segment.ticks
        start_ns += segment.length_ns


def _times(segment: Segment, start_ns: int, first: int, step: int, size: int) -> list[int]:
    if segment.rate_from == segment.rate_to:
        per_ns = 2 * segment.rate_from
        interval, remainder = divmod(step, per_ns)
        if remainder == 0:  # the usual case, at the speed of range()
            begin = start_ns + first // per_ns
            return list(range(begin, begin + size * interval, interval))
        return [start_ns + ticks // per_ns for ticks in range(first, first + size * step, step)]
    return [start_ns + segment.time_of(ticks) for ticks in range(first, first + size * step, step)]


def poisson_arrivals(
    schedule: Schedule, producer: int, producers: int, seed: int, origin_ns: int = 0
) -> Iterator[list[int]]:
    """Intended times of a Poisson process whose rate is the schedule's, a `producers`-th of it for each producer.

    The sum of independent Poisson processes is one, so the producers together make the whole.
    """
    random = Random(f"{seed}/{producer}/{producers}")
    end, mean = schedule.ticks, TICKS_PER_RECORD * producers
    ticks = 0
    times: list[int] = []
    while True:
        ticks += int(-math.log(1.0 - random.random()) * mean)
        if ticks >= end:
            break
        times.append(origin_ns + schedule.time_of(ticks))
        if len(times) == _CHUNK:
            yield times
            times = []
    if times:
        yield times


class Due:
    """Hands out intended times as they fall due. Nothing is ever skipped or moved."""

    __slots__ = ("_at", "_next", "_source", "_times")

    def __init__(self, source: Iterator[list[int]]) -> None:
        self._source = source
        self._times: list[int] = []
        self._at = 0
        self._next = self._peek()

    def take(self, now_ns: int, limit: int) -> list[int]:
        """Up to `limit` times that are not after `now_ns`, oldest first."""
        taken: list[int] = []
        while self._next is not None and self._next <= now_ns and len(taken) < limit:
            stop = min(bisect_right(self._times, now_ns, self._at), self._at + limit - len(taken))
            taken += self._times[self._at : stop]
            self._at = stop
            self._next = self._peek()
        return taken

    @property
    def next_ns(self) -> int | None:
        """The next record's intended time; None when there is none left."""
        return self._next

    def _peek(self) -> int | None:
        while self._at >= len(self._times):
            chunk = next(self._source, None)
            if chunk is None:
                return None
            self._times, self._at = chunk, 0
        return self._times[self._at]


def steps(rates: tuple[int, ...], length_ns: int) -> Schedule:
    """Rates held one after another for equal parts of the time; the parts add up exactly."""
    edges = [length_ns * index // len(rates) for index in range(len(rates) + 1)]
    parts = zip(rates, pairwise(edges), strict=True)
    return Schedule(tuple(Segment(stop - start, rate, rate) for rate, (start, stop) in parts))
