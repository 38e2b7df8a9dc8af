"""Hands records to an engine, and learns what became of each.

An engine passes on what the client library says; what that means for a record's fate, and for the figures, is here.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from confluent_kafka import KafkaError

from kafkaops.loadtest.clock import clock_ns
from kafkaops.loadtest.engine import Delivered, Engine, Failed, Refused
from kafkaops.loadtest.intervals import Intervals
from kafkaops.loadtest.load import SLOT_NS
from kafkaops.loadtest.messages import ProducerDelta
from kafkaops.loadtest.proof import Sent, Source
from kafkaops.loadtest.raw import Acked, Handed
from kafkaops.loadtest.stamp import PROBE, Numbers, Origin, consecutive

REFUSED = frozenset({
    KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE, KafkaError.INVALID_MSG,
    KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED, KafkaError.INVALID_RECORD,
    KafkaError.POLICY_VIOLATION, KafkaError._PURGE_QUEUE, KafkaError._QUEUE_FULL, KafkaError._UNKNOWN_PARTITION,
})  # fmt: skip
"""Errors after which a record is not in the log for certain. After any other it may be."""


@dataclass(slots=True)
class _Lane:
    """One partition as one producer sees it."""

    word: int
    source: Source
    next_sequence: int = 0
    acked: Intervals = field(default_factory=Intervals)
    in_doubt: Intervals = field(default_factory=Intervals)
    rejected: Intervals = field(default_factory=Intervals)
    settled: Intervals = field(default_factory=Intervals)
    """Whatever became of them; kept apart, since a set that has no gaps is cheap to ask."""
    first_sequences: list[int] = field(default_factory=list)
    """Of the calls whose records are not all settled yet."""
    handed_ns: list[int] = field(default_factory=list)
    """When those calls were made."""
    marked: int = 0
    """The first sequence of the open transaction."""

    def settle(self, fate: Intervals, start: int, stop: int) -> None:
        """The fate of these sequences, one of the three, is known; calls before all that is open are forgotten."""
        fate.add(start, stop)
        self.settled.add(start, stop)
        lowest, open_from = next(iter(self.settled))
        done = bisect_right(self.first_sequences, open_from) - 1
        if lowest == 0 and done > 0:
            del self.first_sequences[:done], self.handed_ns[:done]


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
    """One producer's records, from being handed over to their fate."""

    def __init__(self, engine: Engine, partitions: int, run: int, index: int) -> None:
        self.engine = engine
        self.window = Window()
        self.delta = ProducerDelta(worker="")
        self.measured_acked = 0
        self.every_ack = True
        self.every_record = False
        self.scheduled = True
        """Whether intended times come from a schedule. In a closed loop they are now, and there is no delay to note."""
        self._lanes = [_Lane(Origin(run, index, lane).word(), Source(index, lane)) for lane in range(partitions)]
        self._by_word = {lane.word: lane for lane in self._lanes}
        self.handed = 0
        """Records that the library took, probes left out."""
        self.settled = 0
        """Records whose fate is known."""
        self.probe_failures: dict[str, int] = {}

    @property
    def calls_kept(self) -> int:
        """Calls whose times are still in memory: however long a run is, no more than the latest."""
        return sum(len(lane.handed_ns) for lane in self._lanes)

    def send(self, partition: int, intended: Sequence[int], held_back: bool) -> list[int]:
        """Hand over records that were due at these times. Gives back those that the library had no room for.

        `held_back` says that the in-flight cap, not this process, made them late.
        """
        lane = self._lanes[partition]
        first = lane.next_sequence
        lane.next_sequence = first + len(intended)
        handed_ns, refused = self.engine.hand_over(partition, lane.word, first, intended)
        if self.every_ack:
            lane.first_sequences.append(first)
            lane.handed_ns.append(handed_ns)
        if self.every_record:
            origin_ns = self.window.origin_ns
            since = array("q", [time - origin_ns for time in intended])
            nowhere = [first + each.place for each in refused]
            self.delta.handed_records.append(Handed(lane.source, first, since, handed_ns - origin_ns, nowhere))
        left: list[int] = []
        if refused:
            intended, left = self._sort_out(lane, first, intended, refused)
        self.handed += len(intended)
        self._note_sent(intended, handed_ns, held_back)
        return left

    def probe(self, partitions: Sequence[int] = ()) -> None:
        """Write one record to each of these partitions, or of all. Raises `BufferError` and `KafkaException`."""
        for lane in [self._lanes[partition] for partition in partitions] or self._lanes:
            self.engine.probe(lane.source.partition, lane.word)

    def settle(self) -> None:
        """Take in what acks and failures came since; call it after each poll."""
        acks, failures = self.engine.heard()
        if acks:
            self._settle_acks(acks, clock_ns())
        for failed in failures:
            self._settle_failure(failed)
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
        self, lane: _Lane, first: int, intended: Sequence[int], refused: Sequence[Refused]
    ) -> tuple[list[int], list[int]]:
        """(intended times of the records taken, of those to be tried again)."""
        left: list[int] = []
        for place, error in refused:
            # Its sequence is spent: another attempt gets a new one, or records could overtake each other unseen.
            lane.settle(lane.rejected, first + place, first + place + 1)
            if error.code() == KafkaError._QUEUE_FULL:
                left.append(intended[place])
            else:
                self._count_error(error)
        gone = {each.place for each in refused}
        return [time for place, time in enumerate(intended) if place not in gone], left

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

    def _settle_acks(self, acks: Sequence[Delivered], now_ns: int) -> None:
        window, delta = self.window, self.delta
        settled = 0
        for word, sequences, intended in acks:
            self._settle_run(self._by_word[word], sequences, intended, now_ns)
            settled += len(sequences)
        self.settled += settled
        slot = window.slot(now_ns)
        delta.acked[slot] = delta.acked.get(slot, 0) + settled
        rising = sorted(chain.from_iterable(each.intended for each in acks))
        low, high = window.cut(rising)
        delta.response.add_since(now_ns, rising, low, high)
        self.measured_acked += high - low

    def _settle_run(self, lane: _Lane, sequences: Numbers | range, intended: Sequence[int], now_ns: int) -> None:
        """Acks of one partition, usually consecutive."""
        first, count = sequences[0], len(sequences)
        if self.every_record:
            since = now_ns - self.window.origin_ns
            self.delta.acked_records.append(Acked(lane.source, array("q", sequences), since))
        if not (isinstance(sequences, range) or consecutive(sequences)):
            # Without idempotence batches may overtake each other.
            for sequence, time in zip(sequences, intended, strict=True):
                self._note_service(lane, sequence, sequence + 1, (time,), now_ns)
                lane.settle(lane.acked, sequence, sequence + 1)
            return
        self._note_service(lane, first, first + count, intended, now_ns)
        lane.settle(lane.acked, first, first + count)

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

    def _settle_failure(self, failed: Failed) -> None:
        error, word, sequence = failed
        if sequence == PROBE:
            self.probe_failures[error.name()] = self.probe_failures.get(error.name(), 0) + 1
            return
        lane = self._by_word[word]
        lane.settle(lane.rejected if error.code() in REFUSED else lane.in_doubt, sequence, sequence + 1)
        self.settled += 1
        self._count_error(error)

    def _settle_by_count(self, now_ns: int) -> None:
        """Only failures are reported: what is neither failed nor in the library's hands was acked."""
        acked = self.handed - len(self.engine) - self.settled
        if acked > 0:
            self.settled += acked
            slot = self.window.slot(now_ns)
            self.delta.acked[slot] = self.delta.acked.get(slot, 0) + acked

    def _count_error(self, error: KafkaError) -> None:
        self.delta.errors[error.name()] = self.delta.errors.get(error.name(), 0) + 1
