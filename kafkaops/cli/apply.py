"""`kafkaops apply`: make it so."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from kafkaops.cli.audit import parse_audit
from kafkaops.cli.confirming import confirm
from kafkaops.cli.options import PlanFormat
from kafkaops.cli.plan import show_plan
from kafkaops.cli.session import holding_ledger, open_session, parse_targets, parse_throttle, parse_timeout
from kafkaops.cli.terminal import mention_warnings, stderr, stdout, write_json
from kafkaops.errors import INTERRUPTED, ExitCode, RefusedError, UsageError
from kafkaops.report.values import plural

if TYPE_CHECKING:
    from kafkaops.address import Address
    from kafkaops.plan.model import Plan, Run
    from kafkaops.report.document import PlanDocument
    from kafkaops.resources.kind import Session


def apply_command(
    saved: Path | None,
    file: Path,
    environment: str | None,
    targets: list[str] | None,
    allow: list[str] | None,
    allow_share: list[str] | None,
    format_: PlanFormat,
    yes: bool,
    expect_digest: str | None,
    no_ledger: bool,
    lock_timeout: str,
    audit: str | None,
    throttle: str | None = None,
) -> int:
    """Plan, ask, run, report. Exit 0 when everything was done and verified, 130 when it was stopped before that."""
    from kafkaops.cli.carrying_out import carried_out
    from kafkaops.cli.settling import settled

    held = {"--target": targets, "--allow": allow, "--allow-share": allow_share, "--throttle": throttle}
    reviewed, limit = _reviewed(saved, environment, held, expect_digest), parse_throttle(throttle)
    if reviewed is not None:
        if "rollback_of" in reviewed:
            return _back(reviewed, file, format_, no_ledger, lock_timeout, audit)
        environment, targets, limit = reviewed["environment"], reviewed["targets"], reviewed.get("throttle")
        allow, allow_share = reviewed["allowed"], reviewed["allowed_shares"]
    addresses = parse_targets(targets)
    timeout_s, audited = parse_timeout(lock_timeout), parse_audit(audit)
    with ExitStack() as on_record, open_session(file, environment, allow, allow_share, limit, addresses) as opened:
        with holding_ledger(opened, without=no_ledger, timeout_s=timeout_s) as (session, books):
            agreed = _agreed(session, addresses, reviewed, format_, yes)
            digest = reviewed["digest"] if reviewed else None
            result, trail = carried_out(on_record, opened, (session, books), agreed, audited, reviewed_digest=digest)
        result = settled(opened, result)  # the lock is let go by now: nobody waits for the cluster to copy
        result = trail.finish(result) if trail else result
    return reported(result, format_)


def _back(
    reviewed: PlanDocument, file: Path, format_: PlanFormat, no_ledger: bool, lock_timeout: str, audit: str | None
) -> int:
    """Apply a saved plan that takes a run back: the ledger says how."""
    from kafkaops.cli.rollback import RollbackOptions, rollback_command

    if no_ledger:
        raise UsageError.of("KO905", "--no-ledger does not go with a plan of rollback: the ledger says what was before")
    return rollback_command(RollbackOptions.reviewed_in(reviewed, file, format_, lock_timeout, audit))


def reported(result: Run, format_: PlanFormat) -> int:
    """Write how a run ended, and give the exit code."""
    from kafkaops.report.document import run_document
    from kafkaops.report.text import print_run

    report = run_document(result)
    if format_ is PlanFormat.JSON:
        write_json(report)
    elif result.plan.changes or result.id:
        print_run(report, stdout())
    if result.succeeded:
        return ExitCode.OK
    return INTERRUPTED if result.interrupted else ExitCode.FAILED


def _agreed(
    session: Session, addresses: Sequence[Address], reviewed: PlanDocument | None, format_: PlanFormat, yes: bool
) -> tuple[Plan, PlanDocument]:
    """The plan, shown, and found to be what was reviewed or what the user says yes to. Raises `RefusedError`."""
    from kafkaops.engine import make_plan
    from kafkaops.report.document import plan_document
    from kafkaops.report.stale import refuse_other_cluster, refuse_stale

    mention_warnings(len(session.loaded.warnings))
    if reviewed is not None:
        refuse_other_cluster(reviewed, session.cluster.cluster_id)
    plan = make_plan(session, addresses)
    document = plan_document(plan)
    if reviewed is not None:
        refuse_stale(reviewed, document)
    asked(plan, document, format_, ask=reviewed is None and not yes)
    return plan, document


def asked(plan: Plan, document: PlanDocument, format_: PlanFormat, *, ask: bool) -> None:
    """Show a plan, refuse it where it is blocked, and ask. Raises `RefusedError` unless it is to be done."""
    from kafkaops.apply.run import refuse_blocked
    from kafkaops.report.text import print_plan

    if format_ is not PlanFormat.JSON:
        show_plan(document, format_)
    refuse_blocked(plan)
    if plan.changes and ask:
        if format_ is PlanFormat.JSON and sys.stdin.isatty():
            print_plan(document, stderr())  # stdout is kept for the result, but nobody says yes to the unseen
        _confirm(plan)


def _reviewed(
    saved: Path | None,
    environment: str | None,
    held: Mapping[str, list[str] | str | None],
    expect_digest: str | None,
) -> PlanDocument | None:
    """The saved plan, if one was named; it says itself for which environment it is, and the options that it `held`."""
    if saved is None:
        if expect_digest is not None:
            raise UsageError.of("KO905", "--expect-digest needs a saved plan", hint="kafkaops apply plan.json …")
        return None
    from kafkaops.report.saved import read_plan, refuse_other_file

    for option, given in held.items():
        if given:
            hint = "the plan holds what it was made with; plan again with the option, and have that reviewed"
            raise UsageError.of("KO905", f"{option} does not go with a saved plan", hint=hint)
    document = read_plan(saved)
    refuse_other_file(document, expect_digest)
    if environment not in (None, document["environment"]):
        raise RefusedError.of("KO809", f"{saved} was planned for {document['environment']}, not {environment}")
    return document


def _confirm(plan: Plan) -> None:
    """Ask. Raises `RefusedError` (exit 4) where nobody says yes."""
    where = f"{plan.environment} (cluster {plan.identity.cluster_id})"
    hint = "review the plan, then: kafkaops apply --yes, or kafkaops plan --out FILE and kafkaops apply FILE"
    confirm(f"Apply {plural(len(plan.changes), 'change')} to {where}?", "apply", hint)
