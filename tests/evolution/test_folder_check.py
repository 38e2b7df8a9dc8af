from __future__ import annotations

import shutil

import pytest

from kafkaops.evolution.names import file_stem, subject_of
from tests.evolution.repository import Project, rules, subject

ORDER = "schemas/order-event.avsc"


def add_field(project: Project, file: str, name: str, kind: str, **more: object) -> None:
    record = project.read(file)
    record["fields"].append({"name": name, "type": kind, **more})
    project.write(file, record)


@pytest.fixture
def before(paklog: Project) -> Project:
    """A copy of the project beside it."""
    return paklog.copied_to(paklog.folder.parent / "before")


def test_a_copy_of_the_project(paklog: Project, before: Project) -> None:
    assert paklog.check("--against", "../before")["ok"]
    add_field(paklog, ORDER, "priority", "int")
    paklog.replace("topics.yaml", "    value: {schema: schemas/pack-event.avsc}\n", "")
    (paklog.folder / "schemas/pack-event.avsc").unlink()
    document = paklog.check("--against", "../before")
    assert sorted(rules(document)) == ["reader_field_missing_default_value", "schema_deleted"]


def test_a_copy_of_the_schemas_alone(paklog: Project, before: Project) -> None:
    add_field(paklog, ORDER, "priority", "int")
    shutil.move(before.folder / "schemas", before.folder.parent / "flat")
    document = paklog.check("--against", "../flat")
    assert rules(document) == ["reader_field_missing_default_value"]
    assert document["notes"]


def test_versions_by_number(paklog: Project) -> None:
    shared = (paklog.folder / "schemas/common/storage-location.avsc").read_text()
    for number, kind in enumerate(("long", "string", "int"), start=1):
        folder = f"../pulled/{file_stem('order-events-value')}"
        order = paklog.read(ORDER)
        order["fields"].append({"name": "extra", "type": kind, "default": "" if kind == "string" else 0})
        paklog.write(f"{folder}/{number}.avsc", order)
    paklog.write("../pulled/com.paklog.common.StorageLocation/1.avsc", shared)
    add_field(paklog, ORDER, "extra", "long", default=0)
    found = subject(paklog.check("--against", "../pulled"), "order-events-value")
    assert found["state"] == "unchanged" and found["compared_with"] == ["pulled/order-events-value/1.avsc"]
    paklog.replace(ORDER, '"An order changed its state."', '"Changed."')
    found = subject(paklog.check("--against", "../pulled"), "order-events-value")
    assert len(found["compared_with"]) == 3
    assert [item["rule"] for item in found["findings"]] == ["type_mismatch"]
    assert found["findings"][0]["against"] == ["pulled/order-events-value/2.avsc"]


@pytest.mark.parametrize(
    "name", ["orders-value", ":.team:orders-value", "a/b", "..", "-x", "Größe", "a%2Fb", "com.paklog.Order", "a b"]
)
def test_any_subject_has_a_file_name_of_its_own(name: str) -> None:
    stem = file_stem(name)
    assert subject_of(stem) == name and "/" not in stem and not stem.startswith((".", "-"))
