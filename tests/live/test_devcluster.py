"""The dev cluster itself, up and down, hurt and repaired."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import fastavro
import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from kafkaops import devcluster
from kafkaops.devcluster import Endpoints
from kafkaops.devcluster.model import HOST, NodeCondition
from kafkaops.devcluster.paths import HOME_VARIABLE, cluster_paths
from kafkaops.devcluster.state import read_state
from kafkaops.errors import PlatformError
from tests.live.asking import ask

pytestmark = pytest.mark.live

OWN = "own"
SCHEMA = {"type": "record", "name": "Kept", "fields": [{"name": "text", "type": "string"}]}
TOPIC = "kept-events"


def dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "kafkaops", "dev", *arguments], capture_output=True, text=True)


# The shared cluster: only looked at.


def test_status_says_where_everything_is(cluster_name: str, endpoints: Endpoints) -> None:
    done = dev("status", "--name", cluster_name, "--format", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, done.stderr, document["up"]) == (0, "", True)
    assert document["bootstrap_servers"] == endpoints.bootstrap_servers
    assert document["schema_registry_url"] == endpoints.schema_registry_url
    assert document["connect_url"] == endpoints.connect_url
    assert document["targets"]["s3_endpoint"] == endpoints.s3_endpoint
    assert all(node["state"] == "running" and node["rss_mb"] > 10 for node in document["nodes"])
    assert document["rss_mb"] < 4000


def test_nothing_listens_beyond_this_machine(cluster_name: str) -> None:
    pids = [node.pid for node in devcluster.status(cluster_name).nodes]
    addresses = {
        connection.laddr.ip
        for pid in pids
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses <= {HOST, f"::ffff:{HOST}", "::1"}
    assert addresses


def test_up_again_changes_nothing(cluster_name: str, endpoints: Endpoints) -> None:
    before = devcluster.status(cluster_name).nodes
    assert devcluster.up(cluster_name) == endpoints
    assert [node.pid for node in devcluster.status(cluster_name).nodes] == [node.pid for node in before]


def test_the_plugins_are_found_by_their_manifests(endpoints: Endpoints) -> None:
    url = f"{endpoints.connect_url}/connector-plugins"
    found = ask("GET", url, params={"connectorsOnly": "false"}).json()
    plugins = {each["class"].rsplit(".", 1)[-1] for each in found}
    assert {
        "MongoSinkConnector",
        "CamelSinkConnector",
        "SchemaAndStructToJsonTransform",
        "AvroConverter",
        "FileStreamSourceConnector",
        "MirrorSourceConnector",
    } <= plugins


def test_brokers_are_three_and_know_the_new_group_protocol(cluster_name: str, endpoints: Endpoints) -> None:
    brokers = [node for node in devcluster.status(cluster_name).nodes if node.name.startswith("broker-")]
    metadata = AdminClient({"bootstrap.servers": endpoints.bootstrap_servers}).list_topics(timeout=60)
    assert len(metadata.brokers) == len(brokers)
    assert metadata.cluster_id == endpoints.cluster_id
    group = {"group.id": "devcluster-kip-848", "group.protocol": "consumer", "auto.offset.reset": "earliest"}
    consumer = Consumer({"bootstrap.servers": endpoints.bootstrap_servers, **group})
    consumer.subscribe(["connect-status"])
    try:
        assert any(consumer.poll(0.5) is not None or consumer.assignment() for _ in range(180))
    finally:
        consumer.close()


def test_buckets_are_made_once_and_bad_names_refused(endpoints: Endpoints) -> None:
    assert endpoints.s3_endpoint is not None
    for _ in range(2):
        devcluster.create_bucket(endpoints.s3_endpoint, "devcluster-test")
    assert ask("HEAD", f"{endpoints.s3_endpoint}/devcluster-test").status_code == 200
    assert ask("DELETE", f"{endpoints.s3_endpoint}/devcluster-test").status_code == 204
    with pytest.raises(PlatformError, match="KO712"):
        devcluster.create_bucket(endpoints.s3_endpoint, "x")


# A cluster of its own, with one broker and no targets, in a folder with an awkward name.


@dataclass(frozen=True)
class Kept:
    """What was written before the cluster went through anything."""

    schema_id: int
    offset: int


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("dev") / "mit Leerzeichen, Ünïcode €"
    with at_home(folder):
        yield folder
        devcluster.down(OWN, purge=True)


@contextmanager
def at_home(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(folder))
        yield


@pytest.fixture(scope="module")
def kept(home: Path) -> Kept:
    endpoints = devcluster.up(OWN, brokers=1, targets=())
    versions = f"{endpoints.schema_registry_url}/subjects/{TOPIC}-value/versions"
    answer = ask("POST", versions, {"schema": json.dumps(SCHEMA)})
    schema_id = int(answer.json()["id"])
    admin = AdminClient({"bootstrap.servers": endpoints.bootstrap_servers})
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result()
    payload = io.BytesIO()
    fastavro.schemaless_writer(payload, SCHEMA, {"text": "survives"})
    producer = Producer({"bootstrap.servers": endpoints.bootstrap_servers, "acks": "all"})
    producer.produce(TOPIC, b"\0" + struct.pack(">I", schema_id) + payload.getvalue())
    assert producer.flush(60) == 0
    return Kept(schema_id, 0)


@pytest.fixture
def running(kept: Kept, home: Path) -> Endpoints:
    with at_home(home):
        return devcluster.up(OWN)


@pytest.fixture(autouse=True)
def _home_for_own(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests of the own cluster see its home, the others the shared one's."""
    if "home" not in request.fixturenames:
        yield
        return
    with at_home(request.getfixturevalue("home")):
        yield


def decoded(endpoints: Endpoints) -> object:
    """The record, read with the schema that the registry has under the id which the record carries."""
    consumer = Consumer({"bootstrap.servers": endpoints.bootstrap_servers, "group.id": "reader"})
    consumer.assign([TopicPartition(TOPIC, 0, 0)])
    frame = next(
        message.value() for _ in range(180) if (message := consumer.poll(0.5)) is not None and not message.error()
    )
    consumer.close()
    schema_id = struct.unpack(">I", frame[1:5])[0]
    schema = ask("GET", f"{endpoints.schema_registry_url}/schemas/ids/{schema_id}").json()["schema"]
    return fastavro.schemaless_reader(io.BytesIO(frame[5:]), json.loads(schema), None)


def pids() -> dict[str, int | None]:
    return {node.name: node.pid for node in devcluster.status(OWN).nodes if node.condition is NodeCondition.RUNNING}


def left_behind(home: Path) -> list[int]:
    """Processes that work in the cluster's folder, whoever started them."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(home):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


@contextmanager
def occupied(port: int) -> Iterator[None]:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, port))
        other.listen()
        yield


def ports() -> Mapping[str, int]:
    state = read_state(cluster_paths(OWN))
    assert state is not None
    return state.ports


def test_data_survives_down_and_up_together(running: Endpoints, home: Path) -> None:
    devcluster.down(OWN)
    assert left_behind(home) == []
    assert devcluster.locate(OWN) is None
    assert dev("status", "--name", OWN).returncode == 3
    done = dev("up", "--name", OWN)
    assert done.returncode == 0, done.stderr
    assert "broker-1 ready after" in done.stderr
    assert running.bootstrap_servers in done.stdout
    assert devcluster.locate(OWN) == running, "the addresses stay"
    assert decoded(running) == {"text": "survives"}


def test_a_killed_broker_is_seen_and_repaired(running: Endpoints, home: Path) -> None:
    before = pids()
    killed = before.pop("broker-1")
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(killed)] if psutil.pid_exists(killed) else [], timeout=10)
    state = {node.name: node.condition for node in devcluster.status(OWN).nodes}
    assert state["broker-1"] is NodeCondition.DEAD
    assert dev("status", "--name", OWN).returncode == 3
    assert devcluster.up(OWN) == running
    after = pids()
    assert after.pop("broker-1") != killed
    assert after == before, "what ran was left alone"
    assert decoded(running) == {"text": "survives"}


def test_one_node_can_be_stopped_and_started(running: Endpoints, home: Path) -> None:
    before = devcluster.node_pid("connect", OWN)
    devcluster.stop_node("connect", OWN)
    assert devcluster.node_pid("connect", OWN) is None
    assert not devcluster.status(OWN).up
    devcluster.start_node("connect", OWN)
    assert devcluster.node_pid("connect", OWN) not in {None, before}
    assert devcluster.status(OWN).up
    assert ask("GET", f"{running.connect_url}/connectors").status_code == 200


def test_a_port_taken_meanwhile_is_replaced(running: Endpoints, home: Path) -> None:
    devcluster.down(OWN)
    before = dict(ports())
    with occupied(before["broker-1"]), occupied(before["registry"]):
        endpoints = devcluster.up(OWN)
        after = ports()
        assert {name for name in before if after[name] != before[name]} == {"broker-1", "registry"}
        assert decoded(endpoints) == {"text": "survives"}


def test_a_dead_brokers_port_taken_meanwhile_moves_all_brokers(running: Endpoints, home: Path) -> None:
    before, connect = dict(ports()), devcluster.node_pid("connect", OWN)
    devcluster.stop_node("broker-1", OWN)
    with occupied(before["broker-1.controller"]):
        endpoints = devcluster.up(OWN)
        assert ports()["broker-1.controller"] != before["broker-1.controller"]
        assert devcluster.node_pid("connect", OWN) != connect
        assert decoded(endpoints) == {"text": "survives"}


def test_two_at_once_make_one_cluster(running: Endpoints, home: Path) -> None:
    devcluster.down(OWN)
    command = [sys.executable, "-m", "kafkaops", "dev", "up", "--name", OWN]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [each.communicate(timeout=200) for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert outputs[0][0] == outputs[1][0]
    said = [error for _, error in outputs]
    assert sum("broker-1 starting" in each for each in said) == 1
    assert sum("waiting for another command" in each and "is already up" in each for each in said) == 1
    assert sorted(left_behind(home)) == sorted(pid for pid in pids().values() if pid is not None)


def test_ctrl_c_while_starting_leaves_nothing(running: Endpoints, home: Path) -> None:
    devcluster.down(OWN)
    command = [sys.executable, "-m", "kafkaops", "dev", "up", "--name", OWN]
    starting = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert starting.stderr is not None
    assert any("registry starting" in line for line in starting.stderr)
    starting.send_signal(signal.SIGINT)
    starting.stderr.read()
    assert starting.wait(120) == 130
    assert left_behind(home) == []
    state = read_state(cluster_paths(OWN))
    assert state is not None
    assert state.processes == {}


def test_a_node_that_cannot_start_is_explained_by_its_log(running: Endpoints, home: Path) -> None:
    devcluster.down(OWN)
    meta = cluster_paths(OWN).node("broker-1") / "data" / "meta.properties"
    good = meta.read_text(encoding="utf-8")
    meta.write_text(good.replace("node.id=1", "node.id=7"), encoding="utf-8")
    try:
        done = dev("up", "--name", OWN)
    finally:
        meta.write_text(good, encoding="utf-8")
    assert done.returncode == 1
    assert "error[KO708]: broker-1 ended right after its start" in done.stderr
    assert "meta.properties" in done.stderr
    assert "hint: the whole log:" in done.stderr
    assert left_behind(home) == []
