from __future__ import annotations

from random import Random

import pytest

from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.intervals import Intervals
from kafkaops.loadtest.load import Load, Target, Timing
from kafkaops.loadtest.messages import ConsumerDelta, ProducerDelta, ProducerFinal
from kafkaops.loadtest.partitioner import Keys
from kafkaops.loadtest.progress import progress_of
from kafkaops.loadtest.proof import Fault, Sent, Source, Stretch
from kafkaops.loadtest.schedule import Schedule
from kafkaops.loadtest.tally import GroupTally, LoadTally
from kafkaops.spec.loadtests import Arrivals

SECOND = 1_000_000_000
SOURCE = Source(0, 0)


def tally(*, groups: int = 1, warmup_s: int = 1, duration_s: int = 2) -> LoadTally:
    load = Load(
        topic="t",
        schedule=Schedule.constant(10_000, duration_s * SECOND),
        shape="10/s",
        arrivals=Arrivals.EVEN,
        keys=Keys(),
        producers=1,
        consumers=1 if groups else 0,
        groups=max(groups, 1),
        in_flight=100,
        consume_cost_ns=0,
        every_ack=True,
    )
    target = Target("twin", 1, 3, 1_000_000, {}, twin=True)
    timing = Timing(warmup_s * SECOND, duration_s * SECOND)
    return LoadTally(load, target, timing, tuple(GroupTally(f"g{each}") for each in range(groups)))


def one(value: int) -> Histogram:
    histogram = Histogram()
    histogram.add(value)
    return histogram


def test_rates_are_those_of_the_measured_time() -> None:
    figures = tally()
    figures.add_producer(
        ProducerDelta("p", due={0: 5, 10: 10, 25: 10}, sent={9: 5, 11: 10, 29: 10}, acked={12: 20, 31: 5})
    )
    assert figures.offered_rate == 10.0
    assert figures.sent_rate == 10.0
    assert figures.throughput == 10.0


def test_a_run_that_was_cut_short_is_measured_up_to_the_cut() -> None:
    figures = tally()
    figures.add_producer(ProducerDelta("p", acked={10: 5, 15: 5}))
    figures.ended_ns = 2 * SECOND
    assert figures.throughput == 10.0


def test_the_backlog_compares_both_sides_at_the_same_instants() -> None:
    figures = tally()
    figures.add_producer(ProducerDelta("p", acked={8: 10, 12: 10, 14: 10}))
    figures.add_consumer(0, ConsumerDelta("c", consumed={9: 10, 13: 3, 29: 17}))
    assert figures.backlog(figures.groups[0], 12) == 10
    assert figures.highest_backlog() == 17
    row = figures.series()[1]
    assert (row["second"], row["acked"], row["consumed"], row["backlog"]) == (1, 20, 3, 17)


def test_what_is_consumed_before_its_ack_is_no_negative_backlog() -> None:
    figures = tally()
    figures.add_consumer(0, ConsumerDelta("c", consumed={12: 5}))
    figures.add_producer(ProducerDelta("p", acked={13: 5}))
    assert figures.highest_backlog() == 0


def test_without_consumers_there_is_no_backlog() -> None:
    assert tally(groups=0).highest_backlog() is None


def test_reports_in_any_order_make_the_same_figures() -> None:
    reports = [
        ConsumerDelta("c", consumed={each: 2}, reached={0: 2 * each}, response=one(each * 1000))
        for each in range(1, 20)
    ]
    whole = tally()
    for report in reports:
        whole.add_consumer(0, report)
    Random(1).shuffle(reports)
    other = tally()
    for report in reports:
        other.add_consumer(0, report)
    assert other.end_to_end() == whole.end_to_end()
    assert (other.series(), other.groups[0].reached) == (whole.series(), whole.groups[0].reached)


def test_stretches_that_continue_each_other_are_joined() -> None:
    figures = tally()
    for at in range(3):
        figures.add_consumer(0, ConsumerDelta("c", stretches={SOURCE: [Stretch(10 * at, 10 * at + 4, 10)]}))
    assert figures.groups[0].stretches == {SOURCE: [Stretch(0, 4, 30)]}


def final(acked: int) -> ProducerFinal:
    return ProducerFinal("p", {SOURCE: Sent(acked=Intervals([(0, acked)]))}, None, acked, 0, 0, 0)


def test_each_group_is_proved_by_itself() -> None:
    figures = tally(groups=2)
    figures.finish_producer(final(10))
    figures.add_consumer(0, ConsumerDelta("c", stretches={SOURCE: [Stretch(0, 0, 10)]}, reached={0: 10}))
    figures.add_consumer(1, ConsumerDelta("c", stretches={SOURCE: [Stretch(0, 0, 9)]}, reached={0: 10}))
    first, second = figures.proofs({0: 10})
    assert first.faults == 0
    assert second.counts[Fault.LOST] == 1


def test_without_the_logs_end_or_a_producers_last_word_nothing_is_proved() -> None:
    figures = tally()
    assert figures.proofs(None) == []
    figures.final = False
    assert figures.proofs({0: 0}) == []


def test_progress_is_of_one_second_and_takes_recent_latencies_with_it() -> None:
    figures = tally()
    figures.add_producer(
        ProducerDelta("p", due={10: 6, 20: 1}, sent={10: 5}, acked={11: 4}, in_flight=3, errors={"X": 2})
    )
    figures.add_consumer(0, ConsumerDelta("c", consumed={12: 3}, response=one(5_000_000)))
    second = progress_of(figures, 1)
    assert (second.due, second.sent, second.acked, second.consumed, second.backlog) == (6, 5, 4, 3, 1)
    assert second.p99_ns == pytest.approx(5_000_000)
    assert (second.errors, second.in_flight, second.remaining_s, second.warming_up) == (2, 3, 1, False)
    assert progress_of(figures, 1).p99_ns is None
    assert progress_of(figures, 0).warming_up
