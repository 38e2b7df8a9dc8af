"""What of a cluster runs, and what it takes."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from kafkaops.devcluster.model import ClusterState, ClusterStatus, Node, NodeCondition, NodeStatus, endpoints_of
from kafkaops.devcluster.paths import cluster_paths
from kafkaops.devcluster.processes import find
from kafkaops.devcluster.state import read_state


def status(name: str) -> ClusterStatus:
    """See `kafkaops.devcluster.status`."""
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
