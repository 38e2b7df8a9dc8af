"""What of a change kafkaops has begun already, so that it is no drift though the cluster is not there yet. Pure.

| code | meaning |
| --- | --- |
| KO277 | a move of replicas that kafkaops began is not over |
"""

from __future__ import annotations

from kafkaops.errors import Diagnostic, Severity
from kafkaops.plan.model import Change
from kafkaops.resources.settling import Underway
from kafkaops.resources.topics.model import FinishReassignment
from kafkaops.resources.topics.reassigning import FIELD, ONCE_COPIED, TO_ANOTHER_FACTOR
from kafkaops.resources.wording import counted


def underway(change: Change) -> Underway | None:
    """A move that bears kafkaops' mark and leads to the declared number of replicas, and what waits for it.

    None for a move of somebody else's, and for one to another number of replicas: that is not what was declared.
    """
    step = next((step for step in change.operations if isinstance(step, FinishReassignment)), None)
    if step is None or any(item.code == TO_ANOTHER_FACTOR for item in change.warnings):
        return None
    paths = {item.path for item in change.fields if item.path == FIELD or item.note == ONCE_COPIED}
    return Underway(frozenset(paths), _said(change, step))


def _said(change: Change, step: FinishReassignment) -> Diagnostic:
    if step.after:
        summary = f"copying: replicas of {counted(len(step.after), 'partition')} are on their way, as kafkaops began it"
        hint = "kafkaops topics reassignments --watch shows how far it is"
    else:
        summary = "its replicas are copied, and what kafkaops had set for that is still there"
        hint = "kafkaops apply takes it away"
    return Diagnostic("KO277", summary, severity=Severity.INFO, address=str(change.address), hint=hint)
