"""Brokers of the dev cluster frozen and killed, and everything back as it was in the end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka.admin import AdminClient

from kafkaops import devcluster


def active_controller(servers: str) -> int:
    """The id of the quorum's leader. Metadata of KRaft names any broker instead."""
    from kafka.admin import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=servers.split(","))
    try:
        return int(admin.describe_metadata_quorum()["topics"][0]["partitions"][0]["leader_id"])
    finally:
        admin.close()


def leader_of(servers: str, topic: str, partition: int = 0) -> int:
    """The broker that leads a partition."""
    admin = AdminClient({"bootstrap.servers": servers})
    return int(admin.list_topics(topic, timeout=10).topics[topic].partitions[partition].leader)


def pid_of(cluster: str, broker: int) -> int:
    """The process of a broker."""
    pid = devcluster.node_pid(f"broker-{broker}", cluster)
    assert pid is not None, f"broker {broker} does not run"
    return pid


@contextmanager
def frozen(cluster: str, *brokers: int) -> Iterator[None]:
    """They stand still, their connections open."""
    pids = [pid_of(cluster, broker) for broker in brokers]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def kill(cluster: str, broker: int) -> None:
    """End a broker at once, as a power cut would."""
    os.kill(pid_of(cluster, broker), signal.SIGKILL)


def revive(cluster: str, servers: str, broker: int, patience_s: float = 90) -> None:
    """Start a broker again and wait until every replica is in sync."""
    devcluster.start_node(f"broker-{broker}", cluster)
    admin = AdminClient({"bootstrap.servers": servers})
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        topics = admin.list_topics(timeout=20).topics.values()
        if all(len(part.isrs) == len(part.replicas) for topic in topics for part in topic.partitions.values()):
            return
        time.sleep(0.5)
    raise AssertionError("the replicas did not come back in sync")
