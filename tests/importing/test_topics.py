"""Topics as sections: what most agree upon is a default, what nobody may say is said."""

from __future__ import annotations

from dataclasses import replace

from kafkaops.clients.kafka import ClusterState, PartitionState, Reassignment, Refusal
from kafkaops.importing.observed import Observed
from kafkaops.importing.selection import Selection
from kafkaops.importing.topics import draft_topics, topic_defaults, without_defaults
from kafkaops.resources.topics.model import TopicState
from tests.resources.topics.values import configs, placement

EVERYTHING = Selection()


def observed(**topics: tuple[int, dict[str, str]]) -> Observed:
    """Topics by name, each with a replication factor and what it overrides."""
    states = {name: TopicState(placement(name, 1, factor), configs(own)) for name, (factor, own) in topics.items()}
    placed = {name: state.placement for name, state in states.items()}
    return Observed(cluster=ClusterState("c-1", {1: "b:9092"}, placed), topics=states)


def test_what_most_agree_upon_is_a_default_and_the_others_say_so() -> None:
    week = {"retention.ms": "604800000"}
    draft = draft_topics(observed(a=(3, week), b=(3, week), c=(3, {"retention.ms": "1000"}), d=(1, {})), EVERYTHING, {})
    defaults = topic_defaults(draft)
    assert defaults == {"replication_factor": 3}
    draft = draft_topics(observed(a=(3, week), b=(3, week), c=(3, week), d=(1, {})), EVERYTHING, {})
    defaults = topic_defaults(draft)
    assert defaults == {"replication_factor": 3, "config": {"retention.ms": "7d"}}
    assert without_defaults(draft.sections["a"], defaults) == {"partitions": 1}
    assert without_defaults(draft.sections["d"], defaults) == {
        "partitions": 1,
        "replication_factor": 1,
        "config": {"retention.ms": None},
    }


def test_one_topic_has_no_defaults() -> None:
    assert topic_defaults(draft_topics(observed(a=(3, {"retention.ms": "1"})), EVERYTHING, {})) == {}


def test_configs_that_a_spec_refuses_are_left_unmanaged_and_said() -> None:
    own = {"min.insync.replicas": "5", "message.format.version": "3.0", "retention.mss": "1", "vendor.x": "1"}
    draft = draft_topics(observed(a=(3, own)), EVERYTHING, {})
    assert draft.sections["a"]["config"] == {"vendor.x": 1}
    assert [(item.code, item.address, item.summary.partition(":")[0]) for item in draft.findings] == [
        ("KO963", "topic.a", "message.format.version"),
        ("KO963", "topic.a", "min.insync.replicas"),
        ("KO963", "topic.a", "retention.mss"),
    ]


def test_a_topic_being_moved_has_the_replicas_that_stay() -> None:
    seen = observed(a=(3, {}))
    part = PartitionState(1, (1, 2, 3, 4), (1, 2))
    state = replace(
        seen.topics["a"],
        placement=replace(seen.topics["a"].placement, partitions=(part,)),
        moving={0: Reassignment((1, 2, 3, 4), (4,), (3, 2))},
    )
    draft = draft_topics(replace(seen, topics={"a": state}), EVERYTHING, {})
    assert draft.sections["a"]["replication_factor"] == 2


def test_moves_that_cannot_be_looked_at_are_said() -> None:
    seen = replace(observed(a=(3, {})), moves_unknown=Refusal("CLUSTER_AUTHORIZATION_FAILED", "no"))
    (said,) = draft_topics(seen, EVERYTHING, {}).findings
    assert (said.code, "CLUSTER_AUTHORIZATION_FAILED" in said.summary) == ("KO960", True)


def test_of_names_that_differ_in_signs_one_is_taken() -> None:
    placed = {name: placement(name, 1, 1) for name in ("a.b", "a_b")}
    states = {name: TopicState(item, configs()) for name, item in placed.items()}
    seen = Observed(cluster=ClusterState("c-1", {1: "b:9092"}, placed), topics=states)
    draft = draft_topics(seen, EVERYTHING, {})
    assert list(draft.sections) == ["a.b"]
    assert [(item.code, item.address) for item in draft.findings] == [("KO961", "topic.a_b")]
