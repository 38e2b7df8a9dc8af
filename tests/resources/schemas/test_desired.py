"""From a spec to subjects: names, shared types, what is wrong with a schema by itself."""

from __future__ import annotations

import pytest

from kafkaops.address import Guard
from kafkaops.resources.schemas.desired import texts_below
from kafkaops.resources.schemas.model import DesiredReference, Use
from tests.resources.schemas.values import a_field, a_record, topic, wanted

EVENT = a_record("Event", a_field("a"), namespace="x")
LOCATION = a_record("Location", a_field("aisle"), namespace="x")
USER = a_record("User", a_field("at", "Location"), a_field("from", "Location"), namespace="x")
PROTO = 'syntax = "proto3";\npackage x.y;\nmessage Order { string a = 1; }\n'


@pytest.mark.parametrize(
    ("strategy", "subject"),
    [
        (None, "t-value"),
        ("TopicNameStrategy", "t-value"),
        ("RecordNameStrategy", "x.Event"),
        ("TopicRecordNameStrategy", "t-x.Event"),
    ],
)
def test_naming_strategies(strategy: str | None, subject: str) -> None:
    binding = {"schema": "e.avsc", **({"subject_name_strategy": strategy} if strategy else {})}
    want = wanted({"topics": {"t": topic(value=binding)}}, {"e.avsc": EVENT})
    assert list(want.subjects) == [subject]
    assert want.subjects[subject].uses == (Use("t", "value"),)
    assert not want.subjects[subject].is_key


@pytest.mark.parametrize(
    ("file", "text", "subject"),
    [
        ("e.json", '{"title": "Order", "type": "object"}', "Order"),
        ("e.proto", PROTO, "x.y.Order"),
        ("e.json", '{"type": "object"}', "t-value"),
    ],
)
def test_record_names_of_other_languages(file: str, text: str, subject: str) -> None:
    binding = {"schema": file, "subject_name_strategy": "RecordNameStrategy"}
    assert list(wanted({"topics": {"t": topic(value=binding)}}, {file: text}).subjects) == [subject]


def test_a_name_of_its_own_goes_before_the_strategy() -> None:
    binding = {"schema": "e.avsc", "subject": "mine", "subject_name_strategy": "RecordNameStrategy"}
    assert list(wanted({"topics": {"t": topic(key=binding)}}, {"e.avsc": EVENT}).subjects) == ["mine"]


def test_topics_that_are_not_managed_keep_their_schemas() -> None:
    sections = {"topics": {"t": topic(value={"schema": "e.avsc"}, managed=False)}}
    assert wanted(sections, {"e.avsc": EVENT}).empty


def test_a_shared_type_gets_a_subject_of_its_full_name() -> None:
    sections = {"topics": {"t": topic(value={"schema": "u.avsc"})}}
    want = wanted(sections, {"u.avsc": USER, "l.avsc": LOCATION})
    assert want.subjects["t-value"].references == (DesiredReference("x.Location", "x.Location"),)
    assert want.subjects["x.Location"].file == "l.avsc"
    assert want.subjects["x.Location"].pinned
    assert not want.subjects["t-value"].pinned
    assert [text.name for text in texts_below(want.subjects["t-value"], want.subjects)] == ["l.avsc"]


def test_a_shared_type_has_the_subject_that_is_declared_for_it() -> None:
    sections = {
        "topics": {"t": topic(value={"schema": "u.avsc"})},
        "schemas": {"subjects": {"shared-location": {"schema": "l.avsc", "compatibility": "FULL"}}},
    }
    want = wanted(sections, {"u.avsc": USER, "l.avsc": LOCATION})
    assert want.subjects["t-value"].references == (DesiredReference("x.Location", "shared-location"),)
    assert want.subjects["shared-location"].level == "FULL"


def test_shared_types_may_share_types() -> None:
    files = {
        "a.avsc": a_record("A", a_field("b", "x.B"), namespace="x"),
        "b.avsc": a_record("B", a_field("c", "x.C"), namespace="x"),
        "c.avsc": a_record("C", a_field("v"), namespace="x"),
    }
    want = wanted({"topics": {"t": topic(value={"schema": "a.avsc"})}}, files)
    assert list(want.subjects) == ["t-value", "x.B", "x.C"]
    assert want.subjects["x.B"].references == (DesiredReference("x.C", "x.C"),)
    assert {text.name for text in texts_below(want.subjects["t-value"], want.subjects)} == {"b.avsc", "c.avsc"}
    assert not any(subject.problems for subject in want.subjects.values())


def test_references_of_other_languages_are_declared() -> None:
    binding = {"schema": "a.proto", "references": [{"name": "b.proto", "schema": "b.proto"}]}
    want = wanted({"topics": {"t": topic(value=binding)}}, {"a.proto": PROTO, "b.proto": PROTO})
    assert want.subjects["t-value"].references == (DesiredReference("b.proto", "x.y.Order"),)


def test_a_circle_and_a_missing_type_are_problems_and_no_crash() -> None:
    files = {
        "a.avsc": a_record("A", a_field("b", "x.B"), namespace="x"),
        "b.avsc": a_record("B", a_field("a", "x.A"), a_field("n", "x.Nowhere"), namespace="x"),
    }
    want = wanted({"topics": {"t": topic(value={"schema": "a.avsc"})}}, files)
    assert {problem.code for subject in want.subjects.values() for problem in subject.problems} == {"KO301"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("e.avsc", "not JSON"),
        ("e.avsc", '{"type": "nope"}'),
        ("e.avsc", '{"type": "enum", "name": "E", "symbols": ["A", "A"]}'),
        ("e.avsc", '{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "default": "x"}]}'),
        ("e.json", "{"),
        ("absent.avsc", None),
    ],
)
def test_what_a_registry_may_find_out_too_late_is_a_problem(file: str, text: str | None) -> None:
    want = wanted({"topics": {"t": topic(value={"schema": file})}}, {file: text} if text else {})
    (problem,) = want.subjects["t-value"].problems
    assert problem.code == "KO301"
    assert file in problem.summary


def test_one_record_in_two_topics_is_one_subject() -> None:
    binding = {"schema": "e.avsc", "subject_name_strategy": "RecordNameStrategy"}
    allowing = {**binding, "compatibility": "FULL", "lifecycle": {"allow": ["disruptive"]}}
    want = wanted({"topics": {"t": topic(value=binding), "u": topic(key=allowing)}}, {"e.avsc": EVENT})
    (subject,) = want.subjects.values()
    assert subject.uses == (Use("t", "value"), Use("u", "key"))
    assert (subject.is_key, subject.level, subject.allow) == (True, "FULL", (Guard.DISRUPTIVE,))
    assert not subject.problems


def test_two_files_for_one_subject_are_a_problem() -> None:
    sections = {
        "topics": {"t": topic(value={"schema": "e.avsc"}), "u": topic(value={"schema": "l.avsc", "subject": "t-value"})}
    }
    want = wanted(sections, {"e.avsc": EVENT, "l.avsc": LOCATION})
    assert [problem.code for problem in want.subjects["t-value"].problems] == ["KO315"]


def test_removals_and_the_global_level() -> None:
    want = wanted(
        {
            "removed": [
                {"address": "schema.old-value", "permanent": True, "allow": ["delete"]},
                {"address": "schema.kept", "action": "forget"},
                {"address": "topic.old"},
            ],
            "schemas": {"global_compatibility": "FULL"},
        },
        {},
    )
    assert list(want.removed) == ["old-value"]
    assert want.removed["old-value"].permanent
    assert want.global_level == "FULL"
