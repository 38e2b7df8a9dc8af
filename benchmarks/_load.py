"""Single workers of the load tester, run by themselves, and topics for them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import randbits
from time import monotonic
from uuid import uuid4

from confluent_kafka.admin import AdminClient, NewTopic

from kafkaops import devcluster
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.loadtest.client import Value, consumer_defaults, producer_defaults
from kafkaops.loadtest.clock import clock_ns
from kafkaops.loadtest.fleet import LocalFleet, Role
from kafkaops.loadtest.load import Load, Target, Timing
from kafkaops.loadtest.messages import (
    ConsumerDelta,
    ConsumerFinal,
    ConsumerSetup,
    Failed,
    Probe,
    ProducerDelta,
    ProducerFinal,
    ProducerSetup,
    Ready,
    Start,
    Stop,
)
from kafkaops.loadtest.partitioner import Keys
from kafkaops.loadtest.payload import Payload, PayloadKind
from kafkaops.loadtest.tally import GroupTally, LoadTally
from kafkaops.spec.loadtests import Arrivals, ProducerEngine

SECOND = 1_000_000_000
MAX_MESSAGE_BYTES = 1_048_588
IN_FLIGHT = 100_000
VALUE_BYTES = 176
"""With the 24 bytes of the key a record holds 200."""
_PATIENCE_S = 60.0
MOCK: Mapping[str, Value] = {"bootstrap.servers": "mock", "test.mock.num.brokers": 1}
"""Client properties for librdkafka's own broker, which lives in the client's process."""


def bytes_payload(size: int = VALUE_BYTES) -> Payload:
    """Random values of one size."""
    return Payload(PayloadKind.BYTES, seed=1, size=size)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a client did in its measured time, and the CPU that it took."""

    records: int
    seconds: float
    cpu_s: float
    """Of all threads of the process."""
    main_s: float
    """Of the thread that hands over or takes records."""

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU for each record, all threads."""
        return self.cpu_s * 1e6 / self.records

    @property
    def main_us(self) -> float:
        """The same of the main thread alone."""
        return self.main_s * 1e6 / self.records


@dataclass(slots=True)
class Cluster:
    """The dev cluster, and topics of a benchmark on it."""

    servers: str
    name: str
    admin: AdminClient
    prefix: str = field(default_factory=lambda: f"bench{uuid4().hex[:8]}")
    _made: int = 0

    @property
    def settings(self) -> KafkaSettings:
        """How a worker connects."""
        return settings_of(self.servers)

    @contextmanager
    def topic(self, partitions: int, replicas: int, config: Mapping[str, str] | None = None) -> Iterator[Target]:
        """A new topic with a leader for every partition, deleted in the end."""
        self._made += 1
        name = f"{self.prefix}-{self._made}"
        asked = NewTopic(name, partitions, replicas, config=dict(config or {}))
        self.admin.create_topics([asked])[name].result(timeout=30)
        self._wait(name, partitions)
        try:
            yield Target(name, partitions, replicas, MAX_MESSAGE_BYTES, dict(config or {}), twin=True)
        finally:
            self.admin.delete_topics([name])[name].result(timeout=30)

    def _wait(self, name: str, partitions: int) -> None:
        deadline = monotonic() + 30
        while monotonic() < deadline:
            seen = self.admin.list_topics(timeout=10).topics.get(name)
            if seen and len(seen.partitions) == partitions and all(p.leader >= 0 for p in seen.partitions.values()):
                return
            time.sleep(0.1)
        raise SystemExit(f"{name} got no leaders")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """The dev cluster named by KAFKAOPS_TEST_CLUSTER, or `default`, which must be up."""
    name = os.environ.get("KAFKAOPS_TEST_CLUSTER", devcluster.DEFAULT_NAME)
    endpoints = devcluster.locate(name)
    if endpoints is None:
        raise SystemExit("no dev cluster is up: run `kafkaops dev up`")
    yield Cluster(endpoints.bootstrap_servers, name, AdminClient({"bootstrap.servers": endpoints.bootstrap_servers}))


def settings_of(servers: str) -> KafkaSettings:
    """Plain settings for some brokers."""
    return KafkaSettings(tuple(servers.split(",")), "PLAINTEXT", 30_000)


def a_load(
    *,
    every_ack: bool = True,
    in_flight: int = IN_FLIGHT,
    linger_ms: int = 50,
    acks: str = "all",
    producer: Mapping[str, Value] | None = None,
    consumer: Mapping[str, Value] | None = None,
    engine: ProducerEngine = ProducerEngine.PORTABLE,
) -> Load:
    """A closed loop of one producer, as `--max` makes it."""
    return Load(
        topic="bench",
        schedule=None,
        shape="as fast as acks come",
        arrivals=Arrivals.EVEN,
        keys=Keys(),
        producers=1,
        consumers=1,
        groups=1,
        in_flight=in_flight,
        consume_cost_ns=0,
        every_ack=every_ack,
        engine=engine,
        producer_config={
            **producer_defaults(acks, "none", linger_ms, in_flight, MAX_MESSAGE_BYTES), **(producer or {}),
        },
        consumer_config={**consumer_defaults(MAX_MESSAGE_BYTES), **(consumer or {})},
    )  # fmt: skip


def produce(
    target: Target,
    settings: KafkaSettings,
    load: Load,
    payload: Payload,
    *,
    warmup_s: float,
    seconds: float,
    run: int | None = None,
) -> tuple[Cost, LoadTally]:
    """Run one producer process of the load tester, from its setup to its last word."""
    timing = Timing(int(warmup_s * SECOND), int(seconds * SECOND))
    setup = ProducerSetup(
        "producer 1",
        0,
        0,
        run or randbits(31),
        settings,
        load,
        target,
        timing,
        seed=1,
        payload=payload,
        calibrate_s=0.0,
    )
    tally = LoadTally(load, target, timing, ())
    fleet = LocalFleet()
    fleet.start(Role.PRODUCER, 0, 0, setup)
    try:
        state = Told(fleet, tally)
        state.until(lambda: state.ready)
        fleet.tell(Probe())
        state.until(lambda: state.probed)
        fleet.tell(Start(clock_ns() + SECOND // 5))
        state.until(lambda: state.done)
    finally:
        fleet.end()
    (worker,) = tally.workers
    return (
        Cost(
            round(tally.throughput * seconds), seconds, worker.cpu_share * seconds, worker.main_thread_share * seconds
        ),
        tally,
    )


def consume(
    target: Target, settings: KafkaSettings, run: int, ends: Mapping[int, int], admin: AdminClient
) -> GroupTally:
    """Read a topic from its beginning to those ends with one consumer process of the load tester."""
    load, timing = a_load(), Timing(0, 600 * SECOND)
    group = f"{target.name}-{randbits(31)}"
    setup = ConsumerSetup("consumer 1", 1, 0, run, settings, load, target, timing, 1, group=group)
    tally = LoadTally(load, target, timing, (GroupTally(group),))
    fleet = LocalFleet()
    fleet.start(Role.CONSUMER, 0, 0, setup)
    try:
        told = Told(fleet, tally)
        told.until(lambda: told.ready)
        fleet.tell(Start(clock_ns()))
        told.until(lambda: not tally.groups[0].behind(ends))
        fleet.tell(Stop(0))
        told.until(lambda: told.done)
    finally:
        fleet.end()
        admin.delete_consumer_groups([group])[group].result(timeout=30)
    return tally.groups[0]


def cpu_s(pid: int) -> float:
    """Seconds of CPU that all threads of a process took so far; proc(5), fields 14 and 15 of stat."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Told:
    """What the single worker of a fleet has said so far."""

    fleet: LocalFleet
    tally: LoadTally
    ready: bool = False
    probed: bool = False
    done: bool = False

    def until(self, reached: Callable[[], bool], patience_s: float = _PATIENCE_S) -> None:
        """Listen until something was said. Raises `SystemExit` when the worker fails or says nothing."""
        deadline = monotonic() + patience_s
        while not reached():
            for _, message in self.fleet.listen(0.05):
                match message:
                    case Ready():
                        self.ready = True
                        self.tally.readies.append(message)
                    case ProducerDelta():
                        self.probed = self.probed or message.probed
                        self.tally.add_producer(message)
                    case ConsumerDelta():
                        self.tally.add_consumer(0, message)
                    case ProducerFinal():
                        self.done = True
                        self.tally.finish_producer(message)
                    case ConsumerFinal():
                        self.done = True
                        self.tally.finish_consumer(message)
                    case Failed():
                        raise SystemExit(f"{message.worker}: {message.summary} {message.detail}")
            (worker,) = self.fleet.workers
            if worker.lost:
                raise SystemExit(worker.lost)
            if monotonic() > deadline:
                raise SystemExit(f"{worker.name} says nothing")
