from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kafkaops.loadtest.intervals import Intervals

runs = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=20)


def numbers(pairs: list[tuple[int, int]]) -> set[int]:
    return {number for start, stop in pairs for number in range(start, stop)}


@given(runs)
def test_a_set_holds_what_was_put_in_and_is_normal(pairs: list[tuple[int, int]]) -> None:
    found = Intervals(pairs)
    assert numbers(list(found)) == numbers(pairs)
    assert len(found) == len(numbers(pairs))
    flat = [edge for run in found for edge in run]
    assert flat == sorted(set(flat))
    assert all((number in found) == (number in numbers(pairs)) for number in range(-1, 62))
    assert found.last == max(numbers(pairs), default=None)


@given(runs, runs, st.integers(0, 60), st.integers(0, 60))
def test_set_arithmetic(left: list[tuple[int, int]], right: list[tuple[int, int]], start: int, stop: int) -> None:
    one, two = Intervals(left), Intervals(right)
    assert numbers(list(one.union(two))) == numbers(left) | numbers(right)
    assert numbers(list(one.minus(two))) == numbers(left) - numbers(right)
    assert numbers(list(one.both(two))) == numbers(left) & numbers(right)
    assert numbers(list(one.within(start, stop))) == numbers(left) & set(range(start, stop))
    assert one == Intervals(left)
