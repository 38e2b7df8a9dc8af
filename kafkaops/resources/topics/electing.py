"""Letting preferred replicas lead, by hand.

| code | meaning |
| --- | --- |
| KO275 | a preferred replica does not lead |
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from kafkaops.clients.kafka import ClusterState, TopicPartition
from kafkaops.errors import Diagnostic
from kafkaops.plan.model import Change, Difference, FieldChange, Foresight, Outcome, Prediction
from kafkaops.resources.health import Health
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.by_hand import ByHand
from kafkaops.resources.topics.model import ElectLeaders, Layout, TopicsSnapshot, TopicState
from kafkaops.resources.wording import counted

_LIMIT_S = 30.0
_PAUSE_S = 0.2
_SHOWN = 12
"""Partitions that a plan lists one by one."""


class Electing(ByHand):
    """Topics as a kind whose only changes let the preferred replicas lead."""

    command = "topics elect-leaders"

    def layout(self, _session: Session, _seen: Mapping[str, TopicState]) -> Layout:
        """Who leads stands in the metadata."""
        return Layout()

    def diff(self, session: Session, snapshot: TopicsSnapshot) -> Difference:
        """A change for each topic of which a partition is led by another broker than the preferred one. Pure."""
        wrong = misled(session.cluster, list(snapshot.seen))
        changes = [
            self.change(
                session,
                snapshot.seen[name],
                ElectLeaders(topic=name, partitions=tuple(parts)),
                list(_fields(parts)),
                f"{counted(len(parts), 'leader')} to change",
            )
            for name, parts in sorted(wrong.items())
        ]
        health = Health.of(session.cluster)
        return Difference(
            changes=tuple(changes),
            ailment=health.summary,
            observations=health.observations(),
            in_sync=len(snapshot.seen) - len(changes),
        )

    def predict(self, _session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """Nobody can be asked."""
        unknown = Prediction(Foresight.NOT_PREDICTABLE, "Kafka has no dry run for elections")
        return [change.annotated(prediction=unknown) for change in changes]

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Elect, and wait until brokers show it. A replica that is not in sync, or not there, cannot lead."""
        started = time.monotonic()
        steps = {
            change.address: step for change in changes for step in change.operations if isinstance(step, ElectLeaders)
        }
        keys = [TopicPartition(step.topic, index) for step in steps.values() for index in step.partitions]
        answers = session.kafka.elect_leaders(keys)
        left = _await_leaders(session, {key for key in keys if answers.get(key) is None})
        for address, step in steps.items():
            own = [TopicPartition(step.topic, index) for index in step.partitions]
            said = [f"{key} ({answers[key] or 'not seen in time'})" for key in own if answers[key] or key in left]
            if said:
                more = " and more" if len(said) > 3 else ""
                summary = f"the preferred replica does not lead {', '.join(said[:3])}{more}"
                hint = "it leads when its broker is there and its replica in sync"
                problem = Diagnostic("KO275", summary, address=str(address), hint=hint)
                yield Outcome.failed(address, problem, time.monotonic() - started)
            else:
                yield Outcome.done(address, f"{counted(len(own), 'leader')} elected", time.monotonic() - started)


def misled(cluster: ClusterState, names: Sequence[str]) -> Mapping[str, Mapping[int, tuple[int | None, int]]]:
    """By topic, the partitions that another broker leads than the one preferred: who leads, and who should."""
    found: dict[str, dict[int, tuple[int | None, int]]] = {}
    for name in names:
        for index, part in enumerate(cluster.topics[name].partitions if name in cluster.topics else ()):
            if part.replicas and part.leader != part.replicas[0]:
                found.setdefault(name, {})[index] = (part.leader, part.replicas[0])
    return found


def _fields(parts: Mapping[int, tuple[int | None, int]]) -> Iterator[FieldChange]:
    """Who leads which partition, or where they are many, how many partitions a broker leads more or less."""
    if len(parts) <= _SHOWN:
        for index, (leader, preferred) in parts.items():
            yield FieldChange(f"leader.partition_{index}", leader, preferred)
        return
    now, then = (Counter(pair[which] for pair in parts.values()) for which in (0, 1))
    for broker in sorted(broker for broker in now | then if broker is not None):
        yield FieldChange(f"leader.broker_{broker}", now[broker], then[broker], note="of the partitions that change")


def _await_leaders(session: Session, elected: set[TopicPartition]) -> set[TopicPartition]:
    until, names = time.monotonic() + _LIMIT_S, sorted({key.topic for key in elected})
    while True:
        wrong = misled(session.kafka.cluster(), names) if names else {}
        left = {key for key in elected if key.partition in wrong.get(key.topic, {})}
        if not left or time.monotonic() > until:
            return left
        time.sleep(_PAUSE_S)
