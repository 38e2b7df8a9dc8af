from __future__ import annotations

from datetime import date

import pytest

from kafkaops.evolution.model import Finding, Spot
from kafkaops.evolution.suppress import Suppression, Suppressions
from tests.evolution.repository import Project, subject

TODAY = date(2027, 3, 31)
FINDING = Finding(
    rule="type_mismatch",
    code="KO350",
    message="…",
    subject="order-events-value",
    spot=Spot("order.avsc", 3, 1, 1, "/fields/3/type"),
)


def entry(**changes: object) -> Suppression:
    values: dict[str, object] = {
        "subject": "order-events-value",
        "rule": "type_mismatch",
        "reason": "nobody reads it",
        "until": TODAY,
    }
    return Suppression(**{**values, **changes})  # type: ignore[arg-type]  # the values are the fields' own


@pytest.mark.parametrize(
    ("changes", "matches"),
    [
        ({}, True),
        ({"subject": "order-*"}, True),
        ({"subject": "Order-*"}, False),
        ({"rule": "name_mismatch"}, False),
        ({"path": "/fields/3"}, True),
        ({"path": "/fields/3/type"}, True),
        ({"path": "/fields/31"}, False),
        ({"path": "/fields"}, True),
    ],
)
def test_what_an_entry_is_about(changes: dict[str, object], matches: bool) -> None:
    suppressions = Suppressions([entry(**changes)], TODAY)
    (found,) = suppressions.applied([FINDING])
    assert (found.suppressed is not None) is matches and found.counts is not matches
    assert len(suppressions.about_themselves()) == (0 if matches else 1)


def test_an_entry_counts_through_its_last_day_and_then_says_so() -> None:
    suppressions = Suppressions([entry()], date(2027, 4, 1))
    (found,) = suppressions.applied([FINDING])
    assert found.counts
    (about,) = suppressions.about_themselves()
    assert about.rule == "suppression_expired" and "2027-03-31" in about.message


def test_an_entry_whose_rule_does_not_exist_names_the_nearest() -> None:
    suppressions = Suppressions([entry(rule="type_mismach")], TODAY)
    suppressions.applied([FINDING])
    (about,) = suppressions.about_themselves()
    assert about.fix == "did you mean 'type_mismatch'?"


ENTRY = """
  suppressions:
    - subject: order-events-value
      rule: {rule}
      reason: nobody has read the topic yet
      until: {until}
"""


def suppress(project: Project, rule: str, until: str) -> None:
    spec = (project.folder / "topics.yaml").read_text()
    files = "  files: [schemas/**/*.avsc]\n"
    assert files in spec
    project.write("topics.yaml", spec.replace(files, files + ENTRY.format(rule=rule, until=until)))


def test_a_suppressed_finding_passes_and_is_shown(paklog: Project) -> None:
    order = paklog.read("schemas/order-event.avsc")
    order["fields"].append({"name": "priority", "type": "int"})
    paklog.write("schemas/order-event.avsc", order)
    suppress(paklog, "reader_field_missing_default_value", "2999-12-31")
    document = paklog.check()
    (finding,) = subject(document, "order-events-value")["findings"]
    assert document["ok"] and finding["suppressed"]["reason"] == "nobody has read the topic yet"
    text = paklog.run("check").stdout
    assert "suppressed until 2999-12-31: nobody has read the topic yet" in text and "1 finding suppressed" in text


def test_an_expired_or_unused_suppression_is_told_at_its_line(paklog: Project) -> None:
    suppress(paklog, "type_mismatch", "2999-12-31")
    document = paklog.check()
    (finding,) = document["findings"]
    assert finding["rule"] == "suppression_unused" and finding["place"]["file"] == "topics.yaml"
    assert document["ok"]


@pytest.mark.parametrize("missing", ["reason: nobody has read the topic yet", "until: 2999-12-31"])
def test_reason_and_day_are_demanded(paklog: Project, missing: str) -> None:
    suppress(paklog, "type_mismatch", "2999-12-31")
    paklog.replace("topics.yaml", missing, "")
    ended = paklog.run("check")
    assert ended.returncode == 2 and "KO111" in ended.stderr
