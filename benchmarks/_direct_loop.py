"""A producer over the wheel's own librdkafka by ctypes, in a process of its own: a prototype, not a part of kafkaops.

It does what the load tester's producer does in a closed loop with every ack's response recorded: stamps of 24 bytes as
keys, batches by partition, and for each delivery event the response of every record, by arithmetic on the run of
sequences that it covers. Standard library only. Struct layout and calls are those of `rdkafka.h` 2.x.
"""

from __future__ import annotations

import ctypes
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic_ns, process_time_ns, thread_time_ns
from typing import Any

import confluent_kafka

from benchmarks._load import SECOND, Cost
from benchmarks._spawned import spawned
from kafkaops.loadtest.histogram import Histogram

_CHUNK, _KEY_BYTES, _COPY, _DELIVERIES, _PRODUCER = 4_096, 24, 0x2, 0x1, 0


class _Message(ctypes.Structure):
    """`rd_kafka_message_t`."""

    _fields_ = [
        ("err", ctypes.c_int), ("rkt", ctypes.c_void_p), ("partition", ctypes.c_int32), ("payload", ctypes.c_void_p),
        ("len", ctypes.c_size_t), ("key", ctypes.c_void_p), ("key_len", ctypes.c_size_t), ("offset", ctypes.c_int64),
        ("_private", ctypes.c_void_p),
    ]  # fmt: skip


def library() -> ctypes.CDLL:
    """The librdkafka that confluent-kafka's wheel for Linux brings."""
    package = Path(confluent_kafka.__file__).parent
    (file,) = (package.parent / "confluent_kafka.libs").glob("librdkafka-*.so*")
    lib = ctypes.CDLL(str(file))
    for name in ("rd_kafka_new", "rd_kafka_conf_new", "rd_kafka_topic_new", "rd_kafka_queue_get_main",
                 "rd_kafka_queue_poll"):  # fmt: skip
        getattr(lib, name).restype = ctypes.c_void_p
    lib.rd_kafka_event_message_count.restype = lib.rd_kafka_event_message_array.restype = ctypes.c_size_t
    return lib


@dataclass(frozen=True, slots=True)
class Direct:
    """One run."""

    config: Mapping[str, Any]
    topic: str
    partitions: int
    in_flight: int
    warmup_s: float
    seconds: float
    values: Sequence[bytes]


def run(direct: Direct) -> Cost:
    """Run it in a spawned process. Raises `SystemExit` when it does not end."""
    return spawned(_main, direct, "the direct loop")


def _main(direct: Direct, pipe: Connection) -> None:
    pipe.send(_Running(direct).run())


@dataclass(slots=True)
class _Lane:
    """One partition: its messages, whose values stay, and the buffer of their keys, which are written over."""

    messages: ctypes.Array[_Message]
    keys: array[int]
    next_sequence: int = 0
    acked: int = 0
    firsts: list[int] = field(default_factory=list)
    handed_ns: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Running:
    direct: Direct
    acked: int = 0
    sent: int = 0
    failed: int = 0
    responses: Histogram = field(default_factory=Histogram)

    def run(self) -> Cost:
        """Send for warm-up and measured time; the cost is that of the latter."""
        direct, lib = self.direct, library()
        client = self._client(lib)
        topic = ctypes.c_void_p(lib.rd_kafka_topic_new(client, direct.topic.encode(), None))
        queue = ctypes.c_void_p(lib.rd_kafka_queue_get_main(client))
        lanes = [self._lane(number) for number in range(direct.partitions)]
        start = monotonic_ns() + int(direct.warmup_s * SECOND)
        end = start + int(direct.seconds * SECOND)
        before: tuple[int, int, int, int] | None = None
        # As the load tester does: filling every gap at once would make calls of a few records each.
        least_room = max(min(_CHUNK, direct.in_flight // 4), 1)
        turn = now = 0
        while now < end:
            now = monotonic_ns()
            if before is None and now >= start:
                before = self._reading(now)
            room = min(direct.in_flight - (self.sent - self.acked), _CHUNK)
            if room >= least_room:
                self._send(lib, topic, turn % direct.partitions, lanes[turn % direct.partitions], room, now)
                turn += 1
            self._hear(lib, queue, lanes, 0 if room >= least_room else 1)
        after = self._reading(monotonic_ns())
        assert before is not None and not self.failed, f"{self.failed} records failed"
        wall, cpu, main, acked = (last - first for first, last in zip(before, after, strict=True))
        return Cost(acked, wall / 1e9, cpu / 1e9, main / 1e9)

    def _reading(self, now: int) -> tuple[int, int, int, int]:
        return now, process_time_ns(), thread_time_ns(), self.acked

    def _client(self, lib: ctypes.CDLL) -> ctypes.c_void_p:
        text = ctypes.create_string_buffer(512)
        conf = ctypes.c_void_p(lib.rd_kafka_conf_new())
        for name, value in self.direct.config.items():
            given = str(value).lower() if isinstance(value, bool) else str(value)
            if lib.rd_kafka_conf_set(conf, name.encode(), given.encode(), text, 512):
                raise SystemExit(text.value.decode())
        lib.rd_kafka_conf_set_events(conf, _DELIVERIES)
        client = lib.rd_kafka_new(_PRODUCER, conf, text, 512)
        if not client:
            raise SystemExit(text.value.decode())
        return ctypes.c_void_p(client)

    def _lane(self, number: int) -> _Lane:
        """The buffer holds partition, sequence and time of each key; only the last two change."""
        keys = array("q", [number, 0, 0] * _CHUNK)
        messages, (address, _) = (_Message * _CHUNK)(), keys.buffer_info()
        values = self.direct.values
        for at, message in enumerate(messages):
            value = values[(number * len(values) // self.direct.partitions + at) % len(values)]
            message.payload = ctypes.cast(ctypes.c_char_p(value), ctypes.c_void_p)
            message.len, message.key, message.key_len = len(value), address + at * _KEY_BYTES, _KEY_BYTES
        return _Lane(messages, keys)

    def _send(
        self, lib: ctypes.CDLL, topic: ctypes.c_void_p, partition: int, lane: _Lane, count: int, now: int
    ) -> None:
        first = lane.next_sequence
        lane.keys[1 : 3 * count : 3] = array("q", range(first, first + count))
        lane.keys[2 : 3 * count : 3] = array("q", [now]) * count
        taken = lib.rd_kafka_produce_batch(topic, partition, _COPY, lane.messages, count)
        assert taken == count, "the library had no room"
        lane.next_sequence += count
        lane.firsts.append(first)
        lane.handed_ns.append(now)
        self.sent += count

    def _hear(self, lib: ctypes.CDLL, queue: ctypes.c_void_p, lanes: Sequence[_Lane], timeout_ms: int) -> None:
        """Take every delivery event that is there."""
        while event := lib.rd_kafka_queue_poll(queue, timeout_ms):
            timeout_ms = 0
            handle = ctypes.c_void_p(event)
            count = lib.rd_kafka_event_message_count(handle)
            if count:
                found = (ctypes.POINTER(_Message) * count)()
                lib.rd_kafka_event_message_array(handle, found, count)
                self._account(found[0].contents, found[count - 1].contents, count, lanes)
            lib.rd_kafka_event_destroy(handle)

    def _account(self, head: _Message, tail: _Message, count: int, lanes: Sequence[_Lane]) -> None:
        now = monotonic_ns()
        (number, first, _), (_, last, _) = (
            array("q", ctypes.string_at(message.key, _KEY_BYTES)) for message in (head, tail)
        )
        lane = lanes[number]
        if head.err or tail.err or (first, last) != (lane.acked, lane.acked + count - 1):
            self.failed += count
            return
        lane.acked += count
        self.acked += count
        at = bisect_right(lane.firsts, first) - 1
        while at < len(lane.firsts) and lane.firsts[at] <= last:
            stop = lane.firsts[at + 1] if at + 1 < len(lane.firsts) else lane.next_sequence
            self.responses.add(now - lane.handed_ns[at], min(stop, last + 1) - max(lane.firsts[at], first))
            at += 1
        keep = bisect_right(lane.firsts, lane.acked) - 1
        del lane.firsts[: max(keep, 0)], lane.handed_ns[: max(keep, 0)]
