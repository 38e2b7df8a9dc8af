from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.loadtest.find_max import MOST_RUNS, Bracket, Trial, bracket_document, search, trial_of


def trial(rate: int, passed: bool, *, limited: bool = False, acked: float | None = None) -> Trial:
    acked = rate / 1000 if acked is None else acked
    return Trial(rate, passed, limited, acked, 5.0, "" if passed else "p99 is above")


def check(bracket: Bracket, truth: int) -> None:
    """The truth lies within a narrow bracket, both ends were run twice, and it took few runs."""
    assert bracket.highest_pass is not None and bracket.lowest_fail is not None
    assert bracket.highest_pass <= truth < bracket.lowest_fail
    assert bracket.narrow
    runs = Counter(each.rate for each in bracket.trials)
    assert runs[bracket.highest_pass] == runs[bracket.lowest_fail] == 2
    assert len(bracket.trials) <= 12


@given(st.integers(10_000, 511_999_999))
def test_any_limit_is_found_in_twelve_runs(truth: int) -> None:
    check(search(lambda rate: trial(rate, rate <= truth), 1_000_000), truth)


@given(st.integers(60_000, 31_999_999), st.floats(0.5, 1.5))
def test_acks_that_mislead_cost_two_runs_at_most(truth: int, error: float) -> None:
    check(search(saturated(truth, error), 1_000_000), truth)


@pytest.mark.parametrize("truth", [3_300_000, 40_000_000, 150_000_000, 400_000_000])
@pytest.mark.parametrize("error", [0.98, 1.0, 1.02])
def test_what_a_saturated_cluster_takes_saves_runs(truth: int, error: float) -> None:
    guided = search(saturated(truth, error), 1_000_000)
    check(guided, truth)
    blind = search(lambda rate: trial(rate, rate <= truth), 1_000_000)
    assert len(guided.trials) < len(blind.trials)


def saturated(truth: int, error: float) -> Callable[[int], Trial]:
    """Beyond the truth no more is acked, give or take."""
    return lambda rate: trial(rate, rate <= truth, acked=min(rate, truth * error) / 1000)


def test_what_never_fails_ends_with_its_runs() -> None:
    bracket = search(lambda rate: trial(rate, True), 1_000, most_runs=5)
    assert [each.rate for each in bracket.trials] == [1_000, 2_000, 8_000, 32_000, 128_000]
    assert (bracket.highest_pass, bracket.lowest_fail) == (128_000, None)
    assert not bracket.narrow


def test_what_never_passes_is_said_to() -> None:
    bracket = search(lambda rate: trial(rate, False), 8_000)
    assert bracket.highest_pass is None
    assert [each.rate for each in bracket.trials] == [8_000, 4_000, 1_000, 1_000]
    assert len(bracket.trials) < MOST_RUNS


def test_a_rate_that_passes_only_sometimes_is_judged_by_most_of_its_runs() -> None:
    random = Random(5)
    bracket = search(
        lambda rate: trial(rate, rate <= 5_000_000 or (rate <= 6_000_000 and random.random() < 0.5)), 1_000_000
    )
    assert bracket.highest_pass is not None and bracket.lowest_fail is not None
    at_the_ends = [bracket.highest_pass, bracket.lowest_fail]
    passed, failed = ([each.passed for each in bracket.trials if each.rate == rate] for rate in at_the_ends)
    assert passed.count(True) >= 2 > passed.count(False)
    assert failed.count(False) >= 2 > failed.count(True)
    assert 5_000_000 / 1.1 <= bracket.highest_pass <= 6_000_000


@given(st.integers(2_000_000, 16_000_000), st.integers(0, 11))
def test_a_hiccup_is_not_taken_for_the_limit(truth: int, when: int) -> None:
    """A second in which nothing is acked makes a rate that is within reach fail, by a little."""
    runs = iter(range(MOST_RUNS))

    def attempt(rate: int) -> Trial:
        missed = 0.02 if next(runs) == when else 0.0
        acked = min(rate, truth) / 1000 * (1 - missed)
        kept_up = acked >= rate / 1000 * 0.99
        return replace(trial(rate, kept_up, acked=acked), kept_up=kept_up)

    bracket = search(attempt, 1_000_000)
    assert bracket.highest_pass is not None and bracket.lowest_fail is not None
    assert bracket.highest_pass <= truth / 0.99 and truth < bracket.lowest_fail
    assert bracket.narrow


def test_where_two_runs_contradict_each_other_a_third_decides() -> None:
    for third in (True, False):
        outcomes = iter([False, True, third])
        bracket = search(
            lambda rate, outcomes=outcomes: replace(  # type: ignore[misc]
                trial(rate, next(outcomes, rate < 1_000_000), acked=rate / 1000 * 0.97), kept_up=False
            ),
            1_000_000,
        )
        assert [each.rate for each in bracket.trials[:3]] == [1_000_000] * 3
        if third:
            assert bracket.highest_pass is not None and bracket.highest_pass >= 1_000_000
        else:
            assert bracket.lowest_fail == 1_000_000


def test_a_record_that_was_just_under_way_is_not_missed() -> None:
    def found(acked: int, p50_ms: float) -> Trial:
        load = {
            "rates": {"offered": 14.0, "acked": acked / 2},
            "latency": {"end_to_end_response": None, "ack_response": {"p50": p50_ms, "p99": 400.0}},
            "records": {"failed": 0},
            "measured_until_s": 3.0,
        }
        return trial_of(14_000, {"verdict": "pass", "reasons": [], "warmup_s": 1.0, "loads": [load]})

    assert found(acked=27, p50_ms=5.0).passed  # of 28
    assert not found(acked=26, p50_ms=5.0).passed
    assert found(acked=26, p50_ms=150.0).passed, "two were under way"


def test_the_generators_limit_is_not_the_clusters() -> None:
    bracket = search(lambda rate: trial(rate, rate <= 3_000_000, limited=rate > 3_000_000), 1_000_000)
    assert bracket.limited
    assert bracket_document(bracket)["limited"] is True


def test_a_run_that_the_host_disturbed_is_made_once_more() -> None:
    disturbed = iter([True, False, False, True])

    def attempt(rate: int) -> Trial:
        if next(disturbed, False):
            return trial(rate, False, limited=True)
        return trial(rate, rate <= 3_000_000)

    bracket = search(attempt, 1_000_000)
    check(bracket, 3_000_000)
    assert [each.rate for each in bracket.trials[:5]] == [1_000_000, 1_000_000, 2_000_000, 8_000_000, 8_000_000]
    assert not bracket.limited


def test_a_rate_that_is_always_disturbed_has_not_passed() -> None:
    bracket = search(lambda rate: trial(rate, rate < 2_000_000, limited=rate >= 2_000_000), 1_000_000)
    assert (bracket.highest_pass, bracket.lowest_fail) == (1_830_000, 2_000_000)
    assert bracket.limited and len(bracket.trials) == 7


@pytest.mark.parametrize(
    ("verdict", "acked", "failed", "passed"),
    [
        ("pass", 995.0, 0, True),
        ("pass", 989.0, 0, True),  # 1 % late, 2 records each second under way when time was up
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
        "latency": {"end_to_end_response": None, "ack_response": {"p50": 5.0, "p99": 7.0}},
        "measured_until_s": 7.0,
        "records": {"failed": failed},
    }
    found = trial_of(1_000_000, {"verdict": verdict, "reasons": [], "warmup_s": 2.0, "loads": [load]})
    assert (found.passed, found.p99_ms, found.limited) == (passed, 7.0, verdict == "host-limited")


@pytest.mark.parametrize(
    ("passed", "limited", "kept_up", "overloaded"),
    [
        (True, False, True, False),
        (False, False, False, True),
        (False, False, True, True),  # its objectives were missed
        (False, True, False, True),
        (False, True, True, False),  # this machine was busy, and the cluster was not
    ],
)
def test_after_which_runs_the_cluster_rests(passed: bool, limited: bool, kept_up: bool, overloaded: bool) -> None:
    assert replace(trial(1_000, passed, limited=limited), kept_up=kept_up).overloaded is overloaded
