"""A log-linear histogram of integers: exact count, sum, minimum and maximum, percentiles within 0.4 %.

Values are nanoseconds. Below 128 every value has a bucket of its own; above, each octave is cut into 128. Merging
adds counts, so neither the order nor the number of workers changes a single figure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

SUB_BITS = 7
_SUB = 1 << SUB_BITS
MILLION = 1_000_000


def bucket_of(value: int) -> int:
    """The index of the bucket that holds a value of at least 0."""
    shift = value.bit_length() - SUB_BITS - 1
    return value if shift <= 0 else (shift << SUB_BITS) + (value >> shift)


def bucket_start(index: int) -> int:
    """The lowest value in a bucket."""
    shift = max((index >> SUB_BITS) - 1, 0)
    return (index - (shift << SUB_BITS)) << shift


@dataclass(slots=True)
class Histogram:
    """Counts by bucket. Values below 0, which only a bent clock gives, are kept and shown, never dropped."""

    counts: dict[int, int] = field(default_factory=dict)
    count: int = 0
    total: int = 0
    minimum: int | None = None
    maximum: int | None = None
    below_zero: int = 0
    """How many values were negative; they count in the lowest bucket."""

    def add(self, value: int, times: int = 1) -> None:
        """Record one value, `times` times over."""
        if times <= 0:
            return
        index = bucket_of(value) if value >= 0 else 0
        self.counts[index] = self.counts.get(index, 0) + times
        self._note(times, value * times, value, value)
        if value < 0:
            self.below_zero += times

    def add_since(self, end: int, starts: Sequence[int], low: int = 0, high: int | None = None) -> None:
        """Record `end - start` for each of `starts[low:high]`, which rise; buckets are cut, not records counted."""
        high = len(starts) if high is None else high
        if low >= high:
            return
        largest, smallest = end - starts[low], end - starts[high - 1]
        part = starts if high - low == len(starts) else starts[low:high]
        self._note(high - low, (high - low) * end - sum(part), smallest, largest)
        if smallest < 0:
            positive = bisect_left(starts, end + 1, low, high)
            self.below_zero += high - positive
            self._count(0, high - positive)
            high = positive
        self._cut(end, starts, low, high)

    def _cut(self, end: int, starts: Sequence[int], low: int, high: int) -> None:
        """Walk the buckets from the largest value down: one bisection for each that is hit."""
        while low < high:
            index = bucket_of(end - starts[low])
            # A value is in this bucket or above while start <= end - bucket_start.
            stop = bisect_left(starts, end - bucket_start(index) + 1, low, high)
            self._count(index, stop - low)
            low = stop

    def add_run(self, end: int, numerator: int, denominator: int, first: int, count: int) -> None:
        """Record `end - first_time_of(i)` for `count` evenly spaced times `i·numerator // denominator` from i = first.

        The same as recording each, by arithmetic alone.
        """
        if count <= 0:
            return
        last = first + count - 1
        largest = end - first * numerator // denominator
        smallest = end - last * numerator // denominator
        spent = _floor_sum(count, denominator, numerator, first * numerator)
        self._note(count, count * end - spent, smallest, largest)
        index = first
        while index <= last:
            value = end - index * numerator // denominator
            if value < 0:
                self.below_zero += last - index + 1
                self._count(0, last - index + 1)
                return
            bucket = bucket_of(value)
            # i·n // d <= room  ⟺  i·n < (room + 1)·d
            room = end - bucket_start(bucket)
            stop = min(((room + 1) * denominator - 1) // numerator, last) + 1
            self._count(bucket, stop - index)
            index = stop

    def merge(self, other: Histogram) -> None:
        """Add another's records to this one's."""
        if other.count == 0:
            return
        for index, times in other.counts.items():
            self._count(index, times)
        assert other.minimum is not None and other.maximum is not None
        self._note(other.count, other.total, other.minimum, other.maximum)
        self.below_zero += other.below_zero

    def percentile(self, parts_per_million: int) -> int | None:
        """The value at the nearest rank: 990,000 for the 99th. None when nothing was recorded."""
        if self.count == 0:
            return None
        rank = max(-(-self.count * parts_per_million // MILLION), 1)
        if rank >= self.count:
            return self.maximum
        return self._value_at(rank)

    def share_above(self, value: int) -> float:
        """The share of records above a value, as far as buckets tell."""
        if self.count == 0:
            return 0.0
        edge = bucket_of(max(value, 0))
        return sum(times for index, times in self.counts.items() if index > edge) / self.count

    def mean(self) -> float | None:
        """The exact mean."""
        return self.total / self.count if self.count else None

    def buckets(self) -> Iterator[tuple[int, int, int]]:
        """(lowest value, first value beyond, count) of every bucket that holds any, rising."""
        for index in sorted(self.counts):
            yield bucket_start(index), bucket_start(index + 1), self.counts[index]

    def document(self) -> dict[str, object]:
        """The whole histogram as JSON; `from_document` reads it back exactly."""
        return {
            "unit": "ns",
            "count": self.count,
            "sum": self.total,
            "min": self.minimum,
            "max": self.maximum,
            "below_zero": self.below_zero,
            "buckets": [[index, self.counts[index]] for index in sorted(self.counts)],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Histogram:
        """Read back what `document` wrote. Raises `ValueError` when it is something else."""
        buckets = document.get("buckets")
        numbers = [document.get(key) for key in ("count", "sum", "below_zero")]
        if not isinstance(buckets, list) or not all(isinstance(number, int) for number in numbers):
            raise ValueError("not a histogram")
        count, total, below_zero = (int(str(number)) for number in numbers)
        ends = [document.get("min"), document.get("max")]
        minimum, maximum = (None if end is None else int(str(end)) for end in ends)
        return cls({int(index): int(times) for index, times in buckets}, count, total, minimum, maximum, below_zero)

    def _value_at(self, rank: int) -> int:
        assert self.minimum is not None and self.maximum is not None
        seen = 0
        for index in sorted(self.counts):
            seen += self.counts[index]
            if seen >= rank:
                middle = (bucket_start(index) + bucket_start(index + 1) - 1) // 2
                return min(max(middle, self.minimum), self.maximum)
        raise AssertionError("counts and count differ")

    def _count(self, index: int, times: int) -> None:
        if times:
            self.counts[index] = self.counts.get(index, 0) + times

    def _note(self, count: int, total: int, smallest: int, largest: int) -> None:
        self.count += count
        self.total += total
        if self.minimum is None or smallest < self.minimum:
            self.minimum = smallest
        if self.maximum is None or largest > self.maximum:
            self.maximum = largest


def merged(parts: Iterable[Histogram]) -> Histogram:
    """One histogram of all records in several."""
    whole = Histogram()
    for part in parts:
        whole.merge(part)
    return whole


def _floor_sum(count: int, modulus: int, factor: int, offset: int) -> int:
    """Σ (factor·i + offset) // modulus for i in [0, count), in logarithmic time (Euclid's way)."""
    total = 0
    while True:
        total += (count - 1) * count // 2 * (factor // modulus) + count * (offset // modulus)
        factor, offset = factor % modulus, offset % modulus
        highest = factor * count + offset
        if highest < modulus:
            return total
        count, offset = divmod(highest, modulus)
        modulus, factor = factor, modulus
