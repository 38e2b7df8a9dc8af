"""Load tests in the background, and what they leave."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psutil
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from kafkaops.clients.kafka_patience import PASSING
from kafkaops.devcluster import Endpoints
from tests.live.project import Project
from tests.waiting import until


def leftovers(cluster: Endpoints, prefix: str) -> list[str]:
    """Topics and groups that load tests on topics of this prefix left."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    topics = admin.list_topics(timeout=30).topics
    groups = admin.list_consumer_groups().result().valid
    return [name for name in [*topics, *(group.group_id for group in groups)] if f"loadtest-{prefix}" in name]


def read_records(cluster: Endpoints, topic: str, count: int, partition: int | None = None) -> list[tuple[bytes, bytes]]:
    """At least so many records, as (key, value), from the beginning of a topic or of one partition."""
    consumer = Consumer(
        {"bootstrap.servers": cluster.bootstrap_servers, "group.id": f"reader-{topic}", "enable.auto.commit": False}
    )
    try:
        partitions = len(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
        chosen = range(partitions) if partition is None else [partition]
        consumer.assign([TopicPartition(topic, each, 0) for each in chosen])
        found: list[tuple[bytes, bytes]] = []
        deadline = time.monotonic() + 60
        while len(found) < count and time.monotonic() < deadline:
            found += [
                (message.key(), message.value()) for message in consumer.consume(count, 0.5) if not message.error()
            ]
        assert len(found) >= count
        return found
    finally:
        consumer.close()


def await_read(cluster: Endpoints, twin: str, offsets: Mapping[int, int]) -> None:
    """Wait until the first group of a load has read the records at those offsets, by partition, and said so.

    What it has committed it has reported before.
    """
    asking = Consumer(
        {"bootstrap.servers": cluster.bootstrap_servers, "group.id": f"{twin}-g1", "enable.auto.commit": False}
    )
    where = [TopicPartition(twin, partition) for partition in offsets]

    def is_read() -> bool:
        try:
            return all(each.offset > offsets[each.partition] for each in asking.committed(where, 30))
        except KafkaException as error:
            if error.args[0].name() not in PASSING:  # another broker coordinates the group by now
                raise
            return False

    try:
        until(is_read)
    finally:
        asking.close()


class Running:
    """A load test in the background, its stderr read line by line."""

    def __init__(self, project: Project, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kafkaops", "loadtest", *arguments, "--env", "dev"],
            cwd=project.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.err = self.out = ""

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def wait_for(self, pattern: str) -> re.Match[str]:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.err += line
            found = re.search(pattern, line)
            if found:
                return found
        raise AssertionError(self.err)

    def twin(self) -> str:
        return self.wait_for(r"^Making (\S+)")[1]

    def workers(self) -> list[psutil.Process]:
        """Its worker processes as they were started, the consumers of a load before its producers. None that ended."""
        children = sorted(psutil.Process(self.process.pid).children(), key=lambda child: child.create_time())
        there = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
        return [child for child in there if "spawn_main" in " ".join(child.cmdline())]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Its end waits: workers go on, but nobody looks where the log ends, and nobody tells consumers to stop."""
        coordinator = psutil.Process(self.process.pid)
        coordinator.suspend()
        try:
            assert self.workers(), f"it had ended before it could be held: {self.err}"
            yield
        finally:
            coordinator.resume()

    def stop(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.end()

    def stop_all(self, number: signal.Signals) -> None:
        """Stop it as `timeout` and systemd do: the signal goes to the workers, too."""
        for worker in self.workers():
            worker.send_signal(number)
        self.stop(number)

    def end(self, seconds: float = 150) -> None:
        self.out, err = self.process.communicate(timeout=seconds)
        self.err += err
