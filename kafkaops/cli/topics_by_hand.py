"""`kafkaops topics rebalance | cancel-reassignment | elect-leaders`: asked for by hand, and on record all the same."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kafkaops.apply.recorded import Steering
from kafkaops.apply.run import refuse_blocked
from kafkaops.cli.apply import reported
from kafkaops.cli.audit import parse_audit
from kafkaops.cli.carrying_out import carried_out
from kafkaops.cli.confirming import confirm
from kafkaops.cli.options import PlanFormat
from kafkaops.cli.plan import show_plan
from kafkaops.cli.session import holding_ledger, open_session, parse_throttle, parse_timeout
from kafkaops.cli.settling import settled
from kafkaops.engine import make_plan
from kafkaops.errors import ExitCode
from kafkaops.report.document import PlanDocument, plan_document
from kafkaops.report.values import plural
from kafkaops.resources.topics.by_hand import ByHand, acting_session
from kafkaops.resources.topics.cancelling import Cancelling
from kafkaops.resources.topics.electing import Electing
from kafkaops.resources.topics.rebalance import Rebalancing

if TYPE_CHECKING:
    from kafkaops.plan.model import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was given beside the topics."""

    file: Path
    environment: str | None
    dry_run: bool
    yes: bool
    format: PlanFormat
    no_ledger: bool
    lock_timeout: str
    audit: str | None
    throttle: str | None = None


def rebalance_command(names: Sequence[str], options: Options, *, racks: bool) -> int:
    """Plan the moves, ask, begin them under the lock, wait for the cluster without it."""
    return _act(Rebalancing(names, heed_racks=racks), "Move replicas of", options)


def cancel_command(names: Sequence[str], options: Options) -> int:
    """Show what is being moved of these topics, ask, give it up."""
    return _act(Cancelling(names), "Give up moving replicas of", options)


def elect_command(names: Sequence[str], options: Options) -> int:
    """Show which partitions are led by others than preferred, ask, elect."""
    return _act(Electing(names), "Let preferred replicas lead in", options)


def _act(kind: ByHand, question: str, options: Options) -> int:
    limit, timeout_s = parse_throttle(options.throttle), parse_timeout(options.lock_timeout)
    audited, kinds = parse_audit(options.audit), (kind,)
    with ExitStack() as on_record, open_session(options.file, options.environment, throttle=limit) as opened:
        if options.dry_run:
            plan = make_plan(opened, kinds=kinds)
            show_plan(plan_document(plan), options.format)
            return ExitCode.ANSWER_IS_NO if plan.blocked else ExitCode.OK
        with holding_ledger(opened, without=options.no_ledger, timeout_s=timeout_s) as (held, books):
            session = acting_session(opened, held, kind.topics)
            plan = make_plan(session, kinds=kinds)
            document = plan_document(plan)
            _agree(plan, document, f"{question} {plural(len(plan.changes), 'topic')}", kind.command, options)
            purpose = Steering(kind.command, kinds)
            result, trail = carried_out(on_record, opened, (session, books), (plan, document), audited, purpose=purpose)
        result = settled(opened, result, kinds)
        result = trail.finish(result) if trail else result
    return reported(result, options.format)


def _agree(plan: Plan, document: PlanDocument, question: str, command: str, options: Options) -> None:
    """Show the plan, refuse what is blocked, and ask. Raises `RefusedError` unless it is to be done."""
    if options.format is not PlanFormat.JSON:
        show_plan(document, options.format)
    refuse_blocked(plan)
    if plan.changes and not options.yes:
        where = f"{plan.environment} (cluster {plan.identity.cluster_id})"
        confirm(f"{question} in {where}?", command, "look at it with --dry-run, then give --yes")
