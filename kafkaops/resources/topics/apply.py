"""Making topics as planned: in batches that the controller takes, and seen on every broker before it counts.

| code | meaning |
| --- | --- |
| KO250 | Kafka refused the operation |
| KO251 | the topic appeared since the plan |
| KO252 | the topic was deleted and created again since the plan |
| KO253 | the topic went away since the plan |
| KO254 | it was done, but not every broker showed it in time |
| KO255 | it was done, but the configs read back differ |
| KO257 | Kafka refused to move replicas |
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from kafkaops.clients.kafka import Answers, ConfigScope, Refusal, TopicIdentity
from kafkaops.errors import Diagnostic
from kafkaops.plan.model import Change, ChangeType, Operation, Outcome
from kafkaops.resources.kind import Session
from kafkaops.resources.stopping import skipped_by_stop
from kafkaops.resources.topics.model import (
    CreateTopic,
    DeleteTopic,
    FinishReassignment,
    GrowPartitions,
    ReassignReplicas,
    SetTopicConfigs,
)
from kafkaops.resources.topics.moving import begin
from kafkaops.resources.topics.requests import (
    MAX_RECORDS,
    MAX_RESOURCES,
    alteration,
    batches,
    config_batches,
    create_batches,
    growth_batches,
    new_topic,
)
from kafkaops.resources.topics.throttle import rethrottle
from kafkaops.resources.topics.visibility import await_configs, await_configs_everywhere, await_partitions, connecting
from kafkaops.resources.wording import counted

OperationT = TypeVar("OperationT", bound=Operation)


def apply(session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
    """Do the changes: creations, moves, growth, configs, deletions; one outcome each, as it is verified.

    Moves are only begun here: the cluster copies for as long as it takes (`settle.py`). What a topic whose replicas
    move is to have set at once is set before, so that min.insync.replicas is never above the replication factor.
    """
    run = _Run(session, {change.address.name: change for change in changes})
    yield from run.refuse_moved()
    yield from run.create()
    yield from run.set_configs(run.moving())
    yield from run.move()
    yield from run.grow()
    yield from run.set_configs()
    yield from run.delete()
    yield from run.rest()


@dataclass
class _Run:
    """One apply of topics: what is still open, and what each change did so far."""

    session: Session
    open: dict[str, Change]
    started: float = field(default_factory=time.monotonic)

    def refuse_moved(self) -> Iterator[Outcome]:
        """Fail what is no longer the topic that the plan saw (its id says so), before anything is done to it."""
        names = [name for name, change in self.open.items() if change.type is not ChangeType.CREATE]
        if not names:
            return
        for name, identity in self.session.kafka.topic_identities(names).items():
            moved = _moved(self.open[name], identity)
            if moved is not None:
                yield self._failed(name, moved)

    def create(self) -> Iterator[Outcome]:
        """Create, wait until every broker shows all of it, read configs back."""
        for batch in create_batches(self._steps(CreateTopic)):
            if self.session.stop.is_set():
                return
            with connecting(self.session):
                answers = self.session.kafka.create_topics([new_topic(step) for step in batch])
            yield from self._failures(answers)
            done = [step for step in batch if answers[step.topic] is None]
            yield from self._unseen({step.topic: step.partitions for step in done})
            # A broker that shows the topic has its configs: they were written in one batch.
            wanted = {step.topic: dict(step.config) for step in done if step.config}
            yield from self._misread(await_configs(self.session, wanted))
            yield from self._finished([step.topic for step in done], CreateTopic, f"seen on {self._brokers()}")

    def grow(self) -> Iterator[Outcome]:
        """Add partitions and wait until every broker shows them."""
        for batch in growth_batches(self._steps(GrowPartitions)):
            if self.session.stop.is_set():
                return
            totals = {step.topic: step.after for step in batch}
            answers = self.session.kafka.grow_partitions(totals)
            yield from self._failures(answers)
            yield from self._unseen({name: totals[name] for name in totals if answers[name] is None})
            yield from self._finished(list(totals), GrowPartitions, f"seen on {self._brokers()}")

    def moving(self) -> frozenset[str]:
        """The topics whose replicas move, or do already."""
        moves, ends = self._steps(ReassignReplicas), self._steps(FinishReassignment)
        return frozenset([*(step.topic for step in moves), *(step.topic for step in ends)])

    def move(self) -> Iterator[Outcome]:
        """Begin to move replicas, as many partitions at once as the controller takes."""
        begun = self._steps(FinishReassignment)
        for name, said in rethrottle(self.session, [step for step in begun if step.after]).items():
            yield self._failed(name, _not_moved(self.open[name], said))
        known = [step.topic for step in begun]
        yield from self._finished(known, FinishReassignment, "waited for after this run")
        for batch in batches(self._steps(ReassignReplicas), lambda step: 1 + len(step.after), MAX_RECORDS):
            if self.session.stop.is_set():
                return
            for name, refusal in begin(self.session, batch, known).items():
                if refusal is not None:
                    yield self._failed(name, _not_moved(self.open[name], refusal))
            for step in batch:
                yield from self._finished([step.topic], ReassignReplicas, _begun(step))

    def set_configs(self, topics: Collection[str] | None = None) -> Iterator[Outcome]:
        """Set and reset configs, of all topics or of these, and read them back."""
        steps = [step for step in self._steps(SetTopicConfigs) if topics is None or step.topic in topics]
        for batch in config_batches(steps):
            if self.session.stop.is_set():
                return
            answers = self.session.kafka.alter_configs(ConfigScope.TOPIC, [alteration(step) for step in batch])
            yield from self._failures(answers)
            done = [step for step in batch if answers[step.topic] is None]
            wanted = {step.topic: {**dict(step.set), **dict.fromkeys(step.reset)} for step in done}
            yield from self._misread(await_configs_everywhere(self.session, wanted))
            yield from self._finished([step.topic for step in done], SetTopicConfigs, "read back")

    def delete(self) -> Iterator[Outcome]:
        """Delete, and wait until no broker shows it."""
        for batch in batches(self._steps(DeleteTopic), lambda _: 1, MAX_RESOURCES):
            if self.session.stop.is_set():
                return
            answers = self.session.kafka.delete_topics([step.topic for step in batch])
            yield from self._failures(answers)
            yield from self._unseen({name: 0 for name, refusal in answers.items() if refusal is None})
            yield from self._finished(list(answers), DeleteTopic, f"gone from {self._brokers()}")

    def rest(self) -> Iterator[Outcome]:
        """What a stop came before."""
        for change in list(self.open.values()):
            del self.open[change.address.name]
            yield skipped_by_stop(change)

    # --- inside ---

    def _steps(self, kind: type[OperationT]) -> list[OperationT]:
        return [step for change in self.open.values() for step in change.operations if isinstance(step, kind)]

    def _failures(self, answers: Answers) -> Iterator[Outcome]:
        for name, refusal in answers.items():
            if refusal is not None:
                yield self._failed(name, _refused(self.open[name], refusal))

    def _unseen(self, partitions: Mapping[str, int]) -> Iterator[Outcome]:
        for name, where in await_partitions(self.session, partitions).items():
            yield self._failed(name, _not_shown(self.open[name], where))

    def _misread(self, found: Mapping[str, Sequence[str]]) -> Iterator[Outcome]:
        for name, differing in found.items():
            yield self._failed(name, _differs(self.open[name], differing))

    def _brokers(self) -> str:
        return counted(len(self.session.cluster.brokers), "broker")

    def _finished(self, names: Sequence[str], kind: type[Operation], proof: str) -> Iterator[Outcome]:
        """Report the changes whose last operation this was, with how it was verified."""
        for name in names:
            change = self.open.get(name)
            if change is not None and isinstance(change.operations[-1], kind):
                del self.open[name]
                yield Outcome.done(change.address, proof, self._seconds())

    def _failed(self, name: str, diagnostic: Diagnostic) -> Outcome:
        return Outcome.failed(self.open.pop(name).address, diagnostic, self._seconds())

    def _seconds(self) -> float:
        return time.monotonic() - self.started


def _problem(change: Change, code: str, summary: str, hint: str) -> Diagnostic:
    return Diagnostic(code, summary, address=str(change.address), place=change.place, hint=hint)


def _moved(change: Change, identity: TopicIdentity | Refusal) -> Diagnostic | None:
    """Why a topic is not the one that the plan saw, by the id at the front of `observed`."""
    if isinstance(identity, Refusal) and identity.error != "UNKNOWN_TOPIC_OR_PART":
        return _problem(change, "KO250", f"Kafka does not show it: {identity}", "nothing was done to it; apply again")
    if isinstance(identity, Refusal):
        return _problem(
            change, "KO253", f"it went away since the plan: {identity}", "nothing was done to it; plan again"
        )
    planned, _, _ = change.observed.partition(":")
    if planned in ("", identity.topic_id):
        return None
    return _problem(
        change,
        "KO252",
        f"it was deleted and created again since the plan (id {planned} → {identity.topic_id})",
        "nothing was done to it; plan again",
    )


def _refused(change: Change, refusal: Refusal) -> Diagnostic:
    if refusal.error == "TOPIC_ALREADY_EXISTS":
        return _problem(change, "KO251", "it appeared since the plan", "plan again to see how it differs from the spec")
    if refusal.error == "UNKNOWN_TOPIC_OR_PART":
        return _problem(change, "KO253", "it went away since the plan", "plan again")
    return _problem(change, "KO250", f"Kafka refused: {refusal}", "mend the cause and apply again")


def _not_moved(change: Change, refusal: Refusal) -> Diagnostic:
    if refusal.error == "THROTTLED_BY_OTHERS":
        hint = "take that throttle away, or the one under `placement:` in the spec"
        return _problem(change, "KO256", refusal.text, hint)
    return _problem(change, "KO257", f"Kafka refused to move its replicas: {refusal}", "mend the cause and apply again")


def _begun(step: ReassignReplicas) -> str:
    copies = sum(map(len, step.copies.values()))
    if not copies:
        return f"replicas of {counted(len(step.after), 'partition')} given up or put in another order"
    return f"copying {counted(copies, 'replica')} begun"


def _not_shown(change: Change, where: str) -> Diagnostic:
    return _problem(
        change,
        "KO254",
        f"Kafka accepted it, but {where}",
        "look at those brokers' health; the next plan shows what is left",
    )


def _differs(change: Change, differing: Sequence[str]) -> Diagnostic:
    return _problem(
        change,
        "KO255",
        f"Kafka accepted it, but read back these differ: {', '.join(differing)}",
        "somebody else may be changing it; plan again",
    )
