"""A producer process: keeps the schedule, hands records over, reports each second.

Open loop: a record's intended time is the schedule's, whatever happens. What is due is sent as soon as it can be;
nothing is skipped, and nothing is re-based after a stall.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from multiprocessing.connection import Connection
from time import sleep

from confluent_kafka import KafkaError

from kafkaops.loadtest.calibrate import calibrate
from kafkaops.loadtest.client import producer_client
from kafkaops.loadtest.clock import clock_ns
from kafkaops.loadtest.engine import CHUNK, Told
from kafkaops.loadtest.engines import choose
from kafkaops.loadtest.entropy import ratios
from kafkaops.loadtest.messages import (
    Probe,
    ProducerDelta,
    ProducerFinal,
    ProducerSetup,
    Ready,
    Start,
    Stop,
)
from kafkaops.loadtest.payload import Pool, make_pool
from kafkaops.loadtest.portable import PortableEngine
from kafkaops.loadtest.schedule import Due, even_arrivals, poisson_arrivals
from kafkaops.loadtest.sending import Sender
from kafkaops.loadtest.spread import spreader
from kafkaops.loadtest.stamp import SIZE
from kafkaops.loadtest.transactions import Transactions
from kafkaops.loadtest.usage import Usage
from kafkaops.loadtest.worker import Pipe, WorkerFrame
from kafkaops.spec.loadtests import Arrivals

TICK_NS = 300_000
"""How long at least between two looks at the schedule; it bounds the calls per second, and adds to the delay."""
_REPORT_NS = 1_000_000_000
_FLUSH_STEP_S = 0.05


def produce(setup: ProducerSetup, connection: Connection) -> None:
    """The entry point of a producer process."""
    WorkerFrame(setup, connection, lambda setup, pipe: _Producing(setup, pipe).run()).run()


class _Producing:
    def __init__(self, setup: ProducerSetup, pipe: Pipe) -> None:
        self.setup, self.pipe = setup, pipe
        target, load = setup.target, setup.load
        batch = int(load.producer_config.get("batch.size", 1_000_000))
        self.pool: Pool = make_pool(setup.payload, setup.index, batch)
        self.plain_bytes = self.wire_bytes = 0
        config = producer_client(setup.settings, load.producer_config, setup.name, load.every_ack)
        if setup.transactional_id is not None:
            config["transactional.id"] = setup.transactional_id
        self.events: dict[str, int] = {}
        self.choice = choose(load, config)
        self.engine = self.choice.make(
            config, target.name, target.partitions, self.pool, Told(self._complained, self._counted)
        )
        self.sender = Sender(self.engine, target.partitions, setup.run, setup.index)
        self.sender.every_ack, self.sender.every_record = load.every_ack, load.every_record
        self.sender.scheduled = load.schedule is not None
        record_bytes = int(self.pool.mean_size) + SIZE
        self.partitions = setup.partitions or tuple(range(target.partitions))
        self.spread = spreader(load.keys, len(self.partitions), record_bytes, setup.seed + setup.index)
        self.stop: Stop | None = None
        self.blocked_ns = 0
        self.reported_ns = 0
        self.unsent: list[int] = []
        self.transactions: Transactions | None = None
        if load.transaction_ns is not None and isinstance(self.engine, PortableEngine):
            self.transactions = Transactions(self.engine.producer, self.sender, load.transaction_ns)
        self.left: int | None = None
        """Records still to be written where a backlog is built up."""
        if load.drain is not None:
            self.left = load.drain * (setup.share + 1) // load.producers - load.drain * setup.share // load.producers
        # A closed loop that fills every gap at once would make calls of a few records each.
        self.least_room = 1 if load.schedule is not None else max(min(CHUNK, load.in_flight // 4), 1)

    # ---- the life of a producer

    def run(self) -> None:
        """Get ready, probe, follow the schedule, wait for the last ack, say what became of everything."""
        try:
            self._run()
        finally:
            self.engine.close()

    def _run(self) -> None:
        self.pipe.say(self._ready())
        start = self._wait_for_start()
        if start is None:
            return
        timing = self.setup.timing
        self.sender.window.set(start.origin_ns, timing.warmup_ns, timing.end_ns)
        self.reported_ns = start.origin_ns
        before, after = self._follow_schedule(start.origin_ns)
        self._drain()
        self._report(clock_ns())
        self.pipe.say(
            ProducerFinal(
                worker=self.setup.name,
                fates=self.sender.fates(),
                load=before.until(after, self.setup.name) if before and after else None,
                measured_records=self.sender.measured_acked,
                unsent=len(self.unsent),
                plain_bytes=self.plain_bytes,
                wire_bytes=self.wire_bytes,
                unsent_ns=tuple(time - start.origin_ns for time in self.unsent) if self.setup.load.every_record else (),
            )
        )

    def _ready(self) -> Ready:
        load, choice, pool = self.setup.load, self.choice, self.pool
        calibrated = compressed = None
        if self.setup.calibrate_s:
            calibrated = calibrate(load.producer_config, pool, self.setup.calibrate_s, choice.make)
            compressed = ratios(load.producer_config, self.setup.payload, pool)
        return Ready(
            self.setup.name, calibrated, len(pool.values), pool.mean_size, pool.repeats_in_batch, compressed,
            choice.engine, choice.fell_back,
        )  # fmt: skip

    def _wait_for_start(self) -> Start | None:
        probing, setup_partitions = False, self.setup.partitions
        if self.transactions is not None:
            self.transactions.start()
        while True:
            self.engine.poll(0.02)
            self.sender.settle()
            if probing and len(self.engine) == 0:
                probing = False
                if self.transactions is not None:
                    self.transactions.turn(clock_ns())
                self.events.update(self.sender.probe_failures)
                self._report(clock_ns(), probed=not self.sender.probe_failures)
            message = self.pipe.wait(0)
            match message:
                case Probe():
                    self.sender.probe(setup_partitions)
                    probing = True
                case Start():
                    return message
                case Stop():
                    return None

    def _follow_schedule(self, origin_ns: int) -> tuple[Usage | None, Usage | None]:
        """Usage at the end of the warm-up and at the end of the schedule."""
        window = self.sender.window
        due = self._due(origin_ns)
        before: Usage | None = None
        behind = False
        while clock_ns() < origin_ns:
            self.engine.poll(0.001)
        while self.stop is None:
            now = clock_ns()
            if before is None and now >= window.start_ns:
                before = Usage.now()
            if due is None and (now >= window.end_ns or self.left == 0):
                break
            if due is not None and due.next_ns is None and not self.unsent:
                break
            behind = self._send_what_is_due(due, now, behind)
            self._housekeeping(now)
            if self.transactions is not None and self.transactions.due(now):
                self.transactions.turn(now)
                behind = True  # what fell due meanwhile was held back by the commit
            self._rest(due, behind)
        if due is not None:
            self._count_unsent(due)
        return before, Usage.now()

    def _due(self, origin_ns: int) -> Due | None:
        setup, load = self.setup, self.setup.load
        if load.schedule is None:
            return None
        schedule = load.schedule.preceded_by(setup.timing.warmup_ns)
        share, of = setup.share, load.producers
        if load.arrivals is Arrivals.POISSON:
            return Due(poisson_arrivals(schedule, share, of, setup.seed, origin_ns))
        return Due(even_arrivals(schedule, share, of, origin_ns))

    def _send_what_is_due(self, due: Due | None, now: int, behind: bool) -> bool:
        """Send; says whether the in-flight cap has left records behind their time, which lasts until they are sent."""
        room = min(self.setup.load.in_flight - len(self.engine), CHUNK)
        if room < self.least_room:
            return True
        if due is None:
            times: Sequence[int] = [now] * (room if self.left is None else min(room, self.left))
        else:
            retried, self.unsent = self.unsent[:room], self.unsent[room:]
            taken = due.take(now, room - len(retried))
            self._count_due(taken)
            times = retried + taken
        given_back: list[int] = []
        for partition, part in self.spread(times):
            given_back += self.sender.send(self.partitions[partition], part, behind)
        if given_back:  # of several partitions, each in an order of its own
            self.unsent = sorted(self.unsent + given_back)
        if self.left is not None:
            self.left -= len(times) - len(self.unsent)
            self.unsent.clear()  # nothing was due: what found no room is sent in another turn
        if due is None or not behind:
            return bool(self.unsent)
        return bool(self.unsent) or (due.next_ns is not None and due.next_ns <= now)

    def _rest(self, due: Due | None, behind: bool) -> None:
        """Serve acks, and sleep until the next record is due but no shorter than a tick."""
        began = clock_ns()
        if behind and self.setup.load.in_flight - len(self.engine) < self.least_room:
            self.engine.poll(0.001)
            self.sender.settle()
            self.blocked_ns += clock_ns() - began
            return
        self.engine.poll(0)
        self.sender.settle()
        if due is None or due.next_ns is None:
            return
        now = clock_ns()
        wait = max(due.next_ns, began + TICK_NS) - now
        if due.next_ns <= now and wait > 0 and behind:
            return
        if wait >= 2_000_000:
            self.engine.poll((wait - 1_000_000) // 1_000_000 / 1000)
            self.sender.settle()
        elif wait > 0:
            sleep(wait / 1e9)

    def _housekeeping(self, now: int) -> None:
        message = self.pipe.heard(now)
        if isinstance(message, Stop):
            self.stop = message
        if now - self.reported_ns >= _REPORT_NS:
            self._report(now)

    def _drain(self) -> None:
        """Wait until everything is acked or failed; then give up what is left, which is in doubt."""
        grace = self.stop.grace_s if self.stop else self.setup.timing.drain_ns / 1e9
        deadline = clock_ns() + int(grace * 1e9)
        while len(self.engine) and clock_ns() < deadline:
            self.engine.poll(_FLUSH_STEP_S)
            self.sender.settle()
            now = clock_ns()
            message = self.pipe.heard(now)
            if isinstance(message, Stop):
                deadline = min(deadline, now + int(message.grace_s * 1e9))
            if now - self.reported_ns >= _REPORT_NS:
                self._report(now)
        if len(self.engine):
            self.engine.give_up()
        self.sender.settle()
        if self.transactions is not None:
            self.transactions.end()

    # ---- counting and reporting

    def _count_due(self, times: Sequence[int]) -> None:
        if not times:
            return
        slot, due = self.sender.window.slot, self.sender.delta.due
        first, last = slot(times[0]), slot(times[-1])
        if first == last:
            due[first] = due.get(first, 0) + len(times)
            return
        for time in times:
            due[slot(time)] = due.get(slot(time), 0) + 1

    def _count_unsent(self, due: Due) -> None:
        self.unsent += due.take(clock_ns(), 1 << 40)

    def _report(self, now: int, *, probed: bool = False) -> None:
        delta = self.sender.delta
        delta.worker, delta.in_flight, delta.blocked_ns, delta.probed = (
            self.setup.name, len(self.engine), self.blocked_ns, probed,
        )  # fmt: skip
        if self.transactions is not None:
            self.events.update(self.transactions.events)
            self.transactions.events.clear()
        for name, count in self.events.items():
            delta.events[name] = delta.events.get(name, 0) + count
        self.pipe.say(delta)
        self.sender.delta = ProducerDelta(self.setup.name)
        self.events, self.blocked_ns = {}, 0
        self.reported_ns += _REPORT_NS * max((now - self.reported_ns) // _REPORT_NS, 0)

    def _complained(self, error: KafkaError) -> None:
        self.events[error.name()] = self.events.get(error.name(), 0) + 1

    def _counted(self, text: str) -> None:
        statistics = json.loads(text)
        self.plain_bytes = int(statistics.get("txmsg_bytes", 0))
        self.wire_bytes = sum(broker.get("txbytes", 0) for broker in statistics.get("brokers", {}).values())
