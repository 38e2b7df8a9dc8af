"""Carrying out a plan that was agreed to: on the audit stream, written down, and stopped as the user asks."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from kafkaops.apply.books import new_run_id
from kafkaops.apply.recorded import Steering, Undoing, Watchers, makes_a_run, recorded_run
from kafkaops.cli.audit import auditing
from kafkaops.cli.interrupts import stopping_on_interrupt
from kafkaops.cli.progress import watching

if TYPE_CHECKING:
    from kafkaops.apply.books import Books
    from kafkaops.plan.model import Plan, Run
    from kafkaops.report.audit import AuditTrail
    from kafkaops.report.document import PlanDocument
    from kafkaops.resources.kind import Session
    from kafkaops.spec.model import AuditTarget


def carried_out(
    on_record: ExitStack,
    opened: Session,
    held: tuple[Session, Books | None],
    plan: tuple[Plan, PlanDocument],
    audited: AuditTarget | None,
    *,
    reviewed_digest: str | None = None,
    purpose: Undoing | Steering | None = None,
) -> tuple[Run, AuditTrail | None]:
    """The run, and its audit trail, which is still to be finished. A plan of the spec has no `purpose`.

    Until `on_record` is closed, after settling, a stop goes to `opened`; while the lock is held, to the session that
    holds it. One that came then ends the settling as well.
    """
    (session, books), (what, document) = held, plan
    run_id = (books.candidate.run if books else new_run_id()) if makes_a_run(session, what, purpose) else None
    trail = on_record.enter_context(auditing(session, audited, document, reviewed_digest, run_id))
    on_record.enter_context(stopping_on_interrupt(opened.stop))  # from here on to the end of settling
    with stopping_on_interrupt(session.stop), watching(len(what.changes)) as watcher:
        watchers = Watchers(trail, watcher) if trail else watcher
        result = recorded_run(session, what, document["digest"], books, watchers, purpose)
    if session.stop.asked:  # perhaps after the last change was done
        opened.stop.set()
    return result, trail
