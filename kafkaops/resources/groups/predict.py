"""Asking the brokers about group configs; commits and deletions have no trial run.

| code | meaning |
| --- | --- |
| KO620 | the brokers know no group config of this name |
| KO621 | the brokers refuse a group config's value |
| KO622 | the brokers refuse the change |
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kafkaops.clients.kafka import ConfigAlteration, ConfigScope, Refusal
from kafkaops.errors import Diagnostic
from kafkaops.plan.model import Change, Foresight, Prediction
from kafkaops.resources.groups.evidence import weigh
from kafkaops.resources.groups.model import CommitStartPosition, DeleteGroup, SetGroupConfigs
from kafkaops.resources.kind import Session
from kafkaops.spec.suggest import did_you_mean

_UNKNOWN = re.compile(r"[Uu]nknown (?:group )?config(?: name)?:? (?P<key>[\w.]+)")


def predict(session: Session, changes: Sequence[Change]) -> Sequence[Change]:
    """The changes with what the brokers say of their configs, and what deletions lose."""
    alterations = [
        ConfigAlteration(step.group, dict(step.set), step.reset)
        for change in changes
        for step in change.operations
        if isinstance(step, SetGroupConfigs)
    ]
    answers = session.kafka.alter_configs(ConfigScope.GROUP, alterations, validate_only=True)
    return weigh(session, [_told(session, change, answers.get(change.address.name)) for change in changes])


def _told(session: Session, change: Change, refusal: Refusal | None) -> Change:
    if refusal is not None:
        known = _known_configs(session, change) if _UNKNOWN.search(refusal.text) else ()
        blocker = _blocker(change, refusal, known)
        prediction = Prediction(Foresight.PREDICTED, "the brokers refuse it")
        return change.annotated(prediction=prediction, blockers=(blocker,))
    return change.annotated(prediction=_prediction(change))


def _prediction(change: Change) -> Prediction:
    steps = change.operations
    if any(isinstance(step, DeleteGroup) for step in steps):
        return Prediction(Foresight.NOT_PREDICTABLE, "Kafka has no trial run for deleting groups")
    if any(isinstance(step, CommitStartPosition) for step in steps):
        return Prediction(Foresight.NOT_PREDICTABLE, "Kafka has no trial run for committing offsets")
    return Prediction(Foresight.PREDICTED, "the brokers validated it")


def _known_configs(session: Session, change: Change) -> Sequence[str]:
    """The names of the group configs that these brokers know, for the nearest to one that they do not."""
    answer = session.kafka.configs(ConfigScope.GROUP, [change.address.name])[change.address.name]
    return () if isinstance(answer, Refusal) else (*answer.overrides, *answer.inherited)


def _blocker(change: Change, refusal: Refusal, known: Sequence[str]) -> Diagnostic:
    def said(code: str, summary: str, hint: str | None) -> Diagnostic:
        return Diagnostic(code, summary, address=str(change.address), place=change.place, hint=hint)

    unknown = _UNKNOWN.search(refusal.text)
    if unknown:
        key = unknown["key"].rstrip(".")
        return said("KO620", f"the brokers know no group config '{key}'", did_you_mean(key, known))
    if refusal.error in ("INVALID_CONFIG", "INVALID_REQUEST"):
        return said("KO621", f"its configs: {refusal.text}", "declare a value that Kafka allows, or leave the key out")
    return said("KO622", f"the brokers refuse: {refusal}", None)
