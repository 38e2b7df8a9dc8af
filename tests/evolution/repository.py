"""PakLog in a git repository of its own, changed as a pull request changes it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import unittest.mock
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from kafkaops.cli.schemas import app

ROOT = Path(__file__).parents[2]
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.org",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
CI_VARIABLES = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")


def clean_environment() -> dict[str, str]:
    """The environment without what CI says of its own pull request."""
    return {name: value for name, value in os.environ.items() if name not in CI_VARIABLES}


class Project:
    """A folder with PakLog's spec and schemas, under git or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def copied_to(self, folder: Path) -> Project:
        """The same project, repository and all, in another place."""
        shutil.copytree(self.folder, folder)
        return Project(folder)

    @classmethod
    def paklog(cls, folder: Path) -> Project:
        """A copy of the worked example, committed on main, a branch checked out."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("schemas", "environments", "connectors"):
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy(ROOT / "topics.yaml", folder / "topics.yaml")
        project = cls(folder)
        project.git("init", "--quiet", "--initial-branch=main")
        project.commit("begin")
        project.git("checkout", "--quiet", "-b", "feature")
        return project

    def git(self, *arguments: str) -> str:
        ended = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={**clean_environment(), **_IDENTITY},
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def on_main(self, message: str) -> str:
        """Commit what is changed to main and leave the branch there."""
        self.git("checkout", "--quiet", "-B", "main")
        commit = self.commit(message)
        self.git("checkout", "--quiet", "-B", "feature")
        return commit

    def read(self, file: str) -> Any:
        return json.loads((self.folder / file).read_text())

    def write(self, file: str, content: Any) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2) + "\n")

    def replace(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))

    def run(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """`kafkaops schemas …` in the project."""
        return subprocess.run(
            [sys.executable, "-m", "kafkaops", "schemas", *arguments],
            cwd=cwd or self.folder,
            env={**clean_environment(), "COLUMNS": "200", "GIT_CONFIG_GLOBAL": os.devnull},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )

    def check(self, *arguments: str) -> dict[str, Any]:
        """The check's JSON, without a process of its own; the exit code has to agree with it."""
        with (
            contextlib.chdir(self.folder),
            unittest.mock.patch.dict(os.environ, clear=True, values=clean_environment()),
        ):
            ended = CliRunner().invoke(app, ["check", "--format", "json", *arguments], catch_exceptions=False)
        assert ended.exit_code in (0, 3), ended.output
        document: dict[str, Any] = json.loads(ended.stdout)
        assert document["ok"] is (ended.exit_code == 0)
        return document


def subject(document: dict[str, Any], name: str) -> dict[str, Any]:
    """One subject's part of a check's JSON."""
    found: dict[str, Any] = next(each for each in document["subjects"] if each["subject"] == name)
    return found


def rules(document: dict[str, Any], name: str | None = None) -> list[str]:
    """The rules of a subject's findings, or of all."""
    subjects = [each for each in document["subjects"] if name in (None, each["subject"])]
    return [finding["rule"] for each in subjects for finding in each["findings"]]
