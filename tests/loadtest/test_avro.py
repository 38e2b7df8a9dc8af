"""Every value that is made up can be read back by fastavro as what its schema says."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import fastavro
import pytest

from kafkaops.errors import PlatformError
from kafkaops.loadtest.avro import AvroRecords, zigzag

ROOT = Path(__file__).parents[2] / "schemas"
COMMON = ROOT / "common" / "storage-location.avsc"


def read_back(schema: Any, count: int = 200, references: tuple[Any, ...] = ()) -> list[Any]:
    named: dict[str, Any] = {}
    for reference in references:
        fastavro.parse_schema(reference, named_schemas=named)
    parsed = fastavro.parse_schema(schema, named_schemas=named)
    records = AvroRecords(json.dumps(schema), [json.dumps(reference) for reference in references])
    random = Random(1)
    found = []
    for _ in range(count):
        data = io.BytesIO(records.one(random))
        found.append(fastavro.schemaless_reader(data, parsed, None))
        assert data.read() == b""  # nothing is left over
    return found


def record(*fields: dict[str, Any], name: str = "R", namespace: str = "n") -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": namespace, "fields": list(fields)}


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.avsc")), ids=lambda file: file.stem)
def test_paklogs_schemas(file: Path) -> None:
    references = () if file == COMMON else (json.loads(COMMON.read_text()),)
    values = read_back(json.loads(file.read_text()), 50, references)
    assert len({json.dumps(value, default=str) for value in values}) > 1


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string", "logicalType": "uuid"}, UUID),
        ({"type": "int", "logicalType": "date"}, date),
        ({"type": "int", "logicalType": "time-millis"}, time),
        ({"type": "long", "logicalType": "time-micros"}, time),
        ({"type": "long", "logicalType": "timestamp-millis"}, datetime),
        ({"type": "long", "logicalType": "timestamp-micros"}, datetime),
        ({"type": "long", "logicalType": "local-timestamp-millis"}, datetime),
        ({"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}, Decimal),
        ({"type": "fixed", "name": "d", "size": 6, "logicalType": "decimal", "precision": 12, "scale": 2}, Decimal),
    ],
)
def test_logical_types(schema: dict[str, Any], kind: type) -> None:
    values = [value["f"] for value in read_back(record({"name": "f", "type": schema}))]
    assert all(isinstance(value, kind) for value in values)
    assert len(set(values)) > 100


def test_times_are_of_this_age() -> None:
    stamp = {"type": "long", "logicalType": "timestamp-millis"}
    values = read_back(record({"name": "at", "type": stamp}))
    assert {value["at"].astimezone(UTC).year for value in values} == {2026}


def test_decimals_stay_within_their_precision() -> None:
    schema = {"type": "bytes", "logicalType": "decimal", "precision": 3, "scale": 0}
    values = [value["f"] for value in read_back(record({"name": "f", "type": schema}), 500)]
    assert -999 <= min(values) < 0 < max(values) <= 999


def test_plain_types_unions_enums_and_collections() -> None:
    schema = record(
        {"name": "a", "type": ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]},
        {"name": "b", "type": {"type": "enum", "name": "E", "symbols": ["X", "Y", "Z"]}},
        {"name": "c", "type": {"type": "array", "items": {"type": "map", "values": "n.E"}}},
        {"name": "d", "type": {"type": "fixed", "name": "F", "size": 5}},
        {"name": "e", "type": ["null", "F"]},
    )
    values = read_back(schema)
    assert {type(value["a"]) for value in values} == {type(None), bool, int, float, bytes, str}
    assert {value["b"] for value in values} == {"X", "Y", "Z"}
    assert {len(value["c"]) for value in values} == {0, 1, 2, 3}
    assert {len(value["d"]) for value in values} == {5}


def test_defaults_are_taken_now_and_then() -> None:
    schema = record(
        {"name": "a", "type": "string", "default": "usual"},
        {"name": "b", "type": ["null", "long"], "default": None},
        {"name": "c", "type": ["long", "string"], "default": 7},
        {"name": "d", "type": {"type": "array", "items": "int"}, "default": [1, 2]},
        {"name": "e", "type": {"type": "map", "values": "double"}, "default": {"x": 0.5}},
        {
            "name": "f",
            "type": record({"name": "g", "type": "boolean", "default": True}, name="S"),
            "default": {},
        },
        {"name": "h", "type": "bytes", "default": "ÿ"},
        {"name": "i", "type": {"type": "enum", "name": "E", "symbols": ["X", "Y"]}, "default": "Y"},
    )
    values = read_back(schema, 400)
    for name, usual in {
        "a": "usual", "c": 7, "d": [1, 2], "e": {"x": 0.5}, "f": {"g": True}, "h": b"\xff", "i": "Y",
    }.items():  # fmt: skip
        share = sum(value[name] == usual for value in values) / len(values)
        assert 0.15 < share < 0.9, name


def test_types_that_contain_themselves_come_to_an_end() -> None:
    schema = record(
        {"name": "value", "type": "int"},
        {"name": "next", "type": ["null", "n.R"]},
        {"name": "children", "type": {"type": "array", "items": "n.R"}},
    )
    assert len(read_back(schema, 20)) == 20


def test_a_type_that_must_contain_itself_is_refused() -> None:
    records = AvroRecords(json.dumps(record({"name": "again", "type": "n.R"})))
    with pytest.raises(PlatformError, match="contain each other") as caught:
        records.one(Random(1))
    assert caught.value.diagnostics[0].code == "KO005"


@pytest.mark.parametrize("text", ['{"type": "record"}', '"unknown.Type"', '{"type": "stream"}', "not JSON"])
def test_what_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(PlatformError) as caught:
        AvroRecords(text)
    assert caught.value.diagnostics[0].code == "KO005"


@pytest.mark.parametrize("size", [60, 200, 1_000, 10_000])
def test_a_size_is_met_on_average(size: int) -> None:
    records = AvroRecords((ROOT / "wave-event.avsc").read_text())
    records.fit(size, seed=3)
    random = Random(99)
    mean = sum(len(records.one(random)) for _ in range(2_000)) / 2_000
    smallest = 57  # numbers and the identity take as much without any text
    assert mean == pytest.approx(max(size, smallest), rel=0.08)


def test_a_record_without_fields_is_empty() -> None:
    records = AvroRecords(json.dumps(record()))
    assert records.one(Random(1)) == b""
    assert records.texts == 0


@pytest.mark.parametrize("number", [0, -1, 1, 63, -64, 64, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)])
def test_zigzag(number: int) -> None:
    assert fastavro.schemaless_reader(io.BytesIO(zigzag(number)), fastavro.parse_schema("long"), None) == number
