"""What a replication factor, or a move in progress, makes of a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kafkaops.address import Guard
from kafkaops.clients.kafka import Reassignment, Refusal, TopicPartition
from kafkaops.plan.model import Change, Difference, FieldChange, Operation, Reason, Risk
from kafkaops.resources.topics.diff import Wanted, diff
from kafkaops.resources.topics.model import (
    ChangeReplicationFactor,
    Copying,
    FinishReassignment,
    GrowPartitions,
    Layout,
    SetTopicConfigs,
    TopicState,
)
from kafkaops.resources.topics.throttle_mark import FOLLOWERS, LEADERS, Mark, mark_of, marking
from kafkaops.resources.topics.underway import underway
from kafkaops.spec.model import Topic
from tests.resources.topics.values import INHERITED, cluster, configs, effect, on, topic, with_configs

RACKS = {1: "a", 2: "b", 3: "c"}
LAYOUT = Layout(racks=RACKS)


def compare(want: Topic, have: TopicState, layout: Layout = LAYOUT, throttle: int | None = None) -> Difference:
    return diff(Wanted(topics={"t": want}, throttle=throttle), {"t": have}, cluster([have]), layout)


def only(want: Topic, have: TopicState, layout: Layout = LAYOUT, throttle: int | None = None) -> Change:
    (change,) = compare(want, have, layout, throttle).changes
    return change


def marked(have: TopicState, mark: Mark | None = None) -> TopicState:
    return with_configs(have, {LEADERS: (mark or Mark()).text})


def moving(have: TopicState, **moves: Reassignment) -> TopicState:
    return replace(have, moving={int(index.removeprefix("p")): move for index, move in moves.items()})


def test_more_replicas_are_copied_and_min_insync_is_raised_afterwards() -> None:
    have = on((1,), (2,), (3,))
    change = only(topic(replication_factor=3, min_insync_replicas="2", retention_ms="1"), have, throttle=1 << 20)
    configs_, move = change.operations
    assert configs_ == SetTopicConfigs(topic="t", set=(("retention.ms", "1"),))
    assert move == ChangeReplicationFactor(
        topic="t",
        before=((0, (1,)), (1, (2,)), (2, (3,))),
        after=((0, (1, 2, 3)), (1, (2, 1, 3)), (2, (3, 1, 2))),
        throttle=1 << 20,
        then_set=(("min.insync.replicas", "2"),),
        factor_before=1,
        factor_after=3,
    )
    assert change.fields[1:] == (
        FieldChange("replication_factor", 1, 3),
        *(FieldChange(f"replicas.broker_{broker}", 1, 3) for broker in RACKS),
        FieldChange("config.min.insync.replicas", 1, 2, note="once the replicas are copied"),
    )
    assert [(hazard.code, hazard.risk, hazard.guard) for hazard in change.held] == [
        ("KO222", Risk.DATA_LOSS, Guard.DATA_LOSS),
        ("KO261", Risk.DISRUPTIVE, Guard.DISRUPTIVE),
    ]
    assert "6 replicas copied between brokers, at most 1 MiB/s a broker" in change.held[1].text


def test_an_override_that_keeps_min_insync_low_stays_until_the_copies_are_there() -> None:
    have = replace(on((1,), min_insync_replicas="1"), defaults={**INHERITED, "min.insync.replicas": "2"})
    (move,) = only(topic(1, replication_factor=3, mode="exact"), have).operations
    assert isinstance(move, ChangeReplicationFactor) and move.then_reset == ("min.insync.replicas",)


def test_with_fewer_replicas_min_insync_is_lowered_first() -> None:
    have = on((1, 2, 3), (2, 3, 1), (3, 1, 2), min_insync_replicas="2")
    change = only(topic(replication_factor=1, min_insync_replicas="1"), have)
    assert [type(step) for step in change.operations] == [SetTopicConfigs, ChangeReplicationFactor]
    (hazard,) = (hazard for hazard in change.held if hazard.guard is Guard.DISRUPTIVE)
    assert (hazard.code, hazard.text) == ("KO262", "records are on 1 broker, and lost when those are")
    assert not change.blockers


def test_new_partitions_come_after_the_move_so_that_they_get_as_many_replicas() -> None:
    change = only(topic(5, replication_factor=2), on((1,), (2,), (3,)))
    assert [type(step) for step in change.operations] == [ChangeReplicationFactor, GrowPartitions]


def test_partitions_that_differ_among_themselves_are_made_alike() -> None:
    change = only(topic(2, replication_factor=2), on((1, 2), (2,)))
    (move,) = change.operations
    assert isinstance(move, ChangeReplicationFactor)
    assert [index for index, _ in move.after] == [1], "the other one is left alone"


@pytest.mark.parametrize(
    ("want", "have", "code", "summary"),
    [
        (
            topic(1, replication_factor=4),
            on((1, 2)),
            "KO203",
            "replication factor 4 needs as many brokers; the cluster has 3 brokers",
        ),
        (
            topic(1, replication_factor=1),
            on((1, 2), min_insync_replicas="2"),
            "KO264",
            "min.insync.replicas=2 is above replication factor 1: acks=all could never be served",
        ),
        (
            topic(1, replication_factor=3),
            moving(on((1, 2)), p0=Reassignment((1, 2), (2,), (1,))),
            "KO263",
            "somebody else is moving its replicas (1 partition left), which must end first",
        ),
        (
            topic(1, replication_factor=2, min_insync_replicas="2"),
            moving(on((1, 2)), p0=Reassignment((1, 2), (2,), ())),
            "KO263",
            "somebody else is moving its replicas (1 partition left), which must end first",
        ),
    ],
)
def test_what_cannot_be_done_is_blocked(want: Topic, have: TopicState, code: str, summary: str) -> None:
    (blocker,) = only(want, have).blockers
    assert (blocker.code, blocker.summary) == (code, summary)
    assert blocker.hint


def test_without_the_right_to_look_nothing_is_moved() -> None:
    refused = Layout(racks=RACKS, refused=Refusal("CLUSTER_AUTHORIZATION_FAILED", "no"))
    (blocker,) = only(topic(1, replication_factor=3), on((1,)), refused).blockers
    assert blocker.code == "KO265" and "CLUSTER_AUTHORIZATION_FAILED" in blocker.summary


def test_an_unfinished_move_of_ours_is_finished() -> None:
    have = moving(marked(on((1, 2, 3)), Mark(4096)), p0=Reassignment((1, 2, 3), (2, 3)))
    copying = Layout(moving={TopicPartition("t", 0): have.moving[0]}, copying=(Copying("t", 1, 1, 3 << 20, ours=True),))
    found = compare(topic(1, replication_factor=3, min_insync_replicas="2"), have, copying)
    (change,) = found.changes
    (step,) = change.operations
    assert step == FinishReassignment(
        topic="t", before=((0, (1,)),), after=((0, (1, 2, 3)),), then_set=(("min.insync.replicas", "2"),)
    )
    assert change.reason is Reason.REASSIGNMENT_UNFINISHED
    assert change.fields[0] == FieldChange(
        "reassignment", "in progress", "finished", note="throttle of 4 MiB/s taken away"
    )
    assert change.risk is Risk.SAFE and not change.blocked, "ours ails nobody"
    (said,) = (item for item in found.observations if item.code == "KO260")
    assert said.summary == "reassignment in progress: 1 of 1 partition left, about 3 MiB left to copy"


def test_an_unfinished_move_goes_on_under_the_throttle_of_the_spec() -> None:
    have = moving(marked(on((1, 2))), p0=Reassignment((1, 2), (2,)))
    change = only(topic(1, replication_factor=2), have, Layout(), throttle=1 << 20)
    (step,) = change.operations
    assert isinstance(step, FinishReassignment) and step.throttle == 1 << 20
    assert change.fields == (FieldChange("reassignment", "in progress", "finished", note="throttled to 1 MiB/s"),)


def test_what_a_finished_move_left_is_taken_away_and_min_insync_is_set_at_once() -> None:
    change = only(topic(1, replication_factor=3, min_insync_replicas="2"), marked(on((1, 2, 3))), Layout())
    assert change.operations == (
        SetTopicConfigs(topic="t", set=(("min.insync.replicas", "2"),)),
        FinishReassignment(topic="t"),
    )
    assert FieldChange("reassignment", "copied", "finished") in change.fields


def test_what_goes_on_to_what_is_declared_is_underway_with_what_waits_for_it() -> None:
    copying = moving(marked(on((1, 2, 3))), p0=Reassignment((1, 2, 3), (2, 3)))
    found = underway(only(topic(1, replication_factor=3, min_insync_replicas="2", retention_ms="1"), copying))
    assert found is not None and found.paths == {"reassignment", "config.min.insync.replicas"}, "others are drift"
    assert (found.said.code, found.said.address) == ("KO277", "topic.t")
    assert found.said.summary.startswith("copying: replicas of 1 partition are on their way")
    copied = underway(only(topic(1, replication_factor=3, min_insync_replicas="2"), marked(on((1, 2, 3)))))
    assert copied is not None and copied.paths == {"reassignment"} and "are copied" in copied.said.summary


def test_what_others_move_or_what_leads_elsewhere_is_not_underway() -> None:
    to_three = Reassignment((1, 2, 3), (2, 3))
    assert underway(only(topic(1, replication_factor=2), moving(marked(on((1, 2, 3))), p0=to_three))) is None
    assert underway(only(topic(1, replication_factor=2), moving(on((1, 2, 3)), p0=to_three))) is None
    assert underway(only(topic(1, replication_factor=3, retention_ms="1"), moving(on((1, 2, 3)), p0=to_three))) is None
    assert underway(only(topic(1, replication_factor=3), on((1,)))) is None, "nothing is begun"


def test_one_move_follows_the_other() -> None:
    have = moving(marked(on((1, 2, 3))), p0=Reassignment((1, 2, 3), (2, 3)))
    change = only(topic(1, replication_factor=2), have, Layout(racks=RACKS))
    assert [type(step) for step in change.operations] == [FinishReassignment]
    assert [item.code for item in change.warnings] == ["KO266"]


def test_disruptive_changes_wait_for_what_others_move() -> None:
    partition = TopicPartition("other", 0)
    layout = Layout(
        racks=RACKS, moving={partition: Reassignment((1, 2), (2,))}, copying=(Copying("other", 1, 1, None),)
    )
    found = compare(topic(1, replication_factor=2), on((1,)), layout)
    assert [blocker.code for blocker in found.changes[0].blockers] == ["KO205"]
    said = {item.code: item.summary for item in found.observations}
    assert "1 partition being reassigned (other[0])" in said["KO208"]
    assert said["KO260"].endswith("bytes left unknown, begun by somebody else")


def test_our_mark_is_no_override() -> None:
    have = marked(on((1, 2, 3)))
    found = compare(topic(1, mode="exact"), have)
    assert found.changes[0].operations == (FinishReassignment(topic="t"),)
    assert "KO206" not in {item.code for item in compare(topic(1), have).observations}
    foreign = with_configs(on((1, 2, 3)), {LEADERS: "0:1", FOLLOWERS: "0:2"})
    assert "KO206" in {item.code for item in compare(topic(1), foreign).observations}


@given(st.integers(0, 1 << 30), st.dictionaries(st.integers(0, 99), st.sets(st.integers(0, 9), min_size=1)))
def test_a_mark_reads_back(rate: int, sources: dict[int, set[int]]) -> None:
    mark = Mark.of(rate)
    assert mark.rate_kib * 1024 >= rate > (mark.rate_kib - 1) * 1024 or rate == 0
    read = mark_of(configs(marking(mark, sources, {index: {10} for index in sources})))
    assert read is not None and read.rate_kib == mark.rate_kib
    throttled = {broker for brokers in sources.values() for broker in brokers} | ({10} if sources else set())
    assert read.brokers == (throttled if mark.rate_kib else set())


def test_what_others_set_is_no_mark() -> None:
    for text in ("", "*", "0:1,1:2", "2147483647:1"):
        assert mark_of(configs({LEADERS: text, FOLLOWERS: text})) is None


brokers = st.permutations([1, 2, 3])


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Topic, TopicState]:
    """A topic that can be written to now, and as declared."""
    had, wanted = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    replicas = [tuple(draw(brokers)[:had]) for _ in range(draw(st.integers(1, 4)))]
    own = {} if draw(st.booleans()) else {"min.insync.replicas": str(draw(st.integers(1, had)))}
    declared = {} if draw(st.booleans()) else {"min_insync_replicas": str(draw(st.integers(1, wanted)))}
    have = replace(on(*replicas), configs=configs(own))
    assume(had <= wanted or declared or int(own.get("min.insync.replicas", 1)) <= wanted)
    return topic(len(replicas) + draw(st.integers(0, 2)), replication_factor=wanted, **declared), have


@given(scenes())
def test_one_plan_is_enough_and_acks_all_is_served_at_every_step(scene: tuple[Topic, TopicState]) -> None:
    want, have = scene
    found = compare(want, have).changes
    for change in found:
        assert not change.blockers
        for step in change.operations:
            have = served(step, have)
    assert compare(want, have).changes == ()
    assert have.factors == {want.replication_factor} and have.partitions == want.partitions


def served(step: Operation, have: TopicState) -> TopicState:
    """The topic after a step; acks=all was served during it, by the replicas that are in sync meanwhile."""
    after = effect([step], have)
    assert after is not None
    if isinstance(step, ChangeReplicationFactor):
        meanwhile = min(len(set(now) & set(then)) for now, then in zip(have.targets, after.targets, strict=True))
        assert needed(have) <= meanwhile
    assert needed(after) <= after.replication_factor
    return after


def needed(have: TopicState) -> int:
    return int(have.configs.effective("min.insync.replicas") or INHERITED["min.insync.replicas"])
