"""Whatever cannot be read is an error that says so, and never a pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.evolution.repository import Project

GOOD = '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}'


@pytest.fixture
def files(tmp_path: Path) -> Project:
    (tmp_path / "old.avsc").write_text(GOOD)
    (tmp_path / "new.avsc").write_text(GOOD)
    return Project(tmp_path)


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "no JSON": (b'{"type": "record",\n "name": }', "new.avsc:2:10"),
    "a comment": (b'// hello\n"string"', "JSON has no comments"),
    "not UTF-8": (b'{"type": "record", "name": "Bestell\xfcng", "fields": []}', "not UTF-8"),
    "UTF-16": ('"string"'.encode("utf-16"), "not UTF-8"),
    "no schema": (b'{"type": "recrod", "name": "Order", "fields": []}', "did you mean `record`?"),
    "an unknown type": (GOOD.replace('"string"', '"Oder"').encode(), "no type is named `Oder`"),
    "a name that Avro has not": (GOOD.replace("Order", "Or-der").encode(), "Or-der"),
    "a field twice": (GOOD.replace("}]", '}, {"name": "id", "type": "int"}]').encode(), "id"),
    "a default that does not fit": (GOOD.replace('"string"}', '"string", "default": 5}').encode(), "default"),
    "an endless default": (
        b'{"type": "record", "name": "N", "fields": [{"name": "next", "type": "N", "default": {}}]}',
        "next",
    ),
    "nested 10,000 deep": (b'{"type": "array", "items": ' * 10_000 + b'"int"' + b"}" * 10_000, "nested more than"),
    "brackets without end": (b"[" * 100_000, "nested more than"),
    "20 MB": (b'{"type": "string", "doc": "' + b"x" * 20_000_000 + b'"}', "characters"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_schema(files: Project, name: str) -> None:
    content, said = BAD[name]
    (files.folder / "new.avsc").write_bytes(content)
    ended = files.run("check", "old.avsc", "new.avsc")
    assert ended.returncode == 2, ended.stdout
    assert ended.stdout == "" and "Traceback" not in ended.stderr and said in ended.stderr


def test_an_earlier_file_that_is_no_schema_is_not_a_pass(files: Project) -> None:
    (files.folder / "old.avsc").write_text("{")
    ended = files.run("check", "old.avsc", "new.avsc")
    assert ended.returncode == 2 and "KO378" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing.avsc", "new.avsc"], "KO378"),
        (["old.avsc", "."], "KO378"),
        (["old.avsc"], "KO923"),
        (["old.avsc", "new.avsc", "old.avsc"], "KO923"),
        (["old.avsc", "new.avsc", "--level", "BACKWARDS"], "did you mean 'BACKWARD'?"),
        (["old.avsc", "new.avsc", "--report", "xml"], "KO920"),
        (["old.avsc", "new.avsc", "--report", "json=missing/report.json"], "KO921"),
        (["old.avsc", "new.avsc", "--metadata", "major"], "KO922"),
        (["old.avsc", "new.avsc", "--against", "git"], "KO924"),
        (["--level", "FULL"], "KO924"),
    ],
)
def test_wrong_usage(files: Project, arguments: list[str], code: str) -> None:
    ended = files.run("check", *arguments)
    assert ended.returncode == 2 and code in ended.stderr and "Traceback" not in ended.stderr


def test_two_files(files: Project) -> None:
    changed = json.loads(GOOD)
    changed["fields"].append({"name": "count", "type": "int"})
    files.write("new.avsc", changed)
    for level, code in (("BACKWARD", 3), ("forward", 0), ("FULL", 3), ("NONE", 0)):
        ended = files.run("check", "old.avsc", "new.avsc", "--level", level, "--report", "json=out.json")
        assert ended.returncode == code, (level, ended)
        assert json.loads((files.folder / "out.json").read_text())["ok"] is (code == 0)


def test_two_files_that_take_types_from_a_third(files: Project) -> None:
    files.write("shared.avsc", {"type": "enum", "name": "Colour", "symbols": ["RED"]})
    files.write("old.avsc", GOOD.replace('"string"', '"Colour"'))
    files.write("new.avsc", GOOD.replace('"string"', '"Colour"'))
    assert "no type is named `Colour`" in files.run("check", "old.avsc", "new.avsc").stderr
    assert files.run("check", "old.avsc", "new.avsc", "--reference", "shared.avsc").returncode == 0


@pytest.mark.parametrize(
    ("file", "content", "code"),
    [
        ("schemas/order-event.avsc", '{"type": "record",', "KO142"),
        ("schemas/order-event.avsc", '{"type": "record", "name": "OrderEvent"}', "KO143"),
        ("schemas/pick-event.avsc", None, "KO144"),
        ("topics.yaml", "topics: [", "KO101"),
    ],
)
def test_a_project_that_does_not_hold_together(paklog: Project, file: str, content: str | None, code: str) -> None:
    if content is None:
        text = (paklog.folder / file).read_text()
        content = text.replace("com.paklog.common.StorageLocation", "com.paklog.common.StorageLocaton")
        assert content != text
    paklog.write(file, content)
    for command in ("check", "lint"):
        ended = paklog.run(command)
        assert ended.returncode == 2 and code in ended.stderr and ended.stdout == "" and file in ended.stderr


@pytest.mark.parametrize("content", [BAD["20 MB"][0], BAD["nested 10,000 deep"][0], BAD["not UTF-8"][0]])
def test_a_project_with_a_file_that_is_no_schema(paklog: Project, content: bytes) -> None:
    (paklog.folder / "schemas/order-event.avsc").write_bytes(content)
    ended = paklog.run("check")
    assert ended.returncode == 2 and "KO142" in ended.stderr and len(ended.stderr) < 2_000


def test_types_that_need_each_other(paklog: Project) -> None:
    fields = [{"name": "other", "type": "com.paklog.B"}]
    paklog.write("schemas/a.avsc", {"type": "record", "name": "A", "namespace": "com.paklog", "fields": fields})
    fields = [{"name": "other", "type": "com.paklog.A"}]
    paklog.write("schemas/b.avsc", {"type": "record", "name": "B", "namespace": "com.paklog", "fields": fields})
    paklog.replace("topics.yaml", "schemas/pack-event.avsc", "schemas/a.avsc")
    ended = paklog.run("check")
    assert ended.returncode == 2 and "KO145" in ended.stderr


def test_without_a_spec(tmp_path: Path) -> None:
    ended = Project(tmp_path).run("check")
    assert ended.returncode == 2 and "topics.yaml" in ended.stderr


def test_a_folder_that_is_not_there(paklog: Project) -> None:
    ended = paklog.run("check", "--against", "yesterday")
    assert ended.returncode == 2 and "KO379" in ended.stderr
    (paklog.folder.parent / "empty").mkdir()
    ended = paklog.run("check", "--against", "../empty")
    assert ended.returncode == 2 and "KO379" in ended.stderr
