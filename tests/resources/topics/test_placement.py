"""Placement against every alternative where they can be counted, and against bounds where they cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.clients.kafka import ClusterState, PartitionState, TopicPlacement
from kafkaops.resources.topics.balance import Choice, choose
from kafkaops.resources.topics.placement import Load, Replicas, moves, rebalanced, resized

Racks = Mapping[int, str | None]


def rack_count(brokers: Sequence[int], racks: Racks) -> int:
    return len({racks[broker] or broker for broker in brokers})


def squares(counts: Mapping[int, int], brokers: Sequence[int]) -> int:
    return sum(counts.get(broker, 0) ** 2 for broker in brokers)


def held(partitions: Sequence[Sequence[int]]) -> Counter[int]:
    return Counter(broker for replicas in partitions for broker in replicas)


@st.composite
def problems(draw: st.DrawFn, most: int = 4) -> tuple[list[Choice], Racks, dict[int, int]]:
    """Small enough for every answer to be tried."""
    brokers = tuple(range(1, draw(st.integers(1, most)) + 1))
    racks = {broker: draw(st.sampled_from(["a", "b", "c", None])) for broker in brokers}
    load = {broker: draw(st.integers(0, 3)) for broker in brokers}
    choices = []
    for _ in range(draw(st.integers(1, 4))):
        fixed = tuple(draw(st.sets(st.sampled_from(brokers), max_size=2)))
        candidates = tuple(broker for broker in brokers if broker not in fixed)
        home = draw(st.sets(st.sampled_from(candidates))) if candidates else set()
        choices.append(Choice(candidates, draw(st.integers(0, len(candidates))), fixed, frozenset(home)))
    return choices, racks, load


def worth(
    answer: Sequence[Sequence[int]], choices: Sequence[Choice], racks: Racks, load: Mapping[int, int]
) -> tuple[int, ...]:
    """What `choose` promises to make small, in order."""
    whole = [(*choice.fixed, *chosen) for choice, chosen in zip(choices, answer, strict=True)]
    counts = held(whole)
    return (
        -sum(rack_count(replicas, racks) for replicas in whole),
        squares(counts, tuple(racks)),
        sum(len(set(chosen) - choice.home) for choice, chosen in zip(choices, answer, strict=True)),
        squares({broker: counts[broker] + load.get(broker, 0) for broker in racks}, tuple(racks)),
    )


@given(problems())
def test_no_alternative_is_better(problem: tuple[list[Choice], Racks, dict[int, int]]) -> None:
    choices, racks, load = problem
    alternatives = product(*(combinations(choice.candidates, choice.count) for choice in choices))
    best = min(worth(answer, choices, racks, load) for answer in alternatives)
    assert worth(choose(choices, racks, load), choices, racks, load) == best


@st.composite
def topics(draw: st.DrawFn) -> tuple[tuple[Replicas, ...], Load]:
    """A topic placed anyhow on a cluster of up to a dozen brokers in up to four racks, or none."""
    brokers = list(range(1, draw(st.integers(2, 12)) + 1))
    named = draw(st.booleans())
    racks: Racks = {broker: f"rack-{draw(st.integers(0, 3))}" if named else None for broker in brokers}
    factor = draw(st.integers(1, min(4, len(brokers))))
    one = st.permutations(brokers).map(lambda order: tuple(order[:factor]))
    current = tuple(draw(st.lists(one, min_size=1, max_size=24)))
    return current, Load(racks, {broker: draw(st.integers(0, 9)) for broker in brokers})


@given(topics(), st.data())
def test_a_replication_factor_changes_with_the_fewest_moves(
    placed: tuple[tuple[Replicas, ...], Load], data: st.DataObject
) -> None:
    current, load = placed
    wanted = data.draw(st.integers(1, len(load.racks)))
    target = resized(current, wanted, load)
    assert target == resized(current, wanted, load), "the same input gives the same answer"
    added = sum(map(len, moves(current, target).values()))
    assert added == sum(max(0, wanted - len(replicas)) for replicas in current), "the lower bound"
    every_rack = rack_count(tuple(load.racks), load.racks)
    for before, after in zip(current, target, strict=True):
        assert len(after) == len(set(after)) == wanted
        assert set(after) >= set(before) or set(after) <= set(before), "only added, or only taken away"
        had = rack_count(before, load.racks)
        most = min(had + max(0, wanted - len(before)), every_rack) if wanted >= len(before) else min(had, wanted)
        assert rack_count(after, load.racks) == most


@given(topics(), st.booleans())
def test_rebalancing_spreads_replicas_and_leaders(placed: tuple[tuple[Replicas, ...], Load], heed_racks: bool) -> None:
    current, load = placed
    target = rebalanced(current, load, heed_racks=heed_racks)
    assert target == rebalanced(current, load, heed_racks=heed_racks)
    racks = load.racks if heed_racks else dict.fromkeys(load.racks)
    for before, after in zip(current, target, strict=True):
        assert len(after) == len(set(after)) == len(before)
        assert rack_count(after, racks) == min(len(before), rack_count(tuple(racks), racks))
    assert rebalanced(target, load, heed_racks=heed_racks) == target, "what is balanced stays"
    if all(rack is None for rack in racks.values()):
        counts, was = ([held(each)[broker] for broker in racks] for each in (target, current))
        assert max(counts) - min(counts) <= 1
        low, more = divmod(sum(was), len(was))
        # Of the fullest brokers, as many as there must be keep one more than the others.
        keep = sum(max(0, count - low) for count in was) - min(more, sum(count > low for count in was))
        assert sum(map(len, moves(current, target).values())) == keep, "the lower bound"


@given(topics(), st.data())
def test_leaders_are_even_where_they_can_be(placed: tuple[tuple[Replicas, ...], Load], data: st.DataObject) -> None:
    """With as many replicas as brokers any of them may lead: no broker leads more than one more than another."""
    current, load = placed
    target = resized(current, len(load.racks), load)
    leading = Counter(replicas[0] for replicas in target)
    counts = [leading[broker] for broker in load.racks]
    assert max(counts) - min(counts) <= 1


def test_a_missing_broker_loses_its_replicas_first() -> None:
    load = Load({1: None, 2: None})
    assert resized([(3, 1), (1, 3)], 1, load) == ((1,), (1,))
    assert rebalanced([(3, 1), (1, 3)], load) == ((2, 1), (1, 2))


def test_what_need_not_change_does_not() -> None:
    current = ((1, 2), (2, 3), (3, 1))
    load = Load({1: "a", 2: "b", 3: "c"})
    assert rebalanced(current, load) == resized(current, 2, load) == current


def test_more_replicas_than_brokers_cannot_be_had() -> None:
    with pytest.raises(ValueError, match="3 brokers are wanted of 1"):
        resized([(1,)], 4, Load({1: None, 2: None}))


def test_load_leaves_the_topic_out() -> None:
    parts = (PartitionState(1, (1, 2), (1, 2)), PartitionState(2, (2, 3), (2, 3)))
    cluster = ClusterState("id", {1: "", 2: "", 3: ""}, {name: TopicPlacement(name, parts) for name in ("a", "b")})
    load = Load.of(cluster, {1: None, 2: None, 3: None}).without([(1, 2), (2, 3)])
    assert (dict(load.replicas), dict(load.leaders)) == ({1: 1, 2: 2, 3: 1}, {1: 1, 2: 1})
    assert load.plus([(1,)]).replicas[1] == 2
