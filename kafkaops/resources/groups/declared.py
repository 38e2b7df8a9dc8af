"""Groups in the spec's own words, as the ledger keeps them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kafkaops.plan.model import Json
from kafkaops.resources.groups.model import GroupState
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.model import ConsumerGroup


def declared(loaded: LoadedSpec) -> dict[str, Mapping[str, Json]]:
    """Every managed group of the spec."""
    return {name: _document(group) for name, group in loaded.spec.consumer_groups.items() if group.managed}


def _document(group: ConsumerGroup) -> dict[str, Json]:
    topics: list[Json] = [*group.topics]
    return {
        "topics": topics,
        "start_from": group.start_from.value if group.start_from else None,
        "config": {**dict(sorted(group.config.items()))},
    }


def as_declared(state: GroupState) -> dict[str, Json]:
    """A group as it was seen. Its committed offsets, by partition, are what a spec cannot say."""
    overrides = state.configs.overrides if state.configs else {}
    topics: list[Json] = [*sorted({partition.topic for partition in state.committed})]
    return {
        "topics": topics,
        "config": dict(sorted(overrides.items())),
        "committed": {str(partition): offset for partition, offset in sorted(state.committed.items())},
    }
