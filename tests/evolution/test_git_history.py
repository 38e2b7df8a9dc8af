"""What `schemas check` takes from git's history: how far it walks, and what passes because it was there once."""

from __future__ import annotations

import json

from tests.evolution.changes import LOCATION, ORDER, add_field, versions_on_main
from tests.evolution.repository import Project, rules, subject


def test_a_transitive_level_walks_the_history_and_says_how_far(paklog: Project) -> None:
    versions_on_main(paklog, 3)
    add_field(paklog, "extra_0", type="string", default="")
    found = subject(paklog.check(), "order-events-value")
    assert "4 versions in the history of main" in found["note"]
    (finding,) = found["findings"]
    assert finding["rule"] == "type_mismatch" and len(finding["against"]) == 1  # two versions ago
    assert len(found["compared_with"]) == 4


def test_a_level_that_is_not_transitive_looks_at_the_newest_alone(paklog: Project) -> None:
    paklog.replace("topics.yaml", "compatibility: BACKWARD_TRANSITIVE", "compatibility: BACKWARD")
    paklog.on_main("newest alone")
    versions_on_main(paklog, 3)
    add_field(paklog, "extra_0", type="string", default="")
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
    add_field(paklog, "y", default=0)
    found = subject(paklog.check(), "order-events-value")
    assert "2 versions" in found["note"] and found["state"] == "compatible"


def test_both_the_merge_base_and_the_tip_count(paklog: Project) -> None:
    paklog.git("checkout", "--quiet", "main")
    add_field(paklog, "weight", default=0)
    paklog.commit("main moved on")
    paklog.git("checkout", "--quiet", "feature")
    add_field(paklog, "weight", type="string", default="")
    document = paklog.check()
    found = subject(document, "order-events-value")
    assert [finding["rule"] for finding in found["findings"]] == ["type_mismatch"]
    assert "merge base" in document["against"] and "tip" in document["against"]


def test_a_level_that_is_not_transitive_asks_for_both(paklog: Project) -> None:
    """What fits the tip alone may still break what is in use since the branch began."""
    paklog.replace("topics.yaml", f"schema: {ORDER}}}", f"schema: {ORDER}, compatibility: BACKWARD}}")
    paklog.on_main("a level")
    paklog.git("checkout", "--quiet", "main")
    add_field(paklog, "weight", default=0)
    paklog.commit("main moved on")
    paklog.git("checkout", "--quiet", "feature")
    add_field(paklog, "weight")
    found = subject(paklog.check(), "order-events-value")
    assert [finding["rule"] for finding in found["findings"]] == ["reader_field_missing_default_value"]
    assert len(found["compared_with"]) == 2


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
