"""What of a cluster runs, and what it takes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from kafkaops.devcluster.java import require_extra
from kafkaops.devcluster.model import ClusterState, Endpoints, Node, endpoints_of
from kafkaops.devcluster.paths import cluster_paths
from kafkaops.devcluster.processes import find
from kafkaops.devcluster.state import read_state


class NodeCondition(StrEnum):
    """What became of a node."""

    RUNNING = "running"
    DEAD = "dead"
    """It was started and is gone, though nobody ended it."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node. `rss_bytes` and `uptime_s` are 0 unless it runs; `port` is 0 before it ever ran."""

    name: str
    condition: NodeCondition
    pid: int | None
    port: int
    rss_bytes: int
    uptime_s: float
    ephemeral: bool
    log: Path


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """A cluster as found. `up` means that every node runs and that all answered when they were started."""

    name: str
    up: bool
    endpoints: Endpoints | None
    nodes: tuple[NodeStatus, ...]
    data: Path


def status(name: str) -> ClusterStatus:
    """See `kafkaops.devcluster.status`."""
    require_extra()
    paths = cluster_paths(name)
    state = read_state(paths)
    if state is None:
        return ClusterStatus(name, False, None, (), paths.root)
    nodes = tuple(_node_status(state, node, paths.log_file(node.name)) for node in state.nodes)
    running = [node.condition is NodeCondition.RUNNING for node in nodes]
    return ClusterStatus(
        name=name,
        up=state.ready and all(running),
        endpoints=endpoints_of(state) if any(running) else None,
        nodes=nodes,
        data=paths.root,
    )


def _node_status(state: ClusterState, node: Node, log: Path) -> NodeStatus:
    ref = state.processes.get(node.name)
    process = find(ref) if ref else None
    condition = NodeCondition.STOPPED if ref is None else NodeCondition.DEAD
    rss_bytes, uptime_s = 0, 0.0
    if process is not None:
        try:
            rss_bytes = process.memory_info().rss
            uptime_s = max(0.0, time.time() - process.create_time())
            condition = NodeCondition.RUNNING
        except psutil.NoSuchProcess:
            condition = NodeCondition.DEAD
    return NodeStatus(
        name=node.name,
        condition=condition,
        pid=ref.pid if ref else None,
        port=state.ports.get(node.main_port, 0),
        rss_bytes=rss_bytes,
        uptime_s=uptime_s,
        ephemeral=node.kind.is_target,
        log=log,
    )
