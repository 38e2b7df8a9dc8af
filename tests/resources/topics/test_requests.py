from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from kafkaops.resources.topics.model import CreateTopic, GrowPartitions, SetTopicConfigs
from kafkaops.resources.topics.requests import (
    MAX_RECORDS,
    batches,
    config_batches,
    create_batches,
    growth_batches,
    new_topic,
)


@given(st.lists(st.integers(1, 50)), st.integers(1, 100))
def test_batches_keep_order_and_limit(weights: list[int], limit: int) -> None:
    found = list(batches(weights, lambda weight: weight, limit))
    assert [weight for batch in found for weight in batch] == weights
    assert all(sum(batch) <= limit or len(batch) == 1 for batch in found)
    assert all(sum(first) + following[0] > limit for first, following in itertools.pairwise(found))


def test_creations_stay_below_the_controllers_limit() -> None:
    steps = [
        CreateTopic(topic=f"t{index}", partitions=3, replication_factor=3, config=(("a", "1"), ("b", "2")))
        for index in range(10_000)
    ]
    found = list(create_batches(steps))
    assert len(found) == 7
    assert all(sum(new_topic(step).records for step in batch) <= MAX_RECORDS for batch in found)


def test_two_thousand_small_topics_are_one_request() -> None:
    steps = [CreateTopic(topic=f"t{index}", partitions=1, replication_factor=3) for index in range(2_000)]
    assert len(list(create_batches(steps))) == 1


def test_growth_counts_what_is_added() -> None:
    steps = [GrowPartitions(topic=f"t{index}", before=1_000, after=4_000) for index in range(4)]
    assert [len(batch) for batch in growth_batches(steps)] == [2, 2]


def test_config_changes_go_five_hundred_at_a_time() -> None:
    steps = [SetTopicConfigs(topic=f"t{index}", set=(("a", "1"),)) for index in range(1_200)]
    assert [len(batch) for batch in config_batches(steps)] == [500, 500, 200]
