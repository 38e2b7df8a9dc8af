"""Topics in the spec's own words, as the ledger keeps them: what was declared, and what was there. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kafkaops.plan.model import Json
from kafkaops.resources.topics.model import TopicState
from kafkaops.spec.loaded import LoadedSpec


def declared(loaded: LoadedSpec) -> dict[str, Mapping[str, Json]]:
    """Every managed topic of the spec: what kafkaops would make of it, and nothing that is for people only."""
    return {
        name: {
            "partitions": topic.partitions,
            "replication_factor": topic.replication_factor,
            "config": dict(sorted(topic.config.items())),
            "config_mode": topic.config_mode.value,
        }
        for name, topic in loaded.spec.topics.items()
        if topic.managed
    }


def as_declared(state: TopicState) -> dict[str, Json]:
    """A topic as it was seen, as a spec would declare it."""
    return {
        "partitions": state.partitions,
        "replication_factor": state.replication_factor,
        "config": dict(sorted(state.overrides.items())),
    }
