"""How each kind of node is run, and which downloaded sets it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kafkaops.devcluster.kafka_nodes import broker_command, connect_command
from kafkaops.devcluster.layout import Installation
from kafkaops.devcluster.model import ClusterState, Node, NodeKind
from kafkaops.devcluster.paths import ClusterPaths
from kafkaops.devcluster.processes import Command
from kafkaops.devcluster.registry_node import registry_command
from kafkaops.devcluster.roots import PLUGIN_SETS
from kafkaops.devcluster.target_nodes import elasticsearch_command, mongodb_command, s3_command

_COMMANDS: dict[NodeKind, Callable[[ClusterState, Node, ClusterPaths, Installation], Command]] = {
    NodeKind.BROKER: broker_command,
    NodeKind.REGISTRY: registry_command,
    NodeKind.CONNECT: connect_command,
    NodeKind.MONGODB: mongodb_command,
    NodeKind.ELASTICSEARCH: elasticsearch_command,
    NodeKind.S3: s3_command,
}
_SETS: dict[NodeKind, tuple[str, ...]] = {
    NodeKind.BROKER: ("kafka",),
    NodeKind.REGISTRY: ("registry",),
    NodeKind.CONNECT: ("kafka", *PLUGIN_SETS),
    NodeKind.MONGODB: ("mongodb-server",),
    NodeKind.ELASTICSEARCH: ("elasticsearch",),
    NodeKind.S3: (),
}


def command_for(node: Node, state: ClusterState, paths: ClusterPaths, files: Installation) -> Command:
    """Write the node's configuration and say how to run it. Raises PlatformError or OSError."""
    return _COMMANDS[node.kind](state, node, paths, files)


def sets_for(nodes: Iterable[Node]) -> frozenset[str]:
    """The sets that must be installed before those nodes can start."""
    return frozenset(name for node in nodes for name in _SETS[node.kind])
