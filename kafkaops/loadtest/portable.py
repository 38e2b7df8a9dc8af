"""The engine over confluent-kafka's own Python interface. It runs wherever that does, and does all that it can.

`produce_batch` has traps: it ignores a partition given with a message, drops headers, leaves a stale `_error` in a
message that is retried, and returns fewer than it was given when one in the middle is refused. So: one partition a
call, the stamp in the key, `_error` removed as soon as it is read, and the count and the errors compared.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from itertools import repeat
from operator import setitem
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from kafkaops.loadtest.client import Config
from kafkaops.loadtest.clock import clock_ns
from kafkaops.loadtest.engine import CHUNK, DRAIN_S, HEARD_AT_ONCE, NOBODY, Delivered, Failed, Refused, Told, delivered
from kafkaops.loadtest.payload import Pool
from kafkaops.loadtest.pool_walk import PoolWalk
from kafkaops.loadtest.stamp import PROBE, stamp, stamps, unpacked
from kafkaops.loadtest.worker import quiet_logger

_consume = deque[None](maxlen=0).extend
"""Runs an iterator to its end."""


class _Enough(Exception):
    """Raised in a callback it ends the client's poll, which has no other way to serve so many and no more."""


class PortableEngine:
    """See `Engine`. `producer` is for transactions."""

    def __init__(self, config: Config, topic: str, partitions: int, pool: Pool, told: Told = NOBODY) -> None:
        self.producer = Producer(
            {**config, "error_cb": told.complained, "stats_cb": told.counted}, logger=quiet_logger()
        )
        self._topic = topic
        self._walk = PoolWalk.over(pool.values, partitions)
        # One message for each value, which only gets a new key when it is sent: setting both would cost twice.
        messages: list[dict[str, Any]] = [{"key": b"", "value": value} for value in self._walk.values]
        self._messages = messages + messages[:CHUNK]
        self._acks: list[bytes] = []
        self._failures: list[tuple[KafkaError, bytes]] = []
        self._enough_at = sys.maxsize

    def hand_over(
        self, partition: int, word: int, first_sequence: int, intended: Sequence[int]
    ) -> tuple[int, Sequence[Refused]]:
        """See `Engine`."""
        count = len(intended)
        at = self._walk.step(partition, count)
        messages = self._messages[at : at + count]
        _consume(map(setitem, messages, repeat("key"), stamps(word, first_sequence, intended)))
        handed_ns = clock_ns()
        taken = self.producer.produce_batch(self._topic, messages, partition=partition, on_delivery=self._reported)
        if taken == count:
            return handed_ns, ()
        errors = [message.pop("_error", None) for message in messages]
        refused = [Refused(place, error) for place, error in enumerate(errors) if error is not None]
        if count - len(refused) != taken:
            raise AssertionError("produce_batch took another number of records than it marked")
        return handed_ns, refused

    def probe(self, partition: int, word: int) -> None:
        """See `Engine`."""
        self.producer.produce(
            self._topic,
            key=stamp(word, PROBE, 0),
            value=self._walk.values[0],
            partition=partition,
            on_delivery=self._reported,
        )

    def poll(self, timeout_s: float) -> None:
        """See `Engine`."""
        self._enough_at = len(self._acks) + HEARD_AT_ONCE
        try:
            self.producer.poll(timeout_s)
        except _Enough:
            pass  # the library keeps the others, in their order
        finally:
            self._enough_at = sys.maxsize

    def heard(self) -> tuple[Sequence[Delivered], Sequence[Failed]]:
        """See `Engine`."""
        acks: list[Delivered] = []
        failed: list[Failed] = []
        if self._acks:
            acks = delivered(self._acks)
            self._acks = []
        if self._failures:
            failed = [Failed(error, *unpacked(key)[:2]) for error, key in self._failures]
            self._failures = []
        return acks, failed

    def __len__(self) -> int:
        """See `Engine`."""
        return len(self.producer)

    def give_up(self) -> None:
        """See `Engine`."""
        self.producer.purge(in_queue=True, in_flight=True)
        self.producer.flush(DRAIN_S)

    def close(self) -> None:
        """The client ends when nobody holds it any more."""

    def _reported(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._acks.append(message.key())
            if len(self._acks) >= self._enough_at:
                raise _Enough
        else:
            self._failures.append((error, message.key()))
