"""`kafkaops drift`: whether the cluster is still as it was last applied."""

from __future__ import annotations

from pathlib import Path

from kafkaops.cli.options import DriftFormat
from kafkaops.cli.session import open_session, parse_targets, reading_ledger
from kafkaops.cli.streams import write_text
from kafkaops.cli.terminal import stdout, write_json
from kafkaops.errors import ExitCode


def drift_command(file: Path, environment: str | None, targets: list[str] | None, format_: DriftFormat) -> ExitCode:
    """Compare and tell. Exit 3 when something moved."""
    from kafkaops.drift import find_drift
    from kafkaops.report.drift_document import drift_document, drift_junit
    from kafkaops.report.drift_text import drift_markdown, print_drift

    addresses = parse_targets(targets)
    with open_session(file, environment, targets=addresses) as opened, reading_ledger(opened, without=False) as session:
        document = drift_document(find_drift(session, addresses))
    match format_:
        case DriftFormat.JSON:
            write_json(document)
        case DriftFormat.MARKDOWN:
            write_text(drift_markdown(document))
        case DriftFormat.JUNIT:
            write_text(drift_junit(document))
        case DriftFormat.TEXT:
            print_drift(document, stdout())
    return ExitCode.ANSWER_IS_NO if document["drifted"] else ExitCode.OK
