from __future__ import annotations

import json
from bisect import bisect_left
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafkaops.loadtest.histogram import Histogram, bucket_of, bucket_start, merged

values = st.integers(min_value=0, max_value=1 << 62)
PERCENTILES = (1, 500_000, 900_000, 950_000, 990_000, 999_000, 999_900, 1_000_000)


def recorded(numbers: list[int]) -> Histogram:
    histogram = Histogram()
    for number in numbers:
        histogram.add(number)
    return histogram


@given(values)
def test_a_bucket_holds_its_value_and_is_narrow(value: int) -> None:
    index = bucket_of(value)
    start, beyond = bucket_start(index), bucket_start(index + 1)
    assert start <= value < beyond
    assert (beyond - start - 1) * 128 <= start


@given(st.lists(values, min_size=1, max_size=300))
def test_percentiles_are_within_one_percent_of_an_exact_sort(numbers: list[int]) -> None:
    histogram = recorded(numbers)
    ordered = sorted(numbers)
    for ppm in PERCENTILES:
        exact = ordered[max(-(-len(ordered) * ppm // 1_000_000), 1) - 1]
        found = histogram.percentile(ppm)
        assert found is not None
        assert abs(found - exact) * 100 <= exact


def draw(shape: str, random: Random) -> int:
    match shape:
        case "lognormal":
            return int(random.lognormvariate(15, 1))
        case "bimodal":
            return int(random.gauss(5e6, 1e5) if random.random() < 0.98 else random.gauss(4e8, 1e7))
        case "stall":
            return max(5_000_000_000 - random.randrange(30_000_000_000), random.randrange(10**6, 10**7))
    return random.randrange(1, 10**9)


@pytest.mark.parametrize("shape", ["lognormal", "bimodal", "uniform", "stall"])
def test_percentiles_of_latencies_as_they_come(shape: str) -> None:
    random = Random(shape)
    numbers = [draw(shape, random) for _ in range(100_000)]
    ordered, histogram = sorted(numbers), recorded(numbers)
    for ppm in PERCENTILES:
        exact = ordered[max(-(-len(ordered) * ppm // 1_000_000), 1) - 1]
        assert histogram.percentile(ppm) == pytest.approx(exact, rel=0.01)
    assert (histogram.count, histogram.total) == (len(numbers), sum(numbers))
    assert (histogram.minimum, histogram.maximum) == (ordered[0], ordered[-1])


@given(st.lists(values, max_size=200), st.integers(1, 6), st.randoms())
def test_many_workers_merged_are_one_worker_bit_for_bit(numbers: list[int], workers: int, random: Random) -> None:
    parts = [Histogram() for _ in range(workers)]
    for number in numbers:
        random.choice(parts).add(number)
    random.shuffle(parts)
    assert merged(parts).document() == recorded(numbers).document()


@given(
    st.integers(-1000, 1 << 50),
    st.lists(st.integers(-1000, 1 << 50), max_size=200).map(sorted),
    st.integers(0, 50),
    st.integers(0, 200),
)
def test_a_sorted_batch_counts_as_its_records_do(end: int, starts: list[int], low: int, high: int) -> None:
    high = min(high, len(starts))
    batch = Histogram()
    batch.add_since(end, starts, low, high)
    assert batch == recorded([end - start for start in starts[low:high]])


@given(
    st.integers(0, 1 << 45),
    st.integers(1, 1 << 30),
    st.integers(1, 1 << 20),
    st.integers(0, 1 << 20),
    st.integers(0, 300),
)
@settings(deadline=None)
def test_an_evenly_spaced_run_counts_as_its_records_do(
    end: int, numerator: int, denominator: int, first: int, count: int
) -> None:
    run = Histogram()
    run.add_run(end, numerator, denominator, first, count)
    assert run == recorded([end - index * numerator // denominator for index in range(first, first + count)])


def test_values_below_zero_are_counted_and_shown() -> None:
    histogram = recorded([-5, 10, 20])
    assert (histogram.below_zero, histogram.minimum, histogram.count, histogram.total) == (1, -5, 3, 25)


def test_nothing_recorded_has_no_percentiles() -> None:
    assert Histogram().percentile(990_000) is None
    assert Histogram().mean() is None


@given(st.lists(st.integers(-100, 1 << 60), max_size=100))
def test_a_histogram_survives_json(numbers: list[int]) -> None:
    histogram = recorded(numbers)
    assert Histogram.from_document(json.loads(json.dumps(histogram.document()))) == histogram


def test_other_json_is_refused() -> None:
    with pytest.raises(ValueError, match="not a histogram"):
        Histogram.from_document({"count": 1})


def test_buckets_rise_and_add_up() -> None:
    numbers = [1, 1, 300, 70_000, 70_001, 5_000_000]
    buckets = list(recorded(numbers).buckets())
    assert sum(count for *_, count in buckets) == len(numbers)
    assert [start for start, *_ in buckets] == sorted(start for start, *_ in buckets)
    for start, beyond, count in buckets:
        assert count == bisect_left(numbers, beyond) - bisect_left(numbers, start)


def test_the_share_above_a_value() -> None:
    assert recorded([1, 2, 1_000_000, 2_000_000]).share_above(500_000) == 0.5
