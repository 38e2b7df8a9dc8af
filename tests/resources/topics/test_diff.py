from __future__ import annotations

from dataclasses import replace

import pytest

from kafkaops.address import Address, Guard
from kafkaops.errors import Severity
from kafkaops.plan.model import Change, ChangeType, FieldChange, Operation, Reason, Risk, Unit
from kafkaops.resources.topics.diff import Wanted, diff, operations
from kafkaops.resources.topics.model import CreateTopic, DeleteTopic, GrowPartitions, SetTopicConfigs, TopicState
from kafkaops.spec.model import Topic
from tests.resources.topics.values import cluster, partition, placement, seen, topic


def only(wanted: Topic, have: TopicState | None, *, name: str = "t", brokers: int = 3) -> Change:
    states = [] if have is None else [have]
    found = diff(
        Wanted(topics={name: wanted}), {state.placement.name: state for state in states}, cluster(states, brokers)
    )
    (change,) = found.changes
    return change


OPERATIONS: list[tuple[str, Topic, TopicState | None, tuple[Operation, ...]]] = [
    ("as declared", topic(), seen(), ()),
    ("absent", topic(), None, (CreateTopic(topic="t", partitions=3, replication_factor=3),)),
    (
        "absent, with configs",
        topic(retention_ms="1000", cleanup_policy="compact"),
        None,
        (
            CreateTopic(
                topic="t",
                partitions=3,
                replication_factor=3,
                config=(("cleanup.policy", "compact"), ("retention.ms", "1000")),
            ),
        ),
    ),
    ("more partitions", topic(12), seen(partitions=6), (GrowPartitions(topic="t", before=6, after=12),)),
    ("fewer partitions", topic(3), seen(partitions=6), ()),
    ("another replication factor", topic(replication_factor=2), seen(), ()),
    ("a declared default", topic(retention_ms="604800000"), seen(), ()),
    ("a declared default, set all the same", topic(retention_ms="604800000"), seen(retention_ms="604800000"), ()),
    ("the same number, written differently", topic(retention_ms="0604800000 "), seen(), ()),
    (
        "the same set, in another order",
        topic(cleanup_policy="delete,compact"),
        seen(cleanup_policy="compact, delete"),
        (),
    ),
    ("the same truth", topic(unclean_leader_election_enable="FALSE"), seen(), ()),
    ("the same decimal", topic(min_cleanable_dirty_ratio="0.50"), seen(), ()),
    ("another value", topic(retention_ms="1"), seen(), (SetTopicConfigs(topic="t", set=(("retention.ms", "1"),)),)),
    (
        "back to the default, by name",
        topic(retention_ms="604800000"),
        seen(retention_ms="1"),
        (SetTopicConfigs(topic="t", set=(("retention.ms", "604800000"),)),),
    ),
    ("an override not named, merging", topic(), seen(retention_ms="1"), ()),
    (
        "an override not named, exactly",
        topic(mode="exact"),
        seen(retention_ms="1"),
        (SetTopicConfigs(topic="t", reset=("retention.ms",)),),
    ),
    (
        "a config that the brokers do not know",
        topic(confluent_tier_enable="true"),
        seen(),
        (SetTopicConfigs(topic="t", set=(("confluent.tier.enable", "true"),)),),
    ),
    (
        "everything at once",
        topic(6, mode="exact", cleanup_policy="compact"),
        seen(retention_ms="1"),
        (
            GrowPartitions(topic="t", before=3, after=6),
            SetTopicConfigs(topic="t", set=(("cleanup.policy", "compact"),), reset=("retention.ms",)),
        ),
    ),
]


@pytest.mark.parametrize(
    ("want", "have", "expected"), [case[1:] for case in OPERATIONS], ids=[case[0] for case in OPERATIONS]
)
def test_operations(want: Topic, have: TopicState | None, expected: tuple[Operation, ...]) -> None:
    assert operations("t", want, have) == expected


def test_a_creation_says_what_is_made() -> None:
    change = only(topic(6, retention_ms="86400000"), None)
    assert (change.type, change.reason) == (ChangeType.CREATE, Reason.ABSENT_FROM_CLUSTER)
    assert change.summary == "6 partitions × 3 replicas"
    assert change.fields == (
        FieldChange("partitions", None, 6),
        FieldChange("replication_factor", None, 3),
        FieldChange("config.retention.ms", None, 86400000, unit=Unit.MILLISECONDS),
    )
    assert change.risk is Risk.SAFE and not change.blocked


def test_a_change_shows_the_effective_value_before() -> None:
    change = only(topic(retention_bytes="1000", cleanup_policy="compact"), seen())
    assert change.fields == (
        FieldChange("config.cleanup.policy", "delete", "compact"),
        FieldChange("config.retention.bytes", -1, 1000, unit=Unit.BYTES),
    )


def test_a_reset_shows_the_brokers_value_after() -> None:
    change = only(topic(mode="exact"), seen(retention_ms="1"))
    assert change.fields == (
        FieldChange("config.retention.ms", 1, 604800000, unit=Unit.MILLISECONDS, note="back to the brokers' value"),
    )


def test_what_is_as_declared_is_counted_and_not_changed() -> None:
    states = [seen("a"), seen("b")]
    found = diff(
        Wanted(topics={"a": topic(), "b": topic()}), {state.placement.name: state for state in states}, cluster(states)
    )
    assert (found.changes, found.in_sync, found.observations) == ((), 2, ())


def test_what_the_spec_does_not_name_is_unmanaged() -> None:
    states = [seen("a"), seen("z"), seen("b"), seen("__consumer_offsets"), seen("gone")]
    found = diff(
        Wanted(topics={"a": topic()}, removed={"gone": None}), {"a": states[0], "gone": states[4]}, cluster(states)
    )
    assert found.unmanaged == ("b", "z")


def test_a_topic_that_is_not_managed_is_left_alone() -> None:
    have = seen(partitions=1)
    unmanaged = topic(6).model_copy(update={"managed": False})
    found = diff(Wanted(topics={"t": unmanaged}), {}, cluster([have]))
    assert (found.changes, found.in_sync, found.unmanaged) == ((), 0, ())


BLOCKED = [
    ("KO210", topic(9_001), None, "9,001 partitions at once are more than the 9,000 that the controller makes"),
    ("KO210", topic(9_004), seen(), "9,001 partitions at once are more than the 9,000 that the controller makes"),
    ("KO201", topic(3), seen(partitions=6), "partitions cannot shrink (6 → 3)"),
    (
        "KO265",
        topic(replication_factor=2),
        seen(),
        "the cluster's reassignments cannot be looked at: nobody asked",
    ),
    (
        "KO203",
        topic(replication_factor=4),
        None,
        "replication factor 4 needs as many brokers; the cluster has 3 brokers",
    ),
    (
        "KO209",
        topic(max_message_bytes="3000000", segment_bytes="2000000"),
        None,
        "max.message.bytes (3000000) is above segment.bytes (2000000): larger batches could never be written",
    ),
    (
        "KO209",
        topic(max_message_bytes="3000000", segment_bytes="2000000"),
        seen(max_message_bytes="3000000"),
        "max.message.bytes (3000000) is above segment.bytes (2000000): larger batches could never be written",
    ),
]


@pytest.mark.parametrize(("code", "want", "have", "summary"), BLOCKED)
def test_what_cannot_be_done_is_blocked_with_a_way_out(
    code: str, want: Topic, have: TopicState | None, summary: str
) -> None:
    change = only(want, have)
    (blocker,) = change.blockers
    assert (blocker.code, blocker.summary, blocker.address) == (code, summary, "topic.t")
    assert blocker.hint


@pytest.mark.parametrize(("name", "other"), [("a.b", "a_b"), ("a_b.c", "a.b.c"), ("a_b", "a.b")])
def test_names_that_metrics_cannot_tell_apart_are_blocked(name: str, other: str) -> None:
    found = diff(Wanted(topics={name: topic()}), {}, cluster([seen(other)]))
    assert [blocker.code for blocker in found.changes[0].blockers] == ["KO207"]


@pytest.mark.parametrize(("name", "other"), [("a-b", "a_b"), ("ab", "a.b"), ("a.b", "a.c"), ("a.b", "a.b.c")])
def test_names_that_differ_in_more_are_not(name: str, other: str) -> None:
    found = diff(Wanted(topics={name: topic()}), {}, cluster([seen(other)]))
    assert not found.changes[0].blockers


def test_a_removal_is_irreversible_and_held() -> None:
    have = seen(partitions=6)
    found = diff(Wanted(topics={}, removed={"t": None}), {"t": have}, cluster([have]))
    (change,) = found.changes
    assert (change.address, change.type, change.operations) == (
        Address("topic", "t"),
        ChangeType.DELETE,
        (DeleteTopic(topic="t"),),
    )
    assert change.risk is Risk.IRREVERSIBLE and [hazard.guard for hazard in change.held] == [Guard.DELETE]
    allowed = diff(
        Wanted(topics={}, removed={"t": None}, lifted={"t": frozenset({Guard.DELETE})}), {"t": have}, cluster([have])
    )
    assert not allowed.changes[0].blocked


def test_removing_what_is_not_there_is_no_change() -> None:
    assert diff(Wanted(topics={}, removed={"t": None}), {}, cluster()).changes == ()


@pytest.mark.parametrize(
    "name",
    [
        "__consumer_offsets",
        "_schemas",
        "connect-offsets",
        "mm2-offsets.eu.internal",
        "app-store-changelog",
        "x-repartition",
    ],
)
def test_other_systems_topics_are_never_deleted(name: str) -> None:
    have = seen(name)
    wanted = Wanted(topics={}, removed={name: None}, lifted={name: frozenset(Guard)})
    (change,) = diff(wanted, {name: have}, cluster([have])).changes
    assert [blocker.code for blocker in change.blockers] == ["KO204"]


def test_unmanaged_overrides_are_said_once() -> None:
    have = seen(retention_ms="1", segment_bytes="2000000")
    found = diff(Wanted(topics={"t": topic(retention_ms="1")}), {"t": have}, cluster([have]))
    (said,) = found.observations
    assert (said.code, said.severity, said.address) == ("KO206", Severity.INFO, "topic.t")
    assert said.summary == "configs are set that the spec does not name: segment.bytes=2000000"


def test_while_the_cluster_is_unwell_only_safe_changes_go_on() -> None:
    sick = replace(placement("sick"), partitions=(partition(in_sync=1), partition(leader=None)))
    small, plain = seen("small", 3), seen("plain")
    wanted = Wanted(
        topics={"small": topic(6), "plain": topic(retention_ms="904800000"), "new": topic()},
        lifted={"small": frozenset(Guard)},
    )
    found = diff(wanted, {"small": small, "plain": plain}, cluster([sick, small, plain]))
    blocked = {change.address.name: [blocker.code for blocker in change.blockers] for change in found.changes}
    assert blocked == {"small": ["KO205"], "plain": [], "new": []}
    said = found.observations[0]
    assert (said.code, said.severity) == ("KO208", Severity.WARNING)
    assert said.summary == (
        "the cluster is unwell: 1 partition without a leader (sick[1]); 1 partition with replicas not in sync (sick[0])"
    )


def test_a_missing_broker_is_named() -> None:
    found = diff(Wanted(topics={}), {}, cluster([seen("t")], brokers=2))
    assert found.observations[0].summary == "the cluster is unwell: broker 3 is missing"


def test_what_was_seen_is_digested() -> None:
    one = only(topic(6), seen())
    same_again = only(topic(12), seen())
    other = only(topic(6), seen(retention_ms="5"))
    assert one.observed == same_again.observed != other.observed
    assert only(topic(), None).observed == ""
