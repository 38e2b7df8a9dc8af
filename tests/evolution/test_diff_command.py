from __future__ import annotations

import json

import pytest

from kafkaops.clients.registry import SchemaType
from kafkaops.evolution.pull import readable
from tests.evolution.repository import Project

ORDER = "schemas/order-event.avsc"


def test_a_file_beside_what_git_has(paklog: Project) -> None:
    order = paklog.read(ORDER)
    order["fields"].append({"name": "priority", "type": "int"})
    paklog.write(ORDER, order)
    ended = paklog.run("diff", f"git:main:{ORDER}", ORDER)
    assert ended.returncode == 0
    assert "+ OrderEvent.priority: a new field, an int, without default" in ended.stdout
    assert "✗ BACKWARD" in ended.stdout and "✓ FORWARD" in ended.stdout and "passes under FORWARD" in ended.stdout


def test_types_of_other_files_are_found_on_both_sides(paklog: Project) -> None:
    location = paklog.read("schemas/common/storage-location.avsc")
    location["fields"].append({"name": "depth", "type": "int", "default": 0})
    paklog.write("schemas/common/storage-location.avsc", location)
    ended = paklog.run("diff", "git:main:schemas/pick-event.avsc", "schemas/pick-event.avsc", "--format", "json")
    document = json.loads(ended.stdout)
    assert [item["sign"] for item in document["changes"]] == ["+"]
    assert document["levels"] == ["BACKWARD", "FORWARD", "FULL"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing.avsc", ORDER], "KO378"),
        ([f"git:nowhere:{ORDER}", ORDER], "KO372"),
        (["git:main:schemas/missing.avsc", ORDER], "KO383"),
        ([f"git:{ORDER}", ORDER], "KO383"),
        (["topics.yaml", ORDER], "KO378"),
    ],
)
def test_what_cannot_be_read(paklog: Project, arguments: list[str], code: str) -> None:
    ended = paklog.run("diff", *arguments)
    assert ended.returncode == 2 and code in ended.stderr and ended.stdout == ""


def test_a_schema_in_one_line_is_laid_out_and_says_the_same() -> None:
    order = {
        "type": "record",
        "name": "Order",
        "fields": [{"name": "id", "type": "string", "doc": "Größe"}, {"name": "x", "type": ["null", "int"]}],
    }
    laid_out = readable(json.dumps(order), SchemaType.AVRO)
    assert json.loads(laid_out) == order and laid_out.endswith("}\n") and "Größe" in laid_out
    assert '    {"name": "x", "type": ["null", "int"]}\n' in laid_out


@pytest.mark.parametrize("text", ['{\n "type": "string"}\n', '"string"\n', "no JSON\n"])
def test_what_has_a_layout_keeps_it(text: str) -> None:
    assert readable(text, SchemaType.AVRO) == text
    assert readable('syntax = "proto3";', SchemaType.PROTOBUF) == 'syntax = "proto3";\n'
