from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.address import Address
from kafkaops.errors import ExitCode, RefusedError
from kafkaops.plan.model import Change, ChangeType
from kafkaops.plan.order import ordered, selected, waves
from tests.values import change

KINDS = ("topic", "schema", "group", "connector")


def names(changes: tuple[Change, ...]) -> list[str]:
    return [str(item.address) for item in changes]


def test_kinds_are_made_in_order_and_taken_away_backwards() -> None:
    mixed = [
        change("connector.old", ChangeType.DELETE),
        change("connector.new"),
        change("topic.old", ChangeType.DELETE),
        change("schema.new-value"),
        change("topic.new"),
    ]
    assert names(ordered(mixed, KINDS)) == [
        "topic.new",
        "schema.new-value",
        "connector.new",
        "connector.old",
        "topic.old",
    ]


def test_a_required_change_of_the_same_kind_is_in_an_earlier_wave() -> None:
    mixed = [
        change("schema.order", requires=("schema.address",)),
        change("schema.wave", requires=("schema.order", "topic.wave")),
        change("schema.address"),
        change("schema.pick"),
    ]
    assert [names(wave) for wave in waves(mixed, KINDS)] == [
        ["schema.address", "schema.pick"],
        ["schema.order"],
        ["schema.wave"],
    ]


def test_deletions_take_away_the_user_before_what_it_uses() -> None:
    mixed = [
        change("schema.address", ChangeType.DELETE),
        change("schema.order", ChangeType.DELETE, requires=("schema.address",)),
    ]
    assert names(ordered(mixed, KINDS)) == ["schema.order", "schema.address"]


def test_a_circle_is_refused_by_name() -> None:
    mixed = [change("schema.a", requires=("schema.b",)), change("schema.b", requires=("schema.a",))]
    with pytest.raises(RefusedError) as caught:
        ordered(mixed, KINDS)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert "schema.a → schema.b → schema.a" in str(caught.value)


def test_a_chain_of_thousands_is_no_recursion() -> None:
    chain = [change(f"schema.s{i}", requires=(f"schema.s{i + 1}",)) for i in range(5_000)]
    assert names(ordered(chain, KINDS))[0] == "schema.s4999"


def test_targets_bring_what_they_require() -> None:
    changes = [change("topic.a"), change("topic.b"), change("connector.c", requires=("topic.a", "schema.absent"))]
    assert names(selected(changes, [Address("connector", "c")])) == ["topic.a", "connector.c"]
    assert selected(changes, []) == tuple(changes)


@st.composite
def change_sets(draw: st.DrawFn) -> list[Change]:
    count = draw(st.integers(1, 25))
    made: list[Change] = []
    for index in range(count):
        kind = draw(st.sampled_from(KINDS))
        type_ = draw(st.sampled_from([ChangeType.CREATE, ChangeType.UPDATE, ChangeType.DELETE]))
        earlier = [str(item.address) for item in made]
        requires = tuple(draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True))) if earlier else ()
        made.append(change(f"{kind}.n{index}", type_, requires=requires))
    return made


@given(change_sets().flatmap(lambda changes: st.tuples(st.just(changes), st.permutations(changes))))
def test_the_order_does_not_depend_on_how_changes_came_in(pair: tuple[list[Change], list[Change]]) -> None:
    changes, shuffled = pair
    assert ordered(changes, KINDS) == ordered(shuffled, KINDS)


@given(change_sets())
def test_no_wave_holds_two_changes_that_require_each_other(changes: list[Change]) -> None:
    for wave in waves(changes, KINDS):
        inside = {item.address for item in wave}
        assert all(not inside & set(item.requires) for item in wave)
        assert len({item.address.kind for item in wave}) == 1


@given(change_sets())
def test_every_change_is_in_the_order_once(changes: list[Change]) -> None:
    assert sorted(names(ordered(changes, KINDS))) == sorted(names(tuple(changes)))


@given(change_sets())
def test_made_things_of_one_kind_come_after_what_they_require(changes: list[Change]) -> None:
    position = {item.address: index for index, item in enumerate(ordered(changes, KINDS))}
    by_address = {item.address: item for item in changes}
    for item in changes:
        for required in item.requires:
            if required.kind == item.address.kind and ChangeType.DELETE not in (item.type, by_address[required].type):
                assert position[required] < position[item.address]
