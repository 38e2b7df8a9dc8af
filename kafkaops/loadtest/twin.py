"""The topic that takes the load: a twin of the declared one, made for the run and removed after it."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kafkaops.clients.kafka import (
    Answers,
    Configs,
    ConfigScope,
    GroupPhase,
    GroupView,
    KafkaAdmin,
    NewTopic,
    Position,
    Refusal,
    TopicPartition,
    TopicPlacement,
)
from kafkaops.errors import Diagnostic, PlatformError, RefusedError, Severity, UsageError
from kafkaops.loadtest.load import Target
from kafkaops.resources.kind import Session
from kafkaops.spec.suggest import did_you_mean

PREFIX = "loadtest-"
_TWIN = re.compile(r"loadtest-(?P<topic>.+)-(?P<run>[0-9a-f]{12})")
_GROUP = re.compile(r"loadtest-(?P<topic>.+)-(?P<run>[0-9a-f]{12})-g[0-9]+")
_LONGEST = 249
"""Kafka's longest topic name."""
_CHANGED = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""What a twin does otherwise than its topic, so that loss is loss: nothing is compacted or expires."""
_LEFT_OUT = ("remote.storage.enable", "local.retention.ms", "local.retention.bytes")
_DEFAULT_MAX_MESSAGE_BYTES = 1_048_588
_VISIBLE_S = 60.0
_YOUNG_S = 3_600
_EMPTY_S = 10.0
_PASSING = frozenset({"NON_EMPTY_GROUP", "COORDINATOR_LOAD_IN_PROGRESS", "NOT_COORDINATOR", "REQUEST_TIMED_OUT"})
"""Refusals that pass by themselves."""


def new_identity(now_s: int) -> tuple[int, str]:
    """(31 bits for the stamps, twelve hexadecimal digits that begin with the time)."""
    tail = secrets.randbits(16)
    number = secrets.randbits(31)
    return number, f"{now_s & 0xFFFFFFFF:08x}{tail:04x}"


def twin_name(topic: str, identity: str) -> str:
    """`loadtest-<topic>-<run>`, the topic's name cut where it would become too long."""
    return f"{PREFIX}{topic[: _LONGEST - len(PREFIX) - len(identity) - 5]}-{identity}"


def group_name(topic: str, identity: str, group: int) -> str:
    """The name of a consumer group of the run."""
    return f"{twin_name(topic, identity)}-g{group}"


def plan_twin(session: Session, topic: str, identity: str) -> tuple[Target, NewTopic]:
    """The twin of a topic as the cluster has it, or else as the spec declares it. Raises KO003, KO011."""
    live = session.cluster.topics.get(topic)
    if live is not None:
        configs = session.kafka.configs(ConfigScope.TOPIC, [topic])[topic]
        if isinstance(configs, Refusal):
            raise PlatformError.of(
                "KO011", f"the configs of {topic} cannot be read: {configs}", address=f"topic.{topic}"
            )
        partitions, replicas = len(live.partitions), live.replication_factor
        overrides = dict(configs.overrides)
        largest = configs.effective("max.message.bytes")
    else:
        declared = session.loaded.spec.topics.get(topic)
        if declared is None:
            known = sorted(session.cluster.topics.keys() | session.loaded.spec.topics.keys())
            raise UsageError.of(
                "KO003",
                f"topic {topic} is neither on the cluster nor in the spec",
                hint=did_you_mean(topic, known) or "kafkaops loadtest --topic NAME",
            )
        partitions, replicas = declared.partitions, declared.replication_factor
        overrides = dict(declared.config)
        largest = overrides.get("max.message.bytes")
    config = {key: value for key, value in overrides.items() if key not in _LEFT_OUT} | _CHANGED
    name = twin_name(topic, identity)
    target = Target(name, partitions, replicas, int(largest or _DEFAULT_MAX_MESSAGE_BYTES), config, twin=True)
    return target, NewTopic(name, partitions, replicas, config)


def existing_target(session: Session, topic: str) -> Target:
    """A declared topic as the target itself. Raises KO003, and KO008 for one that is compacted."""
    live = session.cluster.topics.get(topic)
    if live is None:
        raise UsageError.of("KO003", f"topic {topic} is not on the cluster", hint="kafkaops apply")
    configs = session.kafka.configs(ConfigScope.TOPIC, [topic])[topic]
    if isinstance(configs, Refusal):
        raise PlatformError.of("KO008", f"the configs of {topic} cannot be read: {configs}", address=f"topic.{topic}")
    if "compact" in (configs.effective("cleanup.policy") or ""):
        raise RefusedError.of(
            "KO008",
            "a compacted topic takes no load: records would replace each other and look lost",
            address=f"topic.{topic}",
            hint="leave out --into-topic; a twin without compaction is used then",
        )
    largest = int(configs.effective("max.message.bytes") or _DEFAULT_MAX_MESSAGE_BYTES)
    return Target(topic, len(live.partitions), live.replication_factor, largest, dict(configs.overrides), twin=False)


def create_twins(kafka: KafkaAdmin, topics: Sequence[NewTopic]) -> None:
    """Make the twins and wait until every partition has a leader. Raises KO011."""
    answers = kafka.create_topics(topics)
    for topic in topics:
        refusal = answers[topic.name]
        if refusal is not None:
            raise PlatformError.of("KO011", f"topic {topic.name} cannot be made: {refusal}", hint=_hint(refusal))
    deadline = time.monotonic() + _VISIBLE_S
    while True:
        seen = kafka.cluster().topics
        if all(_has_leaders(seen, topic) for topic in topics):
            return
        if time.monotonic() > deadline:
            names = ", ".join(topic.name for topic in topics)
            raise PlatformError.of(
                "KO011",
                f"{names} got no leaders within {_VISIBLE_S:g} s",
                hint="look whether partitions are offline or a broker is missing",
            )
        time.sleep(0.1)


def _has_leaders(seen: Mapping[str, TopicPlacement], topic: NewTopic) -> bool:
    placement = seen.get(topic.name)
    return (
        placement is not None
        and len(placement.partitions) == topic.partitions
        and all(partition.leader is not None for partition in placement.partitions)
    )


def _hint(refusal: Refusal) -> str | None:
    if "AUTHORIZATION" in refusal.error:
        return f"the principal needs CREATE, DELETE, READ and WRITE on topics {PREFIX}*, READ and DELETE on such groups"
    if refusal.error == "POLICY_VIOLATION":
        return "the brokers' create.topic.policy does not allow the twin; --into-topic uses the topic itself"
    return None


def remove(kafka: KafkaAdmin, topics: Sequence[str], groups: Sequence[str]) -> tuple[Diagnostic, ...]:
    """Remove what a run made; what is not there any more is fine. Failures come back as warnings (KO012)."""
    try:
        kafka.cluster()  # says sooner than a deletion would that no broker answers
        return _removed("topic", topics, kafka.delete_topics) + _removed("group", groups, kafka.delete_groups)
    except PlatformError as error:
        # No broker answers: asking for the rest would be waiting once more for the same.
        why = error.diagnostics[0].summary
        return tuple(_left("topic", name, why) for name in topics) + tuple(_left("group", name, why) for name in groups)


def _removed(kind: str, names: Sequence[str], delete: Callable[[Sequence[str]], Answers]) -> tuple[Diagnostic, ...]:
    """Raises `PlatformError` when it cannot be asked for.

    A group whose members were killed is deleted once the coordinator has missed them for long enough.
    """
    deadline = time.monotonic() + _EMPTY_S
    left: Sequence[str] = names
    while left:
        answers = delete(left)
        refused = {name: refusal for name, refusal in answers.items() if refusal is not None and not _gone(refusal)}
        passing = [name for name, refusal in refused.items() if refusal.error in _PASSING]
        if len(passing) < len(refused) or (passing and time.monotonic() > deadline):
            return tuple(_left(kind, name, str(refusal)) for name, refusal in refused.items())
        left = passing
        if left:
            time.sleep(0.5)
    return ()


def _gone(refusal: Refusal) -> bool:
    return refusal.error in ("UNKNOWN_TOPIC_OR_PART", "UNKNOWN_TOPIC_OR_PARTITION", "GROUP_ID_NOT_FOUND")


def _left(kind: str, name: str, why: str) -> Diagnostic:
    return Diagnostic(
        "KO012",
        f"{kind} {name} could not be removed: {why}",
        severity=Severity.WARNING,
        hint="kafkaops loadtest clean an hour from now; with --all at once, but what other runs use now goes, too",
    )


@dataclass(frozen=True, slots=True)
class Leftover:
    """A twin or a group that a run left behind."""

    kind: str
    """`topic` or `group`."""
    name: str
    age_s: int
    active: bool
    """Whether a consumer is at work, or the run is so young that it may be going on."""


def leftovers(kafka: KafkaAdmin, declared: Iterable[str], now_s: int) -> tuple[Leftover, ...]:
    """What killed runs left, declared topics never among them."""
    topics = [name for name in kafka.cluster().topics if _TWIN.fullmatch(name)]
    groups = [name for name in kafka.all_groups() if _GROUP.fullmatch(name)]
    views = kafka.groups(groups) if groups else {}
    busy = {_run_of(name) for name, view in views.items() if isinstance(view, GroupView) and _at_work(view)}
    spared = set(declared)
    found = [("topic", name) for name in topics if name not in spared] + [("group", name) for name in groups]
    return tuple(
        Leftover(kind, name, _age(name, now_s), _run_of(name) in busy or _age(name, now_s) < _YOUNG_S)
        for kind, name in sorted(found)
    )


def _at_work(view: GroupView) -> bool:
    return view.phase in (GroupPhase.STABLE, GroupPhase.REBALANCING)


def _run_of(name: str) -> str:
    match = _GROUP.fullmatch(name) or _TWIN.fullmatch(name)
    assert match is not None
    return match["run"]


def _age(name: str, now_s: int) -> int:
    return max(now_s - int(_run_of(name)[:8], 16), 0)


def end_offsets(kafka: KafkaAdmin, target: Target, position: Position = Position.LATEST) -> dict[int, int]:
    """The first offset beyond the log of every partition (or the first in it). Raises `PlatformError`."""
    asked = [TopicPartition(target.name, partition) for partition in range(target.partitions)]
    # A leader that is remembered may be dead, and the client would wait a minute for it: learn the present ones first.
    kafka.cluster()
    answers = kafka.offsets(asked, position)
    refused = next((answer for answer in answers.values() if isinstance(answer, Refusal)), None)
    if refused is not None:
        raise PlatformError.of("KO015", f"the offsets of {target.name} cannot be read: {refused}")
    return {key.partition: answer for key, answer in answers.items() if isinstance(answer, int)}


def configs_of(kafka: KafkaAdmin, topic: str) -> dict[str, str]:
    """A topic's overrides; nothing where they cannot be read."""
    found = kafka.configs(ConfigScope.TOPIC, [topic]).get(topic)
    return dict(found.overrides) if isinstance(found, Configs) else {}
