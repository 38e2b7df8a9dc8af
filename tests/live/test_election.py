"""The lock's election on the real cluster while another broker comes to coordinate its group."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from confluent_kafka import ElectionType, TopicPartition
from confluent_kafka.admin import AdminClient

from kafkaops.clients.election import Candidate
from kafkaops.clients.kafka_election import SESSION_TIMEOUT_MS, KafkaElection
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.devcluster import Endpoints
from tests.live.broker_faults import (
    OFFSETS,
    active_controller,
    await_in_sync,
    coordinator_of,
    frozen,
    group_elsewhere,
    offsets_partition,
)
from tests.live.making import prefer_another_replica
from tests.waiting import until

pytestmark = [pytest.mark.live, pytest.mark.alone]
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
    group = group_elsewhere(servers, controller, prefix)
    with election(cluster, group) as holder:
        assert holder.stand(CANDIDATE)
        asleep, since = coordinator_of(servers, group), time.monotonic()
        with frozen(cluster_name, asleep):
            until(lambda: coordinator_of(servers, group) != asleep, f"another coordinator of {group} than {asleep}")
            time.sleep(max(0.0, since + SESSION_TIMEOUT_MS / 1000 + 1 - time.monotonic()))
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
    partition, before = offsets_partition(servers, group), coordinator_of(servers, group)
    prefer_another_replica(servers, OFFSETS, partition)
    admin = AdminClient({"bootstrap.servers": servers})
    admin.elect_leaders(ElectionType.PREFERRED, [TopicPartition(OFFSETS, partition)]).result()
    until(lambda: coordinator_of(servers, group) != before, f"another coordinator of {group} than {before}")
