"""Which groups are Kafka Streams applications, by their internal topics."""

from __future__ import annotations

import pytest

from kafkaops.resources.topics.streams import applications, has_internal_topics

TOPICS = ["orders", "picks-counts-changelog", "picks-by-zone-repartition", "picks-eu-totals-changelog", "x-changelog"]


def test_an_application_is_told_by_its_topics() -> None:
    assert applications(["picks", "picks-eu", "reader"], TOPICS) == {
        "picks": ("picks-by-zone-repartition", "picks-counts-changelog"),
        "picks-eu": ("picks-eu-totals-changelog",),
    }


@pytest.mark.parametrize("groups", [[], ["pick"], ["orders"], ["x-changelog"]])
def test_a_name_that_only_resembles_is_none(groups: list[str]) -> None:
    assert applications(groups, TOPICS) == {}


def test_without_internal_topics_nobody_needs_to_be_asked() -> None:
    assert has_internal_topics(TOPICS) and not has_internal_topics(["orders", "changelog-events"])
