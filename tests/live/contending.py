"""Many applies at once: of one project with specs that contradict each other, and of two that want one topic."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

from kafkaops.devcluster import Endpoints
from tests.live.interrupting import at_line, ended, refuse_interleaved, start
from tests.live.ledgers import claims_of, runs_of
from tests.live.project import Project, sweep

_SCENE = """
topics:
  {name}-a:
    partitions: 1
    replication_factor: 3
    config: {{retention.ms: {hours}h}}
    lifecycle: {{allow: [data-loss]}}
connectors:
  {name}-sink:
    class: org.apache.kafka.connect.file.FileStreamSinkConnector
    topics: [{name}-a]
    config: {{file: /dev/null, errors.retry.delay.max.ms: {hours}000}}
    lifecycle: {{allow: [disruptive]}}
"""
STOPPED_S = 14.0
"""Longer than the lock's session timeout."""


@contextmanager
def contradicting(cluster: Endpoints, folder: Path, count: int) -> Iterator[tuple[list[Project], str]]:
    """So many specs of one project, each with other values for the same resources; swept afterwards."""
    name = f"c{uuid4().hex[:8]}"
    projects = []
    for number in range(count):
        home = folder / f"{name}-{number}"
        home.mkdir()
        project = Project(home, cluster, name=name)
        project.write(_SCENE.format(name=name, hours=number + 1))
        projects.append(project)
    try:
        yield projects, name
    finally:
        sweep(cluster, name)


@dataclass(frozen=True, slots=True)
class Contest:
    """How it went."""

    codes: Sequence[int]
    stopped: Sequence[int]
    """Which of them were stopped while they held the lock."""
    results: Sequence[str]


def contest(projects: Sequence[Project], name: str, zombies: int) -> Contest:
    """Start all at once; stop so many while they hold the lock, until others have taken over, and let them go on.

    Checks that no record comes from a run that was replaced, and that the cluster is as the last run's spec says.
    """
    servers = projects[0].endpoints.bootstrap_servers
    processes = [start(project, "--lock-timeout", "20m") for project in projects]
    stopped: list[int] = []
    watchers = [
        Thread(target=_stop_when_holding, args=(process, number, stopped), daemon=True)
        for number, process in enumerate(processes[:zombies])
    ]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    codes = [ended(process) for process in processes]
    records = runs_of(servers, name)
    refuse_interleaved(records)
    last = _last_done(records)
    winner = next(project for project, process in zip(projects, processes, strict=True) if process.pid == last["pid"])
    again = winner.run("plan", "--detailed-exitcode")
    if again.code != 0 and _shut_out(codes, stopped):
        # The one batch that was in flight when such a run was stopped may land after the last run's.
        completed = winner.run("apply", "--yes")
        assert completed.code == 0, again.out + completed.out + completed.err
        again, records = winner.run("plan", "--detailed-exitcode"), runs_of(servers, name)
    assert again.code == 0, again.out + again.err
    held = claims_of(servers, name)
    assert {claim["run"] for claim in held.values()} <= {item["run"] for item in records}
    assert all(claim["settled"] for claim in held.values()) and len(held) == 2
    return Contest(codes, stopped, [item["result"] for item in records if item["type"] == "ended"])


def _shut_out(codes: Sequence[int], stopped: Sequence[int]) -> bool:
    """Whether a run that was stopped found itself replaced, and said so."""
    return any(codes[number] == 1 for number in stopped)


def _stop_when_holding(process: subprocess.Popen[str], number: int, stopped: list[int]) -> None:
    """The first change is reported, the second is in flight: that is when it is stopped."""
    if "✓" in at_line(process, 1) and process.poll() is None:
        process.send_signal(signal.SIGSTOP)
        stopped.append(number)
        time.sleep(STOPPED_S)
        process.send_signal(signal.SIGCONT)


def _last_done(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    done = [item["run"] for item in records if item["type"] == "ended" and item["result"] == "done"]
    return next(item for item in records if item["type"] == "started" and item["run"] == done[-1])


def two_projects_at_once(cluster: Endpoints, folder: Path) -> tuple[int, int]:
    """Two projects declare one topic and are applied at the same moment; their exit codes, lower first.

    Checks that exactly one holds the topic afterwards, and that the other planned no deletion.
    """
    name = f"d{uuid4().hex[:8]}"
    projects = []
    for side in ("left", "right"):
        home = folder / f"{name}-{side}"
        home.mkdir()
        project = Project(home, cluster, name=f"{name}-{side}")
        project.write(f"topics: {{{name}-t: {{partitions: 1, replication_factor: 3}}}}\n")
        projects.append(project)
    try:
        processes = [start(project) for project in projects]
        codes = [ended(process) for process in processes]
        held = [bool(claims_of(cluster.bootstrap_servers, project.name)) for project in projects]
        assert sorted(held) == [False, True], (codes, held)
        owner = projects[held.index(True)]
        assert owner.run("plan", "--detailed-exitcode").code == 0
        assert projects[held.index(False)].run("plan").code == 3
        assert codes[held.index(True)] == 0, codes
        return min(codes), max(codes)
    finally:
        sweep(cluster, name)
