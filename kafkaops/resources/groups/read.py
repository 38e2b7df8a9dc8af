"""Reading groups: only those that the spec names, batched by coordinator.

| code | meaning |
| --- | --- |
| KO630 | a group or its configs cannot be read: never taken for absence |
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from kafkaops.clients.kafka import (
    ClusterState,
    Configs,
    ConfigScope,
    GroupPhase,
    GroupView,
    Position,
    Refusal,
    TopicPartition,
)
from kafkaops.errors import PlatformError
from kafkaops.resources.groups.model import GroupsSnapshot, GroupState
from kafkaops.resources.kind import Session
from kafkaops.spec.model import ConsumerGroup


def read(
    session: Session, groups: Mapping[str, ConsumerGroup], removed: Sequence[str], dropped: Collection[str]
) -> GroupsSnapshot:
    """The groups by name. KO630 when one cannot be read: that is not absence."""
    names = [*groups, *(name for name in removed if name not in groups)]
    views = {name: _readable(name, answer) for name, answer in session.kafka.groups(names).items()}
    partitions = {name: partitions_of(group.topics, session.cluster) for name, group in groups.items()}
    foreign = {name for name, view in views.items() if view.phase is GroupPhase.FOREIGN}
    committed = session.kafka.committed(
        {name: parts for name, parts in partitions.items() if parts and name not in foreign}
    )
    configs = _configs(session, [name for name, group in groups.items() if group.config or name in dropped])
    return GroupsSnapshot(
        seen={name: GroupState(views[name], committed.get(name, {}), configs.get(name)) for name in names},
        ends=_ends(session, groups, committed),
    )


def partitions_of(topics: Iterable[str], cluster: ClusterState) -> tuple[TopicPartition, ...]:
    """All partitions that these topics have on the cluster."""
    return tuple(
        TopicPartition(topic, index)
        for topic in topics
        if topic in cluster.topics
        for index in range(len(cluster.topics[topic].partitions))
    )


def _ends(
    session: Session,
    groups: Mapping[str, ConsumerGroup],
    committed: Mapping[str, Mapping[TopicPartition, int]],
) -> Mapping[TopicPartition, int]:
    """Ends of the partitions whose lag has a declared limit, in one request for each leader."""
    wanted = {
        partition
        for name, group in groups.items()
        if group.max_lag is not None
        for partition in committed.get(name, ())
    }
    answers = session.kafka.offsets(sorted(wanted), Position.LATEST)
    return {partition: offset for partition, offset in answers.items() if isinstance(offset, int)}


def _configs(session: Session, names: Sequence[str]) -> Mapping[str, Configs]:
    answers = session.kafka.configs(ConfigScope.GROUP, names) if names else {}
    found: dict[str, Configs] = {}
    for name, answer in answers.items():
        if isinstance(answer, Refusal):
            raise _unreadable(f"the configs of group {name}", name, answer)
        found[name] = answer
    return found


def _readable(name: str, answer: GroupView | Refusal) -> GroupView:
    if isinstance(answer, GroupView):
        return answer
    raise _unreadable(f"group {name}", name, answer)


def _unreadable(what: str, name: str, refusal: Refusal) -> PlatformError:
    if refusal.error.endswith("AUTHORIZATION_FAILED"):
        hint = "grant this principal Describe and DescribeConfigs on the group, or set `managed: false`"
    else:
        hint = "run it again; if it stays, look at the group's coordinator"
    return PlatformError.of(
        "KO630",
        f"{what} cannot be read: {refusal}",
        address=f"group.{name}",
        hint=hint,
    )
