from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.address import Address, Guard
from kafkaops.clients.kafka import ClusterState, GroupPhase, TopicPartition
from kafkaops.plan.model import Change, ChangeType, Difference, FieldChange, Reason, Risk, Unit
from kafkaops.resources.groups.diff import Wanted, diff, expected_partitions, operations
from kafkaops.resources.groups.model import (
    CommitStartPosition,
    DeleteGroup,
    GroupsSnapshot,
    GroupState,
    SetGroupConfigs,
)
from kafkaops.spec.model import ConsumerGroup, StartFrom, Topic
from tests.resources.groups.values import cluster, effect, group, member, part, parts, state, topic

EARLIEST, LATEST = StartFrom.EARLIEST, StartFrom.LATEST


def found(
    want: ConsumerGroup,
    have: GroupState,
    live: ClusterState | None = None,
    topics: dict[str, Topic] | None = None,
    ends: dict[TopicPartition, int] | None = None,
) -> Difference:
    declared = topics if topics is not None else {name: topic(2) for name in want.topics}
    snapshot = GroupsSnapshot({"g": have}, ends or {})
    return diff(Wanted(groups={"g": want}, topics=declared), snapshot, live or cluster(t=2))


def only(want: ConsumerGroup, have: GroupState, **more: object) -> Change:
    (change,) = found(want, have, **more).changes  # type: ignore[arg-type]  # what `found` takes
    return change


def start(start_from: StartFrom, *partitions: TopicPartition) -> CommitStartPosition:
    return CommitStartPosition(group="g", start_from=start_from, partitions=partitions)


STARTS = [
    ("never ran", EARLIEST, state(), (start(EARLIEST, *parts("t", 2)),)),
    ("never ran, from the end", LATEST, state(), (start(LATEST, *parts("t", 2)),)),
    ("ran and left", EARLIEST, state(GroupPhase.EMPTY), (start(EARLIEST, *parts("t", 2)),)),
    ("has committed", EARLIEST, state(GroupPhase.EMPTY, {part("t", 0): 5, part("t", 1): 0}), ()),
    ("a partition came later", EARLIEST, state(GroupPhase.EMPTY, {part("t", 0): 5}), (start(EARLIEST, part("t", 1)),)),
    (
        "a partition came later: nothing of it is skipped",
        LATEST,
        state(GroupPhase.EMPTY, {part("t", 0): 5}),
        (start(EARLIEST, part("t", 1)),),
    ),
    ("runs", EARLIEST, state(GroupPhase.STABLE), ()),
    ("rebalances", EARLIEST, state(GroupPhase.REBALANCING), ()),
    ("not declared", None, state(), ()),
]


@pytest.mark.parametrize(
    ("start_from", "have", "expected"), [case[1:] for case in STARTS], ids=[case[0] for case in STARTS]
)
def test_start_positions(
    start_from: StartFrom | None, have: GroupState, expected: tuple[CommitStartPosition, ...]
) -> None:
    want = group("t", start_from=start_from)
    assert operations("g", want, have, parts("t", 2)) == expected


def test_a_second_topic_starts_where_declared() -> None:
    have = state(GroupPhase.EMPTY, dict.fromkeys(parts("t", 2), 7))
    want = group("t", "u", start_from="latest")
    assert operations("g", want, have, [*parts("t", 2), *parts("u", 1)]) == (start(LATEST, part("u", 0)),)


@pytest.mark.parametrize(
    ("declared", "live", "count"),
    [
        (topic(6), 3, 6),  # this plan grows it
        (topic(3), 6, 6),  # cannot shrink
        (topic(6), None, 6),  # this plan makes it
        (topic(6, managed=False), 3, 3),
        (topic(6, managed=False), None, 0),
    ],
)
def test_partitions_are_those_that_there_will_be(declared: Topic, live: int | None, count: int) -> None:
    there = cluster(t=live) if live is not None else cluster()
    assert expected_partitions(group("t"), {"t": declared}, there) == parts("t", count)


def test_a_change_requires_its_topics() -> None:
    change = only(group("t", "u", start_from="earliest"), state(), live=cluster())
    assert change.requires == (Address("topic", "t"), Address("topic", "u"))
    assert (change.type, change.reason) == (ChangeType.CREATE, Reason.ABSENT_FROM_CLUSTER)
    assert change.summary == "reads t, u"
    assert change.fields == (
        FieldChange("committed.t", None, "earliest", note="2 partitions without a committed offset"),
        FieldChange("committed.u", None, "earliest", note="2 partitions without a committed offset"),
    )


def test_one_partition_is_one() -> None:
    change = only(group("t", start_from="earliest"), state(GroupPhase.EMPTY, {part("t", 0): 1}))
    assert change.type is ChangeType.UPDATE
    assert change.fields == (
        FieldChange("committed.t", None, "earliest", note="1 partition without a committed offset"),
    )


def test_a_topic_that_nobody_makes_blocks() -> None:
    want = group("t", "u", start_from="earliest")
    change = only(want, state(), live=cluster(t=2), topics={"t": topic(2), "u": topic(2, managed=False)})
    assert [blocker.code for blocker in change.blockers] == ["KO601"]
    assert change.blockers[0].summary == "its topic u is not on the cluster, and this plan does not make it"


def test_so_does_one_that_is_the_only_topic() -> None:
    unmade = {"u": topic(2, managed=False)}
    change = only(group("u", start_from="earliest"), state(), live=cluster(), topics=unmade)
    assert (change.operations, [blocker.code for blocker in change.blockers]) == ((), ["KO601"])
    assert not found(group("u"), state(), cluster(), unmade).changes
    assert not found(group("u", start_from="earliest"), state(GroupPhase.STABLE), cluster(), unmade).changes


def test_configs_are_set_where_they_differ() -> None:
    want = group("t", config={"consumer.session.timeout.ms": "50000", "consumer.heartbeat.interval.ms": "3000"})
    have = state(GroupPhase.STABLE, configs={"consumer.heartbeat.interval.ms": "3000"})
    change = only(want, have)
    assert change.operations == (SetGroupConfigs(group="g", set=(("consumer.session.timeout.ms", "50000"),)),)
    assert change.fields == (FieldChange("config.consumer.session.timeout.ms", 45000, 50000, unit=Unit.MILLISECONDS),)
    assert not found(group("t", config={"consumer.session.timeout.ms": "45000"}), have).changes


def test_a_group_that_is_not_managed_is_left_alone() -> None:
    want = group("t", start_from="earliest", managed=False)
    difference = diff(Wanted(groups={"g": want}), GroupsSnapshot({}), cluster(t=2))
    assert (difference.changes, difference.observations, difference.in_sync) == ((), (), 0)


def removal(have: GroupState) -> tuple[Change, ...]:
    wanted = Wanted(groups={}, removed={"g": None}, lifted={"g": frozenset({Guard.DELETE})})
    return diff(wanted, GroupsSnapshot({"g": have}), cluster()).changes


def test_removal() -> None:
    (change,) = removal(state(GroupPhase.EMPTY))
    assert change.operations == (DeleteGroup(group="g"),)
    assert (change.type, change.risk, change.blocked) == (ChangeType.DELETE, Risk.IRREVERSIBLE, False)
    (held,) = diff(
        Wanted(groups={}, removed={"g": None}), GroupsSnapshot({"g": state(GroupPhase.EMPTY)}), cluster()
    ).changes
    assert [hazard.guard for hazard in held.held] == [Guard.DELETE]


def test_removing_what_is_not_there_is_no_change() -> None:
    assert removal(state()) == ()


def test_a_group_with_members_is_not_deleted() -> None:
    (change,) = removal(state(GroupPhase.STABLE, members=(member(), member())))
    assert [(blocker.code, blocker.summary) for blocker in change.blockers] == [
        ("KO602", "it has 2 members (stable): Kafka deletes no such group")
    ]


def test_connects_own_group_is_not_deleted() -> None:
    (change,) = removal(state(GroupPhase.EMPTY, purpose="connect"))
    assert [blocker.code for blocker in change.blockers] == ["KO603"]


def test_a_share_group_of_that_name_blocks_and_is_not_deleted() -> None:
    change = only(group("t", start_from="earliest"), state(GroupPhase.FOREIGN))
    assert (change.operations, [blocker.code for blocker in change.blockers]) == ((), ["KO605"])
    (gone,) = removal(state(GroupPhase.FOREIGN))
    assert [blocker.code for blocker in gone.blockers] == ["KO603"]


partition_sets = st.sets(st.sampled_from([*parts("t", 4), *parts("u", 2)]))


@given(
    st.sampled_from([EARLIEST, LATEST, None]),
    st.sampled_from(list(GroupPhase)),
    partition_sets,
    st.sampled_from([{}, {"consumer.session.timeout.ms": "50000"}, {"consumer.session.timeout.ms": "45000"}]),
    st.integers(0, 6),
)
def test_one_plan_is_enough(
    start_from: StartFrom | None,
    phase: GroupPhase,
    committed: set[TopicPartition],
    config: dict[str, str],
    count: int,
) -> None:
    want = group("t", "u", start_from=start_from, config=config)
    have = state(phase, dict.fromkeys(committed, 3), configs={})
    partitions = [*parts("t", count), *parts("u", 2)]
    after = effect(operations("g", want, have, partitions), have)
    assert operations("g", want, after, partitions) == ()
    assert {key: after.committed[key] for key in committed} == dict.fromkeys(committed, 3)
