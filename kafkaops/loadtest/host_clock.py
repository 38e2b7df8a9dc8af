"""How the clocks of other hosts compare with ours, from readings that were asked for and took their way. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Reading(NamedTuple):
    """Their clock, read at some time between two readings of ours."""

    asked_ns: int
    theirs_ns: int
    answered_ns: int


@dataclass(frozen=True, slots=True)
class Offset:
    """Theirs minus ours at one time, and how wrong that may be either way."""

    at_ns: int
    """On our clock."""
    offset_ns: int
    error_ns: int


def offset_of(readings: Sequence[Reading]) -> Offset:
    """The best of several: the one that took the shortest way. It was read in the middle, give or take half the way."""
    best = min(readings, key=lambda reading: reading.answered_ns - reading.asked_ns)
    middle = (best.asked_ns + best.answered_ns) // 2
    half = (best.answered_ns - best.asked_ns + 1) // 2
    return Offset(middle, best.theirs_ns - middle, half)


@dataclass(frozen=True, slots=True)
class HostClock:
    """What is known of a host's clock after a run."""

    host: str
    before: Offset
    after: Offset

    @property
    def drift_ppm(self) -> float:
        """How much faster than ours it runs, in parts per million."""
        return (self.after.offset_ns - self.before.offset_ns) * 1e6 / max(self.after.at_ns - self.before.at_ns, 1)

    @property
    def drift_error_ppm(self) -> float:
        """How wrong the drift may be."""
        return (self.after.error_ns + self.before.error_ns) * 1e6 / max(self.after.at_ns - self.before.at_ns, 1)

    @property
    def error_ns(self) -> int:
        """How wrong the first offset may be by the end: the error of its estimate, and what the clocks moved since."""
        return self.before.error_ns + abs(self.after.offset_ns - self.before.offset_ns)
