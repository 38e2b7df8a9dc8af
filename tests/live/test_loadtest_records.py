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
    duration: 4s
    warmup: 1s
    topics:
      {u}-many: {rate: 400/s, groups: 2}
      {u}-few: {ramp: {from: 50/s, to: 400/s}, keys: "zipf:50", consumers: 2, engine: direct}
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
        running.wait_for(r"^ +1 s ")
        with running.held():
            ((key, value), *_) = [
                found for found in read_records(cluster, twin, 20, partition=1) if found[0][8:16] == bytes(8)
            ]
            for _ in range(2):  # so that the proof has something to find
                producer.produce(twin, key=key, value=value, partition=1)
            assert producer.flush(60) == 0
        running.end()
    assert running.process.returncode == 3, running.err
    result = json.loads((project.folder / "result.json").read_text())
    assert [load["proof"][0]["faults"]["duplicated"]["records"] for load in result["loads"]] == [0, 2]
    assert [load["engine"]["used"] for load in result["loads"]] == [["portable"], ["direct"]]
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


def test_a_backlog_is_built_up_and_then_read(project: Project) -> None:
    groups = 2
    ended = project.run(
        "loadtest", "--topic", f"{NAME}-many", "--drain", "20001", "--groups", str(groups), "--producers", "2",
        "--no-calibrate", "--slo", "drain=1/s", "--slo", "lost=0", "--raw", "raw.csv", "--out", "result.json",
        "--env", "dev",
    )  # fmt: skip
    result = json.loads((project.folder / "result.json").read_text())
    (load,) = result["loads"]
    assert load["records"]["acked"] == 20_001, ended.err
    assert [each["records"] for each in load["drain"]] == [20_001] * groups
    for each in load["drain"]:
        assert each["records_per_s"] == pytest.approx(20_001 / each["seconds"])
    assert load["highest_backlog"] == 20_001, "nobody read before all was there"
    assert {proof["checked"] for proof in load["proof"]} == {20_001}
    assert [objective["met"] for objective in load["objectives"]] == [True, True]
    assert "read a backlog of 20,001 records" in ended.out
    assert load["latency"]["end_to_end_response"] is None, "how long a backlog waited says nothing"
    assert figures(project.folder).returncode == 0, figures(project.folder).stdout


def test_a_producer_that_is_fenced_ends_the_run_and_says_why(project: Project, cluster: Endpoints) -> None:
    with Running(
        project, "--topic", f"{NAME}-many", "--rate", "300/s", "--duration", "90s", "--warmup", "1s",
        "--payload", "bytes", "--transactions", "200ms", "--raw", "raw.csv", "--out", "result.json", "--slo", "lost=0",
    ) as running:  # fmt: skip
        twin = running.twin()
        running.wait_for(r"^ +3 s ")
        producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "transactional.id": f"{twin}-p1"})
        producer.init_transactions(60)  # fences the load's own producer, which takes a while between transactions
        running.end()
    (load,) = json.loads((project.folder / "result.json").read_text())["loads"]
    assert load["verdict"] == "partial", running.err
    assert "a transaction could not" in load["reasons"][0]
    assert "KO" not in running.out


def test_in_transactions_every_record_is_once_and_in_order(project: Project) -> None:
    ended = project.run(
        "loadtest", "--topic", f"{NAME}-many", "--rate", "300/s", "--duration", "3s", "--warmup", "1s",
        "--producers", "2", "--transactions", "100ms", "--payload", "bytes", "--raw", "raw.csv", "--out", "result.json",
        "--slo", "lost=0", "--env", "dev",
    )  # fmt: skip
    (load,) = json.loads((project.folder / "result.json").read_text())["loads"]
    (proof,) = load["proof"]
    assert (proof["acked"], proof["checked"], proof["unread"]) == (1_200, 1_200, 0), ended.err
    assert not any(fault["records"] for fault in proof["faults"].values())
    assert load["clients"]["consumer"]["isolation.level"] == "read_committed"
    lines = (project.folder / "raw.csv").read_text().splitlines()[1:]
    offsets = {int(line.split(",")[10]) for line in lines}
    assert max(offsets) > 1_200 / 4, "the log holds markers, too"
    assert figures(project.folder).returncode == 0, figures(project.folder).stdout


def figures(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), "raw.csv", "result.json"], cwd=folder, capture_output=True, text=True
    )


def test_records_are_kept_of_one_run_with_every_ack(project: Project) -> None:
    ended = project.run("loadtest", "both", "--raw", "raw.csv", "--ack-latency", "errors", "--env", "dev")
    assert (ended.code, "KO002" in ended.err) == (2, True)
    ended = project.run("loadtest", "both", "--raw", "nowhere/raw.csv", "--env", "dev")
    assert (ended.code, "KO014" in ended.err) == (2, True)
