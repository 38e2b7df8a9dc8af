"""Answers of the real cluster that get lost, and brokers that do not answer: asked again, and never believed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Timer
from typing import Any

import pytest
from confluent_kafka.admin import ClusterMetadata
from confluent_kafka.admin import NewTopic as NewConfluentTopic
from kafka.net import manager

from kafkaops.clients import kafka_patience
from kafkaops.clients.confluent import ConfluentAdmin
from kafkaops.clients.election import Candidate
from kafkaops.clients.kafka import (
    ConfigAlteration,
    Configs,
    ConfigScope,
    GroupView,
    NewTopic,
    Position,
    Refusal,
    TopicIdentity,
    TopicPartition,
)
from kafkaops.clients.kafka_election import KafkaElection
from kafkaops.clients.kafka_log import KafkaLogWriter
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.devcluster import Endpoints
from tests.live.broker_faults import group_elsewhere
from tests.live.making import make_topics
from tests.waiting import until
from tests.wire import KafkaWire

pytestmark = pytest.mark.live
PARTITIONS = 6
LEFT_BEHIND = frozenset({"lock-leave", "lock-heartbeat", "ledger-begin"})


@pytest.fixture
def wire(cluster: Endpoints) -> Iterator[KafkaWire]:
    with KafkaWire(cluster.bootstrap_servers) as made:
        yield made


@pytest.fixture
def admin(wire: KafkaWire) -> Iterator[ConfluentAdmin]:
    with connected(wire) as made:
        yield made


@pytest.fixture
def topic(cluster: Endpoints, prefix: str) -> str:
    make_topics(cluster.bootstrap_servers, NewConfluentTopic(prefix, PARTITIONS, 2))
    return prefix


@contextmanager
def connected(wire: KafkaWire) -> Iterator[ConfluentAdmin]:
    with closing(ConfluentAdmin(settings(wire), lambda _said: None)) as made:
        made.cluster()
        yield made


def settings(wire: KafkaWire) -> KafkaSettings:
    return KafkaSettings(tuple(wire.bootstrap_servers.split(",")), "PLAINTEXT", 20_000)


def lock(wire: KafkaWire, group: str) -> KafkaElection:
    return KafkaElection(settings(wire), group)


def partitions(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, index) for index in range(PARTITIONS)]


def test_offsets_are_told_though_an_answer_of_their_leaders_is_lost(
    admin: ConfluentAdmin, wire: KafkaWire, topic: str
) -> None:
    for position in Position:
        wire.lose_answers("ListOffsets")
        assert admin.offsets(partitions(topic), position) == dict.fromkeys(partitions(topic), 0)


def test_what_is_read_is_read_again_when_the_answer_is_lost(admin: ConfluentAdmin, wire: KafkaWire, topic: str) -> None:
    for request, read, expected in (  # librdkafka describes topics and the cluster by their metadata
        ("DescribeConfigs", lambda: type(admin.configs(ConfigScope.TOPIC, [topic])[topic]), Configs),
        ("Metadata", lambda: type(admin.topic_identities([topic])[topic]), TopicIdentity),
        ("Metadata", lambda: admin.racks().keys(), admin.cluster().brokers.keys()),
        ("ElectLeaders", lambda: set(admin.elect_leaders(partitions(topic)).values()), {None}),
        ("FindCoordinator", lambda: type(admin.groups([topic])[topic]), GroupView),
        ("DescribeGroups", lambda: type(admin.groups([topic])[topic]), GroupView),
        ("ListGroups", lambda: type(admin.all_groups()), list),
        ("OffsetFetch", lambda: admin.committed({topic: partitions(topic)}), {topic: {}}),
        ("ListPartitionReassignments", admin.reassignments, {}),
    ):
        wire.lose_answers(request)
        assert read() == expected, request
        assert not wire.loses(request), f"an answer to {request} was to be lost"


def test_what_was_done_counts_though_its_answer_was_lost(
    admin: ConfluentAdmin, wire: KafkaWire, topic: str, prefix: str
) -> None:
    new, group = f"{prefix}-new", f"{prefix}-group"
    wire.lose_answers("CreateTopics")
    assert admin.create_topics([NewTopic(new, 1, 1)]) == {new: None}
    wire.lose_answers("CreatePartitions")
    assert admin.grow_partitions({topic: PARTITIONS + 1}) == {topic: None}
    wire.lose_answers("IncrementalAlterConfigs")
    assert admin.alter_configs(ConfigScope.TOPIC, [ConfigAlteration(topic, {"retention.ms": "3600000"})]) == {
        topic: None
    }
    wire.lose_answers("AlterPartitionReassignments")
    kept = admin.cluster().topics[topic].partitions[0].replicas
    assert admin.reassign({TopicPartition(topic, 0): kept}) == {TopicPartition(topic, 0): None}
    wire.lose_answers("OffsetCommit")
    assert admin.commit(group, {TopicPartition(topic, 0): 0}) == {TopicPartition(topic, 0): None}
    assert admin.committed({group: [TopicPartition(topic, 0)]}) == {group: {TopicPartition(topic, 0): 0}}
    wire.lose_answers("DeleteTopics")
    assert admin.delete_topics([new]) == {new: None}


def test_a_topic_that_was_made_again_is_not_deleted_for_the_one_before(
    admin: ConfluentAdmin, wire: KafkaWire, cluster: Endpoints, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = admin._contact
    made: list[str] = []

    def made_again_meanwhile() -> ClusterMetadata:
        if not made:
            made.append(topic)
            make_topics(cluster.bootstrap_servers, NewConfluentTopic(topic, 1, 1))
        return contact()

    wire.lose_answers("DeleteTopics")
    monkeypatch.setattr(admin, "_contact", made_again_meanwhile)
    assert admin.delete_topics([topic]) == {topic: None}
    assert made and len(admin.cluster().topics[topic].partitions) == 1


def test_what_is_there_is_refused_though_an_answer_was_lost(admin: ConfluentAdmin, wire: KafkaWire, topic: str) -> None:
    wire.lose_answers("CreateTopics")
    answer = admin.create_topics([NewTopic(topic, 1, 1)], validate_only=True)[topic]
    assert isinstance(answer, Refusal) and answer.error == "TOPIC_ALREADY_EXISTS"


def test_the_lock_is_taken_kept_and_left_though_answers_are_lost(wire: KafkaWire, prefix: str) -> None:
    candidate = Candidate(run="r", by="ann", host="here", pid=1, since="now")
    for request in ("DescribeGroups", "JoinGroup", "SyncGroup", "Heartbeat", "LeaveGroup"):
        group = f"{prefix}-{request}"
        with (
            closing(KafkaElection(settings(wire), group)) as one,
            closing(KafkaElection(settings(wire), group)) as other,
        ):
            wire.lose_answers(request)
            assert one.stand(candidate), request
            assert one.confirm(), request
            assert other.holder() == candidate, request
            one.resign()
            assert other.stand(candidate), request
            assert not wire.loses(request), f"an answer to {request} was to be lost"


def test_nobody_who_ends_waits_for_brokers_that_are_silent(
    wire: KafkaWire, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request takes 20 s here; giving up the lock and Ctrl-C while the ledger is written take no such time."""
    said: list[str] = []
    election = KafkaElection(settings(wire), prefix, said.append)
    writer = KafkaLogWriter(settings(wire), prefix, said.append)
    candidate = Candidate(run="r", by="ann", host="here", pid=1, since="now")
    assert election.stand(candidate)
    for broker in (1, 2, 3):
        wire.faults_of(broker).freeze()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(kafka_patience, "SAID_AFTER_S", 0.01)
    began = time.monotonic()
    try:
        Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            writer.begin()
        writer.close()
        Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            election.resign()
    finally:
        signal.signal(signal.SIGINT, before)
    election.close()
    assert election._wire is not None, "the answer to leaving is still waited for on it"
    assert time.monotonic() - began < 10
    for broker in (1, 2, 3):
        wire.faults_of(broker).thaw()
    until(lambda: LEFT_BEHIND.isdisjoint(each.name for each in threading.enumerate()), "the threads left behind to end")
    election.close()
    for doing in ("begin to write the ledger", "the lock"):
        assert any(f"{doing} (what nobody answers is given up after 20 s)" in line for line in said), (doing, said)


def test_a_silent_broker_is_not_the_only_one_tried(
    cluster: Endpoints, wire: KafkaWire, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = group_elsewhere(cluster.bootstrap_servers, 1, prefix)
    wire.faults_of(1).freeze()
    silent, tried = int(wire.bootstrap_servers.split(",")[0].rpartition(":")[2]), list[int]()

    def silent_first(brokers: Sequence[Any]) -> Any:
        broker = next(each for each in brokers if (each.port == silent) is (not tried))
        tried.append(broker.port)
        return broker

    monkeypatch.setattr(manager.random, "choice", silent_first)
    with connected(wire) as admin:
        assert isinstance(admin.groups([group])[group], GroupView)
    assert tried[0] == silent


def test_a_broker_that_is_not_there_says_nothing_of_what_it_shows(
    admin: ConfluentAdmin, wire: KafkaWire, topic: str
) -> None:
    assert admin.topics_on(1, [topic]) == {topic: PARTITIONS}
    wire.cut_off(1)
    for broker in (1, 99):
        assert admin.topics_on(broker, [topic]) is None
        assert admin.overrides_on(broker, ConfigScope.TOPIC, {topic: ["retention.ms"]}) is None
    assert 1 not in admin.log_sizes({broker: partitions(topic) for broker in (1, 99)})
