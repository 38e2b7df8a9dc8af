"""Two sets of runs compared: by how much they differ, and how sure that is.

A run is one observation: its p99, its throughput. Runs are never pooled into one set of records, and percentiles
are never averaged. The effect is a ratio, so it is estimated on logarithms: Welch's interval for two means, as
wide as it must be for all intervals of the comparison to hold together (Bonferroni).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, variance
from typing import Any

from kafkaops.errors import UsageError

RUNS_FORMAT = "kafkaops-loadtest-runs/1"
RESULT_FORMAT = "kafkaops-loadtest/1"
FEWEST = 3
"""Runs on each side, below which an interval says nothing."""
_SURE = 0.95
"""How sure all intervals of a comparison are together, so that more figures do not make more false alarms."""
_UNFIT = ("partial", "generator-limited", "host-limited")


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of one figure from the first to the second set: a ratio and its interval."""

    topic: str
    figure: str
    unit: str
    before: float
    """The geometric mean over the runs."""
    after: float
    low: float
    high: float

    @property
    def ratio(self) -> float:
        """After over before."""
        return self.after / self.before

    @property
    def differs(self) -> bool:
        """Whether the interval leaves out 1."""
        return not self.low <= 1.0 <= self.high

    @property
    def excluded(self) -> float:
        """The share beyond which a difference is excluded, for when none is shown."""
        return max(self.high - 1.0, 1.0 - self.low)


def interval(before: Sequence[float], after: Sequence[float], sure: float = _SURE) -> tuple[float, float, float]:
    """(ratio of geometric means, its lower and upper bound). All values above 0, two or more a side."""
    first, second = [math.log(value) for value in before], [math.log(value) for value in after]
    effect = fmean(second) - fmean(first)
    parts = (variance(first) / len(first), variance(second) / len(second))
    error = math.sqrt(sum(parts))
    if error == 0.0:
        return math.exp(effect), math.exp(effect), math.exp(effect)
    # Welch and Satterthwaite's degrees of freedom.
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(side) - 1) for part, side in zip(parts, (first, second), strict=True)
    )
    margin = error * student_quantile(freedom, 1 - (1 - sure) / 2)
    return math.exp(effect), math.exp(effect - margin), math.exp(effect + margin)


def student_quantile(freedom: float, share: float) -> float:
    """Student's t below which a share above one half of the distribution lies."""
    low, high = 0.0, 1e4
    for _ in range(80):
        middle = (low + high) / 2
        # P(T > t) is half the incomplete beta function at freedom/(freedom + t²).
        above = _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + middle**2)) / 2
        low, high = (middle, high) if above > 1 - share else (low, middle)
    return high


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (Lentz)."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _incomplete_beta(b, a, 1.0 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(1 - x)) / a
    fraction = upper = 1.0
    lower = 1.0 / (1.0 - (a + b) * x / (a + 1))
    fraction = lower
    for step in range(1, 300):
        for term in (
            step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step)),
            -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1)),
        ):
            lower = 1.0 / (1.0 + term * lower)
            upper = 1.0 + term / upper
            fraction *= lower * upper
        if abs(lower * upper - 1.0) < 1e-14:
            break
    return front * fraction


def compare(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> tuple[Effect, ...]:
    """Every figure that all runs of both sides have, topic by topic. Raises `UsageError` (KO016)."""
    if min(len(before), len(after)) < FEWEST:
        raise UsageError.of(
            "KO016",
            f"{len(before)} and {len(after)} runs are too few to compare",
            hint=f"make at least {FEWEST} of each, better ten: kafkaops loadtest … --repeat 10 -o runs.json",
        )
    sides = ([_figures(run) for run in before], [_figures(run) for run in after])
    names = [name for name in sides[0][0] if all(name in run for side in sides for run in side)]
    if not names:
        raise UsageError.of("KO016", "the runs have no topic in common", hint="compare runs of the same load")
    effects = []
    sure = 1 - (1 - _SURE) / len(names)
    for name in names:
        first, second = ([run[name] for run in side] for side in sides)
        ratio, low, high = interval(first, second, sure)
        base = math.exp(fmean(math.log(value) for value in first))
        effects.append(Effect(*name, before=base, after=base * ratio, low=low, high=high))
    return tuple(effects)


def unfit(runs: Sequence[Mapping[str, Any]]) -> int:
    """How many of the runs are not about the cluster."""
    return sum(run["verdict"] in _UNFIT for run in runs)


def _figures(run: Mapping[str, Any]) -> dict[tuple[str, str, str], float]:
    """(topic, figure, unit) → value, those above 0: what the load got through, and how soon, seen from its far end."""
    found: dict[tuple[str, str, str], float] = {}
    for load in run["loads"]:
        topic, latency = load["topic"], load["latency"]
        found[topic, "throughput", "records/s"] = load["rates"]["acked"]
        for name in ("end_to_end_response", "ack_response", "ack_service"):
            if latency[name] is not None:
                for figure in ("p50", "p99"):
                    found[topic, f"{name.replace('_', ' ')} {figure}", "ms"] = latency[name][figure]
                break
    return {name: value for name, value in found.items() if value > 0}


def read_runs(file: Path) -> list[Mapping[str, Any]]:
    """The runs that a file holds: one, or those of `--repeat`. Raises `UsageError` (KO016)."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError.of("KO016", f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError.of("KO016", f"{file} is not a result of a load test") from error
    match document:
        case {"format": "kafkaops-loadtest-runs/1", "runs": list(runs)}:
            return runs
        case {"format": "kafkaops-loadtest/1"}:
            return [document]
    raise UsageError.of("KO016", f"{file} is not a result of a load test", hint="save one with -o FILE.json")


def runs_document(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Repeated runs as one document."""
    return {"format": RUNS_FORMAT, "runs": list(runs)}


def comparison_document(effects: Sequence[Effect]) -> dict[str, Any]:
    """The comparison as JSON."""
    return {
        "format": "kafkaops-loadtest-comparison/1",
        "effects": [
            {
                "topic": effect.topic,
                "figure": effect.figure,
                "unit": effect.unit,
                "before": effect.before,
                "after": effect.after,
                "ratio": effect.ratio,
                "interval": [effect.low, effect.high],
                "differs": effect.differs,
                "excluded_beyond": None if effect.differs else effect.excluded,
            }
            for effect in effects
        ],
    }
