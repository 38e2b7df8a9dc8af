"""Hands records to the client library and learns what became of each.

`produce_batch` has traps: it ignores a partition given with a message, drops headers, leaves a stale `_error` in a
message that is retried, and returns fewer than it was given when one in the middle is refused. So: one partition a
call, the stamp in the key, `_error` removed as soon as it is read, and the count and the errors compared.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import setitem
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from kafkaops.loadtest.clock import clock_ns
from kafkaops.loadtest.intervals import Intervals
from kafkaops.loadtest.load import SLOT_NS
from kafkaops.loadtest.messages import ProducerDelta
from kafkaops.loadtest.payload import Pool
from kafkaops.loadtest.proof import Sent, Source
from kafkaops.loadtest.raw import Acked, Handed
from kafkaops.loadtest.stamp import PROBE, Numbers, Origin, consecutive, runs, stamp, stamps, unstamp

CHUNK = 4_096
"""Records handed over at most before acks are looked at again."""
REFUSED = frozenset({
    KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE, KafkaError.INVALID_MSG,
    KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED, KafkaError.INVALID_RECORD,
    KafkaError.POLICY_VIOLATION, KafkaError._PURGE_QUEUE, KafkaError._QUEUE_FULL, KafkaError._UNKNOWN_PARTITION,
})  # fmt: skip
"""Errors after which a record is not in the log for certain. After any other it may be."""
_consume = deque[None](maxlen=0).extend
"""Runs an iterator to its end."""


@dataclass(slots=True)
class _Lane:
    """One partition as one producer sees it."""

    word: int
    source: Source
    value_at: int = 0
    """Where it is in the pool. Each partition walks the pool by itself, so that no batch holds a value twice."""
    next_sequence: int = 0
    acked: Intervals = field(default_factory=Intervals)
    in_doubt: Intervals = field(default_factory=Intervals)
    rejected: Intervals = field(default_factory=Intervals)
    first_sequences: list[int] = field(default_factory=list)
    """Of the calls whose records are not all acked yet."""
    handed_ns: list[int] = field(default_factory=list)
    """When those calls were made."""
    marked: int = 0
    """The first sequence of the open transaction."""


class Window:
    """The measured time, in readings of the clock. Until it is set nothing is measured."""

    def __init__(self) -> None:
        self.origin_ns = 0
        self.start_ns = self.end_ns = 1 << 62

    def set(self, origin_ns: int, warmup_ns: int, end_ns: int) -> None:
        """From here on records due between warm-up and end are measured."""
        self.origin_ns, self.start_ns, self.end_ns = origin_ns, origin_ns + warmup_ns, origin_ns + end_ns

    def cut(self, times: Sequence[int]) -> tuple[int, int]:
        """The indices between which rising intended times are measured."""
        return bisect_left(times, self.start_ns), bisect_left(times, self.end_ns)

    def slot(self, now_ns: int) -> int:
        """The tenth of a second that an instant lies in."""
        return (now_ns - self.origin_ns) // SLOT_NS


class Sender:
    """One producer's records, from the pool to their fate."""

    def __init__(self, producer: Producer, topic: str, partitions: int, run: int, index: int, pool: Pool) -> None:
        self.producer, self.topic = producer, topic
        self.window = Window()
        self.delta = ProducerDelta(worker="")
        self.measured_acked = 0
        self.every_ack = True
        self.every_record = False
        self.scheduled = True
        """Whether intended times come from a schedule. In a closed loop they are now, and there is no delay to note."""
        self._pool = len(pool.values)
        self._lanes = [
            _Lane(Origin(run, index, lane).word(), Source(index, lane), self._pool * lane // partitions)
            for lane in range(partitions)
        ]
        self._by_word = {lane.word: lane for lane in self._lanes}
        # One message for each value, which only gets a new key when it is sent: setting both would cost twice. Where
        # the pool is shorter than a chunk, a chunk must still not hold a message twice.
        values = pool.values * -(-CHUNK // self._pool)
        self._pool = len(values)
        messages: list[dict[str, Any]] = [{"key": b"", "value": value} for value in values]
        self._messages = messages + messages[:CHUNK]
        self._acks: list[bytes] = []
        self._failures: list[tuple[KafkaError, bytes]] = []
        self.handed = 0
        """Records that the library took, probes left out."""
        self.settled = 0
        """Records whose fate is known."""
        self.probe_failures: dict[str, int] = {}

    def send(self, partition: int, intended: Sequence[int], held_back: bool) -> list[int]:
        """Hand over records that were due at these times. Gives back those that the library had no room for.

        `held_back` says that the in-flight cap, not this process, made them late.
        """
        lane, count = self._lanes[partition], len(intended)
        first = lane.next_sequence
        lane.next_sequence = first + count
        messages = self._messages[lane.value_at : lane.value_at + count]
        lane.value_at = (lane.value_at + count) % self._pool
        _consume(map(setitem, messages, repeat("key"), stamps(lane.word, first, intended)))
        handed_ns = clock_ns()
        lane.first_sequences.append(first)
        lane.handed_ns.append(handed_ns)
        if self.every_record:
            origin_ns = self.window.origin_ns
            since = array("q", [time - origin_ns for time in intended])
            self.delta.handed_records.append(Handed(lane.source, first, since, handed_ns - origin_ns, []))
        taken = self.producer.produce_batch(self.topic, messages, partition=partition, on_delivery=self._delivered)
        left: list[int] = []
        if taken != count:
            intended, left = self._sort_out(lane, first, messages, intended, taken)
        self.handed += len(intended)
        self._note_sent(intended, handed_ns, held_back)
        return left

    def probe(self, partitions: Sequence[int] = ()) -> None:
        """Write one record to each of these partitions, or of all. Raises `BufferError` and `KafkaException`."""
        for lane in [self._lanes[partition] for partition in partitions] or self._lanes:
            self.producer.produce(
                self.topic,
                key=stamp(lane.word, PROBE, 0),
                value=self._messages[0]["value"],
                partition=lane.source.partition,
                on_delivery=self._delivered,
            )

    def settle(self) -> None:
        """Take in what acks and failures came since; call it after each poll."""
        if self._acks:
            acks, self._acks = self._acks, []
            self._settle_acks(acks, clock_ns())
        if self._failures:
            failures, self._failures = self._failures, []
            for error, key in failures:
                self._settle_failure(error, key)
        if not self.every_ack:
            self._settle_by_count(clock_ns())

    def mark(self) -> None:
        """A transaction begins here."""
        for lane in self._lanes:
            lane.marked = lane.next_sequence

    def take_back(self, *, in_doubt: bool = False) -> None:
        """The records since `mark` are in no committed transaction, or it is not known whether they are."""
        for lane in self._lanes:
            since = Intervals([(lane.marked, lane.next_sequence)]).minus(lane.in_doubt.union(lane.rejected))
            lane.acked = lane.acked.minus(since)
            fate = lane.in_doubt if in_doubt else lane.rejected
            for start, stop in since:
                fate.add(start, stop)
            name = "unknown end of transaction" if in_doubt else "transaction aborted"
            if since:
                self.delta.errors[name] = self.delta.errors.get(name, 0) + len(since)

    def fates(self) -> dict[Source, Sent]:
        """What is known of every record. Call it when nothing is in flight any more."""
        if not self.every_ack:
            for lane in self._lanes:
                failed = lane.in_doubt.union(lane.rejected)
                lane.acked = Intervals([(0, lane.next_sequence)]).minus(failed)
        return {
            lane.source: Sent(lane.acked, lane.in_doubt, lane.rejected) for lane in self._lanes if lane.next_sequence
        }

    # ---- handing over

    def _sort_out(
        self, lane: _Lane, first: int, messages: list[dict[str, Any]], intended: Sequence[int], taken: int
    ) -> tuple[list[int], list[int]]:
        """(intended times of the records taken, of those to be tried again)."""
        accepted: list[int] = []
        left: list[int] = []
        for index, message in enumerate(messages):
            error: KafkaError | None = message.pop("_error", None)
            if error is None:
                accepted.append(intended[index])
                continue
            # Its sequence is spent: another attempt gets a new one, or records could overtake each other unseen.
            lane.rejected.add(first + index, first + index + 1)
            if self.every_record:
                self.delta.handed_records[-1].refused.append(first + index)
            if error.code() == KafkaError._QUEUE_FULL:
                left.append(intended[index])
            else:
                self._count_error(error)
        if len(accepted) != taken:
            raise AssertionError("produce_batch took another number of records than it marked")
        return accepted, left

    def _note_sent(self, intended: Sequence[int], handed_ns: int, held_back: bool) -> None:
        delta, window = self.delta, self.window
        slot = window.slot(handed_ns)
        delta.sent[slot] = delta.sent.get(slot, 0) + len(intended)
        if not self.scheduled:
            return
        low, high = window.cut(intended)
        delta.delay.add_since(handed_ns, intended, low, high)
        if not held_back:
            delta.own_delay.add_since(handed_ns, intended, low, high)

    # ---- fates

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._acks.append(message.key())
        else:
            self._failures.append((error, message.key()))

    def _settle_acks(self, keys: list[bytes], now_ns: int) -> None:
        words, sequences, intended = unstamp(keys, len(keys))
        window, delta = self.window, self.delta
        probes = 0
        for word, start, stop in runs(words):
            if sequences[start] == PROBE:
                start += 1
                probes += 1
            if start < stop:
                self._settle_run(self._by_word[word], sequences[start:stop], intended[start:stop], now_ns)
        settled = len(keys) - probes
        self.settled += settled
        if settled == 0:
            return
        slot = window.slot(now_ns)
        delta.acked[slot] = delta.acked.get(slot, 0) + settled
        rising = sorted(intended)
        low, high = window.cut(rising)
        delta.response.add_since(now_ns, rising, low, high)
        self.measured_acked += high - low

    def _settle_run(self, lane: _Lane, sequences: Numbers, intended: Numbers, now_ns: int) -> None:
        """Acks of one partition, usually consecutive."""
        first, count = sequences[0], len(sequences)
        if self.every_record:
            since = now_ns - self.window.origin_ns
            self.delta.acked_records.append(Acked(lane.source, sequences, since))
        if not consecutive(sequences):
            # Without idempotence batches may overtake each other.
            for sequence, time in zip(sequences, intended, strict=True):
                lane.acked.add(sequence, sequence + 1)
                self._note_service(lane, sequence, sequence + 1, (time,), now_ns)
            return
        lane.acked.add(first, first + count)
        self._note_service(lane, first, first + count, intended, now_ns)
        done = bisect_right(lane.first_sequences, first + count) - 1
        if done > 0 and next(iter(lane.acked)) == (0, first + count):
            del lane.first_sequences[:done], lane.handed_ns[:done]

    def _note_service(self, lane: _Lane, start: int, stop: int, intended: Sequence[int], now_ns: int) -> None:
        low, high = self.window.cut(intended)
        start, stop = start + low, start + high
        calls = lane.first_sequences
        call = bisect_right(calls, start) - 1
        while start < stop:
            edge = min(calls[call + 1] if call + 1 < len(calls) else stop, stop)
            self.delta.service.add(now_ns - lane.handed_ns[call], edge - start)
            start = edge
            call += 1

    def _settle_failure(self, error: KafkaError, key: bytes) -> None:
        (word,), (sequence,), _ = unstamp((key,), 1)
        if sequence == PROBE:
            self.probe_failures[error.name()] = self.probe_failures.get(error.name(), 0) + 1
            return
        lane = self._by_word[word]
        fate = lane.rejected if error.code() in REFUSED else lane.in_doubt
        fate.add(sequence, sequence + 1)
        self.settled += 1
        self._count_error(error)

    def _settle_by_count(self, now_ns: int) -> None:
        """Only failures are reported: what is neither failed nor in the library's hands was acked."""
        acked = self.handed - len(self.producer) - self.settled
        if acked > 0:
            self.settled += acked
            slot = self.window.slot(now_ns)
            self.delta.acked[slot] = self.delta.acked.get(slot, 0) + acked

    def _count_error(self, error: KafkaError) -> None:
        self.delta.errors[error.name()] = self.delta.errors.get(error.name(), 0) + 1
