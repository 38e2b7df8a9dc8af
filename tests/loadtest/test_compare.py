from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kafkaops.errors import UsageError
from kafkaops.loadtest.compare import (
    compare,
    comparison_document,
    interval,
    read_runs,
    runs_document,
    student_quantile,
    unfit,
)


def run(acked: float, p99: float, topic: str = "t", verdict: str = "pass") -> dict[str, Any]:
    latency = {"p50": p99 / 4, "p95": p99 / 2, "p99": p99}
    return {
        "format": "kafkaops-loadtest/1",
        "verdict": verdict,
        "loads": [
            {
                "topic": topic,
                "rates": {"acked": acked},
                "latency": {"ack_response": latency, "ack_service": None, "end_to_end_response": None},
            }
        ],
    }


def runs(random: Random, count: int, factor: float = 1.0, noise: float = 0.05) -> list[dict[str, Any]]:
    return [run(5_000.0, 20.0 * factor * random.lognormvariate(0, noise)) for _ in range(count)]


def p99_differs(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> bool:
    return next(effect.differs for effect in compare(before, after) if effect.figure == "ack response p99")


def test_equal_builds_are_seldom_called_different_and_a_tenth_is_found() -> None:
    random = Random(11)
    alarms = sum(any(effect.differs for effect in compare(runs(random, 10), runs(random, 10))) for _ in range(400))
    found = sum(p99_differs(runs(random, 10), runs(random, 10, 1.1)) for _ in range(400))
    assert alarms <= 400 // 20 * 1.6  # 5 %, and what chance adds to 400 trials
    assert found >= 400 * 9 // 10


def test_the_effect_is_a_ratio_with_its_interval() -> None:
    random = Random(3)
    effects = {effect.figure: effect for effect in compare(runs(random, 10), runs(random, 10, 1.5))}
    effect = effects["ack response p99"]
    assert effect.low < effect.ratio < effect.high
    assert effect.differs and 1.3 < effect.ratio < 1.7
    assert effect.before == pytest.approx(20, rel=0.1)
    assert effects["throughput"].ratio == 1.0


def test_no_difference_comes_with_what_is_excluded() -> None:
    random = Random(4)
    (effect, *_) = [each for each in compare(runs(random, 10), runs(random, 10)) if each.figure == "ack response p99"]
    assert not effect.differs
    assert effect.excluded == max(effect.high - 1, 1 - effect.low) < 0.15
    document = comparison_document([effect])["effects"][0]
    assert document["excluded_beyond"] == effect.excluded


def test_an_interval_by_hand() -> None:
    # Logarithms 0, 1, 2 and 2, 3, 4: means 1 and 3, variances 1; 4 degrees of freedom.
    import math

    ratio, low, high = interval([1, math.e, math.e**2], [math.e**2, math.e**3, math.e**4])
    margin = 2.776 * math.sqrt(2 / 3)
    assert (math.log(ratio), math.log(low), math.log(high)) == pytest.approx((2, 2 - margin, 2 + margin), abs=0.001)


@pytest.mark.parametrize(
    ("freedom", "share", "quantile"),
    [
        (1, 0.975, 12.706),
        (2.5, 0.975, 3.5747),
        (10, 0.975, 2.228),
        (10, 0.995, 3.169),
        (30, 0.99, 2.457),
        (120, 0.975, 1.980),
    ],
)
def test_students_quantiles(freedom: float, share: float, quantile: float) -> None:
    assert student_quantile(freedom, share) == pytest.approx(quantile, abs=0.003)


def test_too_few_runs_or_other_topics_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="too few"):
        compare([run(1, 1)] * 2, [run(1, 1)] * 5)
    with pytest.raises(UsageError, match="no topic in common"):
        compare([run(1, 1, "a")] * 3, [run(1, 1, "b")] * 3)


def test_runs_are_read_back(tmp_path: Path) -> None:
    one, several, other = tmp_path / "one.json", tmp_path / "several.json", tmp_path / "other.json"
    one.write_text(json.dumps(run(1, 1)))
    several.write_text(json.dumps(runs_document([run(1, 1), run(2, 2, verdict="host-limited")])))
    other.write_text('{"format": "another"}')
    assert len(read_runs(one)) == 1
    assert unfit(read_runs(several)) == 1
    for file in (other, tmp_path / "missing.json"):
        with pytest.raises(UsageError) as caught:
            read_runs(file)
        assert caught.value.diagnostics[0].code == "KO016"
