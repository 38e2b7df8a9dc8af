"""Giving up by hand what is being moved.

| code | meaning |
| --- | --- |
| KO274 | Kafka refused to cancel a reassignment |
| KO276 | hazard: what was copied is dropped |
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from kafkaops.clients.kafka import Refusal, TopicPartition
from kafkaops.errors import Diagnostic, PlatformError
from kafkaops.plan.model import Change, Difference, FieldChange, Foresight, Hazard, Outcome, Prediction, Risk
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.by_hand import ByHand
from kafkaops.resources.topics.model import CancelReassignment, Copying, TopicsSnapshot
from kafkaops.resources.topics.throttle import unthrottle
from kafkaops.resources.wording import counted
from kafkaops.spec.throughput import size_text

_LIMIT_S = 30.0
_PAUSE_S = 0.2
_NOT_MOVING = "NO_REASSIGNMENT_IN_PROGRESS"


class Cancelling(ByHand):
    """Topics as a kind whose only changes give up the moves of their replicas, and what was set for them."""

    command = "topics cancel-reassignment"

    def diff(self, session: Session, snapshot: TopicsSnapshot) -> Difference:
        """A change for each topic that is being moved, or still has what was set for a move. Pure."""
        far = {item.topic: item for item in snapshot.layout.copying}
        changes = []
        for name, have in sorted(snapshot.seen.items()):
            if not have.moving and have.mark is None:
                continue
            step = CancelReassignment(topic=name, partitions=tuple(sorted(have.moving)))
            state, note = ("in progress", _left(far.get(name))) if have.moving else ("copied", None)
            field = FieldChange("reassignment", state, "cancelled" if have.moving else "finished", note=note)
            hazard = Hazard(
                Risk.SAFE, "KO276", "new replicas are given up, the old ones stay: what was copied is dropped"
            )
            what = (
                f"{counted(len(have.moving), 'partition')} being moved" if have.moving else "copied, and not finished"
            )
            changes.append(self.change(session, have, step, [field], what, [hazard] if have.moving else []))
        return Difference(changes=tuple(changes), ailment="", in_sync=len(snapshot.seen) - len(changes))

    def predict(self, _session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """Nobody can be asked."""
        unknown = Prediction(Foresight.NOT_PREDICTABLE, "Kafka has no dry run for reassignments")
        return [change.annotated(prediction=unknown) for change in changes]

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Cancel, wait until nothing moves, and take throttles away."""
        started = time.monotonic()
        steps = {
            change.address: step
            for change in changes
            for step in change.operations
            if isinstance(step, CancelReassignment)
        }
        keys = [TopicPartition(step.topic, index) for step in steps.values() for index in step.partitions]
        answers = session.kafka.reassign(dict.fromkeys(keys)) if keys else {}
        refused = {key: said for key, said in answers.items() if said is not None and said.error != _NOT_MOVING}
        _await_end(session, [key for key in keys if key not in refused])
        for address, step in steps.items():
            said = next((f"{key}: {refused[key]}" for key in refused if key.topic == step.topic), None)
            left: Mapping[str, Refusal] = {} if said else unthrottle(session, [step.topic])
            if said or left:
                hint = "kafkaops topics reassignments shows what still moves"
                problem = Diagnostic("KO274", f"{said or left[step.topic]}", address=str(address), hint=hint)
                yield Outcome.failed(address, problem, time.monotonic() - started)
                continue
            own = counted(len(step.partitions), "partition")
            what = f"reassignment of {own} cancelled" if step.partitions else "nothing was being moved any more"
            yield Outcome.done(address, f"{what}, nothing throttled", time.monotonic() - started)


def _left(far: Copying | None) -> str | None:
    if far is None:
        return None
    size = "bytes unknown" if far.bytes_left is None else f"about {size_text(far.bytes_left)}"
    whose = "" if far.ours else "; begun by somebody else"
    return f"{far.left} of {counted(far.partitions, 'partition')} left, {size}{whose}"


def _await_end(session: Session, keys: Sequence[TopicPartition]) -> None:
    until = time.monotonic() + _LIMIT_S
    while keys:
        moving = session.kafka.reassignments()
        if isinstance(moving, Refusal) or not any(key in moving for key in keys):
            return
        if time.monotonic() > until:
            raise PlatformError.of("KO274", f"cancelled, but {counted(len(keys), 'partition')} still move after 30 s")
        time.sleep(_PAUSE_S)
