"""Applies that are killed or stopped midway, and what must be true afterwards. Used by tests and by a benchmark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx

from kafkaops.devcluster import Endpoints
from tests.live.ledgers import claims_of, runs_of
from tests.live.project import Project, sweep

CHANGES = 7
"""How many resources the scene has: every kind is there, and topics come in one batch."""
_SCENE = """
defaults: {{topics: {{partitions: 2, replication_factor: 3}}}}
topics:
  {0}-a: {{value: {{schema: schemas/a.avsc, compatibility: FULL}}}}
  {0}-b: {{config: {{retention.ms: 1d}}}}
  {0}-c:
schemas: {{subjects: {{{0}-second: {{schema: schemas/b.avsc}}}}}}
consumer_groups:
  {0}-g: {{topics: [{0}-a], start_from: earliest}}
connectors:
  {0}-sink:
    class: org.apache.kafka.connect.file.FileStreamSinkConnector
    topics: [{0}-b]
    config: {{file: /dev/null}}
"""
_RECORD = '{{"type": "record", "name": "{0}", "namespace": "tests", "fields": [{{"name": "id", "type": "string"}}]}}'


@contextmanager
def scene(cluster: Endpoints, folder: Path) -> Iterator[tuple[Project, str]]:
    """A project with every kind of resource, none of which is there yet; swept afterwards."""
    name = f"k{uuid4().hex[:8]}"
    home = folder / name
    home.mkdir()
    project = Project(home, cluster, name=name)
    files = {"schemas/a.avsc": _RECORD.format("A"), "schemas/b.avsc": _RECORD.format("B")}
    project.write(_SCENE.format(name), files)
    try:
        yield project, name
    finally:
        sweep(cluster, name)


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    """`kafkaops apply --yes` in the background, a line on stderr for each change, stdout in the file apply.out."""
    return subprocess.Popen(
        [sys.executable, "-m", "kafkaops", "apply", "--yes", *arguments],
        cwd=project.folder,
        stdin=subprocess.DEVNULL,
        stdout=(project.folder / "apply.out").open("w"),
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def at_line(process: subprocess.Popen[str], number: int) -> str:
    """Read stderr until that many changes are reported, or the end; what was read."""
    assert process.stderr is not None
    read = ""
    for line in process.stderr:
        read += line
        if read.count("✓") >= number:
            break
    return read


def kill_after_change(number: int) -> Callable[[subprocess.Popen[str]], None]:
    """SIGKILL as soon as that many changes are reported as done."""

    def kill(process: subprocess.Popen[str]) -> None:
        at_line(process, number)
        process.send_signal(signal.SIGKILL)

    return kill


def kill_after(seconds: float) -> Callable[[subprocess.Popen[str]], None]:
    """SIGKILL after a time."""

    def kill(process: subprocess.Popen[str]) -> None:
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)

    return kill


def ended(process: subprocess.Popen[str]) -> int:
    """Wait for the end, reading what is left."""
    assert process.stderr is not None
    reader = Thread(target=process.stderr.read, daemon=True)
    reader.start()
    code = process.wait(120)
    reader.join(10)
    process.stderr.close()
    return code


def interrupted_run(
    project: Project,
    name: str,
    kill: Callable[[subprocess.Popen[str]], None],
    meanwhile: Callable[[], None] = lambda: None,
) -> str:
    """One apply killed, then what comes after it checked. Says where it was killed."""
    process = start(project)
    kill(process)
    code = ended(process)
    servers = project.endpoints.bootstrap_servers
    planned = project.run("plan", "--format", "json")
    assert planned.code == 0, planned.err
    notes = [item["summary"] for item in planned.json["observations"] if item["code"] in ("KO876", "KO877")]
    left = len(planned.json["changes"])
    begun = [item for item in runs_of(servers, name) if item["type"] == "started"]
    if code == -signal.SIGKILL and begun:
        ends = [item for item in runs_of(servers, name) if item["type"] == "ended"]
        # After the last record is written there is nothing left to interrupt.
        assert bool(notes) is not bool(ends), (notes, ends)
    meanwhile()
    applied = project.run("apply", "--yes", "--format", "json")
    assert applied.code == 0, applied.err + applied.out
    converged(project, name)
    return f"{left} of {CHANGES} left; {notes[0] if notes else 'no run was begun, or it had ended'}"


def converged(project: Project, name: str) -> None:
    """No change left, no orphan, nothing twice, a ledger that says what is so."""
    endpoints = project.endpoints
    again = project.run("plan", "--detailed-exitcode", "--format", "json")
    assert again.code == 0, again.out + again.err
    assert [item for item in again.json["observations"] if item["code"] in ("KO876", "KO877", "KO880")] == []
    held = claims_of(endpoints.bootstrap_servers, name)
    assert {address: (claim["origin"], claim["settled"]) for address, claim in held.items()} == {
        **{f"topic.{name}-{topic}": ("made", True) for topic in "abc"},
        **{f"schema.{name}-{subject}": ("made", True) for subject in ("a-value", "second")},
        f"group.{name}-g": ("adopted", True),
        f"connector.{name}-sink": ("made", True),
    }
    with httpx.Client() as http:
        for subject in ("a-value", "second"):
            versions = http.get(f"{endpoints.schema_registry_url}/subjects/{name}-{subject}/versions").json()
            assert versions == [1], (subject, versions)
    _well_told(runs_of(endpoints.bootstrap_servers, name))


def _well_told(records: list[dict[str, Any]]) -> None:
    """Every run that began has ended, in its own words or in those of the one that found it; none speaks after that."""
    over: set[str] = set()
    begun: list[str] = []
    for record in records:
        assert record["run"] not in over, f"{record['type']} of {record['run']} after its end"
        if record["type"] == "started":
            begun.append(record["run"])
        if record["type"] == "ended":
            over.add(record["run"])
    assert over == set(begun)


def refuse_interleaved(records: list[dict[str, Any]]) -> None:
    """Once a later run has spoken, an earlier one is silent: its writer is shut out."""
    latest: list[str] = []
    for record in records:
        run = record["run"]
        if record["type"] == "ended" and record.get("told_by"):
            run = record["told_by"]
            assert run not in latest[:-1], "a run ended another after it had been replaced itself"
            continue
        if run not in latest:
            latest.append(run)
        assert run == latest[-1], f"{record['type']} of {run} after {latest[-1]} had begun"
