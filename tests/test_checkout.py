"""The commit that a spec stands at, by a real git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kafkaops.checkout import checkout_of


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    ended = subprocess.run(
        ["git", "-C", str(folder), *settings, *arguments], check=True, capture_output=True, text=True
    )
    return ended.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder of a repository that has other folders, too."""
    git(tmp_path, "init", "-q")
    folder = tmp_path / "plätze mit leer"
    folder.mkdir()
    (folder / "topics.yaml").write_text("version: 1\n")
    (tmp_path / "elsewhere.txt").write_text("x")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    return folder


def test_a_clean_commit(project: Path) -> None:
    found = checkout_of(project, [project / "topics.yaml"])
    assert found is not None
    assert (found.commit, found.dirty) == (git(project, "rev-parse", "HEAD"), False)


def dirty(project: Path) -> bool:
    found = checkout_of(project, [project / "topics.yaml", project / "neu.avsc"])
    assert found is not None
    return found.dirty


def test_what_makes_it_dirty_and_what_does_not(project: Path) -> None:
    (project / "plan.json").write_text("{}")
    assert not dirty(project), "a saved plan beside the spec is no part of it"
    (project.parent / "elsewhere.txt").write_text("y")
    assert not dirty(project), "another folder of the repository is another project"
    (project / "neu.avsc").write_text("{}")
    assert dirty(project), "a file of the spec that is not tracked"
    git(project, "add", "neu.avsc")
    assert dirty(project), "staged is not committed"
    git(project, "commit", "-qm", "two")
    assert not dirty(project)
    git(project, "mv", "topics.yaml", "renamed.yaml")
    assert dirty(project)


def test_an_edited_and_a_deleted_file_make_it_dirty(project: Path) -> None:
    (project / "topics.yaml").write_text("version: 2\n")
    assert dirty(project)
    (project / "topics.yaml").unlink()
    assert dirty(project)


def test_no_repository_no_commit_and_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert checkout_of(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert checkout_of(tmp_path) is None, "nothing was committed yet"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checkout_of(tmp_path) is None
