"""Pull requests against PakLog's schemas, checked against git as a user checks them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evolution.repository import Project, rules, subject

ORDER = "schemas/order-event.avsc"
LOCATION = "schemas/common/storage-location.avsc"
PRIORITY = '    {"name": "priority", "type": "int"},\n    {"name": "order_id"'


def add_priority(project: Project) -> None:
    project.replace(ORDER, '    {"name": "order_id"', PRIORITY)


def add_field(project: Project, name: str, **more: object) -> None:
    order = project.read(ORDER)
    order["fields"].append({"name": name, "type": "int", **more})
    project.write(ORDER, order)


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


# ---- history


def versions_on_main(project: Project, count: int) -> None:
    """Fields that come and go on main, each merged as a pull request is."""
    for number in range(count):
        order = project.read(ORDER)
        order["fields"] = [field for field in order["fields"] if not field["name"].startswith("extra_")]
        order["fields"].append({"name": f"extra_{number}", "type": "int", "default": 0})
        project.write(ORDER, order)
        project.on_main(f"version {number}")


def test_a_transitive_level_walks_the_history_and_says_how_far(paklog: Project) -> None:
    versions_on_main(paklog, 3)
    order = paklog.read(ORDER)
    order["fields"].append({"name": "extra_0", "type": "string", "default": ""})
    paklog.write(ORDER, order)
    found = subject(paklog.check(), "order-events-value")
    assert "4 versions in the history of main" in found["note"]
    (finding,) = found["findings"]
    assert finding["rule"] == "type_mismatch" and len(finding["against"]) == 1  # two versions ago
    assert len(found["compared_with"]) == 4


def test_a_level_that_is_not_transitive_looks_at_the_newest_alone(paklog: Project) -> None:
    paklog.replace("topics.yaml", "compatibility: BACKWARD_TRANSITIVE", "compatibility: BACKWARD")
    paklog.on_main("newest alone")
    versions_on_main(paklog, 3)
    order = paklog.read(ORDER)
    order["fields"].append({"name": "extra_0", "type": "string", "default": ""})
    paklog.write(ORDER, order)
    document = paklog.check()
    assert document["ok"] and len(subject(document, "order-events-value")["compared_with"]) == 1


def test_a_version_of_long_ago_passes_before_anything_is_compared(paklog: Project) -> None:
    first = (paklog.folder / ORDER).read_text()
    versions_on_main(paklog, 2)
    (paklog.folder / ORDER).write_text(first)
    found = subject(paklog.check(), "order-events-value")
    assert found["state"] == "unchanged" and found["compared_with"][0].startswith("commit ")


def test_history_follows_renames(paklog: Project) -> None:
    versions_on_main(paklog, 1)
    paklog.git("mv", ORDER, "schemas/orders.avsc")
    paklog.replace("topics.yaml", "order-event.avsc", "orders.avsc")
    paklog.on_main("rename")
    order = paklog.read("schemas/orders.avsc")
    order["fields"].append({"name": "again", "type": "int"})
    paklog.write("schemas/orders.avsc", order)
    found = subject(paklog.check(), "order-events-value")
    assert "2 versions" in found["note"]
    assert len(found["findings"][0]["against"]) == 2


def test_history_has_shared_types_as_they_were_at_the_time(paklog: Project) -> None:
    location = paklog.read(LOCATION)
    for number in range(3):
        changed = {**location, "fields": [*location["fields"]]}
        changed["fields"].append({"name": f"mark_{number}", "type": "int", "default": 0})
        paklog.write(LOCATION, changed)
        paklog.on_main(f"location {number}")
    changed = {**location, "fields": [*location["fields"], {"name": "mark_1", "type": "string", "default": ""}]}
    paklog.write(LOCATION, changed)
    found = subject(paklog.check(), "pick-events-value")
    assert "4 versions" in found["note"]
    (finding,) = found["findings"]
    assert finding["rule"] == "type_mismatch" and len(finding["against"]) == 1
    assert finding["place"]["file"] == LOCATION


def test_merged_branches_count_as_they_came_to_main(paklog: Project) -> None:
    paklog.git("checkout", "--quiet", "-b", "topic")
    for text in ("int", "string"):  # a version that never reached main, then the one that did
        order = paklog.read(ORDER)
        order["fields"] = [field for field in order["fields"] if field["name"] != "x"]
        order["fields"].append({"name": "x", "type": text, "default": 0 if text == "int" else ""})
        paklog.write(ORDER, order)
        paklog.commit(text)
    paklog.git("checkout", "--quiet", "main")
    paklog.git("merge", "--quiet", "--no-ff", "-m", "merge", "topic")
    paklog.git("checkout", "--quiet", "-B", "feature")
    order = paklog.read(ORDER)
    order["fields"].append({"name": "y", "type": "int", "default": 0})
    paklog.write(ORDER, order)
    found = subject(paklog.check(), "order-events-value")
    assert "2 versions" in found["note"] and found["state"] == "compatible"


def test_both_the_merge_base_and_the_tip_count(paklog: Project) -> None:
    paklog.git("checkout", "--quiet", "main")
    order = paklog.read(ORDER)
    order["fields"].append({"name": "weight", "type": "int", "default": 0})
    paklog.write(ORDER, order)
    paklog.commit("main moved on")
    paklog.git("checkout", "--quiet", "feature")
    order = paklog.read(ORDER)
    order["fields"].append({"name": "weight", "type": "string", "default": ""})
    paklog.write(ORDER, order)
    document = paklog.check()
    found = subject(document, "order-events-value")
    assert [finding["rule"] for finding in found["findings"]] == ["type_mismatch"]
    assert "merge base" in document["against"] and "tip" in document["against"]


def test_a_level_that_is_not_transitive_asks_for_both(paklog: Project) -> None:
    """What fits the tip alone may still break what is in use since the branch began."""
    paklog.replace("topics.yaml", f"schema: {ORDER}}}", f"schema: {ORDER}, compatibility: BACKWARD}}")
    paklog.on_main("a level")
    paklog.git("checkout", "--quiet", "main")
    order = paklog.read(ORDER)
    order["fields"].append({"name": "weight", "type": "int", "default": 0})
    paklog.write(ORDER, order)
    paklog.commit("main moved on")
    paklog.git("checkout", "--quiet", "feature")
    order = paklog.read(ORDER)
    order["fields"].append({"name": "weight", "type": "int"})
    paklog.write(ORDER, order)
    found = subject(paklog.check(), "order-events-value")
    assert [finding["rule"] for finding in found["findings"]] == ["reader_field_missing_default_value"]
    assert len(found["compared_with"]) == 2


# ---- what git cannot give


def test_a_shallow_clone_is_refused_with_the_way_out(paklog: Project, tmp_path: Path) -> None:
    versions_on_main(paklog, 3)
    clone = tmp_path / "clone"
    paklog.git("clone", "--quiet", "--depth", "2", "--branch", "main", f"file://{paklog.folder}", str(clone))
    shallow = Project(clone)
    unchanged = shallow.run("check")
    assert unchanged.returncode == 0, unchanged.stderr
    order = shallow.read(ORDER)
    order["fields"].append({"name": "y", "type": "int", "default": 0})
    shallow.write(ORDER, order)
    shallow.git("config", "log.showRoot", "false")
    ended = shallow.run("check")
    assert ended.returncode == 2 and ended.stdout == ""
    assert "KO375" in ended.stderr and "git fetch --unshallow" in ended.stderr and "fetch-depth: 0" in ended.stderr


def test_history_that_begins_within_a_shallow_clone_is_whole(paklog: Project, tmp_path: Path) -> None:
    paklog.commit("more")
    text = (
        (paklog.folder / ORDER).read_text().replace("OrderEvent", "ReturnEvent").replace("OrderStatus", "ReturnStatus")
    )
    paklog.write("schemas/return-event.avsc", text.replace("OrderLine", "ReturnLine"))
    spec = (paklog.folder / "topics.yaml").read_text()
    paklog.write(
        "topics.yaml",
        spec.replace(
            "schemas:\n  files:", "schemas:\n  subjects:\n    returns: {schema: schemas/return-event.avsc}\n  files:"
        ),
    )
    paklog.on_main("returns")
    clone = tmp_path / "clone"
    paklog.git("clone", "--quiet", "--depth", "2", "--branch", "main", f"file://{paklog.folder}", str(clone))
    shallow = Project(clone)
    shallow.replace("schemas/return-event.avsc", '"doc": "An order changed its state."', '"doc": "Came back."')
    assert shallow.check()["ok"]


@pytest.mark.parametrize(
    ("against", "code"), [("git:nowhere", "KO372"), ("git:--help", "KO372"), ("git:main~99", "KO372")]
)
def test_a_ref_that_is_not_there(paklog: Project, against: str, code: str) -> None:
    ended = paklog.run("check", "--against", against)
    assert ended.returncode == 2 and ended.stdout == "" and code in ended.stderr


def test_not_a_git_repository(paklog: Project) -> None:
    (paklog.folder / ".git").rename(paklog.folder.parent / "elsewhere")
    ended = paklog.run("check")
    assert ended.returncode == 2 and ended.stdout == "" and "KO371" in ended.stderr
    assert "--against registry" in ended.stderr


def test_no_main_branch(paklog: Project) -> None:
    paklog.git("branch", "-D", "main")
    ended = paklog.run("check")
    assert ended.returncode == 2 and "KO373" in ended.stderr
    assert paklog.run("check", "--against", "git:HEAD").returncode == 0


def test_nothing_in_common(paklog: Project) -> None:
    paklog.git("checkout", "--quiet", "--orphan", "alone")
    paklog.commit("alone")
    ended = paklog.run("check", "--against", "git:main")
    assert ended.returncode == 2 and "KO374" in ended.stderr


def test_the_checkout_is_not_touched(paklog: Project) -> None:
    versions_on_main(paklog, 2)
    add_field(paklog, "priority")
    paklog.git("add", "--all")
    paklog.write("untracked.txt", "mine")
    before = (
        paklog.git("status", "--porcelain=v2", "--branch"),
        paklog.git("stash", "list"),
        paklog.git("for-each-ref"),
    )
    assert not paklog.check()["ok"]
    after = (
        paklog.git("status", "--porcelain=v2", "--branch"),
        paklog.git("stash", "list"),
        paklog.git("for-each-ref"),
    )
    assert after == before


def test_a_project_in_a_folder_of_the_repository(paklog: Project, tmp_path: Path) -> None:
    mono = Project(tmp_path / "mono")
    (mono.folder / "teams").mkdir(parents=True)
    (paklog.folder / ".git").rename(tmp_path / "elsewhere")
    paklog.folder.rename(mono.folder / "teams" / "paklog")
    mono.git("init", "--quiet", "--initial-branch=main")
    mono.commit("begin")
    inner = Project(mono.folder / "teams" / "paklog")
    versions_on_main(inner, 1)
    add_field(inner, "priority")
    found = subject(inner.check(), "order-events-value")
    assert [finding["rule"] for finding in found["findings"]] == ["reader_field_missing_default_value"]
    assert "2 versions" in found["note"]
    from_above = mono.run("check", "--file", "teams/paklog/topics.yaml", "--format", "gitlab")
    assert from_above.returncode == 3 and '"path": "teams/paklog/schemas/order-event.avsc"' in from_above.stdout


def test_a_broken_version_on_main_can_be_mended(paklog: Project) -> None:
    whole = (paklog.folder / ORDER).read_text()
    paklog.write(ORDER, whole[:300])
    paklog.on_main("broken")
    paklog.write(ORDER, whole.replace('"doc": "The order."', '"doc": "The order that it is about."'))
    document = paklog.check()
    found = subject(document, "order-events-value")
    assert document["ok"] and [finding["rule"] for finding in found["findings"]] == ["unusable_version"]


def test_a_broken_spec_on_main_is_said(paklog: Project) -> None:
    whole = (paklog.folder / "topics.yaml").read_text()
    paklog.write("topics.yaml", "topics: [\n")
    paklog.on_main("broken")
    paklog.write("topics.yaml", whole)
    document = paklog.check()
    assert [finding["rule"] for finding in document["findings"]] == ["earlier_spec_unreadable"]


def test_a_new_subject(paklog: Project) -> None:
    paklog.write("schemas/new.avsc", {"type": "record", "name": "New", "namespace": "com.paklog", "fields": []})
    spec = (paklog.folder / "topics.yaml").read_text()
    paklog.write(
        "topics.yaml",
        spec.replace("schemas:\n  files:", "schemas:\n  subjects:\n    new: {schema: schemas/new.avsc}\n  files:"),
    )
    assert subject(paklog.check(), "new")["state"] == "new"


def test_other_languages_say_that_only_avro_is_checked(paklog: Project) -> None:
    paklog.write("schemas/new.json", {"type": "object"})
    spec = (paklog.folder / "topics.yaml").read_text()
    paklog.write(
        "topics.yaml",
        spec.replace("schemas:\n  files:", "schemas:\n  subjects:\n    new: {schema: schemas/new.json}\n  files:"),
    )
    document = paklog.check()
    found = subject(document, "new")
    assert found["state"] == "not checked" and "only Avro is checked offline" in found["findings"][0]["message"]
    assert document["ok"]


def test_only_some_subjects(paklog: Project) -> None:
    add_priority(paklog)
    assert paklog.check("--subject", "wave-*")["ok"]
    assert not paklog.check("--subject", "wave-*", "--subject", "order-events-value")["ok"]
    ended = paklog.run("check", "--subject", "order-event-value")
    assert ended.returncode == 2 and "did you mean 'order-events-value'?" in ended.stderr


def test_another_language_is_refused(paklog: Project) -> None:
    paklog.git("mv", ORDER, "schemas/order-event.json")
    paklog.replace("topics.yaml", "order-event.avsc", "order-event.json")
    assert "language_changed" in rules(paklog.check(), "order-events-value")


def test_from_a_hook_that_names_the_repository(paklog: Project) -> None:
    add_priority(paklog)
    hook = paklog.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexport GIT_DIR=.git\nexec {shlex.quote(sys.executable)} -m kafkaops schemas check\n")
    hook.chmod(0o755)
    paklog.git("add", "--all")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        paklog.git("commit", "--message", "not like this")
    assert "reader_field_missing_default_value" in caught.value.stderr + caught.value.stdout


def test_the_users_own_git_settings_do_not_matter(paklog: Project) -> None:
    versions_on_main(paklog, 2)
    for setting in (
        "log.showSignature=true",
        "log.diffMerges=combined",
        "diff.renames=false",
        "core.quotePath=true",
        "diff.external=false",
        "log.showRoot=false",
        "color.ui=always",
    ):
        paklog.git("config", *setting.split("="))
    add_field(paklog, "priority")
    found = subject(paklog.check(), "order-events-value")
    assert "3 versions" in found["note"] and len(found["findings"][0]["against"]) == 3


def test_names_that_git_would_quote(paklog: Project) -> None:
    paklog.git("mv", ORDER, "schemas/Größe und “Menge”.avsc")
    paklog.replace("topics.yaml", "schemas/order-event.avsc}", '"schemas/Größe und “Menge”.avsc"}')
    paklog.on_main("a name")
    paklog.replace("schemas/Größe und “Menge”.avsc", '    {"name": "order_id"', PRIORITY)
    assert rules(paklog.check()) == ["reader_field_missing_default_value"]


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


# ---- the project in another folder


def test_a_project_that_is_moved_is_compared_with_what_it_was(paklog: Project) -> None:
    versions_on_main(paklog, 1)
    (paklog.folder / "platform").mkdir()
    for name in ("topics.yaml", "schemas", "environments", "connectors"):
        paklog.git("mv", name, f"platform/{name}")
    moved = Project(paklog.folder / "platform")
    add_field(moved, "priority")
    paklog.commit("move")
    document = moved.check()
    found = subject(document, "order-events-value")
    assert [finding["rule"] for finding in found["findings"]] == ["reader_field_missing_default_value"]
    assert "2 versions" in found["note"] and document["counts"]["unchanged"] == 8
    assert any("lay in the repository's root" in note for note in document["notes"]), document["notes"]


def test_a_project_that_is_moved_within_the_repository(paklog: Project, tmp_path: Path) -> None:
    mono = Project(tmp_path / "mono")
    mono.folder.mkdir()
    (paklog.folder / ".git").rename(tmp_path / "elsewhere")
    paklog.folder.rename(mono.folder / "old")
    mono.git("init", "--quiet", "--initial-branch=main")
    mono.commit("begin")
    mono.git("mv", "old", "new")
    project = Project(mono.folder / "new")
    add_field(project, "priority")
    document = project.check()
    assert rules(document) == ["reader_field_missing_default_value"]
    assert any("lay in old" in note for note in document["notes"]), document["notes"]


def test_a_project_that_is_moved_and_renamed_at_once(paklog: Project) -> None:
    """It is known by what it has, whatever it is called and wherever it lies."""
    (paklog.folder / "platform").mkdir()
    for name in ("topics.yaml", "schemas", "environments", "connectors"):
        paklog.git("mv", name, f"platform/{name}")
    moved = Project(paklog.folder / "platform")
    moved.replace("topics.yaml", "project: paklog", "project: warehouse")
    add_field(moved, "priority")
    document = moved.check()
    assert rules(document) == ["reader_field_missing_default_value"]
    assert any("lay in the repository's root as paklog" in note for note in document["notes"]), document["notes"]


def test_where_a_project_lay_must_be_clear(paklog: Project) -> None:
    """Two copies of one project go, and one of another name comes: nobody can say which it was."""
    for copy in ("one", "two"):
        shutil.copytree(
            paklog.folder, paklog.folder / copy, ignore=shutil.ignore_patterns(".git", "one", "two", "three")
        )
    for name in ("topics.yaml", "schemas", "environments", "connectors"):
        paklog.git("rm", "-r", "--quiet", name)
    main = paklog.on_main("two copies")
    paklog.git("mv", "one", "three")
    paklog.git("rm", "-r", "--quiet", "two")
    moved = Project(paklog.folder / "three")
    moved.replace("topics.yaml", "project: paklog", "project: warehouse")
    ended = moved.run("check")
    assert ended.returncode == 2 and ended.stdout == ""
    assert f"error[KO384]: the project was moved, and which of these folders it was in at {main[:7]} " in ended.stderr
    assert "is not clear: one, two" in ended.stderr


def test_a_project_with_nothing_in_common_is_new(paklog: Project) -> None:
    for name in ("topics.yaml", "schemas", "environments", "connectors"):
        paklog.git("rm", "-r", "--quiet", name)
    other = Project(paklog.folder / "other")
    other.write(
        "topics.yaml",
        "version: 1\nproject: other\nenvironments: {dev: {dev_cluster: default}}\n"
        "schemas: {subjects: {t-value: {schema: t.avsc}}}\n",
    )
    other.write("t.avsc", {"type": "record", "name": "T", "fields": []})
    document = other.check()
    assert document["counts"]["new"] == 1
    assert any("there is no topics.yaml" in note for note in document["notes"]), document["notes"]


def test_a_second_project_is_not_the_first_one_moved(paklog: Project) -> None:
    """A copy beside the original, or one of another name, has nothing earlier."""
    shutil.copytree(paklog.folder, paklog.folder / "second", ignore=shutil.ignore_patterns(".git", "second"))
    document = Project(paklog.folder / "second").check()
    assert document["counts"]["new"] == 9


# ---- back to what was


def back_and_forth(paklog: Project) -> str:
    """`sequence` comes with a default, becomes a string, and is taken back; returns the first state's commit."""
    order = paklog.read("schemas/order-event.avsc")
    first = paklog.git("rev-parse", "main")
    changed = json.loads(json.dumps(order))
    changed["fields"][0] = {"name": "event_number", "type": "long", "doc": "Of another type."}
    paklog.write("schemas/order-event.avsc", changed)
    paklog.on_main("another first field")
    paklog.git("checkout", "--quiet", first, "--", "schemas/order-event.avsc")
    return first


def test_what_main_had_once_passes_before_anything_is_compared(paklog: Project) -> None:
    """A registry counts all its versions for that, whatever the level; so does the history of a branch."""
    first = back_and_forth(paklog)
    for level in ("BACKWARD_TRANSITIVE", "BACKWARD", "FULL"):
        paklog.replace(
            "topics.yaml", "schemas/order-event.avsc}", f"schemas/order-event.avsc, compatibility: {level}}}"
        )
        found = subject(paklog.check(), "order-events-value")
        assert (found["state"], found["compared_with"]) == ("unchanged", [f"commit {first[:7]}"]), level
        paklog.replace("topics.yaml", f", compatibility: {level}}}", "}")


def test_what_main_had_once_in_another_layout_passes_too(paklog: Project) -> None:
    first = back_and_forth(paklog)
    paklog.replace("topics.yaml", "schemas/order-event.avsc}", "schemas/order-event.avsc, compatibility: BACKWARD}")
    order = paklog.folder / "schemas/order-event.avsc"
    order.write_text(json.dumps(json.loads(order.read_text())))
    found = subject(paklog.check(), "order-events-value")
    assert (found["state"], found["compared_with"]) == ("unchanged", [f"commit {first[:7]}"])
    assert f"what it was at commit {first[:7]} already" in found["note"]


def test_something_like_what_main_had_once_is_compared(paklog: Project) -> None:
    back_and_forth(paklog)
    paklog.replace("topics.yaml", "schemas/order-event.avsc}", "schemas/order-event.avsc, compatibility: BACKWARD}")
    order = paklog.read("schemas/order-event.avsc")
    order["doc"] = "Not quite what it was."
    paklog.write("schemas/order-event.avsc", order)
    assert "reader_field_missing_default_value" in rules(paklog.check(), "order-events-value")
