"""A schema check as GitLab's code quality report: shown in the merge request at the lines it is about."""

from __future__ import annotations

from kafkaops.errors import Severity
from kafkaops.evolution.model import CheckResult, Finding
from kafkaops.report.check_places import annotated_file
from kafkaops.report.json_text import json_text
from kafkaops.report.sarif import fingerprint

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def check_gitlab(result: CheckResult) -> str:
    """The findings that are not suppressed and have a place; GitLab takes no others."""
    entries = [_entry(finding, result) for finding in result.findings() if finding.spot and not finding.suppressed]
    return json_text(_distinct(entries))


def _entry(finding: Finding, result: CheckResult) -> dict[str, object]:
    assert finding.spot is not None
    subject = f"{finding.subject}: " if finding.subject else ""
    hint = f" Hint: {finding.fix}" if finding.fix else ""
    return {
        "description": f"{subject}{finding.message}.{hint}",
        "check_name": str(finding.rule),
        "fingerprint": fingerprint(finding),
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": annotated_file(result.root, finding.spot.file), "lines": {"begin": finding.spot.line}},
    }


def _distinct(entries: list[dict[str, object]]) -> list[dict[str, object]]:
    """GitLab drops entries whose fingerprints repeat: number them."""
    seen: dict[object, int] = {}
    for entry in entries:
        count = seen[entry["fingerprint"]] = seen.get(entry["fingerprint"], 0) + 1
        if count > 1:
            entry["fingerprint"] = f"{entry['fingerprint']}-{count}"
    return entries
