from __future__ import annotations

from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.slo import Comparison, Measured, Objective, evaluate
from kafkaops.loadtest.verdict import Verdict, WorkerLoad, judge
from kafkaops.spec.loadtests import LoadTestObjectives

MS = 1_000_000
IDLE = WorkerLoad("producer 1", cpu_share=0.3, main_thread_share=0.2, wait_share=0.01, collections=0)


def histogram(*milliseconds: float) -> Histogram:
    found = Histogram()
    for each in milliseconds:
        found.add(int(each * MS))
    return found


def missed(limit: int = 10) -> Objective:
    return Objective("p99", Comparison.AT_MOST, limit, "ms", 12.0)


def verdict(
    *,
    violations: int = 0,
    interrupted: str | None = None,
    objectives: tuple[Objective, ...] = (),
    own_delay: float = 0.1,
    response: float = 10,
    worker: WorkerLoad = IDLE,
) -> Verdict:
    return judge(
        violations=violations,
        interrupted=interrupted,
        objectives=objectives,
        own_delay=histogram(own_delay),
        response=histogram(response),
        workers=[worker],
    ).verdict


def test_nothing_wrong_passes() -> None:
    assert verdict() is Verdict.PASS


def test_a_missed_objective_fails_and_says_by_how_much() -> None:
    assert verdict(objectives=(missed(),)) is Verdict.FAIL
    judgement = judge(
        violations=0,
        interrupted=None,
        objectives=(missed(),),
        own_delay=histogram(0.1),
        response=histogram(10),
        workers=[],
    )
    assert judgement.reasons == ("p99 12 ms is above 10 ms",)


def test_a_late_generator_can_neither_pass_nor_fail() -> None:
    assert verdict(own_delay=1.2) is Verdict.GENERATOR_LIMITED
    assert verdict(own_delay=1.2, objectives=(missed(),)) is Verdict.GENERATOR_LIMITED


def test_lateness_is_weighed_against_the_response() -> None:
    assert verdict(own_delay=1.2, response=100) is Verdict.PASS


def test_a_worker_that_waits_for_a_core_is_limited_by_its_host() -> None:
    waiting = WorkerLoad("producer 1", 0.5, 0.4, 0.2, 0)
    assert verdict(own_delay=5, worker=waiting) is Verdict.HOST_LIMITED
    assert verdict(worker=waiting) is Verdict.PASS  # it waited, and yet nothing was late
    assert verdict(worker=WorkerLoad("producer 1", 0.5, 0.4, 0.5, 0)) is Verdict.HOST_LIMITED


def test_a_worker_without_reserve_is_the_limit() -> None:
    assert verdict(worker=WorkerLoad("producer 1", 1.2, 0.95, None, 0)) is Verdict.GENERATOR_LIMITED


def test_a_broken_promise_outweighs_everything() -> None:
    assert verdict(violations=1, own_delay=5, interrupted="interrupted") is Verdict.FAIL


def test_an_interrupted_run_is_partial() -> None:
    assert verdict(interrupted="interrupted after 3 s") is Verdict.PARTIAL


def test_objectives_are_compared_with_what_was_measured() -> None:
    objectives = LoadTestObjectives(p95=500, max=5, throughput="5000/s", backlog=100, lost=0, errors=0)
    measured = Measured(
        latency=histogram(*[1] * 99, 7),
        throughput=4999.0,
        backlog=101,
        counts={"lost": None, "duplicated": 0, "reordered": 0, "errors": 0},
    )
    found = {each.name: each.met for each in evaluate(objectives, measured)}
    assert found == {"p95": True, "max": False, "throughput": False, "backlog": False, "lost": False, "errors": True}


def test_what_was_not_measured_is_not_met() -> None:
    (objective,) = evaluate(LoadTestObjectives(p99=5), Measured(Histogram(), 0.0, None, {}))
    assert not objective.met
