"""Every record of a run by itself, from which an independent script works out every figure again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Producer

from kafkaops.devcluster import Endpoints
from tests.live.loadtesting import Running, read_records
from tests.live.project import Project

pytestmark = pytest.mark.live

NAME = f"lr{os.getpid()}"
SECTIONS = """
topics:
  {u}-many: {partitions: 4, replication_factor: 3}
  {u}-few: {partitions: 2, replication_factor: 1}
loadtests:
  both:
    duration: 3s
    warmup: 1s
    topics:
      {u}-many: {rate: 400/s, groups: 2}
      {u}-few: {ramp: {from: 50/s, to: 400/s}, keys: "zipf:50", consumers: 2}
"""
SCRIPT = Path(__file__).parents[1] / "raw_figures.py"


@pytest.fixture(scope="module")
def project(cluster: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("records"), cluster)
    project.write(SECTIONS.replace("{u}", NAME))
    return project


def test_a_script_that_knows_only_the_records_finds_the_same_figures(project: Project, cluster: Endpoints) -> None:
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    with Running(project, "both", "--raw", "raw.csv", "--out", "result.json") as running:
        twin = running.wait_for(r"^Making .*(loadtest-\S+-few-\w+)")[1]
        running.wait_for(r"^ +3 s ")
        ((key, value), *_) = [
            found for found in read_records(cluster, twin, 20, partition=1) if found[0][8:16] == bytes(8)
        ]
        for _ in range(2):  # so that the proof has something to find
            producer.produce(twin, key=key, value=value, partition=1)
        assert producer.flush(10) == 0
        running.end()
    assert running.process.returncode == 3, running.err
    result = json.loads((project.folder / "result.json").read_text())
    assert sum(load["proof"][0]["faults"]["duplicated"]["records"] for load in result["loads"]) == 2
    ended = figures(project.folder)
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.startswith(tuple("123456789")) and ended.stdout.endswith(" figures checked, 0 differ\n")

    # One record less, one ack later: the script notices.
    lines = (project.folder / "raw.csv").read_text().splitlines()
    fields = lines[1].split(",")
    fields[6] = str(int(fields[6]) + 10_000_000_000)
    (project.folder / "raw.csv").write_text("\n".join([lines[0], ",".join(fields), *lines[2:-1]]) + "\n")
    ended = figures(project.folder)
    assert ended.returncode == 1
    assert "acked" in ended.stdout


def figures(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), "raw.csv", "result.json"], cwd=folder, capture_output=True, text=True
    )


def test_records_are_kept_of_one_run_with_every_ack(project: Project) -> None:
    ended = project.run("loadtest", "both", "--raw", "raw.csv", "--ack-latency", "errors", "--env", "dev")
    assert (ended.code, "KO002" in ended.err) == (2, True)
    ended = project.run("loadtest", "both", "--raw", "nowhere/raw.csv", "--env", "dev")
    assert (ended.code, "KO014" in ended.err) == (2, True)
