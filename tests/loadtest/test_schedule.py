from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafkaops.loadtest.schedule import (
    TICKS_PER_RECORD,
    Due,
    Schedule,
    Segment,
    even_arrivals,
    poisson_arrivals,
    steps,
)

SECOND = 1_000_000_000
rates = st.integers(min_value=1, max_value=50_000_000)
lengths = st.integers(min_value=1, max_value=20 * SECOND)
segments = st.builds(Segment, lengths, st.integers(0, 5_000_000), st.integers(0, 5_000_000))


def everything(schedule: Schedule, producers: int = 1) -> list[int]:
    return sorted(
        time
        for producer in range(producers)
        for chunk in even_arrivals(schedule, producer, producers)
        for time in chunk
    )


@given(rate=st.integers(1, 20_000), seconds=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_a_constant_rate_is_i_times_a_second_over_the_rate(rate: int, seconds: int) -> None:
    times = everything(Schedule.constant(rate * 1000, seconds * SECOND))
    assert times == [index * SECOND // rate for index in range(rate * seconds)]


@given(st.lists(segments, min_size=1, max_size=4), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_no_work_is_skipped_or_doubled_whoever_shares_it(parts: list[Segment], producers: int) -> None:
    schedule = Schedule(tuple(part for part in parts))
    if schedule.records > 20_000:
        schedule = Schedule(tuple(Segment(part.length_ns, part.rate_from % 900, part.rate_to % 900) for part in parts))
    whole = everything(schedule)
    assert len(whole) == schedule.records
    assert whole == everything(schedule, producers)
    assert all(0 <= time <= schedule.length_ns for time in whole)


@given(segments, st.data())
@settings(deadline=None)
def test_a_time_is_the_last_at_which_no_more_work_was_due(segment: Segment, data: st.DataObject) -> None:
    if segment.ticks == 0:
        return
    ticks = data.draw(st.integers(0, segment.ticks - 1))
    time = segment.time_of(ticks)

    def due(at: int) -> int:  # work by then, times the length, so that it stays whole
        change = segment.rate_to - segment.rate_from
        return 2 * segment.rate_from * segment.length_ns * at + change * at * at

    assert due(time) <= ticks * segment.length_ns
    if time < segment.length_ns:
        assert due(time + 1) > ticks * segment.length_ns


def test_a_ramp_holds_the_mean_of_its_rates_and_grows_evenly() -> None:
    ramp = Schedule((Segment(10 * SECOND, 0, 1_000_000),))
    times = everything(ramp)
    assert len(times) == 5_000
    assert sum(time < 5 * SECOND for time in times) == 1_250
    assert ramp.records_between(5 * SECOND, 10 * SECOND) == 3_750


def test_steps_follow_one_another_and_fill_the_time_exactly() -> None:
    schedule = steps((100_000, 200_000, 400_000), 3 * SECOND)
    times = everything(schedule)
    assert [sum(second * SECOND <= time < (second + 1) * SECOND for time in times) for second in range(3)] == [
        100,
        200,
        400,
    ]
    assert steps((1, 2, 3), 10 * SECOND).length_ns == 10 * SECOND


def test_a_warm_up_runs_at_the_first_rate() -> None:
    schedule = steps((100_000, 300_000), 2 * SECOND).preceded_by(SECOND)
    assert schedule.records_between(0, SECOND) == 100
    assert schedule.records_between(2 * SECOND, 3 * SECOND) == 300


def test_poisson_arrivals_repeat_with_their_seed_and_are_spread_as_they_should_be() -> None:
    schedule = Schedule.constant(2_000_000, 10 * SECOND)
    drawn = [
        [time for chunk in poisson_arrivals(schedule, producer, 2, seed=7) for time in chunk] for producer in (0, 1)
    ]
    again = [time for chunk in poisson_arrivals(schedule, 0, 2, seed=7) for time in chunk]
    assert drawn[0] == again and drawn[0] != drawn[1]
    times = sorted(drawn[0] + drawn[1])
    assert abs(len(times) - 20_000) < 5 * math.sqrt(20_000)
    gaps = [after - before for before, after in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    assert deviation / mean == pytest.approx(1, abs=0.05)  # an exponential's deviation is its mean


@given(st.lists(st.integers(0, 2_000_000_000), min_size=1, max_size=40), st.integers(1, 700))
@settings(deadline=None)
def test_whatever_is_due_is_handed_out_once_in_order(moments: list[int], limit: int) -> None:
    schedule = Schedule.constant(1_234_000, SECOND)
    due = Due(even_arrivals(schedule, 0, 1))
    handed: list[int] = []
    for now in sorted(moments):
        taken = due.take(now, limit)
        assert len(taken) <= limit and all(time <= now for time in taken)
        if len(taken) < limit:
            assert due.next_ns is None or due.next_ns > now
        handed += taken
    while due.next_ns is not None:
        handed += due.take(10 * SECOND, limit)
    assert handed == everything(schedule)


def test_a_segment_must_have_a_length_and_no_negative_rate() -> None:
    with pytest.raises(ValueError, match="length above 0"):
        Segment(0, 1, 1)
    with pytest.raises(ValueError, match="below 0"):
        Segment(1, -1, 1)
    with pytest.raises(ValueError, match="beyond the end"):
        Schedule.constant(1000, SECOND).time_of(TICKS_PER_RECORD)
