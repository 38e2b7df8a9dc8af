"""Asking the brokers what they would say, and weighing what would be lost. Touches nothing.

| code | meaning |
| --- | --- |
| KO231 | the topic exists, but this principal may not see it |
| KO232 | this principal may not create it, nor learn whether it exists |
| KO233 | the brokers' min.insync.replicas is above the replication factor |
| KO234 | the brokers know no config of this name |
| KO235 | the brokers refuse a config's value |
| KO236 | the brokers refuse the change |
| KO237 | this principal may not make the change |
| KO239 | the topic went away while the plan was made |
| KO240 | the topic appeared while the plan was made |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from kafkaops.clients.kafka import Answers, ConfigScope, Refusal, TopicIdentity
from kafkaops.errors import Diagnostic
from kafkaops.plan.model import Change, ChangeType, Foresight, Operation, Prediction
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.copying import weigh_copies
from kafkaops.resources.topics.evidence import weigh
from kafkaops.resources.topics.model import (
    CreateTopic,
    DeleteTopic,
    GrowPartitions,
    ReassignReplicas,
    SetTopicConfigs,
)
from kafkaops.resources.topics.requests import (
    alteration,
    config_batches,
    create_batches,
    growth_batches,
    new_topic,
)
from kafkaops.spec.suggest import did_you_mean
from kafkaops.spec.topic_configs import TOPIC_CONFIGS

OperationT = TypeVar("OperationT", bound=Operation)
_ALREADY_THERE = "TOPIC_ALREADY_EXISTS"
_UNKNOWN_CONFIG = re.compile(r"Unknown topic config name: (?P<key>\S+)")
_BAD_VALUE = re.compile(r"Invalid value .* for configuration (?P<key>[\w.]+)", re.DOTALL)


def predict(session: Session, changes: Sequence[Change]) -> Sequence[Change]:
    """The changes with what the brokers say of them, and with what is known of what would be lost."""
    refusals = _asked(session, changes)
    identities = _identities(session, changes, refusals)
    defaults = _broker_defaults(session, changes)
    told = [
        _told(change, refusals.get(change.address.name), identities.get(change.address.name), defaults)
        for change in changes
    ]
    return weigh_copies(session, weigh(session, told))


def _asked(session: Session, changes: Sequence[Change]) -> Mapping[str, Refusal]:
    """Per topic the first refusal of a trial run."""
    kafka = session.kafka
    found: dict[str, Refusal] = {}
    answers: list[Answers] = [
        kafka.create_topics([new_topic(step) for step in batch], validate_only=True)
        for batch in create_batches(_steps(changes, CreateTopic))
    ]
    answers.extend(
        kafka.grow_partitions({step.topic: step.after for step in batch}, validate_only=True)
        for batch in growth_batches(_steps(changes, GrowPartitions))
    )
    answers.extend(
        kafka.alter_configs(ConfigScope.TOPIC, [alteration(step) for step in batch], validate_only=True)
        for batch in config_batches(_steps(changes, SetTopicConfigs))
    )
    for answer in answers:
        for name, refusal in answer.items():
            if refusal is not None:
                found.setdefault(name, refusal)
    return found


def _steps(changes: Iterable[Change], kind: type[OperationT]) -> list[OperationT]:
    return [step for change in changes for step in change.operations if isinstance(step, kind)]


def _identities(
    session: Session, changes: Sequence[Change], refusals: Mapping[str, Refusal]
) -> Mapping[str, TopicIdentity | Refusal]:
    """Ids of the topics that are there, and of those that turned out to be there already."""
    there = {name for name, refusal in refusals.items() if refusal.error == _ALREADY_THERE}
    names = [
        change.address.name
        for change in changes
        if change.type is not ChangeType.CREATE or change.address.name in there
    ]
    return session.kafka.topic_identities(names) if names else {}


def _broker_defaults(session: Session, changes: Sequence[Change]) -> Mapping[str, str] | Refusal:
    """One broker's configs, asked for only when a topic is created that leaves one of them to it."""
    if not any(_leaves_durability(change) for change in changes):
        return {}
    return session.kafka.broker_configs(min(session.cluster.brokers))


@dataclass(frozen=True, slots=True)
class _Context:
    """What a refusal is about, and what is known by now of the topic."""

    change: Change
    refusal: Refusal
    identity: TopicIdentity | Refusal | None = None

    def blocker(self, code: str, summary: str, hint: str | None = None) -> Diagnostic:
        return Diagnostic(code, summary, address=str(self.change.address), place=self.change.place, hint=hint)


def _told(
    change: Change,
    refusal: Refusal | None,
    identity: TopicIdentity | Refusal | None,
    defaults: Mapping[str, str] | Refusal,
) -> Change:
    blockers = list(_durability(change, {} if isinstance(defaults, Refusal) else defaults))
    if refusal is not None:
        blockers.append(_blocker(_Context(change, refusal, identity)))
    known = None if change.type is ChangeType.CREATE else identity
    if isinstance(known, Refusal):
        blockers.append(_gone(change, known))
    elif known is not None:
        change = replace(change, observed=f"{known.topic_id}:{change.observed}")
    prediction = _prediction(change, refused=refusal is not None)
    if isinstance(defaults, Refusal) and _leaves_durability(change):
        unread = "the brokers' own min.insync.replicas may not be read by this principal"
        prediction = replace(prediction, detail=f"{prediction.detail}; {unread}")
    return change.annotated(prediction=prediction, blockers=blockers)


def _leaves_durability(change: Change) -> bool:
    """Whether it creates a topic whose min.insync.replicas will be the brokers' own."""
    return any("min.insync.replicas" not in dict(step.config) for step in _steps([change], CreateTopic))


def _prediction(change: Change, *, refused: bool) -> Prediction:
    if any(isinstance(step, DeleteTopic) for step in change.operations):
        return Prediction(Foresight.NOT_PREDICTABLE, "Kafka has no trial run for deletions")
    if any(isinstance(step, ReassignReplicas) for step in change.operations):
        asked = "; the brokers validated the rest" if len(change.operations) > 1 and not refused else ""
        return Prediction(Foresight.NOT_PREDICTABLE, f"Kafka has no dry run for reassignments{asked}")
    return Prediction(Foresight.PREDICTED, "the brokers refuse it" if refused else "the brokers validated it")


def _blocker(found: _Context) -> Diagnostic:
    """A broker's refusal in words, with the way out."""
    refusal, creating = found.refusal, found.change.type is ChangeType.CREATE
    match refusal.error:
        case _ if refusal.error == _ALREADY_THERE and not _hidden(found.identity):
            return found.blocker(
                "KO240", "it appeared while the plan was made", "plan again to see how it differs from the spec"
            )
        case _ if refusal.error == _ALREADY_THERE:
            return found.blocker(
                "KO231",
                "it exists, but this principal may not see it",
                "grant the principal Describe on it; until then kafkaops cannot tell how it differs",
            )
        case "TOPIC_AUTHORIZATION_FAILED" | "CLUSTER_AUTHORIZATION_FAILED" if creating:
            return found.blocker(
                "KO232",
                "this principal may not create it, nor learn whether it exists",
                "grant Create on the cluster or on this topic, and Describe on this topic",
            )
        case "TOPIC_AUTHORIZATION_FAILED" | "CLUSTER_AUTHORIZATION_FAILED":
            return found.blocker("KO237", "this principal may not change it", "grant Alter and AlterConfigs on it")
        case "INVALID_CONFIG" | "INVALID_REQUEST":
            return _config_blocker(found)
        case _:
            return found.blocker("KO236", f"the brokers refuse: {refusal}")


def _hidden(identity: TopicIdentity | Refusal | None) -> bool:
    """Whether a look at the topic was forbidden; one that a broker does not show yet is not hidden."""
    return isinstance(identity, Refusal) and "AUTHORIZATION" in identity.error


def _config_blocker(found: _Context) -> Diagnostic:
    unknown = _UNKNOWN_CONFIG.search(found.refusal.text)
    if unknown:
        key = unknown["key"].rstrip(".,")
        return found.blocker("KO234", f"the brokers know no topic config '{key}'", did_you_mean(key, TOPIC_CONFIGS))
    bad = _BAD_VALUE.search(found.refusal.text)
    summary = f"config {bad['key']} is refused: {found.refusal.text}" if bad else f"its configs: {found.refusal.text}"
    return found.blocker("KO235", summary, "declare a value that Kafka allows, or leave the key out")


def _gone(change: Change, refusal: Refusal) -> Diagnostic:
    return Diagnostic(
        "KO239",
        f"it cannot be looked at any more: {refusal}",
        address=str(change.address),
        place=change.place,
        hint="it changed while the plan was made; plan again",
    )


def _durability(change: Change, defaults: Mapping[str, str]) -> Iterable[Diagnostic]:
    """validate_only lets a topic pass that no producer with acks=all could write to."""
    needed = defaults.get("min.insync.replicas", "")
    for step in _steps([change], CreateTopic):
        if "min.insync.replicas" in dict(step.config) or not needed.isdigit():
            continue
        if int(needed) > step.replication_factor:
            yield Diagnostic(
                "KO233",
                f"the brokers ask for min.insync.replicas={needed}, above its replication factor "
                f"{step.replication_factor}: acks=all could never be served",
                address=str(change.address),
                place=change.place,
                hint="set min.insync.replicas for this topic, or raise its replication factor",
            )
