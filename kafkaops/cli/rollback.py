"""`kafkaops rollback`: back to how it was before a run."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kafkaops.cli.apply import asked, reported
from kafkaops.cli.audit import parse_audit
from kafkaops.cli.history import looking_back
from kafkaops.cli.options import PlanFormat
from kafkaops.cli.plan import show_plan
from kafkaops.cli.session import holding_ledger, open_session, parse_throttle, parse_timeout, reading_ledger
from kafkaops.cli.terminal import stderr
from kafkaops.errors import ExitCode, RefusedError, UsageError
from kafkaops.writable import check_file

if TYPE_CHECKING:
    from kafkaops.ledger.history import History
    from kafkaops.ledger.records import Story
    from kafkaops.report.document import PlanDocument
    from kafkaops.resources.kind import Session
    from kafkaops.rollback import Rollback


@dataclass(frozen=True)
class RollbackOptions:
    """What the command line says."""

    run: str
    file: Path
    environment: str | None
    allow: list[str] | None
    allow_share: list[str] | None
    format: PlanFormat
    out: Path | None
    yes: bool
    dry_run: bool
    lock_timeout: str
    audit: str | None
    throttle: str | None = None
    reviewed: PlanDocument | None = None
    """The saved plan that is to be done."""

    @classmethod
    def reviewed_in(
        cls, plan: PlanDocument, file: Path, format_: PlanFormat, lock_timeout: str, audit: str | None
    ) -> RollbackOptions:
        """To do a saved plan, which holds what it was made with."""
        return cls(
            run=plan["rollback_of"],
            file=file,
            environment=plan["environment"],
            allow=plan["allowed"],
            allow_share=plan["allowed_shares"],
            format=format_,
            out=None,
            yes=True,
            dry_run=False,
            lock_timeout=lock_timeout,
            audit=audit,
            throttle=str(plan["throttle"]) if "throttle" in plan else None,
            reviewed=plan,
        )


def rollback_command(options: RollbackOptions) -> int:
    """Plan back, ask, run, report; with `dry_run` or `out` only plan, as `plan` does. Exit codes are those of apply, or
    plan.
    """
    from kafkaops.apply.recorded import Undoing
    from kafkaops.cli.carrying_out import carried_out
    from kafkaops.cli.settling import settled

    if options.out is not None and options.yes:
        hint = f"review it, then: kafkaops apply {options.out}"
        raise UsageError.of("KO905", "--yes does not go with --out: the plan is saved, and nothing is done", hint=hint)
    if options.out is not None:
        check_file("KO808", options.out)
    timeout_s, audited, limit = parse_timeout(options.lock_timeout), parse_audit(options.audit), options.throttle
    opening = options.file, options.environment, options.allow, options.allow_share, parse_throttle(limit)
    with ExitStack() as on_record, open_session(*opening) as opened:
        if options.dry_run or options.out is not None:
            with reading_ledger(opened, without=False) as session:
                return _shown(_planned(session, options), options)
        with holding_ledger(opened, without=False, timeout_s=timeout_s) as (session, books):
            back, document = _agreed(session, options)
            held, agreed = (back.session, books), (back.plan, document)
            digest = options.reviewed["digest"] if options.reviewed else None
            purpose = Undoing(back.run, back.documents)
            result, trail = carried_out(
                on_record, opened, held, agreed, audited, reviewed_digest=digest, purpose=purpose
            )
        result = settled(replace(back.session, stop=opened.stop), result)
        result = trail.finish(result) if trail else result
    return reported(result, options.format)


def _agreed(session: Session, options: RollbackOptions) -> tuple[Rollback, PlanDocument]:
    """The way back, shown, and found to be what was reviewed or what the user says yes to. Raises `RefusedError`."""
    from kafkaops.report.document import plan_document
    from kafkaops.report.stale import refuse_other_cluster, refuse_stale

    if options.reviewed is not None:
        refuse_other_cluster(options.reviewed, session.cluster.cluster_id)
    back = _planned(session, options)
    document = plan_document(back.plan)
    if options.reviewed is not None:
        refuse_stale(options.reviewed, document)
    asked(back.plan, document, options.format, ask=not options.yes)
    return back, document


def _planned(session: Session, options: RollbackOptions) -> Rollback:
    """The way back from the run that was named."""
    from kafkaops.apply.books import owner_of
    from kafkaops.ledger.history import Standing
    from kafkaops.rollback import plan_back

    with looking_back(session) as history:
        story = _named(options.run, history, session)
        own = tuple(reversed(history.of(owner_of(session))))
    if history.standing(story) is Standing.UNDER_WAY:
        raise RefusedError.of(
            "KO881", f"run {story.run} cannot be rolled back: it is under way", hint="wait until it has ended"
        )
    return plan_back(session, story, own)


def _named(run: str, history: History, session: Session) -> Story:
    """The run that was named. Raises `UsageError` (KO881), and `RefusedError` (KO881) for one of another project."""
    from kafkaops.apply.books import owner_of
    from kafkaops.ledger.history import find_run
    from kafkaops.ledger.history import owner_of as owner_of_run

    owner = owner_of(session)
    try:
        return find_run(run, history.of(owner))
    except UsageError as error:
        others = [story for story in history.of(None) if story.run == run]
        if not others:
            raise
        other = owner_of_run(others[0])
        why = f"it is a run of {other}, not of {owner}" if other else "its beginning is not kept any more"
        raise RefusedError.of("KO881", f"run {run} cannot be rolled back: {why}") from error


def _shown(back: Rollback, options: RollbackOptions) -> ExitCode:
    from kafkaops.report.document import plan_document

    document = plan_document(back.plan)
    show_plan(document, options.format)
    _save(document, options)
    return ExitCode.ANSWER_IS_NO if back.plan.blocked or back.plan.beyond_limits else ExitCode.OK


def _save(document: PlanDocument, options: RollbackOptions) -> None:
    from kafkaops.report.saved import save_plan

    if options.out is not None:
        save_plan(document, options.out)
        stderr().print(f"Saved to {options.out}; digest {document['digest']}")
