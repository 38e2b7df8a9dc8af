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
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from kafkaops.devcluster import Endpoints
from tests.live.asking import ask
from tests.live.gateway import Answer, gateway
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


class Held:
    """What was sent to make the scene's connector, the last change of an apply: it waits, and so does the apply."""

    def __init__(self) -> None:
        self._released = Event()
        self._holding, self._lost = True, True

    def pass_others(self) -> None:
        """Hold what is held already, and nothing that comes now."""
        self._holding = False

    def release(self, *, lost: bool) -> None:
        """Let it go on to Connect, or lose it as when the machine that sent it is gone; later ones pass."""
        self._holding, self._lost = False, lost
        self._released.set()

    def meddle(self, line: str, answer: Answer) -> Answer:
        """The gateway's part."""
        if line != "POST /connectors" or not self._holding:
            return answer
        self._released.wait()
        return Answer(503, b"{}") if self._lost else answer


@contextmanager
def held_at_the_end(project: Project) -> Iterator[Held]:
    """No apply of the project comes to its end, however slow whoever watches it is, before it is released."""
    url, held = project.endpoints.connect_url, Held()
    with gateway(url) as connect:
        connect.meddling = held.meddle
        text = project.file.read_text(encoding="utf-8")
        project.file.write_text(text.replace(url, connect.url), encoding="utf-8")
        try:
            yield held
        finally:
            held.release(lost=True)


def kill_after_change(number: int, held: Held | None = None) -> Callable[[subprocess.Popen[str]], None]:
    """SIGKILL as soon as that many changes are reported as done."""

    def kill(process: subprocess.Popen[str]) -> None:
        at_line(process, number)
        process.send_signal(signal.SIGKILL)
        if held is not None:
            process.wait(60)
            held.release(lost=True)

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
    code = process.wait(240)
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
    for subject in ("a-value", "second"):
        versions = ask("GET", f"{endpoints.schema_registry_url}/subjects/{name}-{subject}/versions").json()
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
