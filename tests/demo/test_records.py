from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.demo.records import Example, framed, identity

SCHEMAS = Path(__file__).parents[2] / "schemas"
SHARED = sorted((SCHEMAS / "common").glob("*.avsc"))
RECORDS = sorted(path for path in SCHEMAS.glob("*.avsc"))
AT_MS = 1_700_000_000_000


def decoded(message: bytes, text: str, references: list[str]) -> tuple[int, Any]:
    """(id, record) of a framed message, read with the schemas as given."""
    magic, schema_id = struct.unpack(">bI", message[:5])
    assert magic == 0
    named: dict[str, Any] = {}
    for reference in references:
        fastavro.parse_schema(json.loads(reference), named_schemas=named)
    schema = fastavro.parse_schema(json.loads(text), named_schemas=named)
    body = io.BytesIO(message[5:])
    record = fastavro.schemaless_reader(body, schema, None)
    assert body.read() == b""
    return schema_id, record


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
@pytest.mark.parametrize("number", range(4))
def test_paklogs_schemas(path: Path, number: int) -> None:
    references = [shared.read_text() for shared in SHARED]
    own = identity("run", path.stem, number)
    message = framed(7, path.read_text(), references, Example(own, number, AT_MS))
    schema_id, record = decoded(message, path.read_text(), references)
    assert schema_id == 7
    fields = {field["name"] for field in json.loads(path.read_text())["fields"]}
    assert set(record) == fields
    if "event_id" in fields:
        assert str(record["event_id"]) == own


def test_there_are_schemas_to_test() -> None:
    assert len(RECORDS) >= 7
    assert SHARED


def test_the_same_number_gives_the_same_record_and_another_another() -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "wave_id", "type": "string"}]}
    assert Example("i", 0, AT_MS).of(schema) == Example("i", 0, AT_MS).of(schema) == {"wave_id": "wave-1"}
    assert Example("i", 1, AT_MS).of(schema) == {"wave_id": "wave-2"}


def test_identities_differ_by_run_topic_and_number() -> None:
    made = [identity(run, topic, number) for run in "ab" for topic in "xy" for number in range(3)]
    assert len(set(made)) == len(made)
    assert identity("a", "x", 1) == identity("a", "x", 1)


def test_an_enum_is_never_its_default_when_it_has_others() -> None:
    schema = {"type": "enum", "name": "E", "symbols": ["UNKNOWN", "A", "B"], "default": "UNKNOWN"}
    assert {Example("i", number, AT_MS).of(schema) for number in range(6)} == {"A", "B"}


@pytest.mark.parametrize("schema", ["nowhere.Type", 7, None])
def test_what_is_no_schema(schema: object) -> None:
    with pytest.raises(ValueError, match="Avro"):
        Example("i", 0, AT_MS).of(schema)


PRIMITIVES = st.sampled_from(["null", "boolean", "int", "long", "float", "double", "string", "bytes"])
LOGICAL = st.sampled_from(
    [
        {"type": "int", "logicalType": "date"},
        {"type": "int", "logicalType": "time-millis"},
        {"type": "long", "logicalType": "time-micros"},
        {"type": "long", "logicalType": "timestamp-micros"},
        {"type": "long", "logicalType": "local-timestamp-millis"},
        {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2},
        {"type": "string", "logicalType": "uuid"},
        {"type": "string", "logicalType": "made-up"},
    ]
)
SCHEMA = st.recursive(
    PRIMITIVES | LOGICAL,
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(lambda values: {"type": "map", "values": values}, inner)
        | st.builds(
            lambda branch: ["null", branch], inner.filter(lambda one: one != "null" and not isinstance(one, list))
        )
    ),
    max_leaves=6,
)


@given(fields=st.lists(SCHEMA, max_size=4), number=st.integers(0, 1000))
def test_any_schema_gets_a_record_that_it_takes(fields: list[Any], number: int) -> None:
    named = [{"name": f"f{index}", "type": schema} for index, schema in enumerate(fields)]
    text = json.dumps({"type": "record", "name": "R", "namespace": "n", "fields": named})
    message = framed(1, text, [], Example(identity("r", "t", number), number, AT_MS))
    assert set(decoded(message, text, [])[1]) == {field["name"] for field in named}
