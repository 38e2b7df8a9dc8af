"""A run with its ledger: begun before the first change, ended after the last, however it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from kafkaops.apply.books import Books
from kafkaops.apply.claiming import Documents, outdated
from kafkaops.apply.journal import Journal, concerned_by, declared_by
from kafkaops.apply.run import Watcher, run
from kafkaops.errors import Diagnostic
from kafkaops.ledger.model import Ledger
from kafkaops.ledger.records import RunResult
from kafkaops.plan.model import Change, Outcome, Plan, Run
from kafkaops.resources.kind import Kind, Session
from kafkaops.resources.kinds import KINDS


class Watchers:
    """Several as one, told in order."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def wave_started(self, kind: str, changes: Sequence[Change]) -> None:
        """Tell all."""
        for watcher in self._watchers:
            watcher.wave_started(kind, changes)

    def ended(self, change: Change, outcome: Outcome) -> None:
        """Tell all."""
        for watcher in self._watchers:
            watcher.ended(change, outcome)


@dataclass(frozen=True, slots=True)
class Undoing:
    """That a run takes another one back."""

    run: str
    documents: Documents
    """What the ledger is to say of what is restored, instead of what the spec declares."""


@dataclass(frozen=True, slots=True)
class Steering:
    """That a run does what a command asked for by hand, and nothing that the spec says."""

    command: str
    kinds: tuple[Kind[Any], ...]


def recorded_run(
    session: Session,
    plan: Plan,
    digest: str,
    books: Books | None,
    watcher: Watcher,
    purpose: Undoing | Steering | None = None,
) -> Run:
    """Make every change and write it down; without books, only make them. A plan of the spec has no other `purpose`.

    A run that loses its lock, or whose ledger cannot be written any more, begins nothing further.
    """
    kinds = purpose.kinds if isinstance(purpose, Steering) else KINDS
    if books is None or not makes_a_run(session, plan, purpose):
        return run(session, plan, watcher, kinds)
    journal = books.journal(plan, digest)
    match purpose:
        case Undoing():
            journal.undo(purpose.run, purpose.documents)
        case Steering():
            journal.steer(purpose.command)
    journal.begin(plan)
    result = run(session, plan, Watchers(journal, watcher), kinds)
    journal.finish(result, _result(result, books))
    problems = tuple(_problems(journal, books))
    return replace(result, id=journal.run_id, interrupted=result.interrupted and not problems, problems=problems)


def makes_a_run(session: Session, plan: Plan, purpose: Undoing | Steering | None = None) -> bool:
    """Whether there is anything to do, or to write down: without either there is no run, and none to look up."""
    if plan.changes or isinstance(purpose, Steering):
        return bool(plan.changes)
    return bool(plan.adoptable) or _anything_to_say(session, plan)


def _anything_to_say(session: Session, plan: Plan) -> bool:
    """Whether the ledger itself is to change: an interrupted run to end, claims or prefixes to write.

    A claim that says something else than the spec does, of what is as declared, is one: the spec took over what had
    moved, and drift would go on telling of it.
    """
    ledger: Ledger | None = session.ledger
    if ledger is None:
        return False
    owned = {item.prefix for item in ledger.prefixes if item.owner == ledger.owner}
    unsettled = any(not claim.settled for claim in ledger.mine.values())
    to_end = ledger.open_run is not None and not plan.targets
    if to_end or unsettled or owned != set(session.loaded.spec.owns):
        return True
    held = {address.kind for address in ledger.mine}
    declared = declared_by(session, [kind for kind in concerned_by(plan, KINDS) if kind.name in held])
    return next(outdated(plan, ledger, declared), None) is not None


def _result(result: Run, books: Books) -> RunResult:
    if books.lock.lost is not None:
        return RunResult.LOCK_LOST
    if result.interrupted:
        return RunResult.STOPPED
    return RunResult.DONE if result.succeeded else RunResult.FAILED


def _problems(journal: Journal, books: Books) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    if books.lock.lost is not None:
        found.append(
            Diagnostic(
                "KO875",
                f"this run lost its lock: {books.lock.lost}",
                detail="nothing was begun after that was noticed; the batch in flight at that moment was finished",
                hint="look at kafkaops history for a run that came after, and plan again",
            )
        )
    if journal.problem is not None:
        found.append(
            Diagnostic(
                "KO885",
                f"this run is not recorded whole: {journal.problem.summary}",
                detail=journal.problem.detail,
                hint="the next plan shows it as interrupted, with what is left to do",
            )
        )
    return found
