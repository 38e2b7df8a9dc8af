"""Drift as text, JSON, Markdown and JUnit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from xml.etree import ElementTree

from rich.console import Console

from kafkaops.address import Address
from kafkaops.drift import Drifted, DriftReport, Movement
from kafkaops.errors import Diagnostic, Severity
from kafkaops.plan.model import FieldChange, Unit
from kafkaops.report.drift_document import DriftDocument, drift_document, drift_junit
from kafkaops.report.drift_text import drift_markdown, print_drift
from tests.golden import assert_golden
from tests.ledger.told import OWNER

RUN = "20261102T080000Z-bbbb"
TUNED, AGAIN, SINK = (Address.parse(text) for text in ("topic.tuned", "topic.again", "connector.s`ink"))


def drifted(address: Address, movement: Movement, *fields: FieldChange, detail: str = "") -> Drifted:
    return Drifted(
        address=address,
        movement=movement,
        fields=fields,
        detail=detail,
        applied_at="2026-11-02T09:00:00+01:00",
        applied_by=RUN,
    )


def report(*found: Drifted) -> DriftDocument:
    untold = Diagnostic("KO883", "not compared: config.key", Severity.INFO, "connector.s`ink", hint="use a reference")
    return drift_document(
        DriftReport(
            owner=OWNER,
            cluster_id="4L6g3nShT-eMCtK--X86sw",
            checked=datetime(2026, 11, 3, tzinfo=UTC),
            compared=(SINK, AGAIN, TUNED, Address.parse("topic.well")),
            drifted=found,
            observations=(untold,) if found else (),
        )
    )


MOVED = report(
    drifted(SINK, Movement.CHANGED, FieldChange("config.password", None, None, sensitive=True, note="removed")),
    drifted(AGAIN, Movement.RECREATED, detail="it was deleted and made again"),
    drifted(TUNED, Movement.CHANGED, FieldChange("config.retention.ms", 604_800_000, 3_600_000, Unit.MILLISECONDS)),
)


def text_of(document: DriftDocument) -> str:
    stream = StringIO()
    print_drift(document, Console(file=stream, width=80))
    return stream.getvalue()


def test_as_text() -> None:
    assert_golden("drift.txt", text_of(MOVED))
    assert text_of(report()).endswith("\nNo drift. 4 resources as applied.\n")


def test_as_markdown() -> None:
    assert_golden("drift.md", drift_markdown(MOVED))


def test_as_junit_each_resource_is_a_case() -> None:
    (suite,) = ElementTree.fromstring(drift_junit(MOVED))
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")
    failures = {case.get("name"): case.find("failure") for case in suite}
    assert failures["topic.well"] is None
    tuned = failures["topic.tuned"]
    assert tuned is not None and tuned.get("message") == "config.retention.ms: 604800000 (7d) → 3600000 (1h)"
    assert RUN in (tuned.text or "")


def test_as_json() -> None:
    document = json.loads(json.dumps(MOVED))
    assert document["compared"] == {"connector": 1, "topic": 3}
    assert [item["code"] for item in document["drifted"]] == [None, "KO884", None]
    assert document["drifted"][2]["fields"][0] == {
        "path": "config.retention.ms", "applied": 604_800_000, "now": 3_600_000, "unit": "ms", "sensitive": False,
        "note": None,
    }  # fmt: skip
