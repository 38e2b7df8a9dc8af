"""Pull requests against PakLog's schemas, checked against git as a user checks them."""

from __future__ import annotations

import re

import pytest

from tests.evolution.changes import LOCATION, ORDER, add_priority
from tests.evolution.repository import Project, rules, subject


def test_what_is_not_changed_passes(paklog: Project) -> None:
    document = paklog.check()
    assert document["ok"] and rules(document) == []
    assert document["counts"]["unchanged"] == len(document["subjects"]) == 9


def test_a_field_without_default_is_refused_with_the_caret_below_it(paklog: Project) -> None:
    add_priority(paklog)
    ended = paklog.run("check")
    assert ended.returncode == 3
    assert "error[KO350] reader_field_missing_default_value" in ended.stdout
    line, caret = re.findall(r"^ +(\d+ \| .*|\| +\^+)$", ended.stdout, re.MULTILINE)[:2]
    assert line[line.index("|") :][caret.index("^") : caret.rindex("^") + 1] == '"priority"'
    assert '"type": ["null", "int"], "default": null' in ended.stdout
    assert "produced by wave-planning" in ended.stdout
    assert "consumers first, then producers" in ended.stdout


def test_the_fix_it_gives_makes_it_pass(paklog: Project) -> None:
    add_priority(paklog)
    assert not paklog.check()["ok"]
    paklog.replace(
        ORDER, '{"name": "priority", "type": "int"}', '{"name": "priority", "type": ["null", "int"], "default": null}'
    )
    document = paklog.check()
    assert document["ok"] and subject(document, "order-events-value")["state"] == "compatible"


def test_who_is_affected_is_named(paklog: Project) -> None:
    paklog.replace(
        "schemas/wave-event.avsc", '"name": "wave_id", "type": "string"', '"name": "wave_id", "type": "long"'
    )
    found = subject(paklog.check(), "wave-events-value")
    assert found["producers"] == ["wave-planning"]
    assert found["consumers"] == ["task-execution", "connector mongodb-sink"]
    assert found["upgrade"] == "consumers first, then producers"
    assert found["level"] == {"level": "BACKWARD_TRANSITIVE", "source": "declared default"}


def test_a_shared_type_is_checked_in_every_subject_that_uses_it(paklog: Project) -> None:
    paklog.replace(LOCATION, '{"name": "level", "type": "int", "default": 0', '{"name": "level", "type": "string"')
    document = paklog.check()
    for name in ("inventory-events-value", "pick-events-value", "com.paklog.common.StorageLocation"):
        found = subject(document, name)
        assert [finding["rule"] for finding in found["findings"]] == ["type_mismatch"]
        assert found["findings"][0]["place"]["file"] == LOCATION
    assert subject(document, "order-events-value")["state"] == "unchanged"
    shared = subject(document, "com.paklog.common.StorageLocation")
    assert set(shared["topics"]) == {"inventory-events", "pick-events"}


def test_a_key_must_not_change_even_where_avro_allows_it(paklog: Project) -> None:
    key = paklog.read("schemas/order-key.avsc")
    paklog.write("schemas/order-key.avsc", {**key, "doc": "Another word."})
    document = paklog.check()
    assert not document["ok"] and rules(document) == ["key_changed"]


def test_another_layout_is_no_change(paklog: Project) -> None:
    for file in (ORDER, "schemas/order-key.avsc"):
        paklog.write(file, paklog.read(file))
    document = paklog.check()
    assert document["ok"] and subject(document, "order-events-key")["state"] == "unchanged"


def test_a_renamed_file_is_followed_and_said(paklog: Project) -> None:
    add_priority(paklog)
    paklog.git("mv", ORDER, "schemas/orders.avsc")
    paklog.replace("topics.yaml", "order-event.avsc", "orders.avsc")
    assert sorted(rules(paklog.check(), "order-events-value")) == [
        "reader_field_missing_default_value",
        "schema_renamed",
    ]


def test_a_deleted_schema_is_refused(paklog: Project) -> None:
    (paklog.folder / "schemas/pack-event.avsc").unlink()
    ended = paklog.run("check")
    assert ended.returncode == 2 and "KO140" in ended.stderr  # the spec still binds it
    paklog.replace("topics.yaml", "    value: {schema: schemas/pack-event.avsc}\n", "")
    document = paklog.check()
    assert not document["ok"] and rules(document) == ["schema_deleted"]
    assert subject(document, "pack-events-value")["state"] == "removed"


def test_a_removal_that_is_declared_is_no_finding(paklog: Project) -> None:
    (paklog.folder / "schemas/pack-event.avsc").unlink()
    paklog.replace("topics.yaml", "    value: {schema: schemas/pack-event.avsc}\n", "")
    spec = paklog.folder / "topics.yaml"
    spec.write_text(spec.read_text() + "\nremoved:\n  - address: schema.pack-events-value\n")
    assert paklog.check()["ok"]


def test_a_lowered_level_is_refused_at_its_line(paklog: Project) -> None:
    paklog.replace("topics.yaml", "schemas/wave-event.avsc}", "schemas/wave-event.avsc, compatibility: BACKWARD}")
    document = paklog.check()
    (finding,) = subject(document, "wave-events-value")["findings"]
    assert finding["rule"] == "level_lowered" and finding["place"]["file"] == "topics.yaml"
    line = (paklog.folder / "topics.yaml").read_text().splitlines()[finding["place"]["line"] - 1]
    assert line[finding["place"]["column"] - 1 :].startswith("BACKWARD")
    assert subject(document, "wave-events-value")["level"]["source"] == "declared for the subject"


def test_a_raised_level_is_no_finding(paklog: Project) -> None:
    paklog.replace(
        "topics.yaml", "schemas/wave-event.avsc}", "schemas/wave-event.avsc, compatibility: FULL_TRANSITIVE}"
    )
    assert paklog.check()["ok"]


def test_another_subject_starts_without_history_and_is_compared_all_the_same(paklog: Project) -> None:
    add_priority(paklog)
    paklog.replace("topics.yaml", "order-event.avsc}", "order-event.avsc, subject: orders}")
    assert sorted(rules(paklog.check(), "orders")) == ["reader_field_missing_default_value", "subject_changed"]


def test_another_strategy_is_a_finding(paklog: Project) -> None:
    paklog.replace(
        "topics.yaml",
        "schemas/wave-event.avsc}",
        "schemas/wave-event.avsc, subject_name_strategy: TopicRecordNameStrategy}",
    )
    document = paklog.check()
    assert sorted(rules(document)) == ["strategy_changed", "subject_changed"]
    assert subject(document, "wave-events-com.paklog.wms.WaveEvent")["findings"]


def test_level_none_says_that_nothing_is_checked(paklog: Project) -> None:
    paklog.replace("topics.yaml", "order-event.avsc}", "order-event.avsc, compatibility: NONE}")
    paklog.on_main("orders may change as they like")
    add_priority(paklog)
    document = paklog.check()
    found = subject(document, "order-events-value")
    assert document["ok"] and found["state"] == "not checked" and "not checked" in found["note"]


@pytest.mark.parametrize(
    ("file", "old", "new", "rule"),
    [
        (ORDER, '"WAVED",\n', '"IN_WAVE",\n', None),
        (ORDER, '        "default": "UNKNOWN"\n', '        "symbolic": true\n', None),
        (ORDER, '{"name": "line_number", "type": "int"', '{"name": "line_number", "type": "string"', "type_mismatch"),
        (ORDER, '"type": ["null", "string"]', '"type": ["null", "int"]', "missing_union_branch"),
        (ORDER, '"precision": 12, "scale": 2', '"precision": 12, "scale": 3', "logical_type_mismatch"),
    ],
)
def test_changes_one_by_one(paklog: Project, file: str, old: str, new: str, rule: str | None) -> None:
    paklog.replace(file, old, new)
    document = paklog.check("--strict-logical-types")
    assert rules(document) == ([rule] if rule else [])


def test_an_enum_without_default_breaks_on_a_renamed_symbol(paklog: Project) -> None:
    paklog.replace(ORDER, '        "default": "UNKNOWN"\n', '        "symbolic": true\n')
    paklog.on_main("no default")
    paklog.replace(ORDER, '"WAVED",\n', '"IN_WAVE",\n')
    assert rules(paklog.check()) == ["missing_enum_symbols"]


# ---- types that only other schemas bind


SHARED = "com.paklog.common.StorageLocation"


def inline_location(project: Project) -> None:
    """Put the shared type where it is first used, as of another namespace in each subject, and delete its file."""
    text = (project.folder / LOCATION).read_text().replace("com.paklog.common", "com.paklog.{}").rstrip()
    (project.folder / LOCATION).unlink()
    for file, name in (("schemas/pick-event.avsc", "wes"), ("schemas/inventory-event.avsc", "wms")):
        path = project.folder / file
        own = text.replace("{}", name)
        first, *others = path.read_text().split(f'"{SHARED}"')
        path.write_text(first + own + f'"com.paklog.{name}.StorageLocation"'.join(others))


def test_a_deleted_shared_type_is_refused(paklog: Project) -> None:
    inline_location(paklog)
    document = paklog.check()
    assert not document["ok"] and rules(document) == ["schema_deleted"]
    gone = subject(document, SHARED)
    assert gone["state"] == "removed" and gone["file"] == LOCATION
    spec = paklog.folder / "topics.yaml"
    spec.write_text(spec.read_text() + f"\nremoved:\n  - address: schema.{SHARED}\n")
    assert paklog.check()["ok"]


def test_a_renamed_shared_type_s_file_is_followed_and_said(paklog: Project) -> None:
    location = paklog.read(LOCATION)
    location["fields"].append({"name": "mark", "type": "int", "default": 0})
    paklog.write(LOCATION, location)
    paklog.on_main("a second version")
    paklog.git("mv", LOCATION, "schemas/common/place.avsc")
    location["fields"][-1]["type"] = "string"
    location["fields"][-1]["default"] = ""
    paklog.write("schemas/common/place.avsc", location)
    document = paklog.check()
    assert sorted(rules(document, SHARED)) == ["schema_renamed", "type_mismatch"]
    assert "2 versions" in subject(document, SHARED)["note"]
    assert rules(document, "pick-events-value") == ["type_mismatch"]


def test_a_shared_type_of_another_name_is_another_subject(paklog: Project) -> None:
    for file in (LOCATION, "schemas/pick-event.avsc", "schemas/inventory-event.avsc"):
        path = paklog.folder / file
        path.write_text(path.read_text().replace("com.paklog.common", "com.paklog.shared"))
    document = paklog.check()
    assert rules(document) == ["subject_changed"]
    assert subject(document, "com.paklog.shared.StorageLocation")["state"] == "compatible"


def test_a_shared_type_that_gets_a_subject_of_its_own_leaves_the_old_one(paklog: Project) -> None:
    files = "  files: [schemas/**/*.avsc]\n"
    paklog.replace("topics.yaml", files, f"{files}  subjects: {{location: {{schema: {LOCATION}}}}}\n")
    assert rules(paklog.check(), "location") == ["subject_changed"]


# ---- other environments


def override(project: Project, environment: str, value: str) -> None:
    """Override one binding in an environment."""
    path = project.folder / f"environments/{environment}.yaml"
    text = path.read_text()
    assert "overrides:" not in text
    path.write_text(f"{text}    overrides: {{topics: {{wave-events: {{value: {value}}}}}}}\n")


def test_a_level_lowered_in_another_environment_is_refused(paklog: Project) -> None:
    override(paklog, "production", "{compatibility: NONE}")
    document = paklog.check()
    (finding,) = subject(document, "wave-events-value")["findings"]
    assert finding["rule"] == "level_lowered" and "in production the compatibility level" in finding["message"]
    assert finding["place"]["file"] == "environments/production.yaml"
    assert subject(document, "wave-events-value")["level"]["level"] == "BACKWARD_TRANSITIVE"
    assert rules(paklog.check("--env", "production")) == ["level_lowered"]


def test_a_higher_level_given_up_in_another_environment_is_refused(paklog: Project) -> None:
    plain = (paklog.folder / "environments/production.yaml").read_text()
    override(paklog, "production", "{compatibility: FULL_TRANSITIVE}")
    paklog.on_main("strict in production")
    assert paklog.check()["ok"]
    paklog.write("environments/production.yaml", plain)
    document = paklog.check()
    assert rules(document) == ["level_lowered"]
    assert "FULL_TRANSITIVE" in subject(document, "wave-events-value")["findings"][0]["message"]


def test_another_subject_in_another_environment_is_a_finding(paklog: Project) -> None:
    override(paklog, "production", "{subject: waves}")
    document = paklog.check()
    assert [finding["rule"] for finding in document["findings"]] == ["subject_changed"]
    assert "in production" in document["findings"][0]["message"]


def test_what_holds_everywhere_is_said_once(paklog: Project) -> None:
    override(paklog, "production", "{subject_name_strategy: TopicNameStrategy}")
    paklog.on_main("an override that changes nothing")
    paklog.replace("topics.yaml", "compatibility: BACKWARD_TRANSITIVE", "compatibility: BACKWARD")
    document = paklog.check()
    assert set(rules(document)) == {"level_lowered"} and len(rules(document)) == len(document["subjects"])


def test_a_new_environment_may_have_levels_of_its_own(paklog: Project) -> None:
    environment = "environments: {lab: {dev_cluster: lab, overrides: {defaults: {schemas: {compatibility: NONE}}}}}\n"
    paklog.write("environments/lab.yaml", environment)
    assert paklog.check()["ok"]
