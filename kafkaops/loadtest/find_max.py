"""The highest rate that meets the objectives, as a bracket: in big steps until a run fails, then halve the gap.

A run that got far less through than was offered shows what the cluster takes, so the next is made there. That is only
a guess: what counts is which rates passed. Both ends of the bracket are run twice, and where two runs at one rate
contradict each other a third decides: a hiccup of a second must not pass for the limit. One that only just did not keep
up is run again at once, since all that comes after builds on it. A run that kept up with its rate while generator or
host were limited says nothing about the cluster: it is made once more, and counts only when that is limited, too. After
one that asked too much the cluster needs a rest, or the next run pays for it: queues are full, and quotas look back.

Of the 12 runs two confirm. Six up to a failure (the first rate, ×2, then ×4) and four halvings of a factor of 4 leave
10 %: any limit below 512 times the first rate is found. A guess that misleads costs two of them: 32 times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_RUNS = 12
WIDTH = 1.10
"""The bracket is narrow enough when its ends are this near to each other."""
_FIRST_STEP, _STEP = 2, 4
"""By what the rate is multiplied, or divided, while nothing has failed, or nothing has passed."""
_MOST_OF_ONE = 4
"""Runs at one rate: one in doubt, two that contradict each other, and the one that decides."""
_LEAST = 1_000
"""Records per 1,000 s below which nothing is tried."""
_SATURATED = 0.9
"""Of what was offered, that a run acked at most when its acks show what the cluster takes."""
_BELOW, _ABOVE = 0.97, 1.09
"""Where runs on either side of such a guess are made: both together are a narrow bracket."""
_NEARLY = 0.95
"""Of what was offered, that a run acked at least when it only just did not keep up."""
_KEEPS_UP = 0.99
"""Of the records due in the measured time, that must have been acked in it, but for those that just were under way."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One run at one rate, in records per 1,000 s."""

    rate: int
    passed: bool
    limited: bool
    """Whether generator or host were the limit, so that its failure says nothing about the cluster."""
    acked: float
    """Records per second."""
    p99_ms: float | None
    reason: str
    kept_up: bool = True
    """Whether acks came as fast as records were due."""

    @property
    def doubtful(self) -> bool:
        """Whether the rate may be well within reach, and only this machine had other things to do."""
        return self.limited and self.kept_up

    @property
    def narrowly_failed(self) -> bool:
        """Whether it did not keep up, but by so little that a short hiccup may have been why."""
        return not self.passed and not self.kept_up and self.acked * 1_000 >= self.rate * _NEARLY

    @property
    def overloaded(self) -> bool:
        """Whether it asked more of the cluster than that gives, which may still be busy with what is left of it."""
        return not self.passed and not self.doubtful


@dataclass(frozen=True, slots=True)
class Bracket:
    """What was found. An end is None where no run passed, or none failed."""

    highest_pass: int | None
    lowest_fail: int | None
    trials: tuple[Trial, ...]

    @property
    def narrow(self) -> bool:
        """Whether both ends are known and near to each other."""
        if self.highest_pass is None or self.lowest_fail is None:
            return False
        return self.lowest_fail <= self.highest_pass * WIDTH

    @property
    def limited(self) -> bool:
        """Whether the upper end is the generator's or the host's and not the cluster's."""
        return any(trial.limited for trial in self.trials if trial.rate == self.lowest_fail and not trial.passed)


def search(attempt: Callable[[int], Trial], first: int, most_runs: int = MOST_RUNS) -> Bracket:
    """Look for the highest rate from `first` on, in at most so many runs."""
    trials: list[Trial] = []
    while len(trials) < most_runs:
        rate = _next_rate(trials, first)
        if rate is None:
            break
        trials.append(attempt(rate))
    return _bracket(trials)


def _bracket(trials: list[Trial]) -> Bracket:
    """A rate passes when most of its runs did, and one below a failure; a failure beats a pass at a higher rate."""
    rates = {trial.rate for trial in trials}
    passes = {rate for rate in rates if _passes(_outcomes(trials, rate))}
    lowest_fail = min(rates - passes, default=None)
    lower = [rate for rate in passes if lowest_fail is None or rate < lowest_fail]
    return Bracket(max(lower, default=None), lowest_fail, tuple(trials))


def _passes(outcomes: list[bool]) -> bool:
    return outcomes.count(True) > outcomes.count(False)


def _outcomes(trials: list[Trial], rate: int) -> list[bool]:
    """Whether the runs at a rate passed. Those in doubt are left out, unless there are no others."""
    runs = [trial for trial in trials if trial.rate == rate]
    return [trial.passed for trial in [run for run in runs if not run.doubtful] or runs]


def _next_rate(trials: list[Trial], first: int) -> int | None:
    """The rate to try next; None when the bracket is narrow and both its ends were run twice."""
    if not trials:
        return first
    if _to_repeat(trials):
        return trials[-1].rate
    found = _bracket(trials)
    low, high = found.highest_pass, found.lowest_fail
    alone = len({trial.rate for trial in trials}) == 1
    if high is None:
        assert low is not None
        return low * (_FIRST_STEP if alone else _STEP)
    guess = _guess(trials, low or 0, high)
    if low is None:
        lower = guess or high // (_FIRST_STEP if alone else _STEP)
        return lower if lower >= _LEAST else _unconfirmed(trials, high)
    if not found.narrow:
        return max(guess or _rounded(math.isqrt(low * high)), low + 1)
    return _unconfirmed(trials, low) or _unconfirmed(trials, high)


def _to_repeat(trials: list[Trial]) -> bool:
    """Whether the last run leaves open what its rate does."""
    last = trials[-1]
    if _runs(trials, last.rate) == 1:
        return last.doubtful or last.narrowly_failed
    return sorted(_outcomes(trials, last.rate)) == [False, True] and _runs(trials, last.rate) < _MOST_OF_ONE


def _guess(trials: list[Trial], low: int, high: int) -> int | None:
    """A rate between the ends, next to what a saturated cluster took; None where no run shows that."""
    taken = min((int(trial.acked * 1_000) for trial in trials if _saturated(trial, high)), default=0)
    if taken <= low:
        return None
    near = _rounded(int(taken * _BELOW) if taken > low * _ABOVE else int(low * _ABOVE))
    return near if low < near < high else None


def _saturated(trial: Trial, high: int) -> bool:
    """Whether a run at the upper end got much less through than was offered."""
    return trial.rate == high and trial.acked * 1_000 < trial.rate * _SATURATED


def _unconfirmed(trials: list[Trial], rate: int) -> int | None:
    """The rate, if it has to be run again: twice counts, but three times is enough however many are in doubt."""
    return rate if len(_outcomes(trials, rate)) < 2 and _runs(trials, rate) < _MOST_OF_ONE - 1 else None


def _runs(trials: list[Trial], rate: int) -> int:
    return sum(trial.rate == rate for trial in trials)


def _rounded(rate: int) -> int:
    """To three digits, which is finer than the bracket and easier to read."""
    unit = int(10 ** max(math.floor(math.log10(rate)) - 2, 0))
    return (rate + unit // 2) // unit * unit


def trial_of(rate: int, document: Mapping[str, Any]) -> Trial:
    """Judge the result of a run at a constant rate on one topic."""
    (load,) = document["loads"]
    rates, verdict = load["rates"], document["verdict"]
    latency = load["latency"]["end_to_end_response"] or load["latency"]["ack_response"]
    offered = rates["offered"] or 0.0
    reasons = list(document["reasons"])
    # By Little's law so many are under way at any time, at the end as well; and one is not a fraction of records.
    seconds = load["measured_until_s"] - document["warmup_s"]
    under_way = offered * (latency["p50"] / 1e3 if latency else 0.0) + 1
    kept_up = offered > 0 and seconds > 0 and rates["acked"] >= _KEEPS_UP * offered - under_way / seconds
    if not kept_up:
        reasons.append(f"acked {rates['acked']:,.0f}/s of {offered:,.0f}/s offered")
    limited = verdict in ("generator-limited", "host-limited")
    return Trial(
        rate=rate,
        passed=verdict == "pass" and kept_up and load["records"]["failed"] == 0,
        limited=limited,
        acked=rates["acked"],
        p99_ms=None if latency is None else latency["p99"],
        reason="; ".join(reasons),
        kept_up=kept_up,
    )


def bracket_document(bracket: Bracket) -> dict[str, Any]:
    """The search as JSON; rates in records per second."""
    return {
        "format": "kafkaops-loadtest-max/1",
        "highest_pass": None if bracket.highest_pass is None else bracket.highest_pass / 1000,
        "lowest_fail": None if bracket.lowest_fail is None else bracket.lowest_fail / 1000,
        "narrow": bracket.narrow,
        "limited": bracket.limited,
        "trials": [
            {
                "rate": trial.rate / 1000,
                "passed": trial.passed,
                "limited": trial.limited,
                "acked": trial.acked,
                "p99_ms": trial.p99_ms,
                "reason": trial.reason,
            }
            for trial in bracket.trials
        ],
    }
