from __future__ import annotations

import os
from pathlib import Path

import pytest

from kafkaops import parallel
from kafkaops.errors import Diagnostic, SpecError
from kafkaops.spec import source
from kafkaops.spec.load import load
from tests.spec.project import HEAD, loaded, write

A = '{"type": "record", "name": "A", "namespace": "x", "fields": [{"name": "b", "type": "x.B"}]}'
B = '{"type": "record", "name": "B", "namespace": "x", "fields": [{"name": "c", "type": ["null", "x.C"]}]}'
C = '{"type": "fixed", "name": "C", "namespace": "x", "size": 4}'


def test_sections_of_all_files_are_merged(tmp_path: Path) -> None:
    spec = load(
        write(
            tmp_path,
            {
                "topics.yaml": HEAD
                + "include: [teams/*.yaml, more/**/x.yaml]\ntopics: {a: {partitions: 1, replication_factor: 1}}\n",
                "teams/b.yaml": "topics: {b: {partitions: 1, replication_factor: 1}}\nremoved: [{address: topic.x}]\n",
                "teams/c.yaml": "topics:\nservices:\nconnectors: c/*.yaml\nremoved: [{address: topic.y}]\nschemas:\n",
                "teams/c/sink.yaml": "name: c-sink\nclass: CSink\ntopics: [d]\n",
                "more/deep/er/x.yaml": "topics: {d: {partitions: 1, replication_factor: 1}}\n",
            },
        ),
        None,
    ).spec
    assert sorted(spec.topics) == ["a", "b", "d"]
    assert list(spec.connectors) == ["c-sink"]
    assert [removal.address for removal in spec.removed] == ["topic.x", "topic.y"]


def test_links_out_of_the_project_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("topics: {}")
    project = tmp_path / "project"
    main = write(project, {"topics.yaml": HEAD + "include: '*.yaml'\n"})
    (project / "link.yaml").symlink_to(outside)
    with pytest.raises(SpecError, match=r"KO104.*link.yaml lies outside the project"):
        load(main, None)


@pytest.mark.parametrize("name", ["none.yaml", "topic.yaml", "."])
def test_main_files_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"topics.yaml": HEAD})
    with pytest.raises(SpecError, match="KO100") as caught:
        load(tmp_path / name, None)
    if name == "topic.yaml":
        assert caught.value.diagnostics[0].hint == "did you mean 'topics.yaml'?"


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = write(tmp_path, {"topics.yaml": HEAD})

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(SpecError, match=r"topics.yaml cannot be read: Permission denied"):
        load(main, None)


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_BYTES", 1 << 20)
    main = write(tmp_path, {"topics.yaml": HEAD + "# " + "x" * (1 << 20)})
    with pytest.raises(SpecError, match=r"topics.yaml is larger than 1 MiB"):
        load(main, None)


def test_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / "topics.yaml").write_bytes(b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode())
    assert load(tmp_path / "topics.yaml", None).spec.project == "paklog"


def test_paths_with_spaces_and_unicode(tmp_path: Path) -> None:
    folder = tmp_path / "mein Ordner ü 日本"
    main = write(folder, {"topics.yaml": HEAD + "include: 'ä ö/*.yaml'\n", "ä ö/x.yaml": "topics: {}\n"})
    assert load(main, None).root == folder


def test_the_texts_of_schemas_in_use(tmp_path: Path) -> None:
    found = load(
        write(
            tmp_path,
            {
                "topics.yaml": HEAD
                + "schemas: {files: ['schemas/**/*.avsc']}\n"
                + "topics: {a: {partitions: 1, replication_factor: 1, value: {schema: ./schemas//a.avsc}}}\n",
                "schemas/a.avsc": A,
                "schemas/shared/b.avsc": B,
                "schemas/shared/c.avsc": C,
            },
        ),
        None,
    )
    # a.avsc is bound; b.avsc is named in it, and c.avsc in b.avsc.
    assert found.schema_texts == {"schemas/a.avsc": A, "schemas/shared/b.avsc": B, "schemas/shared/c.avsc": C}
    value = found.spec.topics["a"].value
    assert value is not None
    assert value.schema_file == "schemas/a.avsc"


def test_a_changed_schema_changes_the_digest(tmp_path: Path) -> None:
    def digest(schema: str) -> str:
        text = HEAD + "topics: {a: {partitions: 1, replication_factor: 1, value: {schema: a.avsc}}}\n"
        return load(write(tmp_path, {"topics.yaml": text, "a.avsc": schema}), None).digest

    assert digest('"string"') != digest('"int"')


def test_defaults_of_schemas(tmp_path: Path) -> None:
    spec = load(
        write(
            tmp_path,
            {
                "topics.yaml": HEAD
                + "defaults: {schemas: {compatibility: FULL, normalize: true}}\n"
                + "schemas: {subjects: {s: {schema: a.avsc}}}\n"
                + "topics: {a: {partitions: 1, replication_factor: 1, key: {schema: a.avsc, compatibility: NONE},"
                + " value: {schema: a.avsc}}}\n",
                "a.avsc": '"string"',
            },
        ),
        None,
    ).spec
    topic = spec.topics["a"]
    assert topic.key is not None
    assert topic.value is not None
    assert (topic.key.compatibility, topic.key.normalize) == ("NONE", True)
    assert (topic.value.compatibility, spec.schemas.subjects["s"].compatibility) == ("FULL", "FULL")


def test_a_missing_default_leaves_everything_as_it_is(tmp_path: Path) -> None:
    spec = loaded(tmp_path, HEAD + "defaults:\ninclude:\ntopics:\nservices: {s: }\n").spec
    assert spec.topics == {}
    assert spec.services["s"].instances.min == 1


def test_many_schema_files_are_read_by_several_processes_as_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {f"s{number}.avsc": C.replace("C", f"C{number}") for number in range(parallel.WORTH_IT)}
    texts |= {"s5.avsc": "{", "s6.avsc": B.replace("x.C", "x.C7"), "s8.avsc": C.replace("C", "D").replace("4", "-4")}
    subjects = "".join(f"    s{number}: {{schema: s{number}.avsc}}\n" for number in range(parallel.WORTH_IT))
    subjects += "    gone: {schema: s39x.avsc}\n    away: {schema: ../s1.avsc}\n"
    main = write(tmp_path, {"topics.yaml": f"{HEAD}schemas:\n  subjects:\n{subjects}", **texts})

    def findings(by_several: bool) -> tuple[Diagnostic, ...]:
        monkeypatch.setattr(parallel, "_may_fork", lambda: by_several)
        with pytest.raises(SpecError) as caught:
            load(main, None)
        return caught.value.diagnostics

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    found = findings(by_several=True)
    assert found == findings(by_several=False)
    assert sorted(item.code for item in found) == ["KO113", "KO140", "KO142", "KO143"]
    assert [item.hint for item in found if item.code == "KO140"] == ["did you mean 's39.avsc'?"]
