"""Brokers and the Connect worker: their properties, and how they are run."""

from __future__ import annotations

import base64
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from kafkaops.devcluster.java import java_arguments, simple_logging
from kafkaops.devcluster.layout import Installation
from kafkaops.devcluster.model import HOST, ClusterState, Node, NodeKind, broker_nodes, endpoints_of
from kafkaops.devcluster.paths import ClusterPaths
from kafkaops.devcluster.processes import Command
from kafkaops.devcluster.roots import PLUGIN_SETS
from kafkaops.devcluster.state import replace_text
from kafkaops.errors import PlatformError

BROKER_HEAP_MB = 512
CONNECT_HEAP_MB = 512
_CHECKPOINT = "bootstrap.checkpoint"


def new_cluster_id() -> str:
    """A random id in Kafka's form: 16 bytes in URL-safe base64, not beginning with a dash."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text


def render_properties(values: Mapping[str, object]) -> str:
    """A Java properties file. Java reads it as Latin-1, so everything else is written as an escape."""
    lines = []
    for key, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        lines.append(f"{key}={_escape(text)}\n")
    return "".join(lines)


def _escape(text: str) -> str:
    escaped = []
    for unit in text.replace("\\", "\\\\"):
        if " " <= unit <= "~":
            escaped.append(unit)
        else:
            pairs = unit.encode("utf-16-be").hex()
            escaped.extend(f"\\u{pairs[at : at + 4]}" for at in range(0, len(pairs), 4))
    return "".join(escaped)


def broker_properties(state: ClusterState, node: Node) -> dict[str, object]:
    """The configuration of one combined broker and controller node.

    Its data lies in `data`, relative to the working directory: an absolute path could hold a comma,
    which separates directories there.
    """
    brokers = broker_nodes(state.brokers)
    voters = ",".join(f"{each.number}@{HOST}:{state.ports[each.ports[1]]}" for each in brokers)
    replicas = min(3, state.brokers)
    address, controller = (f"{HOST}:{state.ports[name]}" for name in node.ports)
    return {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "broker.rack": f"rack-{node.number}",
        "controller.quorum.voters": voters,
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{address},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{address}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": "data",
        "auto.create.topics.enable": False,
        "default.replication.factor": replicas,
        "min.insync.replicas": max(1, replicas - 1),
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": max(1, replicas - 1),
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": max(1, replicas - 1),
        # Fewer partitions of the internal topics: each costs files, memory and start-up time.
        "offsets.topic.num.partitions": 10,
        "transaction.state.log.num.partitions": 10,
        "share.coordinator.state.topic.num.partitions": 5,
        "group.initial.rebalance.delay.ms": 0,
        # The default takes 128 MiB of heap for each broker before anything was written.
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "num.network.threads": 2,
        "num.io.threads": 4,
    }


def connect_properties(state: ClusterState) -> dict[str, object]:
    """The configuration of the distributed Connect worker. `plugins` lies in its working directory."""
    replicas = min(3, state.brokers)
    return {
        "bootstrap.servers": endpoints_of(state).bootstrap_servers,
        "group.id": "connect",
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": False,
        "config.storage.topic": "connect-configs",
        "config.storage.replication.factor": replicas,
        "offset.storage.topic": "connect-offsets",
        "offset.storage.replication.factor": replicas,
        "offset.storage.partitions": 3,
        "status.storage.topic": "connect-status",
        "status.storage.replication.factor": replicas,
        "status.storage.partitions": 1,
        "offset.flush.interval.ms": 5000,
        "scheduled.rebalance.max.delay.ms": 0,
        "listeners": f"http://{HOST}:{state.ports[NodeKind.CONNECT]}",
        "rest.advertised.host.name": HOST,
        "plugin.path": "plugins",
        "plugin.discovery": "service_load",
    }


def broker_command(state: ClusterState, node: Node, paths: ClusterPaths, files: Installation) -> Command:
    """Write a broker's configuration and say how to run it."""
    folder = paths.node(node.name)
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(folder / "server.properties", render_properties(broker_properties(state, node)))
    java = java_arguments(BROKER_HEAP_MB, *simple_logging(), "-cp", files.class_path("kafka"))
    return Command((*java, "kafka.Kafka", "server.properties"), folder)


def connect_command(state: ClusterState, node: Node, paths: ClusterPaths, files: Installation) -> Command:
    """Write the worker's configuration, link its plugins and say how to run it."""
    folder = paths.node(node.name)
    plugins = folder / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    for old in plugins.iterdir():
        old.unlink()
    for name in PLUGIN_SETS:
        (plugins / name.removeprefix("plugin-")).symlink_to(files.folders[name], target_is_directory=True)
    replace_text(folder / "worker.properties", render_properties(connect_properties(state)))
    java = java_arguments(CONNECT_HEAP_MB, *simple_logging(), "-cp", files.class_path("kafka"))
    main = "org.apache.kafka.connect.cli.ConnectDistributed"
    return Command((*java, main, "worker.properties"), folder)


def format_storage(state: ClusterState, paths: ClusterPaths, files: Installation) -> None:
    """Prepare the data folders of brokers that have none. Needs the brokers' properties to be written.

    Kafka's own tool formats the first one. The others get its bootstrap records, which are the same for
    all members of a static quorum, and a `meta.properties` of their own: that spares a JVM for each.
    Raises PlatformError with the tool's last words.
    """
    fresh = [
        node
        for node in broker_nodes(state.brokers)
        if not (paths.node(node.name) / "data" / "meta.properties").exists()
    ]
    if not fresh:
        return
    first, *others = fresh
    _run_storage_tool(state, paths.node(first.name), files)
    records = (paths.node(first.name) / "data" / _CHECKPOINT).read_bytes()
    for node in others:
        data = paths.node(node.name) / "data"
        data.mkdir(parents=True, exist_ok=True)
        (data / _CHECKPOINT).write_bytes(records)
        meta = {
            "version": 1,
            "cluster.id": state.cluster_id,
            "node.id": node.number,
            "directory.id": new_cluster_id(),
        }
        replace_text(data / "meta.properties", render_properties(meta))


def _run_storage_tool(state: ClusterState, folder: Path, files: Installation) -> None:
    java = java_arguments(128, *simple_logging(), "-cp", files.class_path("kafka"))
    arguments = ("format", "--cluster-id", state.cluster_id, "--config", "server.properties")
    done = subprocess.run(
        (*java, "kafka.tools.StorageTool", *arguments),
        cwd=folder,
        env={"LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise PlatformError.of("KO706", "Kafka's storage tool could not prepare the brokers", detail=tail)
