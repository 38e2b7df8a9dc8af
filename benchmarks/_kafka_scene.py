"""The running dev cluster as benchmarks use it: a session for any spec, plain clients, and a clean end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from confluent_kafka.admin import AdminClient

from kafkaops import devcluster
from kafkaops.clients.confluent import connect_kafka
from kafkaops.clients.kafka import KafkaAdmin
from kafkaops.resources.kind import Session
from kafkaops.spec.loaded import LoadedSpec, Places
from kafkaops.spec.model import Environment, KafkaConnection, Spec
from kafkaops.spec.references import Resolver

SETTLE_S = 4.0
"""Deleting thousands of topics keeps the brokers busy after the metadata has forgotten them."""


class Scene:
    """One benchmark's topics, by a prefix of its own."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        self.prefix = f"bench{uuid4().hex[:8]}"
        self.admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
        self.admin.list_topics(timeout=10)
        self.kafka = self.connect()

    def connect(self) -> KafkaAdmin:
        """A client of kafkaops that has found the cluster."""
        kafka = connect_kafka(KafkaConnection(bootstrap_servers=self.servers), Resolver())
        kafka.cluster()
        return kafka

    def session(self, topics: Mapping[str, Mapping[str, object]], kafka: KafkaAdmin | None = None) -> Session:
        """A session on a spec of nothing but topics, as if it had just been loaded."""
        client = kafka or self.kafka
        loaded = LoadedSpec(
            root=Path(),
            spec=Spec.model_validate({"version": 1, "project": "bench", "topics": topics}),
            places=Places({}),
            environment_name="dev",
            environment=Environment(kafka=KafkaConnection(bootstrap_servers=self.servers)),
            schema_texts={},
            digest="",
        )
        return Session(loaded=loaded, kafka=client, cluster=client.cluster())

    def wipe(self) -> None:
        """Delete the benchmark's topics and let the brokers come to rest."""
        names = [name for name in self.admin.list_topics(timeout=20).topics if name.startswith(self.prefix)]
        for start in range(0, len(names), 500):
            for future in self.admin.delete_topics(names[start : start + 500]).values():
                future.result(timeout=60)
        while any(name.startswith(self.prefix) for name in self.admin.list_topics(timeout=20).topics):
            time.sleep(0.1)
        time.sleep(SETTLE_S)


@contextmanager
def scene() -> Iterator[Scene]:
    """A scene on the dev cluster named by KAFKAOPS_TEST_CLUSTER, or on `default`, which must be up."""
    endpoints = devcluster.locate(os.environ.get("KAFKAOPS_TEST_CLUSTER", devcluster.DEFAULT_NAME))
    if endpoints is None:
        raise SystemExit("no dev cluster is up: run `kafkaops dev up`")
    made = Scene(endpoints.bootstrap_servers)
    try:
        yield made
    finally:
        made.wipe()
        made.kafka.close()
