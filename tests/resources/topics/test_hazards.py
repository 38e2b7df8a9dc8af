from __future__ import annotations

import pytest

from kafkaops.address import Guard
from kafkaops.plan.model import Risk
from kafkaops.resources.topics.hazards import hazards_of
from kafkaops.resources.topics.model import GrowPartitions, SetTopicConfigs, TopicState
from tests.resources.topics.values import configs, placement, seen

LOSS, DISRUPTIVE, NONE = (Risk.DATA_LOSS, Guard.DATA_LOSS), (Risk.DISRUPTIVE, Guard.DISRUPTIVE), None
CASES = [
    ("retention.ms", "604800000", "86400000", "KO222", LOSS),
    ("retention.ms", "-1", "86400000", "KO222", LOSS),
    ("retention.ms", "86400000", "604800000", None, NONE),
    ("retention.ms", "86400000", "-1", None, NONE),
    ("retention.bytes", "-1", "1000", "KO222", LOSS),
    ("retention.bytes", "1000", "-1", None, NONE),
    ("cleanup.policy", "delete", "compact", "KO223", LOSS),
    ("cleanup.policy", "compact", "compact,delete", "KO223", LOSS),
    ("cleanup.policy", "compact", "delete", "KO223", LOSS),
    ("cleanup.policy", "compact,delete", "compact", None, NONE),
    ("max.message.bytes", "2000000", "1000000", "KO224", DISRUPTIVE),
    ("max.message.bytes", "1000000", "2000000", None, NONE),
    ("unclean.leader.election.enable", "false", "true", "KO225", LOSS),
    ("unclean.leader.election.enable", "true", "false", None, NONE),
    ("min.insync.replicas", "2", "1", "KO226", (Risk.DISRUPTIVE, None)),
    ("min.insync.replicas", "1", "2", None, NONE),
    ("delete.retention.ms", "86400000", "0", "KO227", (Risk.DISRUPTIVE, None)),
    ("remote.log.delete.on.disable", "false", "true", "KO228", LOSS),
    ("compression.type", "producer", "zstd", None, NONE),
    ("segment.ms", "604800000", "1000", None, NONE),
]


@pytest.mark.parametrize(("key", "before", "after", "code", "expected"), CASES)
def test_configs(
    key: str, before: str, after: str, code: str | None, expected: tuple[Risk, Guard | None] | None
) -> None:
    have = TopicState(placement("t"), configs({key: before}))
    found = hazards_of(have, [SetTopicConfigs(topic="t", set=((key, after),))])
    assert [hazard.code for hazard in found] == ([code] if code else [])
    assert [(hazard.risk, hazard.guard) for hazard in found] == ([expected] if expected else [])
    assert all(key in hazard.text for hazard in found)


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ("compact", "compact", []),
        ("compact,delete", "compact,delete", ["KO222"]),
        ("compact", "compact,delete", ["KO222", "KO223"]),
        ("compact,delete", "compact", []),
        ("", "", ["KO222"]),  # not known: the careful answer
    ],
)
def test_nothing_expires_of_a_topic_that_is_compacted_only(before: str, after: str, codes: list[str]) -> None:
    step = SetTopicConfigs(topic="t", set=(("retention.ms", "1000"), ("cleanup.policy", after)))
    found = hazards_of(seen(retention_ms="-1", cleanup_policy=before), [step])
    assert sorted(hazard.code for hazard in found) == codes


def test_a_reset_is_weighed_like_setting_the_brokers_value() -> None:
    found = hazards_of(seen(retention_ms="-1"), [SetTopicConfigs(topic="t", reset=("retention.ms",))])
    assert [hazard.code for hazard in found] == ["KO222"]
    assert not hazards_of(seen(retention_ms="1"), [SetTopicConfigs(topic="t", reset=("retention.ms",))])


def test_growth_moves_keys_and_tells_of_compaction() -> None:
    step = GrowPartitions(topic="t", before=3, after=6)
    (plain,) = hazards_of(seen(), [step])
    (compacted,) = hazards_of(seen(cleanup_policy="compact"), [step])
    assert (plain.risk, plain.guard) == (Risk.DISRUPTIVE, Guard.DISRUPTIVE)
    assert plain.text == (
        "from 3 to 6 partitions: keys move to other partitions, so that the order of a key's messages breaks once"
    )
    assert compacted.text == f"{plain.text}; a key's older value stays in its old partition, as the topic is compacted"


@pytest.mark.parametrize(
    ("before", "policy", "compacted"),
    [
        ("delete", (("cleanup.policy", "compact"),), True),
        ("compact", (("cleanup.policy", "delete"),), False),
        ("compact", (), False),  # what is reset is what the brokers say: delete
        ("compact", (("retention.ms", "1000"),), True),
    ],
)
def test_growth_is_told_by_the_policy_that_the_same_change_leaves(
    before: str, policy: tuple[tuple[str, str], ...], compacted: bool
) -> None:
    grow = GrowPartitions(topic="t", before=3, after=6)
    reset = () if policy else ("cleanup.policy",)
    found = hazards_of(seen(cleanup_policy=before), [grow, SetTopicConfigs(topic="t", set=policy, reset=reset)])
    (growth,) = (hazard for hazard in found if hazard.code == "KO221")
    assert growth.text.endswith("as the topic is compacted") is compacted
