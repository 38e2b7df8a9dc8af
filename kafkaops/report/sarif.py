"""A schema check as SARIF 2.1.0 (OASIS), which GitHub and others show at the line in a pull request."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import quote

from kafkaops import __version__
from kafkaops.errors import Severity
from kafkaops.evolution.model import CheckResult, Finding, Spot
from kafkaops.evolution.rules import title_of
from kafkaops.report.check_places import annotated_file
from kafkaops.report.json_text import json_text

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def check_sarif(result: CheckResult) -> str:
    """The findings as one run; those suppressed are in it as suppressed."""
    findings = list(result.findings())
    rules = sorted({str(finding.rule): finding.code for finding in findings}.items())
    index = {rule: number for number, (rule, _) in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "kafkaops",
                "semanticVersion": __version__,
                "rules": [_rule(rule, code) for rule, code in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[str(finding.rule)], result) for finding in findings],
    }
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: str, code: str) -> dict[str, object]:
    return {
        "id": rule,
        "name": code,
        "shortDescription": {"text": title_of(rule)},
        "properties": {"tags": ["schema", "avro"]},
    }


def _result(finding: Finding, index: int, result: CheckResult) -> dict[str, object]:
    hint = f"\nHint: {finding.fix}" if finding.fix else ""
    subject = f"{finding.subject}: " if finding.subject else ""
    entry: dict[str, object] = {
        "ruleId": str(finding.rule),
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{subject}{finding.message}{hint}"},
        "partialFingerprints": {"kafkaops/v1": fingerprint(finding)},
    }
    if finding.spot:
        entry["locations"] = [_location(finding.spot, finding.subject, result)]
    if finding.suppressed:
        reason = f"{finding.suppressed.reason} (until {finding.suppressed.until.isoformat()})"
        entry["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return entry


def _location(spot: Spot, subject: str | None, result: CheckResult) -> dict[str, object]:
    region = {"startLine": spot.line, "startColumn": spot.column, "endColumn": spot.column + spot.length}
    location: dict[str, object] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(annotated_file(result.root, spot.file))},
            "region": region,
        }
    }
    if subject:
        location["logicalLocations"] = [{"fullyQualifiedName": f"schema.{subject}{spot.pointer}"}]
    return location


def _uri(file: str) -> str:
    return ("file://" if file.startswith("/") else "") + quote(file)


def fingerprint(finding: Finding) -> str:
    """The same for a finding that has only moved to another line."""
    return digest(
        (str(finding.rule), finding.subject or "", finding.spot.file if finding.spot else "", _where(finding))
    )


def _where(finding: Finding) -> str:
    return finding.spot.pointer if finding.spot else finding.message


def digest(parts: Iterable[str]) -> str:
    """A short digest of texts."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
