"""Changes of schemas that a registry refuses, or wrongly lets through."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.live.corpus import Case

Fields = tuple[Mapping[str, object], ...]


def field(name: str, kind: object = "string", **more: object) -> dict[str, object]:
    return {"name": name, "type": kind, **more}


def record(*fields: Mapping[str, object], name: str = "E", **more: object) -> str:
    return json.dumps({"type": "record", "name": name, "namespace": "{u}", "fields": fields, **more})


def subject(level: str | None, file: str = "e.avsc") -> str:
    """A section with one subject, at a level of its own if so wanted."""
    compatibility = f", compatibility: {level}" if level else ""
    return f"schemas:\n  subjects:\n    {{u}}-value: {{schema: {file}{compatibility}}}\n"


def changed(name: str, level: str, before: str, after: str, code: str = "KO302", **more: str) -> Case:
    """A case in which one subject's schema changes."""
    return Case(
        name=name,
        spec=subject(more.get("level_after", level)),
        files={"e.avsc": after},
        before=subject(level),
        before_files={"e.avsc": before},
        address="schema.{u}-value",
        code=code,
    )


ENUM = {"type": "enum", "name": "State", "symbols": ["NEW", "DONE"]}
FEWER = {"type": "enum", "name": "State", "symbols": ["NEW"]}
FIXED = {"type": "fixed", "name": "Hash", "size": 16}
LONGER = {"type": "fixed", "name": "Hash", "size": 32}

USER = record(field("at", "{u}.Location"), name="User")
LOCATION = record(field("aisle"), name="Location")
SHARED = """
schemas:
  subjects:
    {u}-value: {schema: user.avsc, compatibility: BACKWARD}
    '{u}.Location': {schema: location.avsc}
"""

REFUSED = (
    changed(
        "a new field without default, BACKWARD",
        "BACKWARD",
        record(field("a")),
        record(field("a"), field("b", "int")),
    ),
    changed(
        "a field without default goes, FORWARD",
        "FORWARD",
        record(field("a"), field("b", "int")),
        record(field("a")),
    ),
    changed("an enum symbol goes, BACKWARD", "BACKWARD", record(field("s", ENUM)), record(field("s", FEWER))),
    changed("long becomes int, BACKWARD", "BACKWARD", record(field("n", "long")), record(field("n", "int"))),
    changed(
        "a branch of a union goes, FULL",
        "FULL",
        record(field("n", ["null", "int", "string"])),
        record(field("n", ["null", "string"])),
    ),
    changed(
        "the size of a fixed changes, BACKWARD",
        "BACKWARD",
        record(field("h", FIXED)),
        record(field("h", LONGER)),
    ),
    changed(
        "string becomes a record, FULL_TRANSITIVE",
        "FULL_TRANSITIVE",
        record(field("a")),
        record(field("a", {"type": "record", "name": "Inner", "fields": [field("x")]})),
    ),
    Case(
        name="a JSON schema's property changes its type, BACKWARD",
        spec=subject("BACKWARD", "e.json"),
        files={"e.json": '{"type": "object", "properties": {"a": {"type": "integer"}}}'},
        before=subject("BACKWARD", "e.json"),
        before_files={"e.json": '{"type": "object", "properties": {"a": {"type": "string"}}}'},
        address="schema.{u}-value",
        code="KO302",
    ),
    Case(
        name="a schema with references breaks its readers",
        spec=SHARED,
        files={
            "user.avsc": record(field("at", "{u}.Location"), field("b", "int"), name="User"),
            "location.avsc": LOCATION,
        },
        before=SHARED,
        before_files={"user.avsc": USER, "location.avsc": LOCATION},
        address="schema.{u}-value",
        code="KO302",
    ),
    Case(
        name="a shared type goes while a schema refers to it",
        spec="removed: [{address: 'schema.{u}.Location', allow: [delete]}]\n",
        before=SHARED,
        before_files={"user.avsc": USER, "location.avsc": LOCATION},
        address="schema.{u}.Location",
        code="KO305",
    ),
    Case(
        name="a shared type that the registry takes for a version that is referred to",
        spec=SHARED,
        files={"user.avsc": USER, "location.avsc": record(field("aisle", aliases=["lane"]), name="Location")},
        before=SHARED,
        before_files={"user.avsc": USER, "location.avsc": LOCATION},
        address="schema.{u}.Location",
        code="KO313",
    ),
)

LET_THROUGH = (
    Case(
        name="a shared type changes so that its users break",
        spec=SHARED,
        files={"user.avsc": USER, "location.avsc": record(field("aisle"), field("bay"), name="Location")},
        before=SHARED,
        before_files={"user.avsc": USER, "location.avsc": LOCATION},
        address="schema.{u}-value",
        code="KO303",
    ),
    changed(
        "a level is lowered to let an incompatible schema through",
        "BACKWARD",
        record(field("a")),
        record(field("a"), field("b", "int")),
        code="KO310",
        level_after="NONE",
    ),
    changed(
        "a level is raised, and the schema breaks what it promises",
        "NONE",
        record(field("a")),
        record(field("a"), field("b", "int")),
        code="KO303",
        level_after="FULL",
    ),
    Case(
        name="the schema of a topic's keys changes",
        spec="topics:\n  '{u}-events': {partitions: 1, replication_factor: 3, key: {schema: e.avsc}}\n",
        files={"e.avsc": record(field("a"), field("b", default=""))},
        before="topics:\n  '{u}-events': {partitions: 1, replication_factor: 3, key: {schema: e.avsc}}\n",
        before_files={"e.avsc": record(field("a"))},
        address="schema.{u}-events-key",
        code="KO308",
    ),
    Case(
        name="a subject's language changes under level NONE",
        spec=subject("NONE", "e.json"),
        files={"e.json": '{"type": "object"}'},
        before=subject("NONE"),
        before_files={"e.avsc": record(field("a"))},
        address="schema.{u}-value",
        code="KO314",
    ),
    Case(
        name="a subject is deleted softly without leave",
        spec="removed: [{address: schema.{u}-value}]\n",
        before=subject(None),
        before_files={"e.avsc": record(field("a"))},
        address="schema.{u}-value",
        code="KO307",
    ),
    Case(
        name="a subject is deleted for good without leave",
        spec="removed: [{address: schema.{u}-value, permanent: true}]\n",
        before=subject(None),
        before_files={"e.avsc": record(field("a"))},
        address="schema.{u}-value",
        code="KO307",
    ),
)

CASES = (*REFUSED, *LET_THROUGH)
