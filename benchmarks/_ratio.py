"""Ratios of interleaved runs, with their interval, set against a goal.

A run is one observation. Two ways take turns, each going first in every other pair, so that a noisy machine is noisy
to both; the figure is the median of the pairs' ratios with its bootstrap interval, and a goal holds when the
interval's far end does.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from benchmarks._pairs import median_interval

Own = TypeVar("Own")
Peer = TypeVar("Peer")


class Side(StrEnum):
    """On which side of the limit a ratio has to lie."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit for a ratio."""

    side: Side
    limit: float

    def holds(self, low: float, high: float) -> bool:
        """Whether all of an interval lies where it should."""
        return high <= self.limit if self.side is Side.AT_MOST else low >= self.limit


def at_most(limit: float) -> Goal:
    """The ratio's interval ends at or below it."""
    return Goal(Side.AT_MOST, limit)


def at_least(limit: float) -> Goal:
    """The ratio's interval begins at or above it."""
    return Goal(Side.AT_LEAST, limit)


def interleave(
    pairs: int, own: Callable[[], Own], peer: Callable[[], Peer], *, warm: bool = True
) -> list[tuple[Own, Peer]]:
    """Run both `pairs` times in turns: ABBA ABBA … A pair before them warms both up and is not kept."""
    if warm:
        own(), peer()
    found: list[tuple[Own, Peer]] = []
    for number in range(pairs):
        if number % 2:
            other = peer()
            found.append((own(), other))
        else:
            mine = own()
            found.append((mine, peer()))
    return found


def in_turns(rounds: int, *ways: Callable[[], Own]) -> list[tuple[Own, ...]]:
    """The same for more than two: the order is reversed every other round."""
    for way in ways:
        way()
    found: list[tuple[Own, ...]] = []
    for number in range(rounds):
        if number % 2:
            found.append(tuple(reversed([way() for way in reversed(ways)])))
        else:
            found.append(tuple(way() for way in ways))
    return found


def report(name: str, own: Sequence[float], peer: Sequence[float], unit: str, goal: Goal | None = None) -> bool:
    """Print a line with the median of both, their ratio and its interval; says whether the goal holds."""
    ratios = [mine / other for mine, other in zip(own, peer, strict=True)]
    low, high = median_interval(ratios)
    line = (
        f"{name}: own {statistics.median(own):,.3g} {unit}, peer {statistics.median(peer):,.3g} {unit}, "
        f"ratio {statistics.median(ratios):.3f} [{low:.3f}, {high:.3f}] of {len(ratios)} pairs"
    )
    if goal is None:
        print(line, flush=True)
        return True
    holds = goal.holds(low, high)
    print(f"{line}, goal {goal.side} {goal.limit:g}: {'holds' if holds else 'MISSED'}", flush=True)
    return holds
