from __future__ import annotations

from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.loadtest.stamp import PROBE, SIZE, Origin, consecutive, numbers, runs, stamp, stamps, unstamp

origins = st.builds(Origin, st.integers(0, (1 << 31) - 1), st.integers(0, 4095), st.integers(0, (1 << 20) - 1))


@given(origins)
def test_an_origin_is_one_word(origin: Origin) -> None:
    assert Origin.of(origin.word()) == origin
    assert origin.word() < 1 << 63


@given(origins, st.integers(0, 1 << 40), st.lists(st.integers(0, 1 << 62), max_size=50))
def test_stamps_in_bulk_are_stamps_one_by_one(origin: Origin, first: int, times: list[int]) -> None:
    word = origin.word()
    keys = list(stamps(word, first, times))
    assert keys == [stamp(word, first + index, time) for index, time in enumerate(times)]
    words, sequences, intended = unstamp(keys, len(keys))
    assert list(words) == [word] * len(times)
    assert list(sequences) == list(range(first, first + len(times)))
    assert list(intended) == times


def test_the_layout_is_three_little_endian_integers() -> None:
    assert stamp(1, PROBE, 3) == b"\x01" + bytes(7) + b"\xff" * 8 + b"\x03" + bytes(7)
    assert SIZE == 24


def test_keys_of_others_are_refused() -> None:
    with pytest.raises(ValueError):
        unstamp([b"somebody else's"], 1)


@pytest.mark.parametrize("origin", [Origin(1 << 31, 0, 0), Origin(0, 4096, 0), Origin(0, 0, 1 << 20), Origin(-1, 0, 0)])
def test_what_does_not_fit_is_refused(origin: Origin) -> None:
    with pytest.raises(ValueError, match="out of range"):
        origin.word()


@given(st.lists(st.integers(1, 3), max_size=40))
def test_runs_are_the_longest_stretches_of_one_word(words: list[int]) -> None:
    found = list(runs(array("q", words)))
    assert [word for word, start, stop in found for _ in range(start, stop)] == words
    assert all(one[0] != other[0] and one[2] == other[1] for one, other in pairwise(found))


@given(st.lists(st.integers(-1, 5), min_size=1, max_size=6))
def test_sequences_are_consecutive_when_each_follows_the_one_before(sequences: list[int]) -> None:
    expected = all(later == earlier + 1 for earlier, later in pairwise(sequences))
    assert consecutive(array("q", sequences)) is expected


@given(st.integers(0, 1 << 61), st.integers(17, 5_000), st.integers(0, 4_999), st.integers(-3, 3))
def test_one_number_out_of_many_is_noticed(first: int, count: int, at: int, change: int) -> None:
    sequences = array("q", range(first, first + count))
    sequences[at % count] += change
    assert consecutive(sequences) is (change == 0)


@given(st.integers(-5, (1 << 62) + 5), st.integers(1, 5_000))
def test_numbers_made_as_one_are_those_made_one_by_one(first: int, count: int) -> None:
    assert numbers(first, count) == array("q", range(first, first + count))
