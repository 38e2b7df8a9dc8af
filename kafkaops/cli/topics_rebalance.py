"""`kafkaops topics rebalance`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from kafkaops.apply.run import refuse_blocked, run
from kafkaops.cli.confirming import confirm
from kafkaops.cli.interrupts import stopping_on_interrupt
from kafkaops.cli.options import PlanFormat
from kafkaops.cli.plan import show_plan
from kafkaops.cli.progress import watching
from kafkaops.cli.session import holding_ledger, open_session, parse_timeout
from kafkaops.cli.settling import settled
from kafkaops.cli.terminal import stdout, write_json
from kafkaops.engine import make_plan
from kafkaops.errors import INTERRUPTED, ExitCode, UsageError
from kafkaops.report.document import plan_document, run_document
from kafkaops.report.text import print_run
from kafkaops.report.values import plural
from kafkaops.resources.topics.rebalance import Rebalancing, Wish, planning_session
from kafkaops.spec.throughput import bytes_per_second_of


@dataclass(frozen=True, slots=True)
class Options:
    """What was given beside the topics."""

    file: Path
    environment: str | None
    racks: bool
    throttle: str | None
    dry_run: bool
    yes: bool
    format: PlanFormat
    no_ledger: bool
    lock_timeout: str


def rebalance_command(names: Sequence[str], options: Options) -> int:
    """Plan the moves, ask, begin them under the lock, wait for the cluster without it."""
    throttle, timeout_s = _rate(options.throttle), parse_timeout(options.lock_timeout)
    with open_session(options.file, options.environment) as opened, ExitStack() as heeding:
        limit = throttle if throttle is not None else opened.loaded.spec.placement.throttle
        kinds = (Rebalancing(Wish(tuple(dict.fromkeys(names)), options.racks, limit)),)
        if options.dry_run:
            plan = make_plan(opened, kinds=kinds)
            show_plan(plan_document(plan), options.format)
            return ExitCode.ANSWER_IS_NO if plan.blocked else ExitCode.OK
        with holding_ledger(opened, without=options.no_ledger, timeout_s=timeout_s) as (held, _books):
            session = planning_session(opened, held)
            plan = make_plan(session, kinds=kinds)
            if options.format is not PlanFormat.JSON:
                show_plan(plan_document(plan), options.format)
            refuse_blocked(plan)
            if plan.changes and not options.yes:
                where = f"{plan.environment} (cluster {plan.identity.cluster_id})"
                question = f"Move replicas of {plural(len(plan.changes), 'topic')} in {where}?"
                confirm(question, "rebalance", "look at it with --dry-run, then give --yes")
            heeding.enter_context(stopping_on_interrupt(opened.stop))  # from here on to the end of settling
            with stopping_on_interrupt(session.stop), watching(len(plan.changes)) as watcher:
                result = run(session, plan, watcher, kinds)
            if session.stop.asked:  # perhaps after the last change was done
                opened.stop.set()
        result = settled(opened, result, kinds)
    if options.format is PlanFormat.JSON:
        write_json(run_document(result))
    elif plan.changes:
        print_run(run_document(result), stdout())
    if result.succeeded:
        return ExitCode.OK
    return INTERRUPTED if result.interrupted else ExitCode.FAILED


def _rate(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return bytes_per_second_of(text)
    except ValueError as error:
        raise UsageError.of("KO925", f"--throttle: {error}", hint="leave it out for no limit") from None
