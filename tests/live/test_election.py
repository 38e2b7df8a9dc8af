"""The lock's election on the real cluster while another broker comes to coordinate its group."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count

import pytest
from confluent_kafka import ElectionType, TopicPartition
from confluent_kafka.admin import AdminClient

from kafkaops.clients.election import Candidate
from kafkaops.clients.kafka_election import SESSION_TIMEOUT_MS, KafkaElection
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.devcluster import Endpoints
from tests.live.broker_faults import active_controller, await_in_sync, frozen, leader_of
from tests.live.making import prefer_another_replica
from tests.waiting import until

pytestmark = [pytest.mark.live, pytest.mark.alone]
OFFSETS = "__consumer_offsets"
CANDIDATE = Candidate(run="20261127T120000Z-aaaa", by="ann", host="here", pid=1, since="2026-11-27T12:00:00+00:00")
OTHER = Candidate(run="20261127T120001Z-bbbb", by="bob", host="there", pid=2, since="2026-11-27T12:00:01+00:00")


def test_the_holder_is_seen_and_kept_when_the_groups_coordinator_moves(cluster: Endpoints, prefix: str) -> None:
    with election(cluster, prefix) as holder, election(cluster, prefix) as onlooker:
        assert holder.stand(CANDIDATE)
        assert onlooker.holder() == CANDIDATE  # both know who coordinates
        move_coordinator(cluster.bootstrap_servers, prefix)
        assert onlooker.holder() == CANDIDATE
        assert holder.confirm()
        assert not onlooker.stand(OTHER)
        move_coordinator(cluster.bootstrap_servers, prefix)
        holder.resign()
        assert onlooker.stand(OTHER)
        assert holder.holder() == OTHER


def test_the_lock_is_kept_when_its_coordinator_stands_still(cluster: Endpoints, cluster_name: str, prefix: str) -> None:
    """For longer than the cluster does without it, and than the lock's session: it wakes up missing the holder."""
    servers = cluster.bootstrap_servers
    controller = active_controller(servers)  # without that one nobody is missed before there is another
    group = next(
        name for name in (f"{prefix}-{number}" for number in count()) if coordinator(servers, name) != controller
    )
    with election(cluster, group) as holder:
        assert holder.stand(CANDIDATE)
        with frozen(cluster_name, coordinator(servers, group)):
            time.sleep(SESSION_TIMEOUT_MS / 1000 + 1)
        assert holder.confirm()
        assert holder.holder() == CANDIDATE
    await_in_sync(servers)


@contextmanager
def election(cluster: Endpoints, group: str) -> Iterator[KafkaElection]:
    settings = KafkaSettings(tuple(cluster.bootstrap_servers.split(",")), "PLAINTEXT", 10_000)
    with closing(KafkaElection(settings, group)) as made:
        yield made


def move_coordinator(servers: str, group: str) -> None:
    """Let another replica lead the partition that the group hangs on."""
    partition = partition_of(servers, group)
    before = leader_of(servers, OFFSETS, partition)
    prefer_another_replica(servers, OFFSETS, partition)
    admin = AdminClient({"bootstrap.servers": servers})
    admin.elect_leaders(ElectionType.PREFERRED, [TopicPartition(OFFSETS, partition)]).result()
    until(lambda: leader_of(servers, OFFSETS, partition) != before, f"another coordinator of {group} than {before}")


def coordinator(servers: str, group: str) -> int:
    return leader_of(servers, OFFSETS, partition_of(servers, group))


def partition_of(servers: str, group: str) -> int:
    """Kafka takes Java's hash of the name, without its sign, modulo the partitions."""
    hashed = 0
    for letter in group:
        hashed = (31 * hashed + ord(letter)) & 0xFFFFFFFF
    partitions = AdminClient({"bootstrap.servers": servers}).list_topics(OFFSETS, timeout=60).topics[OFFSETS].partitions
    return (hashed & 0x7FFFFFFF) % len(partitions)
