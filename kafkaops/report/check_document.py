"""A schema check as JSON. The other renderings say the same for other readers."""

from __future__ import annotations

from typing import TypedDict

from kafkaops.evolution.model import CheckResult, Finding, RegistryVerdict, Spot, State, SubjectResult
from kafkaops.report.check_places import shown_file

FORMAT_VERSION = 1


class SpotDocument(TypedDict):
    """Where: line and column count from 1, the column in characters."""

    file: str
    line: int
    column: int
    pointer: str


class SuppressedDocument(TypedDict):
    """Why it does not count, and the last day on which it does not."""

    reason: str
    until: str


class FindingDocument(TypedDict):
    """One finding."""

    rule: str
    code: str
    severity: str
    counts: bool
    subject: str | None
    message: str
    fix: str
    place: SpotDocument | None
    against: list[str]
    breaks: str | None
    suppressed: SuppressedDocument | None


class LevelDocument(TypedDict):
    """A compatibility level and who says so."""

    level: str
    source: str


class RegistryDocument(TypedDict):
    """The registry's own verdict; `compatible` is null where it was not asked."""

    compatible: bool | None
    messages: list[str]
    not_asked: str | None


class SubjectDocument(TypedDict):
    """One subject's verdict."""

    subject: str
    file: str
    state: str
    level: LevelDocument | None
    compared_with: list[str]
    note: str
    topics: list[str]
    producers: list[str]
    consumers: list[str]
    upgrade: str | None
    registry: RegistryDocument | None
    findings: list[FindingDocument]


class CheckDocument(TypedDict):
    """A whole check."""

    format_version: int
    project: str
    against: str
    ok: bool
    counts: dict[str, int]
    notes: list[str]
    findings: list[FindingDocument]
    subjects: list[SubjectDocument]


def check_document(result: CheckResult) -> CheckDocument:
    """The result as plain values."""
    return {
        "format_version": FORMAT_VERSION,
        "project": result.project,
        "against": result.against,
        "ok": result.ok,
        "counts": {state.value: result.count(state) for state in State},
        "notes": list(result.notes),
        "findings": [finding_document(finding, result) for finding in result.general],
        "subjects": [_subject(subject, result) for subject in result.subjects],
    }


def _subject(subject: SubjectResult, result: CheckResult) -> SubjectDocument:
    return {
        "subject": subject.subject,
        "file": subject.file,
        "state": subject.state.value,
        "level": {"level": subject.level.value.value, "source": subject.level.source.value} if subject.level else None,
        "compared_with": list(subject.compared),
        "note": subject.note,
        "topics": list(subject.affected.topics),
        "producers": list(subject.affected.producers),
        "consumers": list(subject.affected.consumers),
        "upgrade": subject.order,
        "registry": _registry(subject.registry),
        "findings": [finding_document(finding, result) for finding in subject.findings],
    }


def _registry(verdict: RegistryVerdict | None) -> RegistryDocument | None:
    if verdict is None:
        return None
    return {
        "compatible": verdict.compatible,
        "messages": list(verdict.messages),
        "not_asked": verdict.not_asked,
    }


def finding_document(finding: Finding, result: CheckResult) -> FindingDocument:
    """A finding as plain values."""
    suppressed = finding.suppressed
    return {
        "rule": str(finding.rule),
        "code": finding.code,
        "severity": finding.severity.value,
        "counts": finding.counts,
        "subject": finding.subject,
        "message": finding.message,
        "fix": finding.fix,
        "place": _spot(finding.spot, result) if finding.spot else None,
        "against": list(finding.against),
        "breaks": finding.breaks,
        "suppressed": {"reason": suppressed.reason, "until": suppressed.until.isoformat()} if suppressed else None,
    }


def _spot(spot: Spot, result: CheckResult) -> SpotDocument:
    return {
        "file": shown_file(result.root, spot.file),
        "line": spot.line,
        "column": spot.column,
        "pointer": spot.pointer,
    }
