"""Reading topics: placements are known from the command's one metadata request, configs are asked for in bulk.

| code | meaning |
| --- | --- |
| KO230 | a topic's configs cannot be read: never taken for absence |
| KO238 | a topic that this project holds or removes is not shown: hidden from this principal, or the brokers disagree |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kafkaops.address import Address
from kafkaops.clients.kafka import (
    Configs,
    ConfigScope,
    NewTopic,
    Reassignment,
    Refusal,
    TopicIdentity,
    TopicPartition,
    TopicPlacement,
)
from kafkaops.errors import Diagnostic, PlatformError
from kafkaops.resources.health import Health
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.copying import how_far
from kafkaops.resources.topics.diff import KIND
from kafkaops.resources.topics.model import Layout, TopicsSnapshot, TopicState
from kafkaops.resources.topics.reassigning import wants_move
from kafkaops.spec.model import ConfigMode, Topic

_UNKNOWN = "UNKNOWN_TOPIC_OR_PART"
_ALREADY_THERE = "TOPIC_ALREADY_EXISTS"
_UNASKED = Refusal("", "")
"""In the place of the controller's answer about a topic that it was not asked about."""
_ASKED = 5
"""How many further topics are asked for what they inherit."""


def read(
    session: Session, topics: Mapping[str, Topic], removed: Sequence[str], dropped: Mapping[str, frozenset[str]]
) -> TopicsSnapshot:
    """The named topics that exist, with their configs.

    Raises `PlatformError` when one cannot be read (KO230), or seems to be gone and may only be hidden (KO238).
    """
    existing = [name for name in (*topics, *removed) if name in session.cluster.topics]
    _confirm_gone(session, [name for name in topics if _held(session, name)], removed)
    answers = session.kafka.configs(ConfigScope.TOPIC, existing) if existing else {}
    configs = {name: _readable(name, answers[name]) for name in existing}
    defaults = _defaults(session, configs, _reset_keys(topics, configs, dropped))
    seen = {name: TopicState(session.cluster.topics[name], configs[name], defaults) for name in existing}
    layout = _layout(session, topics, seen)
    return TopicsSnapshot(moved(seen, layout.moving), layout)


def _held(session: Session, name: str) -> bool:
    return session.ledger is not None and Address(KIND, name) in session.ledger.mine


def _confirm_gone(session: Session, held: Sequence[str], removed: Sequence[str]) -> None:
    """Ask by name for what was there once and metadata does not show: it leaves out what the principal may not see.

    What else is to be made the controller is asked about (`predict.py`).
    """
    missing = [name for name in dict.fromkeys((*held, *removed)) if name not in session.cluster.topics]
    answers = session.kafka.topic_identities(missing) if missing else {}
    hidden = [name for name, answer in answers.items() if isinstance(answer, Refusal) and answer.error != _UNKNOWN]
    # Who may create it learns from the controller whether it is there; nothing is created.
    tried = session.kafka.create_topics([NewTopic(name, 1, 1) for name in hidden], validate_only=True) if hidden else {}
    problems = [
        problem
        for name, answer in answers.items()
        if (problem := _not_gone(name, answer, tried.get(name, _UNASKED), name in removed)) is not None
    ]
    if problems:
        raise PlatformError(problems)


def _not_gone(name: str, answer: TopicIdentity | Refusal, tried: Refusal | None, removed: bool) -> Diagnostic | None:
    """Why a topic may not count as gone, by a look at it and by what the controller said when asked to create it."""
    forget = f"removed: [{{address: topic.{name}, action: forget}}]" if removed else "`managed: false`"
    hint = f"grant this principal Describe on it, or let it go: {forget}"
    match answer:
        case Refusal() if answer.error == _UNKNOWN or tried is None:
            return None
        case Refusal() if tried is not None and tried.error == _ALREADY_THERE:
            summary = f"topic {name} is there, but this principal may not see it any more"
        case Refusal():
            summary = f"whether topic {name} is still there cannot be told: {answer}"
        case TopicIdentity():
            summary = f"topic {name} is there for one broker and not for another: it is being made or deleted just now"
            hint = "run the command again"
    return Diagnostic("KO238", summary, address=f"topic.{name}", hint=hint)


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
