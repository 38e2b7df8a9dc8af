"""Reading topics: placements are known from the command's one metadata request, configs are asked for in bulk.

| code | meaning |
| --- | --- |
| KO230 | a topic's configs cannot be read: never taken for absence |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kafkaops.clients.kafka import Configs, ConfigScope, Reassignment, Refusal, TopicPartition, TopicPlacement
from kafkaops.errors import PlatformError
from kafkaops.resources.health import Health
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.copying import how_far
from kafkaops.resources.topics.model import Layout, TopicsSnapshot, TopicState
from kafkaops.resources.topics.reassigning import wants_move
from kafkaops.spec.model import ConfigMode, Topic

_ASKED = 5
"""How many further topics are asked for what they inherit."""


def read(
    session: Session, topics: Mapping[str, Topic], removed: Sequence[str], dropped: Mapping[str, frozenset[str]]
) -> TopicsSnapshot:
    """The named topics that exist, with their configs. KO230 when one cannot be read: that is not absence."""
    existing = [name for name in (*topics, *removed) if name in session.cluster.topics]
    answers = session.kafka.configs(ConfigScope.TOPIC, existing) if existing else {}
    configs = {name: _readable(name, answers[name]) for name in existing}
    defaults = _defaults(session, configs, _reset_keys(topics, configs, dropped))
    seen = {name: TopicState(session.cluster.topics[name], configs[name], defaults) for name in existing}
    layout = _layout(session, topics, seen)
    return TopicsSnapshot(moved(seen, layout.moving), layout)


def _layout(session: Session, topics: Mapping[str, Topic], seen: Mapping[str, TopicState]) -> Layout:
    """How replicas lie, asked for only where something seems to be moving, or is to be moved."""
    wanted = [name for name, have in seen.items() if name in topics and wants_move(topics[name], have)]
    marked = [name for name, have in seen.items() if have.mark is not None]
    if not wanted and not marked and not Health.of(session.cluster).under_replicated:
        return Layout()
    return look(session, marked, with_racks=bool(wanted))


def look(session: Session, ours: Sequence[str], *, with_racks: bool) -> Layout:
    """What is being moved, how far that is, and where brokers stand. `ours` are topics that kafkaops moves."""
    answer = session.kafka.reassignments()
    moving = {} if isinstance(answer, Refusal) else answer
    return Layout(
        racks=session.kafka.racks() if with_racks else None,
        moving=moving,
        refused=answer if isinstance(answer, Refusal) else None,
        copying=how_far(session, moving, ours),
    )


def moved(seen: Mapping[str, TopicState], moving: Mapping[TopicPartition, Reassignment]) -> Mapping[str, TopicState]:
    """The topics with what is being moved of them."""
    by_topic: dict[str, dict[int, Reassignment]] = {}
    for partition, move in moving.items():
        by_topic.setdefault(partition.topic, {})[partition.partition] = move
    return {name: replace(have, moving=by_topic[name]) if name in by_topic else have for name, have in seen.items()}


def _reset_keys(
    topics: Mapping[str, Topic], configs: Mapping[str, Configs], dropped: Mapping[str, frozenset[str]]
) -> set[str]:
    """The overrides that are to go: all that `config_mode: exact` does not find, and those that the spec dropped."""
    return set().union(*dropped.values()) | {
        key
        for name, found in configs.items()
        if name in topics and topics[name].config_mode is ConfigMode.EXACT
        for key in found.overrides.keys() - topics[name].config.keys()
    }


def _defaults(session: Session, configs: Mapping[str, Configs], keys: set[str]) -> Mapping[str, str]:
    """What topics inherit for these keys, learnt from topics that do.

    The brokers' own configs do not say it: they have other names, hours for milliseconds, and no synonym for
    what was never set. Where none of the topics read so far inherits a key, a few others are asked.
    """
    found: dict[str, str] = {}
    for inherited in {id(item.inherited): item.inherited for item in configs.values()}.values():
        found.update(inherited)
    if keys <= found.keys():
        return found
    others = sorted((item for item in session.cluster.topics.values() if item.name not in configs), key=_plainest)
    for answer in session.kafka.configs(ConfigScope.TOPIC, [item.name for item in others[:_ASKED]]).values():
        if isinstance(answer, Configs):
            found.update(answer.inherited)
    return found


def _plainest(placement: TopicPlacement) -> tuple[bool, str]:
    """Internal topics last: they override the most."""
    return placement.internal, placement.name


def _readable(name: str, answer: Configs | Refusal) -> Configs:
    if isinstance(answer, Configs):
        return answer
    if answer.error.endswith("AUTHORIZATION_FAILED"):
        hint = "grant this principal DescribeConfigs on it, or set `managed: false`"
    else:
        hint = "if it was deleted just now, run the command again"
    raise PlatformError.of(
        "KO230",
        f"the configs of topic {name} cannot be read: {answer}",
        address=f"topic.{name}",
        hint=hint,
    )
