"""Service level objectives, and whether a run met them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kafkaops.loadtest.histogram import Histogram
from kafkaops.spec.loadtests import LoadTestObjectives

PERCENTILES = {
    "p50": 500_000,
    "p90": 900_000,
    "p95": 950_000,
    "p99": 990_000,
    "p99_9": 999_000,
    "p99_99": 999_900,
}
"""Names of the reported percentiles, in parts per million."""


class Comparison(StrEnum):
    """Which side of the limit is good."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True, slots=True)
class Objective:
    """One limit and what was measured against it; `measured` is None when nothing was."""

    name: str
    comparison: Comparison
    limit: int | float
    unit: str
    measured: int | float | None
    error: float = 0.0
    """How wrong the measurement may be either way, for the clocks of several hosts."""

    @property
    def met(self) -> bool:
        """Whether it holds for certain. What was not measured does not."""
        if self.measured is None:
            return False
        if self.comparison is Comparison.AT_MOST:
            return self.measured + self.error <= self.limit
        return self.measured - self.error >= self.limit


@dataclass(frozen=True, slots=True)
class Measured:
    """What objectives are about. Counts are None where nothing could be counted."""

    latency: Histogram
    """Response times, from the intended time: end to end where there are consumers, else to the ack."""
    throughput: float
    """Acked records per second of the measured time."""
    backlog: int | None
    """The most records that any group was behind."""
    counts: Mapping[str, int | None]
    """lost, duplicated, reordered, errors."""
    clock_error_ns: int = 0
    """How wrong the latencies may be either way."""
    drained: float | None = None
    """Records per second at which the slowest group read the backlog that was built up."""


def evaluate(objectives: LoadTestObjectives, measured: Measured) -> tuple[Objective, ...]:
    """Every objective that is set, with what was measured."""
    found: list[Objective] = []
    for name, ppm in PERCENTILES.items():
        limit = getattr(objectives, name)
        if limit is not None:
            found.append(_latency(name, limit, measured.latency.percentile(ppm), measured.clock_error_ns))
    if objectives.max is not None:
        found.append(_latency("max", objectives.max, measured.latency.maximum, measured.clock_error_ns))
    if objectives.throughput is not None:
        limit = objectives.throughput / 1000
        found.append(Objective("throughput", Comparison.AT_LEAST, limit, "records/s", measured.throughput))
    if objectives.drain is not None:
        limit = objectives.drain / 1000
        found.append(Objective("drain", Comparison.AT_LEAST, limit, "records/s", measured.drained))
    if objectives.backlog is not None:
        found.append(Objective("backlog", Comparison.AT_MOST, objectives.backlog, "records", measured.backlog))
    for name in ("lost", "duplicated", "reordered", "errors"):
        limit = getattr(objectives, name)
        if limit is not None:
            found.append(Objective(name, Comparison.AT_MOST, limit, "records", measured.counts.get(name)))
    return tuple(found)


def _latency(name: str, limit_ms: int, measured_ns: int | None, error_ns: int) -> Objective:
    measured = None if measured_ns is None else measured_ns / 1_000_000
    return Objective(name, Comparison.AT_MOST, limit_ms, "ms", measured, error_ns / 1_000_000)


def hopeless(objectives: LoadTestObjectives, measured: Measured, expected: int) -> str | None:
    """The objective that nothing can save any more, in words; `expected` records will have been measured in the end."""
    if objectives.backlog is not None and (measured.backlog or 0) > objectives.backlog:
        return f"backlog {measured.backlog:,} is above {objectives.backlog:,}"
    errors = measured.counts.get("errors") or 0
    if objectives.errors is not None and errors > objectives.errors:
        return f"{errors:,} records failed, more than {objectives.errors:,}"
    for name, ppm in (*PERCENTILES.items(), ("max", 1_000_000)):
        limit_ms: int | None = getattr(objectives, name)
        if limit_ms is None:
            continue
        above = measured.latency.share_above(limit_ms * 1_000_000) * measured.latency.count
        if above > expected * (1_000_000 - ppm) / 1_000_000:
            return (
                f"{name} stays above {limit_ms:,} ms whatever comes: {above:,.0f} of {expected:,} records were slower"
            )
    return None
