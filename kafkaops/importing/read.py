"""Reading everything that an import concerns, in bulk, three systems at the same time. Changes nothing.

What of one resource cannot be read is a value and is said; a request that fails as a whole ends the import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafkaops.clients.connect import Connect, SeenConnector
from kafkaops.clients.fan_out import both, fan_out
from kafkaops.clients.kafka import ClusterState, Configs, ConfigScope, GroupPhase, GroupView, KafkaAdmin, Refusal
from kafkaops.clients.registry import RegisteredSchema, RegistryState, SchemaRegistry
from kafkaops.importing.observed import Observed
from kafkaops.importing.selection import Part, Selection, wanted_topics
from kafkaops.resources.connectors.configuration import dead_letter_topic_of, topics_of
from kafkaops.resources.connectors.types import KeyTypes, read_key_types
from kafkaops.resources.groups.model import GroupState
from kafkaops.resources.health import Health
from kafkaops.resources.topics.model import TopicState
from kafkaops.resources.topics.read import moved

_NO_GROUPS: tuple[dict[str, GroupState], dict[str, Refusal], dict[str, str]] = ({}, {}, {})


@dataclass(frozen=True, slots=True)
class Systems:
    """What is read. The cluster as the command's one metadata request showed it."""

    kafka: KafkaAdmin
    cluster: ClusterState
    registry: SchemaRegistry | None = None
    connect: Connect | None = None


def read(systems: Systems, selection: Selection) -> Observed:
    """Everything wanted, as it is now. Raises `PlatformError` where a system gives less than everything."""
    (topics, groups), (schemas, connectors) = both(
        lambda: (_topics(systems, selection), _groups(systems, selection)),
        lambda: both(lambda: _schemas(systems, selection), lambda: _connectors(systems, selection)),
    )
    known, moves_unknown, unreadable = topics
    described, refused, partly = groups
    state, older = schemas
    seen, key_types = connectors
    named = {*_named_by_connectors(seen.values()), *_named_by_groups(described.values()), *_named_by_subjects(state)}
    return Observed(
        cluster=systems.cluster,
        topics=known,
        unreadable=unreadable,
        moves_unknown=moves_unknown,
        unseen=_unseen(systems, sorted(named - systems.cluster.topics.keys())),
        registry=state,
        older=older,
        groups=described,
        refused_groups=refused,
        partly_read_groups=partly,
        connectors=seen,
        key_types=key_types,
    )


def _topics(
    systems: Systems, selection: Selection
) -> tuple[Mapping[str, TopicState], Refusal | None, dict[str, Refusal]]:
    """Topics with their configs; why it is not known what is being moved; and topics whose configs are refused."""
    names = wanted_topics(systems.cluster, selection) if Part.TOPICS in selection.parts else ()
    answers = systems.kafka.configs(ConfigScope.TOPIC, names) if names else {}
    known = {
        name: TopicState(systems.cluster.topics[name], answer)
        for name, answer in answers.items()
        if isinstance(answer, Configs)
    }
    unreadable = {name: answer for name, answer in answers.items() if isinstance(answer, Refusal)}
    return *_with_moves(systems, known), unreadable


def _with_moves(systems: Systems, known: dict[str, TopicState]) -> tuple[Mapping[str, TopicState], Refusal | None]:
    """The topics with what is being moved of them: metadata counts replicas that come and those that go (KIP-455).

    Asked for only where something may be moving; the refusal where that cannot be looked at.
    """
    unwell = Health.of(systems.cluster).under_replicated
    if not unwell and not any(len(item.factors) > 1 or item.mark for item in known.values()):
        return known, None
    answer = systems.kafka.reassignments()
    return (known, answer) if isinstance(answer, Refusal) else (moved(known, answer), None)


def _groups(systems: Systems, selection: Selection) -> tuple[dict[str, GroupState], dict[str, Refusal], dict[str, str]]:
    """Groups as they are described; those that cannot be; and what of the others could not be read."""
    if Part.GROUPS not in selection.parts:
        return _NO_GROUPS
    kafka = systems.kafka
    answers = kafka.groups(kafka.all_groups())
    refused = {name: answer for name, answer in answers.items() if isinstance(answer, Refusal)}
    views = {name: answer for name, answer in answers.items() if isinstance(answer, GroupView)}
    there = {name: view for name, view in views.items() if view.phase is not GroupPhase.ABSENT}
    ordinary = [name for name, view in there.items() if view.phase is not GroupPhase.FOREIGN]
    offsets = kafka.all_committed(ordinary)
    configs = kafka.configs(ConfigScope.GROUP, ordinary) if ordinary else {}
    partly: dict[str, str] = {}
    found: dict[str, GroupState] = {}
    for name, view in there.items():
        committed, config = offsets.get(name, {}), configs.get(name)
        parts = [("committed offsets", committed), ("configs", config)]
        unread = [f"its {what} cannot be read: {item}" for what, item in parts if isinstance(item, Refusal)]
        if unread:
            partly[name] = "; ".join(unread)
        found[name] = GroupState(
            view,
            {} if isinstance(committed, Refusal) else committed,
            config if isinstance(config, Configs) else None,
        )
    return found, refused, partly


def _schemas(
    systems: Systems, selection: Selection
) -> tuple[RegistryState | None, dict[tuple[str, int], RegisteredSchema]]:
    """The newest version of every subject, its level, and what those versions refer to."""
    registry = systems.registry
    if registry is None or Part.SCHEMAS not in selection.parts:
        return None, {}
    names = registry.subjects()
    state = registry.read(names, names, global_level=True)
    older: dict[tuple[str, int], RegisteredSchema] = {}
    items: Iterable[RegisteredSchema] = state.latest.values()
    while True:
        wanted = sorted(
            key
            for item in items
            for reference in item.content.references
            if (key := (reference.subject, reference.version)) not in older and _is_older(key, state)
        )
        if not wanted:
            return state, older
        keys = sorted(set(wanted))
        answers = fan_out(lambda key: state.versions.get(key) or registry.version(*key), keys)
        older.update({key: item for key, item in zip(keys, answers, strict=True) if item is not None})
        items = [older[key] for key in keys if key in older]


def _is_older(key: tuple[str, int], state: RegistryState) -> bool:
    subject, version = key
    latest = state.latest.get(subject)
    return latest is not None and latest.version != version


def _connectors(systems: Systems, selection: Selection) -> tuple[Mapping[str, SeenConnector], KeyTypes]:
    """Every connector, and the types of the keys of their plugins: a password is one by its type."""
    connect = systems.connect
    if connect is None or not {Part.CONNECTORS, Part.GROUPS} & selection.parts:
        return {}, {}
    seen = connect.connectors(sorted(connect.names()))  # one without a status is awaited, not passed over
    asked = [item.config for item in seen.values()] if Part.CONNECTORS in selection.parts else []
    return seen, read_key_types(connect, asked)


def _named_by_connectors(connectors: Iterable[SeenConnector]) -> Iterable[str]:
    for seen in connectors:
        yield from topics_of(seen.config)
        if dead_letters := dead_letter_topic_of(seen.config):
            yield dead_letters


def _named_by_groups(groups: Iterable[GroupState]) -> Iterable[str]:
    for state in groups:
        yield from (part.topic for member in state.view.members for part in member.assigned)


def _named_by_subjects(state: RegistryState | None) -> Iterable[str]:
    """By TopicNameStrategy; what is not there may as well be a record's name."""
    for subject in state.latest if state else ():
        for side in ("-key", "-value"):
            if subject.endswith(side) and len(subject) > len(side):
                yield subject.removesuffix(side)


def _unseen(systems: Systems, names: list[str]) -> dict[str, Refusal | None]:
    """What Kafka says of topics that it does not list."""
    valid = [name for name in names if _is_topic_name(name)]
    answers = systems.kafka.topic_identities(valid) if valid else {}
    return {name: answer if isinstance(answer, Refusal) else None for name, answer in answers.items()}


def _is_topic_name(name: str) -> bool:
    characters = all(character.isascii() and (character.isalnum() or character in "._-") for character in name)
    return bool(name) and characters and len(name) <= 249 and name not in (".", "..")
