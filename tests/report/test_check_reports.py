"""The renderings of a schema check: what other programs read has to be as they expect it."""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from kafkaops.errors import Severity
from kafkaops.evolution.levels import Level, LevelSource
from kafkaops.evolution.model import (
    Affected,
    CheckResult,
    Finding,
    Rule,
    Spot,
    State,
    SubjectResult,
    Suppressed,
)
from kafkaops.report.check_document import check_document
from kafkaops.report.check_markdown import check_markdown
from kafkaops.report.check_text import check_text
from kafkaops.report.gitlab import check_gitlab
from kafkaops.report.junit import check_junit
from kafkaops.report.markdown import LIMIT
from kafkaops.report.sarif import check_sarif
from kafkaops.spec.model import Compatibility

PUBLISHED = Path(__file__).parents[1] / "published"
SCHEMA = """{
  "type": "record",
  "name": "Order",
  "fields": [
    {"name": "priorität", "type": "int"}
  ]
}
"""
BROKEN = Finding(
    rule="reader_field_missing_default_value",
    code="KO350",
    subject="orders-value",
    message="records written with version 3 have no `priorität`",
    fix="give it a default, as <default> & \x01 more",
    spot=Spot("schemas/my order.avsc", 5, 14, 11, "/fields/0/name"),
    against=("version 3", "version 2"),
    breaks="consumers with the new schema",
)


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckResult:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/my order.avsc").write_text(SCHEMA)
    suppressed = replace(BROKEN, rule="type_mismatch", suppressed=Suppressed("agreed", date(2027, 1, 31)))
    broken = SubjectResult(
        subject="orders-value",
        file="schemas/my order.avsc",
        state=State.INCOMPATIBLE,
        level=Level(Compatibility.BACKWARD_TRANSITIVE, LevelSource.DEFAULT),
        compared=("version 3", "version 2"),
        affected=Affected(("orders",), ("shop",), ("warehouse", "connector s3")),
        order="consumers first, then producers",
        findings=(BROKEN, suppressed),
    )
    fine = SubjectResult(subject="waves-value", file="schemas/wave.avsc", state=State.COMPATIBLE)
    unchecked = SubjectResult(subject="proto-value", file="schemas/x.proto", state=State.NOT_CHECKED, note="Protobuf")
    general = Finding(
        rule=Rule.SUPPRESSION_UNUSED,
        code="KO358",
        severity=Severity.WARNING,
        message="suppresses nothing",
        spot=Spot("topics.yaml", 3, 5),
    )
    return CheckResult(
        project="paklog",
        root=tmp_path,
        against="git main (1a2b3c4)",
        subjects=(broken, fine, unchecked),
        general=(general,),
        notes=("only what is not committed yet is checked",),
    )


def test_text(result: CheckResult) -> None:
    assert check_text(result) == (
        "paklog against git main (1a2b3c4)\n"
        "\n"
        "note: only what is not committed yet is checked\n"
        "warning[KO358] suppression_unused: suppresses nothing\n"
        "  at topics.yaml:3:5\n"
        "\n"
        "✗ orders-value incompatible, BACKWARD_TRANSITIVE (declared default)\n"
        "  compared with version 3, version 2\n"
        "  error[KO350] reader_field_missing_default_value: records written with version 3 have no `priorität`\n"
        "    at schemas/my order.avsc:5:14\n"
        '    5 |     {"name": "priorität", "type": "int"}\n'
        "      |              ^^^^^^^^^^^\n"
        "    hint: give it a default, as <default> & \x01 more\n"
        "    also against version 2\n"
        "  error[KO350] type_mismatch: records written with version 3 have no `priorität`\n"
        "    at schemas/my order.avsc:5:14\n"
        '    5 |     {"name": "priorität", "type": "int"}\n'
        "      |              ^^^^^^^^^^^\n"
        "    hint: give it a default, as <default> & \x01 more\n"
        "    also against version 2\n"
        "    suppressed until 2027-01-31: agreed\n"
        "  affected: orders, produced by shop, consumed by warehouse, connector s3\n"
        "  upgrade under BACKWARD_TRANSITIVE: consumers first, then producers\n"
        "\n"
        "✓ waves-value compatible\n"
        "\n"
        "? proto-value not checked\n"
        "  Protobuf\n"
        "\n"
        "3 subjects: 1 compatible, 1 incompatible, 1 not checked, 1 finding suppressed → not compatible\n"
    )


def test_colour_says_nothing_that_the_words_do_not(result: CheckResult) -> None:
    assert re.sub("\x1b\\[\\d+m", "", check_text(result, colour=True)) == check_text(result)


def test_json(result: CheckResult) -> None:
    document = json.loads(json.dumps(check_document(result)))
    assert document["ok"] is False and document["counts"]["incompatible"] == 1
    first, second = document["subjects"][0]["findings"]
    assert first["counts"] and not second["counts"]
    assert first["place"] == {"file": "schemas/my order.avsc", "line": 5, "column": 14, "pointer": "/fields/0/name"}
    assert second["suppressed"] == {"reason": "agreed", "until": "2027-01-31"}
    assert document["subjects"][0]["level"] == {"level": "BACKWARD_TRANSITIVE", "source": "declared default"}


def published(name: str) -> Any:
    return json.loads((PUBLISHED / name).read_text(encoding="utf-8"))


def test_sarif_is_what_the_standard_has(result: CheckResult) -> None:
    log = json.loads(check_sarif(result))
    jsonschema.Draft7Validator(published("sarif-2.1.0-rtm.5.json")).validate(log)
    (run,) = log["runs"]
    results = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[item["ruleIndex"]]["id"] for item in results] == [item["ruleId"] for item in results]
    place = results[1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "schemas/my%20order.avsc"
    assert place["region"] == {"startLine": 5, "startColumn": 14, "endColumn": 25}
    assert [len(item.get("suppressions", ())) for item in results] == [0, 0, 1]


def test_sarif_knows_a_finding_again_on_another_line(result: CheckResult) -> None:
    moved = replace(BROKEN, spot=replace(BROKEN.spot, line=9) if BROKEN.spot else None)
    other = replace(result, subjects=(replace(result.subjects[0], findings=(moved,)),))
    prints = [json.loads(check_sarif(each))["runs"][0]["results"][1]["partialFingerprints"] for each in (result, other)]
    assert prints[0] == prints[1]


def test_gitlab_has_what_it_demands_and_no_fingerprint_twice(result: CheckResult) -> None:
    twice = replace(result, subjects=(result.subjects[0], result.subjects[0]))
    entries = json.loads(check_gitlab(twice))
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert entry["location"]["lines"]["begin"] >= 1 and not entry["location"]["path"].startswith(("/", "./"))
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 3
    assert "type_mismatch" not in {entry["check_name"] for entry in entries}  # suppressed


def test_junit_counts_and_tells(result: CheckResult) -> None:
    root = ElementTree.fromstring(check_junit(result))[0]
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    cases = {case.get("name"): case for case in root.iter("testcase")}
    failure = cases["orders-value"].find("failure")
    assert failure is not None and failure.get("type") == "reader_field_missing_default_value"
    assert failure.text is not None and "<default> & \ufffd more" in failure.text
    output = cases["orders-value"].find("system-out")
    assert output is not None and "suppressed until 2027-01-31" in (output.text or "")
    assert cases["proto-value"].find("skipped") is not None


@pytest.mark.slow
def test_junit_is_what_jenkins_takes(result: CheckResult) -> None:
    validator = importlib.import_module("xmlschema").XMLSchema(str(PUBLISHED / "junit-10.xsd"))
    general = replace(result, general=(BROKEN,))
    for each in (result, general):
        assert [error.reason for error in validator.iter_errors(ElementTree.fromstring(check_junit(each)))] == []


def test_markdown(result: CheckResult) -> None:
    text = check_markdown(result)
    assert text.startswith("### ❌ kafkaops schemas: paklog\n")
    assert "`schemas/my order.avsc:5`" in text and "^^^^^^^^^^^" in text
    assert "give it a default, as \\<default\\> & " in text
    assert "consumed by warehouse, connector s3" in text
    assert "Changed and compatible: `waves-value`" in text


def test_markdown_fits_a_comment_and_says_what_it_leaves_out(result: CheckResult) -> None:
    many = tuple(replace(result.subjects[0], subject=f"subject-{number}") for number in range(500))
    text = check_markdown(replace(result, subjects=(result.subjects[1], *many)))
    assert len(text) <= LIMIT
    shown = text.count("\n#### ")
    assert 50 < shown < 500 and f"… and {501 - shown:,} more" in text


def test_markdown_of_a_clean_check_is_short(result: CheckResult) -> None:
    text = check_markdown(replace(result, subjects=result.subjects[1:2], general=(), notes=()))
    assert text.startswith("### ✅") and len(text.splitlines()) < 8
