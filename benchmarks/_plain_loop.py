"""What people write who need a load generator: `produce()` for each record, in a process of its own.

Records, topic, client settings and cap are those of the load tester's producer that it is compared with, and so is
what it has in the end: every failure counted, and, if asked for, every ack's response in the same histogram.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from time import monotonic_ns, process_time_ns, thread_time_ns
from typing import Any

import fastavro
from confluent_kafka import KafkaError, Message, Producer

from benchmarks._load import SECOND, Cost
from benchmarks._spawned import spawned
from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.worker import quiet_logger

_KEY = struct.Struct("<qqq")


@dataclass(frozen=True, slots=True)
class Loop:
    """One run of the loop."""

    config: Mapping[str, Any]
    topic: str
    partitions: int
    in_flight: int
    warmup_s: float
    seconds: float
    values: Sequence[bytes] = ()
    """Taken in turn; empty where records are encoded one by one."""
    schema: str = ""
    frame: bytes = b""
    records: Sequence[Mapping[str, Any]] = ()
    """Encoded by the schema, in turn, each when it is sent."""
    responses: bool = True
    """Whether every ack's response is recorded, or failures are counted only."""
    quiet: bool = False
    """Whether `config` has the library report failures only, which not everyone knows it can."""


def run(loop: Loop) -> Cost:
    """Run it in a spawned process. Raises `SystemExit` when it does not end."""
    return spawned(_main, loop, "the plain loop")


def _main(loop: Loop, pipe: Connection) -> None:
    pipe.send(_Looping(loop).run())


@dataclass(slots=True)
class _Looping:
    loop: Loop
    acked: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    responses: Histogram = field(default_factory=Histogram)

    def run(self) -> Cost:
        """Send for warm-up and measured time; the cost is that of the latter."""
        loop = self.loop
        producer = Producer(dict(loop.config), logger=quiet_logger())
        delivered = self._record if loop.responses else self._count
        value_of = self._values()
        partitions, in_flight, produce, poll = loop.partitions, loop.in_flight, producer.produce, producer.poll
        start = monotonic_ns() + int(loop.warmup_s * SECOND)
        end = start + int(loop.seconds * SECOND)
        before: tuple[int, int, int, int] | None = None
        number = 0
        now = 0
        while now < end:
            now = monotonic_ns()
            if before is None and now >= start:
                before = self._reading(now, number, producer)
            if len(producer) >= in_flight:
                poll(0.001)
                continue
            key = _KEY.pack(number % partitions, number // partitions, now)
            produce(loop.topic, value_of(number), key, number % partitions, delivered)
            number += 1
            if not number % 1_000:
                poll(0)
        after = self._reading(monotonic_ns(), number, producer)
        assert before is not None
        producer.purge()
        producer.flush(5)
        wall, cpu, main, acked = (last - first for first, last in zip(before, after, strict=True))
        return Cost(acked, wall / 1e9, cpu / 1e9, main / 1e9)

    def _reading(self, now: int, sent: int, producer: Producer) -> tuple[int, int, int, int]:
        acked = sent - len(producer) if self.loop.quiet else self.acked
        return now, process_time_ns(), thread_time_ns(), acked

    def _values(self) -> Callable[[int], bytes]:
        values, records, frame = self.loop.values, self.loop.records, self.loop.frame
        if values:
            size = len(values)
            return lambda number: values[number % size]
        schema, count = fastavro.parse_schema(json.loads(self.loop.schema)), len(records)

        def encoded(number: int) -> bytes:
            buffer = io.BytesIO()
            buffer.write(frame)
            fastavro.schemaless_writer(buffer, schema, records[number % count])
            return buffer.getvalue()

        return encoded

    def _count(self, error: KafkaError | None, message: Message) -> None:
        self.acked += 1
        if error is not None:
            self._fail(error)

    def _record(self, error: KafkaError | None, message: Message) -> None:
        self.acked += 1
        if error is not None:
            self._fail(error)
            return
        key = message.key()
        assert isinstance(key, bytes)
        self.responses.add(monotonic_ns() - _KEY.unpack(key)[2])

    def _fail(self, error: KafkaError) -> None:
        self.failed[error.name()] = self.failed.get(error.name(), 0) + 1
