"""A schema check as JUnit XML: one test case a subject, for CI systems that show test results."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from kafkaops.evolution.model import CheckResult, Finding, State, SubjectResult
from kafkaops.report.check_places import shown_file

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def check_junit(result: CheckResult) -> str:
    """A suite with a case for each subject, and one for what is of no subject and counts."""
    cases = [_subject(subject, result) for subject in result.subjects]
    cases += [_general(finding, result) for finding in result.general if finding.counts]
    failures = sum(case.find("failure") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}
    name = xml_text(f"schemas of {result.project} against {result.against}")
    return suite_of(name, cases, counts)


def suite_of(name: str, cases: Iterable[ElementTree.Element], counts: dict[str, str]) -> str:
    """A file with one suite."""
    suites = ElementTree.Element("testsuites", {key: value for key, value in counts.items() if key != "skipped"})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": name, **counts, "time": "0"})
    suite.extend(cases)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _subject(subject: SubjectResult, result: CheckResult) -> ElementTree.Element:
    case = _case(subject.subject)
    counting = [finding for finding in subject.findings if finding.counts]
    if counting:
        _failure(case, counting, result)
    elif subject.state is State.NOT_CHECKED:
        ElementTree.SubElement(case, "skipped", {"message": xml_text(subject.note or "not checked")})
    others = [finding for finding in subject.findings if not finding.counts]
    if others:
        ElementTree.SubElement(case, "system-out").text = xml_text("\n\n".join(_told(item, result) for item in others))
    return case


def _general(finding: Finding, result: CheckResult) -> ElementTree.Element:
    case = _case(str(finding.rule))
    _failure(case, [finding], result)
    return case


def _case(name: str) -> ElementTree.Element:
    """A test case with the attributes that Jenkins' schema has; it refuses a report that names the file in another."""
    return ElementTree.Element("testcase", {"classname": "kafkaops.schemas", "name": xml_text(name), "time": "0"})


def _failure(case: ElementTree.Element, findings: list[Finding], result: CheckResult) -> None:
    first = findings[0]
    failure = ElementTree.SubElement(case, "failure", {"type": str(first.rule), "message": xml_text(first.message)})
    failure.text = xml_text("\n\n".join(_told(finding, result) for finding in findings))


def _told(finding: Finding, result: CheckResult) -> str:
    lines = [f"{finding.severity.value}[{finding.code}] {finding.rule}: {finding.message}"]
    if finding.spot:
        spot = finding.spot
        lines.append(f"at {shown_file(result.root, spot.file)}:{spot.line}:{spot.column}")
    if finding.fix:
        lines.append(f"hint: {finding.fix}")
    if finding.suppressed:
        lines.append(f"suppressed until {finding.suppressed.until.isoformat()}: {finding.suppressed.reason}")
    return "\n".join(lines)


def xml_text(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_IN_XML.sub("�", text)
