"""The engine over librdkafka's C interface: records are handed over and heard of by the batch, not one by one.

Keys and messages lie in two buffers that are written over for each call: the library copies both within the call. It
does not copy values, which are the pool's and stay where they are until the client is closed. A delivery event covers
records of one partition in the order in which they were handed over. Where it has no error none of them has one, and
its first and last sequence tell the rest if they are as far apart as it has records; else each record is read.
"""

from __future__ import annotations

import ctypes
import weakref
from array import array
from collections import defaultdict
from collections.abc import Sequence
from time import monotonic

from confluent_kafka import KafkaError, KafkaException

from kafkaops.loadtest import librdkafka
from kafkaops.loadtest.client import Config
from kafkaops.loadtest.clock import clock_ns
from kafkaops.loadtest.engine import CHUNK, DRAIN_S, HEARD_AT_ONCE, NOBODY, Delivered, Failed, Refused, Told, delivered
from kafkaops.loadtest.journal import Journal
from kafkaops.loadtest.librdkafka import Addresses, Client, Message
from kafkaops.loadtest.payload import Pool
from kafkaops.loadtest.pool_walk import PoolWalk
from kafkaops.loadtest.stamp import PROBE, SIZE, Numbers, numbers, unpacked

_MESSAGE = ctypes.sizeof(Message)
_STEP = _MESSAGE // ctypes.sizeof(ctypes.c_int)
"""From one message's error to the next one's, which is its first field."""
_NO_ERRORS = memoryview(array("i", bytes(4 * CHUNK)))
_NO_ERROR_BYTES = bytes(4 * CHUNK)


def _times(intended: Sequence[int]) -> Numbers:
    """Side by side. In a closed loop all are equal, and need not be turned into machine integers one by one."""
    if intended[0] == intended[-1] and intended.count(intended[0]) == len(intended):
        return array("q", (intended[0],)) * len(intended)
    return array("q", intended)


class DirectEngine:
    """See `Engine`."""

    def __init__(self, config: Config, topic: str, partitions: int, pool: Pool, told: Told = NOBODY) -> None:
        """Raises `Unavailable` as well."""
        self._told = told
        self._every_ack = not config.get("delivery.report.only.error", False)
        self._walk = PoolWalk.over(pool.values, partitions)
        self._write_messages()
        self._journals: defaultdict[int, Journal] = defaultdict(Journal)
        self._acks: list[Delivered] = []
        self._failures: list[Failed] = []
        self._client = Client(config, topic)
        self._lib = self._client.lib
        # Before the pool's values are gone, whoever forgets to close.
        self._end = weakref.finalize(self, self._client.close)

    def _write_messages(self) -> None:
        """A message for each place of the pool. Values and keys stay where they are; keys get new content."""
        values = self._walk.values + self._walk.values[:CHUNK]
        self._keys = array("q", bytes(SIZE * len(values)))
        self._buffer = bytearray(_MESSAGE * len(values))
        self._messages = (Message * len(values)).from_buffer(self._buffer)
        self._address = ctypes.addressof(self._messages)
        self._errors = memoryview(self._buffer).cast("i")
        key, _ = self._keys.buffer_info()
        for at, (message, value) in enumerate(zip(self._messages, values, strict=True)):
            message.payload = ctypes.cast(ctypes.c_char_p(value), ctypes.c_void_p).value
            message.len, message.key, message.key_len = len(value), key + at * SIZE, SIZE

    def hand_over(
        self, partition: int, word: int, first_sequence: int, intended: Sequence[int]
    ) -> tuple[int, Sequence[Refused]]:
        """See `Engine`."""
        count = len(intended)
        at = self._walk.step(partition, count)
        low, high = 3 * at, 3 * (at + count)
        self._keys[low:high:3] = array("q", (word,)) * count
        self._keys[low + 1 : high : 3] = numbers(first_sequence, count)
        self._keys[low + 2 : high : 3] = _times(intended)
        handed_ns = clock_ns()
        refused = self._produce(partition, at, count)
        if self._every_ack:
            self._journals[word].note(first_sequence, intended, count - len(refused))
        return handed_ns, refused

    def _produce(self, partition: int, at: int, count: int) -> Sequence[Refused]:
        """Both what the call returns and what it says of each record are read."""
        errors = self._errors[_STEP * at : _STEP * (at + count) : _STEP]
        errors[:] = _NO_ERRORS[:count]
        address = self._address + _MESSAGE * at
        taken = self._lib.rd_kafka_produce_batch(self._client.topic, partition, librdkafka.BORROWED, address, count)
        if taken == count and errors.tobytes() == _NO_ERROR_BYTES[: 4 * count]:
            return ()
        refused = [Refused(place, KafkaError(code)) for place, code in enumerate(errors.tolist()) if code]
        if count - len(refused) != taken:
            raise AssertionError("rd_kafka_produce_batch took another number of records than it marked")
        return refused

    def probe(self, partition: int, word: int) -> None:
        """See `Engine`."""
        self._keys[:3] = array("q", (word, PROBE, 0))
        for _, error in self._produce(partition, 0, 1):
            if error.code() == KafkaError._QUEUE_FULL:
                raise BufferError(error.str())
            raise KafkaException(error)

    def poll(self, timeout_s: float) -> None:
        """See `Engine`."""
        lib, queue, timeout_ms = self._lib, self._client.queue, round(timeout_s * 1000)
        heard = 0
        while heard < HEARD_AT_ONCE and (event := lib.rd_kafka_queue_poll(queue, timeout_ms)):
            timeout_ms = 0
            try:
                match lib.rd_kafka_event_type(event):
                    case librdkafka.DELIVERIES:
                        heard += self._take_deliveries(event)
                    case librdkafka.STATISTICS:
                        self._told.counted(lib.rd_kafka_event_stats(event).decode())
                    case librdkafka.ERRORS:
                        self._told.complained(self._client.error_of(event))
            finally:
                lib.rd_kafka_event_destroy(event)

    def heard(self) -> tuple[Sequence[Delivered], Sequence[Failed]]:
        """See `Engine`."""
        found = self._acks, self._failures
        if self._acks:
            self._acks = []
        if self._failures:
            self._failures = []
        return found

    def __len__(self) -> int:
        """See `Engine`."""
        return len(self._client)

    def give_up(self) -> None:
        """See `Engine`."""
        self._client.purge()
        deadline = monotonic() + DRAIN_S
        while len(self._client) and monotonic() < deadline:
            self.poll(0.05)

    def close(self) -> None:
        """See `Engine`."""
        self._end()

    # ---- deliveries

    def _take_deliveries(self, event: int) -> int:
        """Says how many there were."""
        found = self._client.messages(event)
        count = len(found)
        if not self._lib.rd_kafka_event_error(event):
            head, tail = Message.from_address(found[0]), Message.from_address(found[count - 1])
            word, first, _ = unpacked(head.key_bytes())
            last_word, last, _ = unpacked(tail.key_bytes())
            whole = (word, first + count - 1) == (last_word, last) and not (head.err or tail.err)
            if whole and first != PROBE:
                intended = self._journals[word].settle(first, count)
                self._acks.append(Delivered(word, range(first, first + count), intended))
                return count
        self._take_one_by_one(found)
        return count

    def _take_one_by_one(self, found: Addresses) -> None:
        keys: list[bytes] = []
        for address in found:
            message = Message.from_address(address)
            key = message.key_bytes()
            word, sequence, _ = unpacked(key)
            if message.err:
                self._failures.append(Failed(KafkaError(message.err), word, sequence))
            else:
                keys.append(key)
            if self._every_ack and sequence != PROBE:
                self._journals[word].settle(sequence, 1)
        if keys:
            self._acks += delivered(keys)
