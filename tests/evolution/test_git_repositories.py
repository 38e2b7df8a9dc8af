"""`schemas check` in repositories of every kind: shallow, broken, without a main branch, with the project elsewhere."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evolution.changes import ORDER, PRIORITY, add_field, add_priority, versions_on_main
from tests.evolution.repository import Project, rules, subject


def test_a_shallow_clone_is_refused_with_the_way_out(paklog: Project, tmp_path: Path) -> None:
    versions_on_main(paklog, 3)
    clone = tmp_path / "clone"
    paklog.git("clone", "--quiet", "--depth", "2", "--branch", "main", f"file://{paklog.folder}", str(clone))
    shallow = Project(clone)
    unchanged = shallow.run("check")
    assert unchanged.returncode == 0, unchanged.stderr
    order = shallow.read(ORDER)
    order["fields"].append({"name": "y", "type": "int", "default": 0})
    shallow.write(ORDER, order)
    shallow.git("config", "log.showRoot", "false")
    ended = shallow.run("check")
    assert ended.returncode == 2 and ended.stdout == ""
    assert "KO375" in ended.stderr and "git fetch --unshallow" in ended.stderr and "fetch-depth: 0" in ended.stderr


def test_history_that_begins_within_a_shallow_clone_is_whole(paklog: Project, tmp_path: Path) -> None:
    paklog.commit("more")
    text = (
        (paklog.folder / ORDER).read_text().replace("OrderEvent", "ReturnEvent").replace("OrderStatus", "ReturnStatus")
    )
    paklog.write("schemas/return-event.avsc", text.replace("OrderLine", "ReturnLine"))
    spec = (paklog.folder / "topics.yaml").read_text()
    paklog.write(
        "topics.yaml",
        spec.replace(
            "schemas:\n  files:", "schemas:\n  subjects:\n    returns: {schema: schemas/return-event.avsc}\n  files:"
        ),
    )
    paklog.on_main("returns")
    clone = tmp_path / "clone"
    paklog.git("clone", "--quiet", "--depth", "2", "--branch", "main", f"file://{paklog.folder}", str(clone))
    shallow = Project(clone)
    shallow.replace("schemas/return-event.avsc", '"doc": "An order changed its state."', '"doc": "Came back."')
    assert shallow.check()["ok"]


@pytest.mark.parametrize(
    ("against", "code"), [("git:nowhere", "KO372"), ("git:--help", "KO372"), ("git:main~99", "KO372")]
)
def test_a_ref_that_is_not_there(paklog: Project, against: str, code: str) -> None:
    ended = paklog.run("check", "--against", against)
    assert ended.returncode == 2 and ended.stdout == "" and code in ended.stderr


def test_not_a_git_repository(paklog: Project) -> None:
    (paklog.folder / ".git").rename(paklog.folder.parent / "elsewhere")
    ended = paklog.run("check")
    assert ended.returncode == 2 and ended.stdout == "" and "KO371" in ended.stderr
    assert "--against registry" in ended.stderr


def test_no_main_branch(paklog: Project) -> None:
    paklog.git("branch", "-D", "main")
    ended = paklog.run("check")
    assert ended.returncode == 2 and "KO373" in ended.stderr
    assert paklog.run("check", "--against", "git:HEAD").returncode == 0


def test_nothing_in_common(paklog: Project) -> None:
    paklog.git("checkout", "--quiet", "--orphan", "alone")
    paklog.commit("alone")
    ended = paklog.run("check", "--against", "git:main")
    assert ended.returncode == 2 and "KO374" in ended.stderr


def test_the_checkout_is_not_touched(paklog: Project) -> None:
    versions_on_main(paklog, 2)
    add_field(paklog, "priority")
    paklog.git("add", "--all")
    paklog.write("untracked.txt", "mine")
    before = (
        paklog.git("status", "--porcelain=v2", "--branch"),
        paklog.git("stash", "list"),
        paklog.git("for-each-ref"),
    )
    assert not paklog.check()["ok"]
    after = (
        paklog.git("status", "--porcelain=v2", "--branch"),
        paklog.git("stash", "list"),
        paklog.git("for-each-ref"),
    )
    assert after == before


def test_a_project_in_a_folder_of_the_repository(
    paklog: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mono = Project(tmp_path / "mono")
    (mono.folder / "teams").mkdir(parents=True)
    (paklog.folder / ".git").rename(tmp_path / "elsewhere")
    paklog.folder.rename(mono.folder / "teams" / "paklog")
    mono.git("init", "--quiet", "--initial-branch=main")
    mono.commit("begin")
    inner = Project(mono.folder / "teams" / "paklog")
    versions_on_main(inner, 1)
    add_field(inner, "priority")
    found = subject(inner.check(), "order-events-value")
    assert [finding["rule"] for finding in found["findings"]] == ["reader_field_missing_default_value"]
    assert "2 versions" in found["note"]
    for name, form in (("CI_PROJECT_DIR", "gitlab"), ("GITHUB_WORKSPACE", "sarif")):
        monkeypatch.setenv(name, str(mono.folder))
        inside = inner.run("check", "--format", form)
        assert inside.returncode == 3 and '"teams/paklog/schemas/order-event.avsc"' in inside.stdout, form
        monkeypatch.delenv(name)
    from_above = mono.run("check", "--file", "teams/paklog/topics.yaml", "--format", "gitlab")
    assert from_above.returncode == 3 and '"path": "teams/paklog/schemas/order-event.avsc"' in from_above.stdout


def test_a_broken_version_on_main_can_be_mended(paklog: Project) -> None:
    whole = (paklog.folder / ORDER).read_text()
    paklog.write(ORDER, whole[:300])
    paklog.on_main("broken")
    paklog.write(ORDER, whole.replace('"doc": "The order."', '"doc": "The order that it is about."'))
    document = paklog.check()
    found = subject(document, "order-events-value")
    assert document["ok"] and [finding["rule"] for finding in found["findings"]] == ["unusable_version"]


def test_a_broken_spec_on_main_is_said(paklog: Project) -> None:
    whole = (paklog.folder / "topics.yaml").read_text()
    paklog.write("topics.yaml", "topics: [\n")
    paklog.on_main("broken")
    paklog.write("topics.yaml", whole)
    document = paklog.check()
    assert [finding["rule"] for finding in document["findings"]] == ["earlier_spec_unreadable"]


def test_a_new_subject(paklog: Project) -> None:
    paklog.write("schemas/new.avsc", {"type": "record", "name": "New", "namespace": "com.paklog", "fields": []})
    spec = (paklog.folder / "topics.yaml").read_text()
    paklog.write(
        "topics.yaml",
        spec.replace("schemas:\n  files:", "schemas:\n  subjects:\n    new: {schema: schemas/new.avsc}\n  files:"),
    )
    assert subject(paklog.check(), "new")["state"] == "new"


def test_other_languages_say_that_only_avro_is_checked(paklog: Project) -> None:
    paklog.write("schemas/new.json", {"type": "object"})
    spec = (paklog.folder / "topics.yaml").read_text()
    paklog.write(
        "topics.yaml",
        spec.replace("schemas:\n  files:", "schemas:\n  subjects:\n    new: {schema: schemas/new.json}\n  files:"),
    )
    document = paklog.check()
    found = subject(document, "new")
    assert found["state"] == "not checked" and "only Avro is checked offline" in found["findings"][0]["message"]
    assert document["ok"]


def test_only_some_subjects(paklog: Project) -> None:
    add_priority(paklog)
    assert paklog.check("--subject", "wave-*")["ok"]
    assert not paklog.check("--subject", "wave-*", "--subject", "order-events-value")["ok"]
    ended = paklog.run("check", "--subject", "order-event-value")
    assert ended.returncode == 2 and "did you mean 'order-events-value'?" in ended.stderr


def test_another_language_is_refused(paklog: Project) -> None:
    paklog.git("mv", ORDER, "schemas/order-event.json")
    paklog.replace("topics.yaml", "order-event.avsc", "order-event.json")
    assert "language_changed" in rules(paklog.check(), "order-events-value")


def test_from_a_hook_that_names_the_repository(paklog: Project) -> None:
    add_priority(paklog)
    hook = paklog.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexport GIT_DIR=.git\nexec {shlex.quote(sys.executable)} -m kafkaops schemas check\n")
    hook.chmod(0o755)
    paklog.git("add", "--all")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        paklog.git("commit", "--message", "not like this")
    assert "reader_field_missing_default_value" in caught.value.stderr + caught.value.stdout


def test_the_users_own_git_settings_do_not_matter(paklog: Project) -> None:
    versions_on_main(paklog, 2)
    for setting in (
        "log.showSignature=true",
        "log.diffMerges=combined",
        "diff.renames=false",
        "core.quotePath=true",
        "diff.external=false",
        "log.showRoot=false",
        "color.ui=always",
    ):
        paklog.git("config", *setting.split("="))
    add_field(paklog, "priority")
    found = subject(paklog.check(), "order-events-value")
    assert "3 versions" in found["note"] and len(found["findings"][0]["against"]) == 3


def test_names_that_git_would_quote(paklog: Project) -> None:
    paklog.git("mv", ORDER, "schemas/Größe und “Menge”.avsc")
    paklog.replace("topics.yaml", "schemas/order-event.avsc}", '"schemas/Größe und “Menge”.avsc"}')
    paklog.on_main("a name")
    paklog.replace("schemas/Größe und “Menge”.avsc", '    {"name": "order_id"', PRIORITY)
    assert rules(paklog.check()) == ["reader_field_missing_default_value"]


# ---- the project in another folder


def test_a_project_that_is_moved_is_compared_with_what_it_was(paklog: Project) -> None:
    versions_on_main(paklog, 1)
    (paklog.folder / "platform").mkdir()
    for name in ("topics.yaml", "schemas", "environments", "connectors"):
        paklog.git("mv", name, f"platform/{name}")
    moved = Project(paklog.folder / "platform")
    add_field(moved, "priority")
    paklog.commit("move")
    document = moved.check()
    found = subject(document, "order-events-value")
    assert [finding["rule"] for finding in found["findings"]] == ["reader_field_missing_default_value"]
    assert "2 versions" in found["note"] and document["counts"]["unchanged"] == 8
    assert any("lay in the repository's root" in note for note in document["notes"]), document["notes"]


def test_a_project_that_is_moved_within_the_repository(paklog: Project, tmp_path: Path) -> None:
    mono = Project(tmp_path / "mono")
    mono.folder.mkdir()
    (paklog.folder / ".git").rename(tmp_path / "elsewhere")
    paklog.folder.rename(mono.folder / "old")
    mono.git("init", "--quiet", "--initial-branch=main")
    mono.commit("begin")
    mono.git("mv", "old", "new")
    project = Project(mono.folder / "new")
    add_field(project, "priority")
    document = project.check()
    assert rules(document) == ["reader_field_missing_default_value"]
    assert any("lay in old" in note for note in document["notes"]), document["notes"]


def test_a_project_that_is_moved_and_renamed_at_once(paklog: Project) -> None:
    """It is known by what it has, whatever it is called and wherever it lies."""
    (paklog.folder / "platform").mkdir()
    for name in ("topics.yaml", "schemas", "environments", "connectors"):
        paklog.git("mv", name, f"platform/{name}")
    moved = Project(paklog.folder / "platform")
    moved.replace("topics.yaml", "project: paklog", "project: warehouse")
    add_field(moved, "priority")
    document = moved.check()
    assert rules(document) == ["reader_field_missing_default_value"]
    assert any("lay in the repository's root as paklog" in note for note in document["notes"]), document["notes"]


def test_where_a_project_lay_must_be_clear(paklog: Project) -> None:
    """Two copies of one project go, and one of another name comes: nobody can say which it was."""
    for copy in ("one", "two"):
        shutil.copytree(
            paklog.folder, paklog.folder / copy, ignore=shutil.ignore_patterns(".git", "one", "two", "three")
        )
    for name in ("topics.yaml", "schemas", "environments", "connectors"):
        paklog.git("rm", "-r", "--quiet", name)
    main = paklog.on_main("two copies")
    paklog.git("mv", "one", "three")
    paklog.git("rm", "-r", "--quiet", "two")
    moved = Project(paklog.folder / "three")
    moved.replace("topics.yaml", "project: paklog", "project: warehouse")
    ended = moved.run("check")
    assert ended.returncode == 2 and ended.stdout == ""
    assert f"error[KO384]: the project was moved, and which of these folders it was in at {main[:7]} " in ended.stderr
    assert "is not clear: one, two" in ended.stderr


def test_a_project_with_nothing_in_common_is_new(paklog: Project) -> None:
    for name in ("topics.yaml", "schemas", "environments", "connectors"):
        paklog.git("rm", "-r", "--quiet", name)
    other = Project(paklog.folder / "other")
    other.write(
        "topics.yaml",
        "version: 1\nproject: other\nenvironments: {dev: {dev_cluster: default}}\n"
        "schemas: {subjects: {t-value: {schema: t.avsc}}}\n",
    )
    other.write("t.avsc", {"type": "record", "name": "T", "fields": []})
    document = other.check()
    assert document["counts"]["new"] == 1
    assert any("there is no topics.yaml" in note for note in document["notes"]), document["notes"]


def test_a_second_project_is_not_the_first_one_moved(paklog: Project) -> None:
    """A copy beside the original, or one of another name, has nothing earlier."""
    shutil.copytree(paklog.folder, paklog.folder / "second", ignore=shutil.ignore_patterns(".git", "second"))
    document = Project(paklog.folder / "second").check()
    assert document["counts"]["new"] == 9
