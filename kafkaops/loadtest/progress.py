"""What is known while a run goes on, for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass

from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.load import SLOTS_PER_SECOND
from kafkaops.loadtest.tally import LoadTally


@dataclass(frozen=True, slots=True)
class Counts:
    """Records so far, as far as workers have reported: what of a second is reported late is in none of its figures."""

    due: int = 0
    sent: int = 0
    acked: int = 0
    consumed: int = 0
    """By the slowest group."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One load's last whole second. Latencies in nanoseconds; None while nothing is measured."""

    topic: str
    second: int
    """From the start, the warm-up included."""
    remaining_s: int | None
    """Until the last record is due; None where a backlog is built up and read, which takes as long as it takes."""
    warming_up: bool
    due: int
    sent: int
    acked: int
    consumed: int | None
    """Of the slowest group."""
    backlog: int | None
    p50_ns: int | None
    p99_ns: int | None
    errors: int
    """Since the start."""
    in_flight: int
    since_start: Counts


def progress_of(tally: LoadTally, second: int) -> Progress:
    """The second's figures. Takes the recent latencies with it: call it once a second."""
    slots = range(second * SLOTS_PER_SECOND, (second + 1) * SLOTS_PER_SECOND)
    recent = _take_recent(tally)
    tally.latencies[second] = recent
    end_s = -(-tally.timing.end_ns // 1_000_000_000)
    consumed = [sum(group.consumed[slot] for slot in slots) for group in tally.groups]
    return Progress(
        topic=tally.load.topic,
        second=second,
        remaining_s=max(end_s - second - 1, 0) if tally.load.drain is None else None,
        warming_up=(second + 1) * 1_000_000_000 <= tally.timing.warmup_ns,
        due=sum(tally.due[slot] for slot in slots),
        sent=sum(tally.sent[slot] for slot in slots),
        acked=sum(tally.acked[slot] for slot in slots),
        consumed=min(consumed, default=None),
        backlog=max((tally.backlog(group, slots[-1]) for group in tally.groups), default=None),
        p50_ns=recent.percentile(500_000),
        p99_ns=recent.percentile(990_000),
        errors=tally.failed,
        in_flight=sum(tally.in_flight.values()),
        since_start=Counts(
            tally.due.total(),
            tally.sent.total(),
            tally.acked.total(),
            min((group.consumed.total() for group in tally.groups), default=0),
        ),
    )


def _take_recent(tally: LoadTally) -> Histogram:
    recent = Histogram()
    if tally.groups:
        for group in tally.groups:
            recent.merge(group.recent)
            group.recent = Histogram()
    else:
        recent.merge(tally.recent)
    tally.recent = Histogram()
    return recent
