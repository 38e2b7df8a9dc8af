"""Does a node answer? Asked the way its clients would."""

from __future__ import annotations

import socket

import httpx
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from kafkaops.devcluster.model import HOST, ClusterState, Node, NodeKind, endpoints_of

_HTTP_TIMEOUT_S = 2.0
_KAFKA_TIMEOUT_S = 1.0
_HTTP_PATHS = {
    NodeKind.REGISTRY: "/apis/ccompat/v7/subjects",
    NodeKind.CONNECT: "/connectors",
    NodeKind.ELASTICSEARCH: "/_cluster/health",
    NodeKind.S3: "/",
}


class Probe:
    """Asks the nodes of one cluster. Connections are opened at first use and reused; close it afterwards."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state
        self._admin: AdminClient | None = None
        # Not through a proxy of the environment: it is this machine.
        self._http = httpx.Client(timeout=_HTTP_TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        """Drop the connections."""
        self._http.close()
        self._admin = None

    def answers(self, node: Node) -> bool:
        """Whether the node does its work now. A broker does when the cluster's metadata lists it."""
        if not self._accepts(node):
            return False
        match node.kind:
            case NodeKind.BROKER:
                return node.number in self._registered_brokers()
            case NodeKind.MONGODB:
                return True
            case _:
                return self._get(node)

    def _accepts(self, node: Node) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.settimeout(_HTTP_TIMEOUT_S)
            return client.connect_ex((HOST, self._state.port(node))) == 0

    def _get(self, node: Node) -> bool:
        url = f"http://{HOST}:{self._state.port(node)}{_HTTP_PATHS[node.kind]}"
        try:
            return self._http.get(url).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _registered_brokers(self) -> set[int]:
        if self._admin is None:
            servers = endpoints_of(self._state).bootstrap_servers
            # Refused connections are what one expects of brokers that start; librdkafka prints each.
            quiet = {"log_level": 0, "reconnect.backoff.max.ms": 500}
            self._admin = AdminClient({"bootstrap.servers": servers, **quiet})
        try:
            return set(self._admin.list_topics(timeout=_KAFKA_TIMEOUT_S).brokers)
        except KafkaException:
            return set()
