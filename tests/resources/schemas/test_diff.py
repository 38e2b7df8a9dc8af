"""From what is declared and what is registered to changes."""

from __future__ import annotations

import pytest

from kafkaops.address import Address, Guard
from kafkaops.clients.registry import Reference, SchemaType
from kafkaops.plan.model import Change, ChangeType, Reason, Risk
from kafkaops.resources.schemas.diff import diff
from kafkaops.resources.schemas.model import (
    DeleteSubject,
    DesiredReference,
    RegisterSchema,
    RestoreVersion,
    SchemasSnapshot,
    SetGlobalCompatibility,
    SetSubjectCompatibility,
)
from tests.resources.schemas.values import Held, a_field, a_record, loaded, topic, wanted

ONE = a_record("E", a_field("a"), namespace="x")
TWO = a_record("E", a_field("a"), a_field("b", default=""), namespace="x")
LOCATION = a_record("Location", a_field("aisle"), namespace="x")
WIDER = a_record("Location", a_field("aisle"), a_field("bay", default=""), namespace="x")
USER = a_record("User", a_field("at", "x.Location"), namespace="x")
AT_LOCATION = (Reference("x.Location", "x.Location", 1),)


def value(file: str = "e.avsc", **more: object) -> dict[str, object]:
    return {"topics": {"t": topic(value={"schema": file, **more})}}


def only(changes: tuple[Change, ...]) -> Change:
    (change,) = changes
    return change


def test_a_new_subject_gets_its_level_before_its_version() -> None:
    found = Held().diff(wanted(value(compatibility="FULL"), {"e.avsc": ONE}))
    change = only(found.changes)
    assert (str(change.address), change.type, change.reason) == (
        "schema.t-value",
        ChangeType.CREATE,
        Reason.ABSENT_FROM_CLUSTER,
    )
    level, version = change.operations
    assert level == SetSubjectCompatibility(subject="t-value", before=None, after="FULL")
    assert isinstance(version, RegisterSchema)
    assert version.after_version is None
    assert change.risk is Risk.SAFE
    assert change.summary == "record x.E, 1 field"


def test_nothing_to_do_is_nothing() -> None:
    held = Held(levels={"t-value": "FULL"})
    held.register("t-value", ONE)
    held.register("somebody-elses", ONE)
    found = held.diff(wanted(value(compatibility="FULL"), {"e.avsc": dict(reversed(ONE.items()))}))
    assert found.changes == ()
    assert (found.in_sync, found.unmanaged) == (1, ("somebody-elses",))


def test_a_level_that_is_not_declared_is_not_managed() -> None:
    held = Held(levels={"t-value": "NONE"})
    held.register("t-value", ONE)
    assert held.diff(wanted(value(), {"e.avsc": ONE})).changes == ()


def test_a_new_version_says_what_differs() -> None:
    held = Held()
    held.register("t-value", ONE)
    change = only(held.diff(wanted(value(), {"e.avsc": TWO})).changes)
    assert change.type is ChangeType.UPDATE
    assert [(item.path, item.before, item.after) for item in change.fields] == [("fields.b", None, "string, default ")]
    (operation,) = change.operations
    assert isinstance(operation, RegisterSchema)
    assert operation.after_version == 1


@pytest.mark.parametrize(
    ("file", "kind", "before", "after", "fields"),
    [
        (
            "e.json",
            SchemaType.JSON,
            '{"properties": {"a": {"type": "string"}}, "required": ["a"]}',
            '{"properties": {"a": {"type": "integer"}}, "required": ["a", "b"]}',
            [("properties.a.type", "string", "integer"), ("required", "a", "a, b")],
        ),
        (
            "e.proto",
            SchemaType.PROTOBUF,
            "message M {\n  string a = 1;\n}\n",
            "message M {\n  string a = 1;\n  int32 b = 2;\n}\n",
            [("line 3", None, "int32 b = 2;")],
        ),
        ("e.json", SchemaType.AVRO, '"string"', '{"type": "string"}', [("type", "AVRO", "JSON")]),
    ],
)
def test_differences_of_other_languages(
    file: str, kind: SchemaType, before: str, after: str, fields: list[tuple[str, object, object]]
) -> None:
    held = Held()
    held.register("t-value", before, kind=kind)
    change = only(held.diff(wanted(value(file), {file: after})).changes)
    assert [(item.path, item.before, item.after) for item in change.fields] == fields


def test_json_and_protobuf_may_be_written_otherwise() -> None:
    for file, kind, one, other in (
        ("e.json", SchemaType.JSON, '{"a": 1, "b": [1]}', '{"b":[1],"a":1}'),
        ("e.proto", SchemaType.PROTOBUF, "message M {}", "message  M {}\n"),
    ):
        held = Held()
        held.register("t-value", one, kind=kind)
        assert held.diff(wanted(value(file), {file: other})).changes == ()


def test_going_back_deletes_the_earlier_version_and_registers_it_again() -> None:
    held = Held()
    for schema in (ONE, TWO):
        held.register("t-value", schema)
    change = only(held.diff(wanted(value(), {"e.avsc": ONE})).changes)
    (operation,) = change.operations
    assert isinstance(operation, RestoreVersion)
    assert (operation.version, operation.after_version) == (1, 2)
    assert [(item.path, item.before, item.after) for item in change.fields] == [
        ("version", 2, 1),
        ("fields.b", "string, default ", None),
    ]
    assert [(hazard.code, hazard.guard) for hazard in change.hazards] == [("KO309", None)]
    assert "ids stay" in change.hazards[0].text


def held_by_reference(*locations: object) -> Held:
    held = Held()
    for location in locations:
        held.register("x.Location", location)
    held.register("t-value", USER, AT_LOCATION)
    return held


def test_what_is_referred_to_is_required() -> None:
    files = {"u.avsc": USER, "l.avsc": LOCATION}
    found = {str(change.address): change for change in Held().diff(wanted(value("u.avsc"), files)).changes}
    assert found["schema.t-value"].requires == (Address("schema", "x.Location"),)
    (operation,) = found["schema.t-value"].operations
    assert isinstance(operation, RegisterSchema)
    assert operation.references == (DesiredReference("x.Location", "x.Location", None),)


def test_a_changed_shared_type_changes_those_who_use_it() -> None:
    found = held_by_reference(LOCATION).diff(wanted(value("u.avsc"), {"u.avsc": USER, "l.avsc": WIDER}))
    fields = {str(change.address): [item.path for item in change.fields] for change in found.changes}
    assert fields == {"schema.t-value": ["references.x.Location"], "schema.x.Location": ["fields.bay"]}


def test_a_shared_type_that_goes_back_stays_and_is_referred_to_as_it_was() -> None:
    held = held_by_reference(LOCATION, WIDER)
    found = held.diff(wanted(value("u.avsc"), {"u.avsc": USER, "l.avsc": LOCATION}))
    assert found.changes == ()
    assert [item.code for item in found.observations] == ["KO312"]
    assert "version 2 stays the newest" in found.observations[0].summary


def test_an_unchanged_shared_type_is_referred_to_by_its_version() -> None:
    held = held_by_reference(LOCATION)
    more = a_record("User", a_field("at", "x.Location"), a_field("n", default=""), namespace="x")
    change = only(held.diff(wanted(value("u.avsc"), {"u.avsc": more, "l.avsc": LOCATION})).changes)
    (operation,) = change.operations
    assert isinstance(operation, RegisterSchema)
    assert operation.references == (DesiredReference("x.Location", "x.Location", 1),)


def test_a_keys_schema_is_held_back_when_it_changes_and_not_when_it_is_new() -> None:
    sections = {"topics": {"t": topic(key={"schema": "e.avsc"})}}
    assert only(Held().diff(wanted(sections, {"e.avsc": ONE})).changes).hazards == ()
    held = Held()
    held.register("t-key", ONE)
    change = only(held.diff(wanted(sections, {"e.avsc": TWO})).changes)
    assert [(hazard.code, hazard.guard) for hazard in change.held] == [("KO308", Guard.DISRUPTIVE)]


def test_a_lowered_level_is_a_risk_and_a_raised_one_is_not() -> None:
    for before, after, codes in (("FULL", "BACKWARD", ["KO310"]), ("NONE", "FULL", [])):
        held = Held(levels={"t-value": before})
        held.register("t-value", ONE)
        change = only(held.diff(wanted(value(compatibility=after), {"e.avsc": ONE})).changes)
        assert [hazard.code for hazard in change.hazards] == codes


def test_the_global_level_comes_before_what_relies_on_it() -> None:
    sections = {
        **value(),
        "schemas": {
            "global_compatibility": "FULL",
            "subjects": {"own": {"schema": "e.avsc", "compatibility": "NONE"}},
        },
    }
    found = {str(change.address): change for change in Held().diff(wanted(sections, {"e.avsc": ONE})).changes}
    assert found["schema.__GLOBAL"].operations == (SetGlobalCompatibility(before="BACKWARD", after="FULL"),)
    assert [hazard.code for hazard in found["schema.__GLOBAL"].hazards] == ["KO311"]
    assert found["schema.t-value"].requires == (Address("schema", "__GLOBAL"),)
    assert found["schema.own"].requires == ()


def test_an_unusable_schema_is_blocked_unless_it_is_registered_already() -> None:
    broken = '{"type": "record", "name": "E", "fields": [{"name": "a", "type": "int", "default": "x"}]}'
    want = wanted(value(), {"e.avsc": broken})
    assert [item.code for item in only(Held().diff(want).changes).blockers] == ["KO301"]
    held = Held()
    held.register("t-value", broken)
    found = held.diff(want)
    assert found.changes == ()
    assert [(item.code, item.severity) for item in found.observations] == [("KO301", "warning")]


def test_docs_that_the_registry_does_not_tell_apart_are_observed() -> None:
    held = Held()
    held.register("t-value", ONE)
    want = wanted(value(), {"e.avsc": {**ONE, "doc": "new"}})
    state = held.state()
    found = diff(want, SchemasSnapshot(state=state, taken_for={"t-value": state.latest["t-value"]}), {})
    assert found.changes == ()
    assert [item.code for item in found.observations] == ["KO312"]


def test_more_than_docs_is_put_through_all_the_same() -> None:
    held = Held()
    held.register("t-value", ONE)
    want = wanted(value(), {"e.avsc": {**ONE, "aliases": ["F"]}})
    state = held.state()
    found = diff(want, SchemasSnapshot(state=state, taken_for={"t-value": state.latest["t-value"]}), {})
    (operation,) = only(found.changes).operations
    assert isinstance(operation, RestoreVersion)
    assert "for a moment" in only(found.changes).hazards[0].text


def test_a_removal_is_held_back_until_it_is_allowed() -> None:
    held = Held()
    held.register("old", ONE)
    want = wanted({"removed": [{"address": "schema.old"}]}, {})
    change = only(held.diff(want).changes)
    assert change.operations == (DeleteSubject(subject="old", permanent=False),)
    assert (change.risk, [hazard.code for hazard in change.held]) == (Risk.DISRUPTIVE, ["KO307"])
    lifted = {Address("schema", "old"): frozenset({Guard.DELETE})}
    assert not only(diff(want, held.seen_for(want), lifted).changes).blocked
    assert Held().diff(want).changes == ()


def test_a_permanent_removal_finishes_a_soft_one() -> None:
    want = wanted({"removed": [{"address": "schema.old", "permanent": True}]}, {})
    seen = SchemasSnapshot(state=Held().state(), soft_deleted=frozenset({"old"}))
    change = only(diff(want, seen, {}).changes)
    assert change.operations == (DeleteSubject(subject="old", permanent=True, soft_deleted=True),)
    assert change.fields == ()  # there is no version left to tell of
    assert change.risk is Risk.IRREVERSIBLE


def test_a_removal_of_what_is_declared_is_blocked() -> None:
    held = Held()
    held.register("t-value", ONE)
    want = wanted({**value(), "removed": [{"address": "schema.t-value"}]}, {"e.avsc": ONE})
    assert [item.code for item in only(held.diff(want).changes).blockers] == ["KO306"]


def test_what_is_deleted_goes_before_what_it_refers_to() -> None:
    held = held_by_reference(LOCATION)
    want = wanted({"removed": [{"address": "schema.x.Location"}, {"address": "schema.t-value"}]}, {})
    requires = {str(change.address): change.requires for change in held.diff(want).changes}
    assert requires["schema.t-value"] == (Address("schema", "x.Location"),)


def test_what_was_seen_is_in_the_digest() -> None:
    held = Held()
    held.register("t-value", ONE)
    want = wanted(value(), {"e.avsc": a_record("E", a_field("z", default=""), namespace="x")})
    first = only(held.diff(want).changes).observed
    assert only(held.diff(want).changes).observed == first
    held.register("t-value", TWO)
    assert only(held.diff(want).changes).observed != first


def test_diff_does_not_depend_on_the_order_of_files() -> None:
    files = {"u.avsc": USER, "l.avsc": LOCATION}
    turned = dict(reversed(files.items()))
    assert loaded(value("u.avsc"), files).spec == loaded(value("u.avsc"), turned).spec
    assert Held().diff(wanted(value("u.avsc"), files)) == Held().diff(wanted(value("u.avsc"), turned))
