"""Brokers of the dev cluster frozen and killed, and everything back as it was in the end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

from kafkaops import devcluster
from tests.waiting import until

OFFSETS = "__consumer_offsets"


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
    return int(admin.list_topics(topic, timeout=60).topics[topic].partitions[partition].leader)


def coordinator_of(servers: str, group: str) -> int:
    """The broker that coordinates a group: it leads the partition that the group hangs on."""
    return leader_of(servers, OFFSETS, offsets_partition(servers, group))


def offsets_partition(servers: str, group: str) -> int:
    """The partition of `OFFSETS` for a group: Java's hash of its name, as a positive number, modulo the partitions."""
    hashed = 0
    for letter in group:
        hashed = (31 * hashed + ord(letter)) & 0xFFFFFFFF
    partitions = AdminClient({"bootstrap.servers": servers}).list_topics(OFFSETS, timeout=60).topics[OFFSETS].partitions
    return min(hashed, (1 << 32) - hashed) % len(partitions)  # what is above 2^31 is a negative number to Java


def group_elsewhere(servers: str, broker: int, prefix: str) -> str:
    """The name of a group that another broker than this one coordinates."""
    names = (f"{prefix}-{number}" for number in count())
    return next(name for name in names if coordinator_of(servers, name) != broker)


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


def revive(cluster: str, servers: str, broker: int, patience_s: float = 120) -> None:
    """Start a broker again and wait until every replica is in sync."""
    devcluster.start_node(f"broker-{broker}", cluster)
    await_in_sync(servers, patience_s)


def await_in_sync(servers: str, patience_s: float = 120) -> None:
    """Wait until every broker is there and every replica in sync, in the eyes of each broker."""
    listed = servers.split(",")
    for server in listed:
        until(partial(_in_sync, server, len(listed)), f"in {server}'s eyes, every replica in sync", patience_s)


def await_missing(servers: str, broker: int, patience_s: float = 120) -> None:
    """Wait until the other brokers know that one is gone."""
    for number, server in enumerate(servers.split(","), start=1):
        if number != broker:
            until(partial(_is_missing, server, broker), f"in {server}'s eyes, the loss of broker {broker}", patience_s)


def _in_sync(server: str, brokers: int) -> bool:
    try:
        seen = _metadata(server)
    except KafkaException:
        return False  # it is just starting
    parts = (part for topic in seen.topics.values() for part in topic.partitions.values())
    return len(seen.brokers) == brokers and all(len(part.isrs) == len(part.replicas) for part in parts)


def _is_missing(server: str, broker: int) -> bool:
    return broker not in _metadata(server).brokers


def _metadata(server: str) -> ClusterMetadata:
    """As this broker sees it: a new client asks the one that it knows."""
    return AdminClient({"bootstrap.servers": server}).list_topics(timeout=20)
