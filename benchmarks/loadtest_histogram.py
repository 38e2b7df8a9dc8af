"""Percentiles of the load tester's histograms against an exact sort, and merged parts against the whole.

    python -m benchmarks.loadtest_histogram

Goals: no percentile is more than 1 % off, for latencies spread in six ways, a million of each; and what k workers
recorded, merged in any order, is bit for bit what one would have recorded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from random import Random
from time import process_time_ns

from kafkaops.loadtest.histogram import MILLION, Histogram, merged

RECORDS = 1_000_000
PERCENTILES = (1, 100_000, 500_000, 900_000, 950_000, 990_000, 999_000, 999_900, 999_990, MILLION)
WORKERS = (2, 3, 8, 64)
GOAL_PERCENT = 1.0
_BATCH = 1_000


def _stalled(random: Random) -> int:
    """A stall of five seconds in thirty: its victims wait between nothing and all of it."""
    return random.randrange(5_000_000_000) if random.random() < 1 / 6 else 400_000 + random.randrange(600_000)


SPREADS: dict[str, Callable[[Random], int]] = {
    "uniform to 1 s": lambda random: random.randrange(1_000_000_000),
    "log-normal, 2 ms": lambda random: int(random.lognormvariate(14.5, 1.0)),
    "Pareto, 1 ms and a heavy tail": lambda random: int(1_000_000 * random.paretovariate(1.1)),
    "two modes, 0.5 and 200 ms": lambda random: int(random.gauss(*random.choice([(5e5, 5e4), (2e8, 1e6)]))),
    "a stall": _stalled,
    "below 1 µs": lambda random: random.randrange(1_000),
}


def worst_error(numbers: list[int], histogram: Histogram) -> tuple[float, int]:
    """(the largest error in percent, the percentile in parts per million that has it)."""
    ordered = sorted(numbers)
    worst = (0.0, 0)
    for ppm in PERCENTILES:
        exact = ordered[max(-(-len(ordered) * ppm // MILLION), 1) - 1]
        found = histogram.percentile(ppm)
        assert found is not None
        worst = max(worst, (abs(found - exact) * 100 / max(exact, 1), ppm))
    return worst


def in_parts(numbers: list[int], workers: int, random: Random) -> Histogram:
    """The same records dealt out to some workers, as batches and one by one, merged in a random order."""
    parts = [Histogram() for _ in range(workers)]
    for start in range(0, len(numbers), _BATCH):
        batch = numbers[start : start + _BATCH]
        part = random.choice(parts)
        if random.random() < 0.5:
            end = max(batch)
            part.add_since(end, sorted(end - number for number in batch))
        else:
            for number in batch:
                part.add(number)
    random.shuffle(parts)
    return merged(parts)


def main() -> int:
    """Print errors and costs; 1 when a goal was missed."""
    holds = True
    for name, draw in SPREADS.items():
        random = Random(name)
        numbers = [max(draw(random), 0) for _ in range(RECORDS)]
        whole = Histogram()
        began = process_time_ns()
        for number in numbers:
            whole.add(number)
        each_ns = (process_time_ns() - began) / RECORDS
        error, ppm = worst_error(numbers, whole)
        said = json.dumps(whole.document())
        same = all(json.dumps(in_parts(numbers, workers, random).document()) == said for workers in WORKERS)
        holds = holds and error <= GOAL_PERCENT and same
        print(
            f"{name}: worst error {error:.3f} % (at {ppm / 10_000:g} %), goal ≤ {GOAL_PERCENT:g} %; "
            f"{', '.join(map(str, WORKERS))} workers merged: {'identical' if same else 'DIFFERENT'}; "
            f"{each_ns:.0f} ns a record"
        )
    print("holds" if holds else "MISSED")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
