"""What is told of a run while it goes on."""

from __future__ import annotations

from time import monotonic_ns

from kafkaops.loadtest.fleet import LocalFleet
from kafkaops.loadtest.listening import Listening
from kafkaops.loadtest.load import Target, Timing
from kafkaops.loadtest.messages import ProducerDelta
from kafkaops.loadtest.metrics import Metrics
from kafkaops.loadtest.outcome import Outcome
from kafkaops.loadtest.progress import Progress, progress_of
from kafkaops.loadtest.tally import LoadTally
from tests.loadtest.loads import SECOND, a_load


def a_tally() -> LoadTally:
    return LoadTally(a_load(rate=10), Target("t", 1, 1, 1_000_000, {}, twin=True), Timing(0, 10 * SECOND), ())


def test_no_second_is_left_out_however_long_nobody_looked() -> None:
    tally = a_tally()
    tally.add_producer(ProducerDelta("producer 1", due=dict.fromkeys(range(50), 1)))
    told: list[Progress] = []
    ear = Listening(LocalFleet(), Outcome([tally], [None]), lambda seconds: told.extend(seconds))
    assert not ear.progress(), "nothing is told before the start"
    ear.origin_ns = monotonic_ns() - 5_400_000_000
    while ear.progress():
        pass
    assert len(told) >= 5
    assert [each.second for each in told] == list(range(len(told)))
    assert sum(each.due for each in told) == 50


def test_prometheus_counts_what_was_reported_late() -> None:
    """A producer that stood still reports a second when that was told of already."""
    tally, metrics = a_tally(), Metrics()

    def due() -> float:
        return next(
            sample.value
            for family in metrics.collect()
            for sample in family.samples
            if sample.name == "kafkaops_loadtest_records_total" and sample.labels["stage"] == "due"
        )

    metrics.note((progress_of(tally, 0),))
    assert due() == 0
    tally.add_producer(ProducerDelta("producer 1", due=dict.fromkeys(range(20), 1)))
    metrics.note((progress_of(tally, 1),))
    assert due() == 20
