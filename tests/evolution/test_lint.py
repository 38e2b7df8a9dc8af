from __future__ import annotations

import json
from typing import Any

import pytest

from kafkaops.compat import parse
from kafkaops.errors import Severity
from kafkaops.evolution.lint import lint
from kafkaops.spec.lint_rules import FieldCase, LintLevel, LintRule
from kafkaops.spec.model import SchemaLint
from tests.evolution.repository import ROOT, Project, rules

CLEAN: dict[str, Any] = {
    "type": "record",
    "name": "OrderEvent",
    "namespace": "com.paklog.wms",
    "doc": "An order.",
    "fields": [
        {"name": "order_id", "type": "string", "doc": "Which."},
        {"name": "placed_at", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "When."},
        {"name": "note", "type": ["null", "string"], "default": None, "doc": "What else."},
        {"name": "channel", "type": ["string", "null"], "default": "web", "doc": "Where."},
        {
            "name": "price",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
            "doc": "How much.",
        },
        {
            "name": "status",
            "type": {"type": "enum", "name": "Status", "doc": "So.", "symbols": ["UNKNOWN"], "default": "UNKNOWN"},
            "doc": "What now.",
        },
    ],
}


def found(schema: Any, config: SchemaLint | None = None) -> list[str]:
    return [item.rule for item in lint(parse(json.dumps(schema)), config or SchemaLint())]


def with_field(**field: Any) -> dict[str, Any]:
    return {**CLEAN, "fields": [*CLEAN["fields"], {"doc": "So.", **field}]}


def test_a_clean_schema() -> None:
    assert found(CLEAN) == []


@pytest.mark.parametrize(
    ("schema", "rule"),
    [
        ({key: value for key, value in CLEAN.items() if key != "doc"}, "doc"),
        (with_field(name="x", type="int", doc=""), "doc"),
        ({**CLEAN, "name": "order_event"}, "type_name"),
        ({"type": "record", "name": "Order", "doc": "So.", "fields": []}, "namespace"),
        (with_field(name="lineCount", type="int"), "field_name"),
        (with_field(name="amount", type="double"), "logical_money"),
        (with_field(name="unit_price", type=["null", "float"], default=None), "logical_money"),
        (with_field(name="shipped_at", type="long"), "logical_time"),
        (with_field(name="shipped_at", type=["null", "long"], default=None), "logical_time"),
        (with_field(name="ship_date", type={"type": "array", "items": "int"}), "logical_time"),
        (with_field(name="x", type=["null", "int"]), "optional_default"),
        (with_field(name="x", type=["null", "int"], default=5), "null_order"),
        (with_field(name="x", type=["int", "null"], default=None), "null_order"),
        (with_field(name="x", type={"type": "enum", "name": "X", "doc": "x", "symbols": ["A"]}), "enum_default"),
        (
            with_field(name="x", type={"type": "enum", "name": "X", "doc": "x", "symbols": ["A", "b"], "default": "A"}),
            "symbol_name",
        ),
        (with_field(name="x", type={"type": "enum", "name": "X", "doc": "x", "symbols": []}), "empty_enum"),
        ([CLEAN, "null"], "top_level_union"),
    ],
)
def test_one_rule(schema: Any, rule: str) -> None:
    assert found(schema) == [rule]


@pytest.mark.parametrize(
    "field",
    [
        {"name": "attempts_total_count", "type": "double"},
        {"name": "timezone", "type": "int"},
        {"name": "update", "type": "int"},
        {"name": "weight", "type": "double"},
        {"name": "created_at", "type": "string"},
    ],
)
def test_what_only_looks_like_a_breach(field: dict[str, Any]) -> None:
    assert found(with_field(**field)) == []


def test_a_default_that_is_not_null_wants_its_own_branch_first() -> None:
    schema = with_field(name="x", type=["null", "int"], default=5)
    (finding,) = lint(parse(json.dumps(schema)), SchemaLint())
    assert "before Avro 1.12" in finding.message


def test_severities_are_the_specs() -> None:
    schema = {**CLEAN, "doc": ""}
    for level, severity in ((LintLevel.ERROR, Severity.ERROR), (LintLevel.INFO, Severity.INFO)):
        (finding,) = lint(parse(json.dumps(schema)), SchemaLint(rules={LintRule.DOC: level}))
        assert finding.severity is severity
    assert found(schema, SchemaLint(rules={LintRule.DOC: LintLevel.OFF})) == []


def test_the_case_and_the_namespace_can_be_set() -> None:
    assert found(CLEAN, SchemaLint(field_names=FieldCase.CAMEL)) == ["field_name", "field_name"]
    assert found(CLEAN, SchemaLint(namespace="com.paklog")) == []
    assert found(CLEAN, SchemaLint(namespace="com.pak")) == ["namespace", "namespace"]


def test_the_case_is_the_one_that_most_fields_have() -> None:
    camel = {**CLEAN, "fields": [{"name": name, "type": "int", "doc": "x"} for name in ("aB", "cD", "e_f", "g")]}
    assert found(camel) == ["field_name"]


def test_findings_stand_where_they_belong() -> None:
    text = json.dumps(with_field(name="shippedAt", type="string"), indent=2)
    (finding,) = lint(parse(text), SchemaLint())
    assert finding.spot is not None
    line = text.splitlines()[finding.spot.line - 1]
    assert line[finding.spot.column - 1 :][: finding.spot.length] == '"shippedAt"'


def test_a_project_is_linted_with_its_severities(paklog: Project) -> None:
    assert paklog.run("lint").returncode == 0
    order = paklog.read("schemas/order-event.avsc")
    order["fields"].append({"name": "Priority", "type": "int", "default": 0})
    paklog.write("schemas/order-event.avsc", order)
    ended = paklog.run("lint")
    assert ended.returncode == 0 and "warning[KO362] doc" in ended.stdout and "field_name" in ended.stdout
    files = "  files: [schemas/**/*.avsc]\n"
    paklog.replace("topics.yaml", files, f"{files}  lint: {{rules: {{doc: error, field_name: off}}}}\n")
    ended = paklog.run("lint")
    assert ended.returncode == 3 and "error[KO362] doc" in ended.stdout and "field_name" not in ended.stdout


def test_a_subject_by_hand_has_to_be_the_strategys(paklog: Project) -> None:
    paklog.replace("topics.yaml", "wave-event.avsc}", "wave-event.avsc, subject: waves}")
    ended = paklog.run("lint")
    assert "naming_strategy" in ended.stdout and "wave-events-value" in ended.stdout


def test_an_unknown_rule_is_an_error_of_the_spec(paklog: Project) -> None:
    files = "  files: [schemas/**/*.avsc]\n"
    paklog.replace("topics.yaml", files, f"{files}  lint: {{rules: {{docs: error}}}}\n")
    ended = paklog.run("lint")
    assert ended.returncode == 2 and "docs" in ended.stderr


def test_files_without_a_spec(paklog: Project) -> None:
    ended = paklog.run("lint", "schemas/pick-event.avsc", "schemas/common/storage-location.avsc")
    assert ended.returncode == 0 and "2 clean" in ended.stdout


def test_our_own_schemas_are_clean() -> None:
    ended = Project(ROOT).run("lint", "--format", "json")
    assert ended.returncode == 0 and rules(json.loads(ended.stdout)) == []


def test_our_own_schemas_can_evolve() -> None:
    """What a pull request to this repository runs, here."""
    ended = Project(ROOT).run("check")
    if ended.returncode == 2 and any(code in ended.stderr for code in ("KO370", "KO371", "KO373", "KO374", "KO375")):
        pytest.skip(f"this checkout has no main branch to compare with: {ended.stderr.splitlines()[0]}")
    assert ended.returncode == 0, ended.stdout + ended.stderr
