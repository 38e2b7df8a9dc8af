from __future__ import annotations

import pytest

from kafkaops.clients.kafka import DiskSpace
from kafkaops.loadtest.disk import Shortage, bytes_text, records_and_bytes, shortages
from tests.loadtest.loads import a_load, a_run

BROKERS = {1: "a:9092", 2: "b:9092", 3: "c:9092"}


def space(usable: int, total: int = 10_000_000) -> DiskSpace:
    return DiskSpace(total, usable)


def test_what_will_be_written_counts_replicas_and_the_warm_up() -> None:
    run = a_run(a_load(rate=1_000), a_load(rate=10), replicas=3, warmup_s=5)
    assert records_and_bytes(run) == (15_150, 15_150 * 100 * 3)


def test_a_closed_loop_ends_with_its_backlog_or_not_at_all() -> None:
    assert records_and_bytes(a_run(a_load(rate=None, drain=500))) == (500, 50_000)
    assert records_and_bytes(a_run(a_load(), a_load(rate=None))) == (None, None)
    assert shortages(a_run(a_load(rate=None)), BROKERS, dict.fromkeys(BROKERS, space(0))) == ()


@pytest.mark.parametrize(
    ("partitions", "replicas", "share"),
    [
        (1, 1, 1_000_000),  # all of it is on one broker, and any may be the one
        (3, 1, 333_333),
        (4, 1, 500_000),  # one broker has two of the four
        (3, 3, 1_000_000),
        (1, 3, 1_000_000),
    ],
)
def test_the_broker_with_the_most_replicas_must_have_room(partitions: int, replicas: int, share: int) -> None:
    run = a_run(a_load(), partitions=partitions, replicas=replicas)
    assert shortages(run, BROKERS, dict.fromkeys(BROKERS, space(share))) == ()
    short = shortages(run, BROKERS, dict.fromkeys(BROKERS, space(share - 1)))
    assert short == tuple(Shortage((broker,), share, share - 1) for broker in BROKERS)


def test_brokers_on_one_volume_share_its_room() -> None:
    run = a_run(a_load(), partitions=3)
    brokers = {1: "a:9092", 2: "a:9093", 3: "c:9092"}
    found = shortages(run, brokers, {1: space(600_000), 2: space(500_000), 3: space(400_000)})
    assert found == (Shortage((1, 2), 666_666, 500_000),)
    apart = {1: space(400_000), 2: space(400_000, total=20_000_000), 3: space(400_000)}
    assert shortages(run, brokers, apart) == (), "volumes of two sizes are two volumes"


def test_a_broker_that_does_not_say_is_passed_over() -> None:
    run = a_run(a_load())
    found = shortages(run, BROKERS, {1: None, 2: space(5)})
    assert [short.brokers for short in found] == [(2,)]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0.0 kB"), (1_234, "1.2 kB"), (999_999, "1000.0 kB"), (1_500_000, "1.5 MB"), (75_100_000_000, "75.1 GB"),
        (1_080_700_000_000_000, "1,080.7 TB"),
    ],
)  # fmt: skip
def test_sizes_are_told_in_the_unit_that_fits(size: int, text: str) -> None:
    assert bytes_text(size) == text
