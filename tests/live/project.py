"""Small projects for live tests: a folder with a spec that points at the running cluster, and commands run in it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from kafkaops.devcluster import Endpoints
from tests.live.asking import ask


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a topics.yaml whose environment `dev` is the running cluster."""

    folder: Path
    endpoints: Endpoints
    name: str = field(default_factory=lambda: f"livetest-{uuid4().hex[:8]}")
    """The project's own: what others made is none of its business, and theirs is safe from it."""

    @property
    def file(self) -> Path:
        """The spec."""
        return self.folder / "topics.yaml"

    def write(self, sections: str, files: Mapping[str, str] | None = None, environment: str = "") -> None:
        """Replace the spec (sections as YAML) and further files. `environment` adds lines to the environment `dev`."""
        lines = [
            "version: 1",
            f"project: {self.name}",
            "environments:",
            "  dev:",
            f"    kafka: {{bootstrap_servers: '{self.endpoints.bootstrap_servers}'}}",
            f"    schema_registry: {{url: '{self.endpoints.schema_registry_url}'}}",
            f"    connect: {{url: '{self.endpoints.connect_url}'}}",
            *(f"    {line}" for line in dedent(environment).strip().splitlines()),
        ]
        self.file.write_text("\n".join(lines) + "\n" + dedent(sections), encoding="utf-8")
        for name, text in (files or {}).items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str, timeout_s: float = 120, **environment: str) -> Ended:
        """Run `kafkaops …` in the folder, as in a pipe."""
        return run_in(self.folder, *arguments, timeout_s=timeout_s, **environment)


def run_in(folder: Path, *arguments: str, timeout_s: float = 120, **environment: str) -> Ended:
    """Run `kafkaops …` in a folder, as in a pipe."""
    ended = subprocess.run(
        [sys.executable, "-m", "kafkaops", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def sweep(endpoints: Endpoints, name: str) -> None:
    """Remove what carries the name, with plain requests that share no code with what is tested."""
    for connector in ask("GET", f"{endpoints.connect_url}/connectors").json():
        if name in connector:
            ask("DELETE", f"{endpoints.connect_url}/connectors/{quote(connector, safe='')}")
    for subject in ask("GET", f"{endpoints.schema_registry_url}/subjects").json():
        if name in subject:
            where = f"{endpoints.schema_registry_url}/subjects/{quote(subject, safe='')}"
            ask("DELETE", where)
            ask("DELETE", f"{where}?permanent=true")
    admin = AdminClient({"bootstrap.servers": endpoints.bootstrap_servers})
    _sweep_groups(admin, name)
    ours = [topic for topic in admin.list_topics(timeout=60).topics if name in topic]
    if ours:
        for future in admin.delete_topics(ours).values():
            _gone(future)


def _gone(future: Future[None]) -> None:
    """A broker may go on listing for a moment what a test has deleted itself."""
    try:
        future.result(timeout=60)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise


def _sweep_groups(admin: AdminClient, name: str) -> None:
    """Groups, those of sinks among them; a consumer that is about to leave gets some time to."""
    until = time.monotonic() + 20
    while True:
        listed = admin.list_consumer_groups().result(timeout=60).valid
        ours = [group.group_id for group in listed if name in group.group_id]
        if not ours or time.monotonic() > until:
            return
        for future in admin.delete_consumer_groups(ours).values():
            with contextlib.suppress(KafkaException):  # not empty yet: looked at again
                future.result(timeout=60)
        time.sleep(0.2)
