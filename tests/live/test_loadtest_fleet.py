"""A load test on real Dask workers, one of which has a clock that is ahead and runs fast."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from kafkaops.devcluster import Endpoints
from kafkaops.loadtest.clock import VARIABLE
from tests.live.loadtesting import Running, leftovers
from tests.live.project import Project
from tests.waiting import shows, until

pytestmark = pytest.mark.live

NAME = f"lf{os.getpid()}"
AHEAD_MS, FAST_PPM = 250, 50
SECTIONS = """
topics:
  {u}-picks: {partitions: 4, replication_factor: 3}
"""


@pytest.fixture(scope="module")
def project(cluster: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("fleet"), cluster)
    project.write(SECTIONS.replace("{u}", NAME))
    return project


class Dask:
    """A scheduler and two workers, as `dask` starts them; the second's clock is bent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.scheduler = self._start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = self._said("scheduler", r"Scheduler at:\s+tcp://(\S+)")
        common = ("worker", f"tcp://{self.address}", "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard")
        bent = {VARIABLE: f"{AHEAD_MS}ms,{FAST_PPM}ppm"}
        self.workers = [self._start("straight", *common), self._start("bent", *common, **bent)]
        self.names = [self._said(name, r"Start worker at:\s+(tcp://\S+)") for name in ("straight", "bent")]

    def _start(self, name: str, command: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        folder = self._folder / name
        folder.mkdir()
        with (folder / "log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{command}", *arguments],
                cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def _said(self, name: str, pattern: str) -> str:
        log = self._folder / name / "log"
        found: list[str] = []

        def said() -> bool:
            found[:] = re.findall(pattern, log.read_text())
            return bool(found)

        until(said, log.read_text)
        return found[0]

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.terminate()
        for process in (*self.workers, self.scheduler):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    running = Dask(tmp_path_factory.mktemp("dask"))
    yield running
    running.end()


def load(project: Project, dask: Dask, *arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the result, its one load)."""
    ended = project.run(
        "loadtest", "--topic", f"{NAME}-picks", "--fleet", f"dask://{dask.address}", "--payload", "bytes",
        "--rate", "300/s", "--duration", "3s", "--warmup", "1s", "--slo", "lost=0", "--format", "json", *arguments,
        "--env", "dev",
    )  # fmt: skip
    assert ended.code in (0, 3), ended.err
    result = ended.json
    (only,) = result["loads"]
    (proof,) = only["proof"]
    assert (proof["checked"], proof["acked"]) == (1_200, 1_200)
    assert not any(fault["records"] for fault in proof["faults"].values())
    return result, only


def test_a_hosts_consumers_read_what_its_own_producers_write(project: Project, dask: Dask) -> None:
    result, found = load(project, dask)
    straight, bent = (next(each for each in result["fleet"] if each["host"] == name) for name in dask.names)
    assert found["clock"] == {"one": True, "error_ms": 0.0}
    assert (found["load"]["producers"], found["load"]["consumers_per_group"]) == (2, 2)
    # 250 ms and 50 ppm are no part of any latency: from the host that is ahead to the other it would be too small.
    response = found["latency"]["end_to_end_response"]
    assert response["min"] >= 0 and response["histogram"]["below_zero"] == 0
    # The bent clock is ahead by what it was told, and by what it has gained since the machine started.
    gained_ms = time.monotonic() * FAST_PPM / 1_000
    error_ms = straight["offset_error_ms"] + bent["offset_error_ms"]
    assert abs(straight["offset_ms"]) <= straight["offset_error_ms"]
    assert bent["offset_ms"] == pytest.approx(AHEAD_MS + gained_ms, abs=error_ms + 5)
    assert abs(bent["drift_ppm"] - FAST_PPM) <= bent["drift_error_ppm"]
    assert abs(straight["drift_ppm"]) <= straight["drift_error_ppm"]


def test_across_hosts_the_estimated_offset_is_an_error_bar(project: Project, dask: Dask) -> None:
    _, found = load(project, dask, "--keys", "uniform:100", "--slo", "p99=0ms", "--engine", "direct")
    assert found["engine"]["used"] == ["direct"]
    assert found["clock"]["one"] is False
    error_ms = found["clock"]["error_ms"]
    assert error_ms > 0
    assert error_ms < AHEAD_MS, "the error bar says nothing"
    # Some went from the host that is ahead to the other: their latencies would be that much too small.
    response = found["latency"]["end_to_end_response"]
    assert response["min"] > -error_ms, "latencies across hosts were not put right"
    objective = next(each for each in found["objectives"] if each["name"] == "p99")
    assert objective["error"] == error_ms


def kill(worker: subprocess.Popen[bytes]) -> None:
    """A Dask worker and all that it started, at once."""
    family = psutil.Process(worker.pid)
    for process in (family, *family.children(recursive=True)):
        process.send_signal(signal.SIGKILL)


def test_killed_dask_workers_end_the_run(project: Project, cluster: Endpoints, dask: Dask) -> None:
    with Running(
        project, "--topic", f"{NAME}-picks", "--fleet", f"dask://{dask.address}", "--payload", "bytes", "--rate",
        "100/s", "--duration", "90s", "--warmup", "0s", "--no-calibrate", "--format", "json",
    ) as running:  # fmt: skip
        running.wait_for(r"^ +1 s ")
        kill(dask.workers[1])
        running.wait_for(r"^ +\d+ s ")  # the other's share of the load goes on, and would to its end
        kill(dask.workers[0])
        running.end()
    assert running.process.returncode == 1, running.err
    result = json.loads(running.out)
    assert result["verdict"] == "partial"
    assert "does not answer any more" in result["interrupted"]
    shows(lambda: leftovers(cluster, NAME), [])


def test_a_fleet_that_is_not_there(project: Project) -> None:
    fleet = "dask://127.0.0.1:1"
    ended = project.run("loadtest", "--topic", f"{NAME}-picks", "--rate", "5/s", "--fleet", fleet, "--env", "dev")
    assert ended.code == 1, ended.err
    assert "error[KO018]: no Dask scheduler answers at tcp://127.0.0.1:1" in ended.err
    assert "Traceback" not in ended.err
