"""Hosts of a fleet: who reads what, what is known of their clocks, and which addresses are taken."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import RefusedError, UsageError
from kafkaops.loadtest.clock import shifted
from kafkaops.loadtest.dask_fleet import dask_address
from kafkaops.loadtest.host_clock import HostClock, Reading, offset_of
from kafkaops.loadtest.load import Load
from kafkaops.loadtest.partitioner import Keys
from kafkaops.loadtest.placement import consumer_partitions, host_of, is_pinned, producer_partitions
from kafkaops.spec.loadtests import Arrivals

OPEN = KafkaSettings(("a:9092",), "PLAINTEXT", 10_000)
WITH_PASSWORD = dataclasses.replace(OPEN, sasl_password="correct-horse")


def load(keys: str = "round-robin", producers: int = 3, consumers: int = 3) -> Load:
    return Load("t", None, "", Arrivals.EVEN, Keys.parse(keys), producers, consumers, 1, 1, 0, every_ack=True)


@given(st.integers(1, 5), st.integers(0, 7), st.integers(0, 7), st.integers(0, 7))
def test_every_partition_is_read_once_where_it_is_written(
    hosts: int, more: int, partitions: int, consumers: int
) -> None:
    partitions, consumers, producers = hosts + partitions, hosts + consumers, hosts + more
    read: dict[int, int] = {}
    for share in range(consumers):
        for partition in consumer_partitions(share, consumers, partitions, hosts):
            assert partition not in read
            read[partition] = host_of(share, hosts)
    assert sorted(read) == list(range(partitions))
    for share in range(producers):
        own = producer_partitions(share, partitions, hosts)
        assert own and {read[partition] for partition in own} == {host_of(share, hosts)}


def test_partitions_are_dealt_out_only_where_all_fits() -> None:
    assert is_pinned(load(), 3, 3)
    assert not is_pinned(load(), 3, 1), "one host has one clock"
    assert not is_pinned(load(), 2, 3), "a host without a partition"
    assert not is_pinned(load(consumers=2), 3, 3), "a host without a consumer"
    assert not is_pinned(load(keys="zipf:10"), 3, 3), "keys say where a record goes"


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=20),
)
def test_an_offset_is_right_within_its_error(ahead: int, ways: list[tuple[int, int]]) -> None:
    readings, now = [], 10**12
    for there, back in ways:
        readings.append(Reading(now, now + there + ahead, now + there + back))
        now += there + back + 1_000
    found = offset_of(readings)
    assert abs(found.offset_ns - ahead) <= found.error_ns
    assert found.error_ns <= (min(sum(way) for way in ways) + 1) // 2


def test_drift_is_found_and_is_part_of_the_error() -> None:
    def seen(now: int) -> Reading:
        return Reading(now, shifted(now + 500, 250_000_000, 50), now + 1_000)

    minute = 60_000_000_000
    clock = HostClock("h", offset_of([seen(0)]), offset_of([seen(minute)]))
    assert clock.drift_ppm == pytest.approx(50, abs=clock.drift_error_ppm)
    assert clock.error_ns == pytest.approx(3_000_000, abs=2_000)


def test_addresses() -> None:
    assert dask_address("dask://scheduler", OPEN) == "tcp://scheduler:8786"
    assert dask_address("dask+tls://scheduler:1", WITH_PASSWORD) == "tls://scheduler:1"
    assert dask_address("dask://127.0.0.1:1", WITH_PASSWORD) == "tcp://127.0.0.1:1"
    with pytest.raises(RefusedError, match="unencrypted"):
        dask_address("dask://scheduler", WITH_PASSWORD)
    with pytest.raises(UsageError, match="write dask://"):
        dask_address("http://scheduler", OPEN)
