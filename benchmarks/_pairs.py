"""Two ways of doing one thing, timed in turns, so that a noisy machine is noisy to both."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Compared:
    """Seconds of both, round by round."""

    own: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Own time over the peer's, round by round."""
        return tuple(mine / other for mine, other in zip(self.own, self.peer, strict=True))

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return statistics.median(self.ratios)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of that median."""
        return median_interval(self.ratios)

    def line(self, name: str, goal: float) -> str:
        """One line of a report: `name  own 0.12 s  peer 0.10 s  ratio 1.20 [1.11, 1.31]  goal ≤ 3  met`."""
        low, high = self.interval
        each = " ".join(f"{mine:.2f}/{other:.2f}" for mine, other in zip(self.own, self.peer, strict=True))
        met = "met" if self.ratio <= goal else "MISSED"
        return (
            f"{name}: own {statistics.median(self.own):.3f} s, peer {statistics.median(self.peer):.3f} s, "
            f"ratio {self.ratio:.2f} [{low:.2f}, {high:.2f}], goal ≤ {goal:g}: {met}\n  rounds: {each}"
        )


def compare(rounds: int, own: Callable[[], float], peer: Callable[[], float]) -> Compared:
    """Run both `rounds` times, each going first in every other round; each returns its seconds.

    A round before them warms both up and is not counted.
    """
    own(), peer()
    mine: list[float] = []
    others: list[float] = []
    for number in range(rounds):
        if number % 2:
            others.append(peer())
            mine.append(own())
        else:
            mine.append(own())
            others.append(peer())
    return Compared(tuple(mine), tuple(others))


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % bootstrap interval of the median of some values."""
    rng = random.Random(0)
    medians = sorted(statistics.median(rng.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    return medians[int(0.025 * _RESAMPLES)], medians[int(0.975 * _RESAMPLES) - 1]
