from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.loadtest.find_max import MOST_RUNS, Trial, bracket_document, search, trial_of


def trial(rate: int, passed: bool, *, limited: bool = False) -> Trial:
    return Trial(rate, passed, limited, rate / 1000, 5.0, "" if passed else "p99 is above")


@given(st.integers(100_000, 400_000_000), st.sampled_from([100_000, 1_000_000, 20_000_000]))
def test_the_bracket_holds_the_truth_and_is_narrow(truth: int, first: int) -> None:
    bracket = search(lambda rate: trial(rate, rate <= truth), first, most_runs=40)
    assert bracket.highest_pass is not None and bracket.lowest_fail is not None
    assert bracket.highest_pass <= truth < bracket.lowest_fail
    assert bracket.narrow
    runs = Counter(each.rate for each in bracket.trials)
    assert runs[bracket.highest_pass] == runs[bracket.lowest_fail] == 2


@given(st.integers(1_000_000, 30_000_000))
def test_a_factor_of_thirty_takes_twelve_runs(truth: int) -> None:
    assert len(search(lambda rate: trial(rate, rate <= truth), 1_000_000).trials) <= 12


def test_what_never_fails_ends_with_its_runs() -> None:
    bracket = search(lambda rate: trial(rate, True), 1_000, most_runs=5)
    assert (bracket.highest_pass, bracket.lowest_fail, len(bracket.trials)) == (16_000, None, 5)
    assert not bracket.narrow


def test_what_never_passes_is_said_to() -> None:
    bracket = search(lambda rate: trial(rate, False), 8_000)
    assert bracket.highest_pass is None
    assert bracket.lowest_fail == 1_000
    assert len(bracket.trials) < MOST_RUNS


def test_a_rate_that_passes_only_sometimes_has_not_passed() -> None:
    random = Random(5)
    bracket = search(
        lambda rate: trial(rate, rate <= 5_000_000 or (rate <= 6_000_000 and random.random() < 0.5)), 1_000_000
    )
    assert bracket.highest_pass is not None
    outcomes = {each.passed for each in bracket.trials if each.rate == bracket.highest_pass}
    assert outcomes == {True}


def test_the_generators_limit_is_not_the_clusters() -> None:
    bracket = search(lambda rate: trial(rate, rate <= 3_000_000, limited=rate > 3_000_000), 1_000_000)
    assert bracket.limited
    assert bracket_document(bracket)["limited"] is True


@pytest.mark.parametrize(
    ("verdict", "acked", "failed", "passed"),
    [
        ("pass", 995.0, 0, True),
        ("pass", 980.0, 0, False),
        ("pass", 1_000.0, 1, False),
        ("fail", 1_000.0, 0, False),
        ("host-limited", 1_000.0, 0, False),
    ],
)
def test_a_run_passes_when_it_meets_its_objectives_and_keeps_up(
    verdict: str, acked: float, failed: int, passed: bool
) -> None:
    load = {
        "rates": {"offered": 1_000.0, "acked": acked},
        "latency": {"end_to_end_response": None, "ack_response": {"p99": 7.0}},
        "records": {"failed": failed},
    }
    found = trial_of(1_000_000, {"verdict": verdict, "reasons": [], "loads": [load]})
    assert (found.passed, found.p99_ms, found.limited) == (passed, 7.0, verdict == "host-limited")
