"""A consumer process: reads, notes which sequences came at which offsets, measures, commits what it has reported.

An offset is committed only after what was read below it has been reported: if the process dies in between, another
member reads it again, and nothing goes unnoticed.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from time import sleep

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from kafkaops.loadtest.client import consumer_client
from kafkaops.loadtest.clock import clock_ns
from kafkaops.loadtest.messages import (
    ConsumerDelta,
    ConsumerFinal,
    ConsumerSetup,
    Hold,
    Holding,
    Ready,
    Start,
    Stop,
    ToWorker,
)
from kafkaops.loadtest.proof import Source, Stretch
from kafkaops.loadtest.raw import Read
from kafkaops.loadtest.sending import Window
from kafkaops.loadtest.stamp import PROBE, SIZE, Numbers, Origin, consecutive, runs, unstamp
from kafkaops.loadtest.usage import Usage
from kafkaops.loadtest.worker import Abandoned, Pipe, WorkerFrame, quiet_logger

BATCH = 1_000
"""Records taken at a time at most: a call costs little more than a record, and 10,000 outgrow the caches."""
_WAIT_S = 0.1
_REPORT_NS = 1_000_000_000
_SETTING_UP_NS = 200_000_000


def consume(setup: ConsumerSetup, connection: Connection) -> None:
    """The entry point of a consumer process."""
    WorkerFrame(setup, connection, lambda setup, pipe: _Consuming(setup, pipe).run()).run()


class Reader:
    """Takes in batches and keeps what proof and report need. Knows no Kafka client."""

    def __init__(self, run: int, *, every_record: bool = False) -> None:
        self.run, self.every_record = run, every_record
        self.window = Window()
        self.offsets_ns: Mapping[int, int] = {}
        """By producer: what turns its clock's readings into those of ours."""
        self.delta = ConsumerDelta("")
        self._open: dict[int, list[int]] = {}
        """By the stamp's first word: the stretch that grows, as [sequence, offset, length]."""

    def take(self, batch: Sequence[Message], now_ns: int) -> None:
        """Records read at one instant."""
        try:
            words, sequences, intended = unstamp(map(Message.key, batch), len(batch))
        except (TypeError, ValueError):
            self._take_ours(batch, now_ns)
            return
        parts = list(runs(words))
        if any(word >> 32 != self.run for word, _, _ in parts):
            self._take_ours(batch, now_ns)
            return
        if self.offsets_ns:
            intended = array(
                "q",
                [
                    time + self.offsets_ns.get(Origin.of(word).producer, 0)
                    for word, time in zip(words, intended, strict=True)
                ],
            )
        if self.every_record:
            self._keep(batch, words, sequences, now_ns)
        probes = sum(self._take_run(word, batch, sequences, start, stop) for word, start, stop in parts)
        rising = sorted(intended)
        self.delta.response.add_since(now_ns, rising, *self.window.cut(rising))
        if probes < len(batch):
            self.delta.last_ns = now_ns - self.window.origin_ns
            slot = self.window.slot(now_ns)
            self.delta.consumed[slot] = self.delta.consumed.get(slot, 0) + len(batch) - probes

    def _keep(self, batch: Sequence[Message], words: Sequence[int], sequences: Sequence[int], now_ns: int) -> None:
        """Note every record by itself, probes left out."""
        kept = [index for index, sequence in enumerate(sequences) if sequence != PROBE]
        self.delta.read_records.append(
            Read(
                array("q", [words[index] for index in kept]),
                array("q", [sequences[index] for index in kept]),
                array("q", [batch[index].partition() for index in kept]),
                array("q", [batch[index].offset() for index in kept]),
                now_ns - self.window.origin_ns,
            )
        )

    def give(self, worker: str) -> ConsumerDelta:
        """What came in since the last time."""
        for word in list(self._open):
            self._close(word)
        delta, self.delta = self.delta, ConsumerDelta("")
        delta.worker = worker
        return delta

    def _take_run(self, word: int, batch: Sequence[Message], sequences: Numbers, at: int, stop: int) -> int:
        """Consecutive records of one producer and partition. Gives how many are probes."""
        origin, probes = Origin.of(word), 0
        if sequences[at] == PROBE and batch[at].partition() == origin.partition:
            self.delta.probes.add(Source(origin.producer, origin.partition))
            self.delta.reached[origin.partition] = batch[at].offset() + 1
            at, probes = at + 1, 1
            if at == stop:
                return probes
        first, last, count = batch[at], batch[stop - 1], stop - at
        in_place = first.partition() == last.partition() == origin.partition
        if in_place and last.offset() - first.offset() == count - 1 and consecutive(sequences[at:stop]):
            self.delta.reached[origin.partition] = last.offset() + 1
            self._extend(word, sequences[at], first.offset(), count)
            return probes
        for index in range(at, stop):
            self._take_one(word, origin, batch[index], sequences[index])
        return probes

    def _take_one(self, word: int, origin: Origin, message: Message, sequence: int) -> None:
        partition, offset = message.partition(), message.offset()
        self.delta.reached[partition] = offset + 1
        if partition == origin.partition:
            self._extend(word, sequence, offset, 1)
        else:
            # Its offset says nothing about the order in the partition that it was sent to.
            self.delta.misplaced += 1

    def _extend(self, word: int, sequence: int, offset: int, count: int) -> None:
        stretch = self._open.get(word)
        if stretch and stretch[0] + stretch[2] == sequence and stretch[1] + stretch[2] == offset:
            stretch[2] += count
            return
        if stretch:
            self._close(word)
        self._open[word] = [sequence, offset, count]

    def _close(self, word: int) -> None:
        origin = Origin.of(word)
        stretch = Stretch(*self._open.pop(word))
        self.delta.stretches.setdefault(Source(origin.producer, origin.partition), []).append(stretch)

    def _take_ours(self, batch: Sequence[Message], now_ns: int) -> None:
        """Sort out errors and the records of others, then take the rest."""
        ours: list[Message] = []
        for message in batch:
            error, key = message.error(), message.key()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                # Where transactions end, the log holds more offsets than records.
                self.delta.reached[message.partition()] = message.offset()
            elif error is not None:
                self.note(error)
            elif key is None or len(key) != SIZE or unstamp((key,), 1)[0][0] >> 32 != self.run:
                self.delta.foreign += 1
                self.delta.reached[message.partition()] = message.offset() + 1
            else:
                ours.append(message)
        if ours:
            self.take(ours, now_ns)

    def note(self, error: KafkaError) -> None:
        """Count an event by the error's name."""
        self.delta.events[error.name()] = self.delta.events.get(error.name(), 0) + 1


class _Consuming:
    def __init__(self, setup: ConsumerSetup, pipe: Pipe) -> None:
        self.setup, self.pipe = setup, pipe
        self.reader = Reader(setup.run, every_record=setup.load.every_record)
        config = consumer_client(setup.settings, setup.load.consumer_config, setup.name, setup.group)
        self.consumer = Consumer({**config, "error_cb": self.reader_note}, logger=quiet_logger())
        self.positions: dict[int, int] = {}
        self.stop = self.abandoned = self.holding = False
        self.reported_ns = clock_ns()
        self.before: Usage | None = None
        self.after: Usage | None = None

    def reader_note(self, error: KafkaError) -> None:
        """librdkafka's `error_cb`."""
        self.reader.note(error)

    def run(self) -> None:
        """Read until told to stop. The group is left in any case, so that it can be deleted."""
        self.pipe.say(Ready(self.setup.name))
        topic, partitions = self.setup.target.name, self.setup.partitions
        if partitions:
            self.consumer.assign([TopicPartition(topic, partition) for partition in partitions])
        else:
            self.consumer.subscribe([topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)
        try:
            while not self.stop:
                self._once()
            self._report(clock_ns())
        except Abandoned:
            self.abandoned = True
            raise
        finally:
            self.consumer.close()
        used = self.before.until(self.after or Usage.now(), self.setup.name) if self.before else None
        self.pipe.say(ConsumerFinal(self.setup.name, used))

    def _once(self) -> None:
        cost = self.setup.load.consume_cost_ns
        if self.holding:  # each time, for a rebalance brings partitions that are not paused
            self.consumer.pause(self.consumer.assignment())
        batch = self.consumer.consume(1, _WAIT_S)
        if batch and not cost:
            # The first call waits for one record, this one takes what is there: a call that asks for more
            # than there is waits until its time is up, and the wait would look like latency.
            batch += self.consumer.consume(BATCH - 1, 0)
        # Consumers are told of the start before producers are: what was said is in the pipe before the first record is
        # in the log, and must be heard before that record is taken, however long this process did not look.
        if not self.reader.window.origin_ns:
            self._heed(self.pipe.wait(0))
        now = clock_ns()
        if batch:
            self.reader.take(batch, now)
        self._housekeeping(now)
        if batch and cost:
            self._work(now + cost)

    def _work(self, until_ns: int) -> None:
        wait = until_ns - clock_ns()
        if wait > 0:
            sleep(wait / 1e9)

    def _heed(self, message: ToWorker | None) -> None:
        match message:
            case Hold():
                self.holding = True
                self.pipe.say(Holding(self.setup.name))
            case Start():
                self._start(message)
            case Stop():
                self.stop = True

    def _housekeeping(self, now: int) -> None:
        self._heed(self.pipe.heard(now))
        window = self.reader.window
        if self.before is None and now >= window.start_ns:
            self.before = Usage.now()
        if self.after is None and now >= window.end_ns:
            self.after = Usage.now()
        every = _REPORT_NS if window.origin_ns else _SETTING_UP_NS
        if now - self.reported_ns >= every:
            self._report(now)
            self.reported_ns += every * ((now - self.reported_ns) // every)
            self._commit(list(self.positions), wait=False)

    def _start(self, message: Start) -> None:
        timing, window = self.setup.timing, self.reader.window
        self.reader.offsets_ns = message.offsets_ns
        self.reported_ns = message.origin_ns
        if self.setup.load.drain is None:
            window.set(message.origin_ns, timing.warmup_ns, timing.end_ns)
            return
        # How long a record of the backlog waited says nothing of the cluster: none is measured.
        window.origin_ns = message.origin_ns
        self.before = Usage.now()
        self.holding = False
        self.consumer.resume(self.consumer.assignment())

    def _report(self, now: int) -> None:
        delta = self.reader.give(self.setup.name)
        reached = delta.reached
        self.pipe.say(delta)
        # Only now, for it can be committed from here on.
        self.positions.update(reached)

    def _commit(self, partitions: Sequence[int], *, wait: bool) -> None:
        topic = self.setup.target.name
        offsets = [TopicPartition(topic, each, self.positions[each]) for each in partitions if each in self.positions]
        if not offsets:
            return
        try:
            if wait:
                self.consumer.commit(offsets=offsets, asynchronous=False)
            else:
                self.consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            # A commit that fails leads to redelivery, which is allowed and counted.
            self.reader.note(error.args[0])

    def _assigned(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self.reader.delta.rebalances += bool(partitions)

    def _revoked(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        if self.abandoned:
            return
        self._report(clock_ns())
        revoked = [each.partition for each in partitions]
        self._commit(revoked, wait=True)
        self._forget(revoked)

    def _lost(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        if self.abandoned:
            return
        self._report(clock_ns())
        self._forget([each.partition for each in partitions])

    def _forget(self, partitions: Sequence[int]) -> None:
        for partition in partitions:
            self.positions.pop(partition, None)
