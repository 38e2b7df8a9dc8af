"""What a run shows, and what it cannot show because generator or host were the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.slo import Objective

P99 = 990_000
DELAY_SHARE = 0.10
"""Of the response time's p99, that the generator's own lateness may be."""
BUSY_SHARE = 0.90
"""Of one core, from which on a worker counts as the limit."""
WAIT_SHARE = 0.10
"""Of the wall time, that a late worker's main thread waits for a core, from which on the host is to blame."""
STARVED_SHARE = 0.25
"""The same, from which on figures are unfit however late the records were: acks are seen late, too."""


class Verdict(StrEnum):
    """The outcome. Only PASS and FAIL answer whether objectives were met."""

    PASS = "pass"
    FAIL = "fail"
    GENERATOR_LIMITED = "generator-limited"
    HOST_LIMITED = "host-limited"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class WorkerLoad:
    """What a worker cost while measured. Shares are of wall time; None where the system does not tell."""

    name: str
    cpu_share: float
    """All its threads together, in cores."""
    main_thread_share: float
    """The thread that keeps the schedule."""
    wait_share: float | None
    """The same thread waiting for a core."""
    collections: int
    """Runs of the garbage collector."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and why, in sentences."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(
    *,
    violations: int,
    interrupted: str | None,
    objectives: Sequence[Objective],
    own_delay: Histogram,
    response: Histogram,
    workers: Sequence[WorkerLoad],
) -> Judgement:
    """The verdict. A broken guarantee outweighs all; then what makes the figures unfit to judge by.

    `own_delay` holds the schedule delays of records that the in-flight cap did not hold back.
    """
    if violations:
        return Judgement(Verdict.FAIL, (f"{violations:,} records lost, duplicated, reordered or not to be there",))
    if interrupted is not None:
        return Judgement(Verdict.PARTIAL, (interrupted,))
    limited = generator_limits(own_delay, response, workers)
    if limited is not None:
        return limited
    missed = tuple(objective for objective in objectives if not objective.met)
    if missed:
        return Judgement(Verdict.FAIL, tuple(_miss(objective) for objective in missed))
    return Judgement(Verdict.PASS, ())


def generator_limits(own_delay: Histogram, response: Histogram, workers: Sequence[WorkerLoad]) -> Judgement | None:
    """Whether the load was late by the generator's own doing; None when it kept up."""
    delay, whole = own_delay.percentile(P99), response.percentile(P99)
    reasons: list[str] = []
    if delay is not None and whole is not None and delay > DELAY_SHARE * whole:
        reasons.append(
            f"records left {delay / 1e6:.2f} ms late (p99), more than {DELAY_SHARE:.0%} of the response time's "
            f"{whole / 1e6:.2f} ms"
        )
    reasons += [
        f"{worker.name} kept {worker.main_thread_share:.0%} of a core busy"
        for worker in workers
        if worker.main_thread_share > BUSY_SHARE
    ]
    starved = [
        f"{worker.name} waited for a core for {worker.wait_share:.0%} of the time"
        for worker in workers
        if worker.wait_share is not None and worker.wait_share > STARVED_SHARE
    ]
    if not reasons:
        return Judgement(Verdict.HOST_LIMITED, tuple(starved)) if starved else None
    waiting = [worker for worker in workers if worker.wait_share is not None and worker.wait_share > WAIT_SHARE]
    if waiting:
        reasons += [f"{worker.name} waited for a core for {worker.wait_share:.0%} of the time" for worker in waiting]
        return Judgement(Verdict.HOST_LIMITED, tuple(reasons))
    return Judgement(Verdict.GENERATOR_LIMITED, tuple(reasons))


def _miss(objective: Objective) -> str:
    if objective.measured is None:
        return f"{objective.name} was not measured"
    measured = f"{objective.measured:,.3g}" if isinstance(objective.measured, float) else f"{objective.measured:,}"
    if objective.error:
        measured += f" ± {objective.error:,.3g}"
    over = "above" if objective.comparison == "≤" else "below"
    return f"{objective.name} {measured} {objective.unit} is {over} {objective.limit:,} {objective.unit}"
