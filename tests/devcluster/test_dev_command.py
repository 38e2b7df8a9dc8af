"""The command `kafkaops dev` as its users meet it, where no node has to run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kafkaops.devcluster.model import ClusterState, ProcessRef, Target
from kafkaops.devcluster.paths import ClusterPaths
from kafkaops.devcluster.state import write_state


def dev(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kafkaops", "dev", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "KAFKAOPS_DEV_HOME": str(home), **environment},
    )


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """The home of a cluster of which one process is gone and the others never ran."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    paths = ClusterPaths(tmp_path / "half")
    paths.logs.mkdir(parents=True)
    ports = {"broker-1": 20001, "broker-1.controller": 20002, "registry": 20003, "connect": 20004, "s3": 20005}
    processes = {"broker-1": ProcessRef(ended.pid, 1700000000.0)}
    write_state(paths, ClusterState("half", "cluster-id", 1, (Target.S3,), ports, processes, ready=True))
    paths.log_file("broker-1").write_text("one\ntwo\nthree\n", encoding="utf-8")
    return tmp_path


def test_no_cluster_is_the_answer_no(tmp_path: Path) -> None:
    done = dev(tmp_path, "status")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == "There is no dev cluster default; `kafkaops dev up` makes one.\n"
    assert list(tmp_path.iterdir()) == [], "asking leaves nothing behind"


def test_no_cluster_in_json(tmp_path: Path) -> None:
    done = dev(tmp_path, "status", "--format", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["up"], document["nodes"]) == (3, False, [])
    assert {document[key] for key in ("bootstrap_servers", "schema_registry_url", "connect_url", "cluster_id")} == {
        None
    }
    assert document["targets"] == {"mongodb_uri": None, "elasticsearch_url": None, "s3_endpoint": None}


def test_a_dead_node_is_told_from_one_that_was_never_started(half: Path) -> None:
    done = dev(half, "status", "--name", "half", "--format", "json")
    document = json.loads(done.stdout)
    assert done.returncode == 3
    assert {node["name"]: (node["state"], node["port"], node["ephemeral"]) for node in document["nodes"]} == {
        "broker-1": ("dead", 20001, False),
        "registry": ("stopped", 20003, False),
        "connect": ("stopped", 20004, False),
        "s3": ("stopped", 20005, True),
    }
    text = dev(half, "status", "--name", "half").stdout
    assert "Dev cluster half is not up" in text
    assert "* ephemeral" in text


def test_logs(half: Path) -> None:
    assert dev(half, "logs", "broker-1", "--name", "half", "-n", "2").stdout == "two\nthree\n"
    assert dev(half, "logs", "--name", "half", "-n", "1").stdout == "broker-1 | three\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["logs"], 2, "error[KO709]: there is no dev cluster default"),
        (["logs", "broker-9", "--name", "half"], 2, "hint: it has broker-1, registry, connect, s3"),
        (["up", "--targets", "mongodb,kafka,redis"], 2, "error[KO713]: no such target: kafka, redis"),
        (["up", "--name", "../x"], 2, "error[KO701]: '../x' cannot name a dev cluster"),
        (["up", "--name", "half", "--brokers", "3"], 2, "error[KO710]: dev cluster half was made with 1 broker, not 3"),
        (["up", "--brokers", "0"], 2, "greater than or equal to 1"),
    ],
)
def test_wrong_usage(half: Path, arguments: list[str], code: int, message: str) -> None:
    done = dev(half, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


@pytest.mark.parametrize("variable", ["KAFKAOPS_CACHE_HOME", "KAFKAOPS_DEV_HOME"])
def test_nowhere_to_write_is_said_before_anything_starts(tmp_path: Path, variable: str) -> None:
    (tmp_path / "file").touch()
    done = dev(tmp_path / "home", "up", **{variable: str(tmp_path / "file" / "x")})
    assert done.returncode == 1
    assert "error[KO702]: cannot write the" in done.stderr
    assert variable in done.stderr
