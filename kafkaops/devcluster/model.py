"""What a dev cluster is: its nodes, its ports, and the addresses others use. Values only, no I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

HOST = "127.0.0.1"
"""Every listener of the dev cluster binds to this address and to no other."""

DEFAULT_NAME = "default"
DEFAULT_BROKERS = 3


class Target(StrEnum):
    """A system that sink connectors write to. All of them are ephemeral: empty after each start."""

    MONGODB = "mongodb"
    ELASTICSEARCH = "elasticsearch"
    S3 = "s3"


TARGET_OF_KEY: Final = {
    "mongodb_uri": Target.MONGODB,
    "elasticsearch_url": Target.ELASTICSEARCH,
    "elasticsearch_address": Target.ELASTICSEARCH,
    "s3_endpoint": Target.S3,
}
"""By what `${dev:…}` names, whose address it is."""


class NodeKind(StrEnum):
    """What a node runs."""

    BROKER = "broker"
    REGISTRY = "registry"
    CONNECT = "connect"
    MONGODB = "mongodb"
    ELASTICSEARCH = "elasticsearch"
    S3 = "s3"

    @property
    def is_target(self) -> bool:
        """Whether this is the far end of a sink, whose data does not outlive a start."""
        return self in {NodeKind.MONGODB, NodeKind.ELASTICSEARCH, NodeKind.S3}


@dataclass(frozen=True, slots=True)
class Node:
    """One process of the cluster. `number` tells brokers apart and is 0 for all other kinds."""

    kind: NodeKind
    number: int = 0

    @property
    def name(self) -> str:
        """`broker-1`, `connect`: the name in the state file, in messages and of the log file."""
        return f"{self.kind.value}-{self.number}" if self.number else self.kind.value

    @property
    def main_port(self) -> str:
        """The name of the port that clients use."""
        return self.name

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of all ports that the node listens on, the clients' port first."""
        match self.kind:
            case NodeKind.BROKER:
                return (self.name, f"{self.name}.controller")
            case NodeKind.REGISTRY:
                return (self.name, f"{self.name}.management")
            case NodeKind.ELASTICSEARCH:
                return (self.name, f"{self.name}.transport")
            case _:
                return (self.name,)


@dataclass(frozen=True, slots=True)
class ProcessRef:
    """A process that was started: its id and, because ids are used again, when it began (epoch seconds)."""

    pid: int
    started_at: float


@dataclass(frozen=True, slots=True)
class ClusterState:
    """What is written down about a cluster between commands.

    `ports` maps port names to numbers and survives `down`, so that addresses stay the same;
    `processes` maps node names to what was started and not yet ended; `ready` is set once all of them answered.
    """

    name: str
    cluster_id: str
    brokers: int
    targets: tuple[Target, ...]
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, ProcessRef] = field(default_factory=dict)
    ready: bool = False

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every node the cluster is meant to have, brokers first."""
        return (
            *broker_nodes(self.brokers),
            Node(NodeKind.REGISTRY),
            Node(NodeKind.CONNECT),
            *(Node(NodeKind(target.value)) for target in self.targets),
        )

    def port(self, node: Node) -> int:
        """The port on which clients reach a node. Raises KeyError before ports were chosen."""
        return self.ports[node.main_port]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where clients reach a running cluster; a target that was left out is None."""

    bootstrap_servers: str
    schema_registry_url: str
    connect_url: str
    cluster_id: str
    mongodb_uri: str | None = None
    elasticsearch_url: str | None = None
    s3_endpoint: str | None = None


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


def broker_nodes(count: int) -> tuple[Node, ...]:
    """The combined broker and controller nodes, numbered from 1 as their `node.id`."""
    return tuple(Node(NodeKind.BROKER, number) for number in range(1, count + 1))


def endpoints_of(state: ClusterState) -> Endpoints:
    """The addresses that follow from a state's ports."""
    brokers = ",".join(f"{HOST}:{state.port(node)}" for node in broker_nodes(state.brokers))

    def target_url(target: Target, scheme: str) -> str | None:
        return f"{scheme}://{HOST}:{state.ports[target.value]}" if target in state.targets else None

    return Endpoints(
        bootstrap_servers=brokers,
        schema_registry_url=f"http://{HOST}:{state.ports[NodeKind.REGISTRY]}/apis/ccompat/v7",
        connect_url=f"http://{HOST}:{state.ports[NodeKind.CONNECT]}",
        cluster_id=state.cluster_id,
        mongodb_uri=target_url(Target.MONGODB, "mongodb"),
        elasticsearch_url=target_url(Target.ELASTICSEARCH, "http"),
        s3_endpoint=target_url(Target.S3, "http"),
    )


def ordered_targets(targets: Collection[Target]) -> tuple[Target, ...]:
    """Those targets in their canonical order, each once."""
    return tuple(target for target in Target if target in targets)


def port_names(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The names of all ports of those nodes."""
    return tuple(name for node in nodes for name in node.ports)
