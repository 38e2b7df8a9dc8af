"""`kafkaops plan`: what would change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kafkaops.cli.options import PlanFormat
from kafkaops.cli.session import open_session, parse_targets, parse_throttle, reading_ledger
from kafkaops.cli.streams import write_text
from kafkaops.cli.terminal import mention_warnings, stderr, stdout, write_json
from kafkaops.errors import ExitCode
from kafkaops.writable import check_file

if TYPE_CHECKING:
    from kafkaops.report.document import PlanDocument


def plan_command(
    file: Path,
    environment: str | None,
    targets: list[str] | None,
    allow: list[str] | None,
    allow_share: list[str] | None,
    format_: PlanFormat,
    out: Path | None,
    detailed_exitcode: bool,
    no_ledger: bool,
    throttle: str | None = None,
) -> ExitCode:
    """Plan, show, save. The exit code says whether it could be applied, or whether there is anything to do."""
    from kafkaops.engine import make_plan
    from kafkaops.report.document import plan_document
    from kafkaops.report.saved import save_plan
    from kafkaops.spec.collector import paused_collector

    if out is not None:
        check_file("KO808", out)
    addresses = parse_targets(targets)
    with (
        paused_collector(),
        open_session(file, environment, allow, allow_share, parse_throttle(throttle), addresses) as opened,
        reading_ledger(opened, without=no_ledger) as session,
    ):
        mention_warnings(len(session.loaded.warnings))
        plan = make_plan(session, addresses)
    document = plan_document(plan)
    show_plan(document, format_)
    if out is not None:
        save_plan(document, out)
        stderr().print(f"Saved to {out}; digest {document['digest']}")
    if plan.blocked or plan.beyond_limits or (detailed_exitcode and plan.changes):
        return ExitCode.ANSWER_IS_NO
    return ExitCode.OK


def show_plan(document: PlanDocument, format_: PlanFormat) -> None:
    """Write a plan to stdout in the format asked for."""
    from kafkaops.report.markdown import plan_markdown
    from kafkaops.report.text import print_plan

    match format_:
        case PlanFormat.JSON:
            write_json(document)
        case PlanFormat.MARKDOWN:
            write_text(plan_markdown(document) + "\n")
        case PlanFormat.TEXT:
            print_plan(document, stdout())
