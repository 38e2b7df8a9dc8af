"""Reading a log to its end: whole, and from where it begins now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Timer

import pytest
from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from kafkaops.clients.kafka_log import KafkaLogReader
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.devcluster import Endpoints
from kafkaops.spec.model import KafkaConnection
from kafkaops.spec.references import Resolver
from tests.live.making import make_topics

pytestmark = pytest.mark.live


def reader(servers: str, name: str, undecided_s: float = 30) -> KafkaLogReader:
    settings = KafkaSettings.of(KafkaConnection(bootstrap_servers=servers), Resolver())
    return KafkaLogReader(settings, name, undecided_s=undecided_s)


def begun(cluster: Endpoints, topic: str) -> Producer:
    """A writer whose transaction is open, with a record that every replica has."""
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "transactional.id": topic})
    producer.init_transactions(60)
    producer.begin_transaction()
    producer.produce(topic, b"new", b"10", partition=0)
    assert producer.flush(60) == 0
    return producer


@pytest.fixture
def log(cluster: Endpoints, prefix: str) -> Iterator[str]:
    """A topic with ten records."""
    make_topics(cluster.bootstrap_servers, NewTopic(prefix, 1, 1))
    write(cluster, prefix, 10)
    yield prefix


def write(cluster: Endpoints, topic: str, count: int) -> None:
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "linger.ms": 50})
    for number in range(count):
        producer.produce(topic, b"x" * 200, str(number).encode(), partition=0)
    assert producer.flush(60) == 0


def expire(cluster: Endpoints, topic: str, before: int) -> None:
    """Let the first records go, as retention does; a broker may not have heard of the topic yet."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    until = time.monotonic() + 30
    while True:
        try:
            admin.delete_records([TopicPartition(topic, 0, before)])[TopicPartition(topic, 0)].result(timeout=30)
            return
        except KafkaException:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def test_a_log_whose_first_records_expired_is_read_from_where_it_begins(cluster: Endpoints, log: str) -> None:
    expire(cluster, log, 4)
    found = reader(cluster.bootstrap_servers, log)
    try:
        assert [entry.key for entry in found.read(log)] == [str(number).encode() for number in range(4, 10)]
        assert [entry.offset for entry in found.read(log, 7)] == [7, 8, 9]
        assert found.read(log, 10) == []
    finally:
        found.close()


def test_a_long_log_is_read_whole(cluster: Endpoints, log: str) -> None:
    write(cluster, log, 9_990)
    found = reader(cluster.bootstrap_servers, log)
    try:
        assert [entry.offset for entry in found.read(log)] == list(range(10_000))
    finally:
        found.close()


def test_what_is_being_committed_is_waited_for(cluster: Endpoints, log: str) -> None:
    producer, found = begun(cluster, log), reader(cluster.bootstrap_servers, log)
    timer = Timer(0.5, producer.commit_transaction, (60,))
    try:
        timer.start()
        assert [entry.offset for entry in found.read(log)] == list(range(11))
    finally:
        timer.join()
        found.close()


def test_what_a_dead_writer_left_open_does_not_count(cluster: Endpoints, log: str) -> None:
    producer, found = begun(cluster, log), reader(cluster.bootstrap_servers, log, undecided_s=0.5)
    try:
        assert [entry.offset for entry in found.read(log)] == list(range(10))
        producer.abort_transaction(60)
        assert [entry.offset for entry in found.read(log)] == list(range(10))
    finally:
        found.close()
