"""`kafkaops loadtest` itself, run as a user runs it, on a project made for a benchmark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks._load import Cluster, cluster
from kafkaops import devcluster
from tests.live.project import Project


@contextmanager
def project(topics: str) -> Iterator[tuple[Cluster, Project]]:
    """A folder whose spec declares some topics; `{u}` in it becomes a prefix of this benchmark's own."""
    with cluster() as dev, tempfile.TemporaryDirectory() as folder:
        endpoints = devcluster.locate(dev.name)
        assert endpoints is not None
        made = Project(Path(folder), endpoints)
        made.write(topics.replace("{u}", dev.prefix))
        yield dev, made


def load_test(made: Project, *arguments: str, timeout_s: float = 300) -> dict[str, Any]:
    """The result of one run as JSON. Raises `SystemExit` when there is none."""
    ended = made.run("loadtest", *arguments, "--env", "dev", "--format", "json", timeout_s=timeout_s)
    try:
        document: dict[str, Any] = json.loads(ended.out)
    except ValueError:
        raise SystemExit(f"exit {ended.code}: {ended.err[-2_000:]}") from None
    return document


def start(made: Project, *arguments: str) -> subprocess.Popen[str]:
    """The same in the background; its stderr tells how far it is."""
    command = [sys.executable, "-m", "kafkaops", "loadtest", *arguments, "--env", "dev", "--format", "json"]
    return subprocess.Popen(
        command, cwd=made.folder, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
