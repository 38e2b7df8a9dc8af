"""Runs one load test: make the twins, start the workers, watch, wait for the last record, clean up, judge.

While records flow nothing is asked of the cluster from here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from time import monotonic, monotonic_ns

from kafkaops.clients.kafka import KafkaAdmin, NewTopic, TopicPartition
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import Diagnostic, PlatformError, UsageError
from kafkaops.loadtest.fleet import Fleet, LocalFleet, Role, Worker
from kafkaops.loadtest.host_clock import HostClock
from kafkaops.loadtest.load import SLOTS_PER_SECOND, Run
from kafkaops.loadtest.messages import (
    ConsumerDelta,
    ConsumerFinal,
    ConsumerSetup,
    Failed,
    FromWorker,
    Hold,
    Holding,
    Probe,
    ProducerDelta,
    ProducerFinal,
    ProducerSetup,
    Ready,
    Start,
    Stop,
)
from kafkaops.loadtest.placement import consumer_partitions, is_pinned, producer_partitions
from kafkaops.loadtest.progress import Progress, progress_of
from kafkaops.loadtest.proof import Source
from kafkaops.loadtest.slo import Measured, hopeless
from kafkaops.loadtest.tally import GroupTally, LoadTally
from kafkaops.loadtest.twin import create_twins, end_offsets, group_name, remove, twin_name
from kafkaops.loadtest.usage import host_busy_ns

READY_S = 60.0
PROBE_S = 60.0
"""A group's first assignment alone takes some seconds (group.initial.rebalance.delay.ms)."""
CALIBRATE_S = 0.5
_LEAD_NS = 300_000_000
_LAG_NS = 300_000_000
"""How long after a second its reports are there."""
_GRACE_S = 5.0
_LAST_WORD_S = 15.0

Listen = Callable[[tuple[Progress, ...]], None]


@dataclass(slots=True)
class Outcome:
    """What came of a run, before it is judged."""

    tallies: list[LoadTally]
    ends: list[dict[int, int] | None]
    """By load: the first offset beyond each partition's log; None when the cluster did not say."""
    interrupted: str | None = None
    """Why the run ended before its time, or is not whole."""
    by_user: bool = False
    aborted: str | None = None
    """The objective that could not be met any more."""
    happened: list[str] = field(default_factory=list)
    """What went wrong meanwhile, in sentences, whether it mattered or not."""
    warnings: list[Diagnostic] = field(default_factory=list)
    host_busy: float | None = None
    """The share of all cores that was busy while measured, by whomever."""
    clocks: tuple[HostClock, ...] = ()
    """Of the hosts of a fleet."""
    hosts: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """The same hosts, described."""
    pinned: list[bool] = field(default_factory=list)
    """By load: whether each record was read on the host that wrote it."""
    started_at: float = 0.0
    """Seconds since the epoch."""
    released_ns: int | None = None
    """When consumers began to read a backlog that had been built up, from the start."""


@dataclass(slots=True)
class Coordinator:
    """One run. `say` is told what is being waited for, `listen` gets the progress of each second."""

    run: Run
    settings: KafkaSettings
    kafka: KafkaAdmin
    listen: Listen
    say: Callable[[str], None]
    fleet: Fleet = field(default_factory=LocalFleet)
    _origin_ns: int = 0
    _brokers: frozenset[int] = frozenset()
    _shown: int = -1
    _host: list[tuple[int, int] | None] = field(default_factory=list)

    def execute(self, twins: tuple[NewTopic, ...]) -> Outcome:
        """Run from beginning to end. What was made is removed whatever happens.

        Raises `PlatformError` when the load could not begin.
        """
        outcome = Outcome([self._tally(index) for index in range(len(self.run.loads))], [None] * len(self.run.loads))
        try:
            if twins:
                self.say("Making " + ", ".join(topic.name for topic in twins))
                create_twins(self.kafka, twins)
            self._work(outcome)
        except KeyboardInterrupt:
            outcome.by_user, outcome.interrupted = True, "interrupted"
        finally:
            self._clean_up(outcome, twins)
        return outcome

    def _tally(self, index: int) -> LoadTally:
        load, target = self.run.loads[index], self.run.targets[index]
        groups = tuple(
            GroupTally(group_name(load.topic, self.run.identity, group + 1))
            for group in range(load.groups if load.consumers else 0)
        )
        return LoadTally(load, target, self.run.timing, groups)

    def _clean_up(self, outcome: Outcome, twins: tuple[NewTopic, ...]) -> None:
        """End the workers first: a producer that is still there could make its topic again."""
        try:
            self.fleet.end()
        finally:
            groups = [group.name for tally in outcome.tallies for group in tally.groups]
            outcome.warnings += remove(self.kafka, [topic.name for topic in twins], groups)

    # ---- the phases

    def _work(self, outcome: Outcome) -> None:
        self._brokers = frozenset(self.kafka.cluster().brokers)
        self._skip_what_is_there()
        self._start_workers(outcome)
        self.say(f"Waiting for {len(self.fleet.workers)} workers")
        self._until(outcome, lambda: all(worker.ready for worker in self.fleet.workers), READY_S, "get ready")
        self._check_calibration(outcome)
        self.fleet.tell(Probe(), Role.PRODUCER)
        self.say("Waiting for a first record through every partition")
        self._until(outcome, lambda: self._probed(outcome), PROBE_S, "write and read a record on every partition")
        if self.run.drains:
            self.fleet.tell(Hold(), Role.CONSUMER)
            self._until(outcome, lambda: all(each.holding for each in self._of(Role.CONSUMER)), READY_S, "hold")
        self.fleet.compare_clocks()
        self._origin_ns = monotonic_ns() + _LEAD_NS
        outcome.started_at = time.time() + _LEAD_NS / 1e9
        self.fleet.tell(Start(self._origin_ns), Role.PRODUCER if self.run.drains else None)
        try:
            self._watch(outcome)
            self._release(outcome)
            self._drain(outcome)
        except KeyboardInterrupt:
            outcome.by_user = True
            outcome.interrupted = f"interrupted after {self._elapsed_s():.0f} s"
            self._wind_up(outcome)
        self._note_what_happened(outcome)
        outcome.clocks, outcome.hosts = self.fleet.clocks(), self.fleet.about()
        self._note_losses(outcome)
        self._note_host(outcome)

    def _start_workers(self, outcome: Outcome) -> None:
        producers = consumers = 0
        run, hosts = self.run, self.fleet.hosts
        for index, (load, target) in enumerate(zip(run.loads, run.targets, strict=True)):
            pinned = is_pinned(load, target.partitions, hosts)
            outcome.pinned.append(pinned)
            for group in range(load.groups):
                for share in range(load.consumers):
                    consumers += 1
                    setup = ConsumerSetup(
                        f"consumer {consumers}", consumers, share, run.run, self.settings, load, target, run.timing,
                        run.seed, group=group_name(load.topic, run.identity, group + 1),
                        partitions=consumer_partitions(share, load.consumers, target.partitions, hosts)
                        if pinned else (),
                    )  # fmt: skip
                    self.fleet.start(Role.CONSUMER, index, group, setup)
            for share in range(load.producers):
                calibrate_s = CALIBRATE_S if run.calibrate and producers < hosts else 0.0
                producer = ProducerSetup(
                    f"producer {producers + 1}", producers, share, run.run, self.settings, load, target, run.timing,
                    run.seed, payload=run.payloads[index], calibrate_s=calibrate_s,
                    transactional_id=None if load.transaction_ns is None
                    else f"{twin_name(load.topic, run.identity)}-p{producers + 1}",
                    partitions=producer_partitions(share, target.partitions, hosts) if pinned else (),
                )  # fmt: skip
                self.fleet.start(Role.PRODUCER, index, 0, producer)
                producers += 1

    def _skip_what_is_there(self) -> None:
        """In a topic that is no twin, groups begin where the log ends now."""
        for load, target in zip(self.run.loads, self.run.targets, strict=True):
            if target.twin or not load.consumers:
                continue
            ends = end_offsets(self.kafka, target)
            begin = {TopicPartition(target.name, partition): offset for partition, offset in ends.items()}
            for group in range(load.groups):
                name = group_name(load.topic, self.run.identity, group + 1)
                refused = next((each for each in self.kafka.commit(name, begin).values() if each is not None), None)
                if refused is not None:
                    raise PlatformError.of("KO015", f"group {name} cannot begin at the log's end: {refused}")

    def _check_calibration(self, outcome: Outcome) -> None:
        """Refuse a rate that this machine cannot even hand to the client library. Raises `UsageError` KO002."""
        calibrated = min(
            (ready.calibrated for tally in outcome.tallies for ready in tally.readies if ready.calibrated), default=0
        )
        for load in self.run.loads:
            if not calibrated or load.schedule is None:
                continue
            each = load.schedule.peak_rate / load.producers
            if each > calibrated:
                raise UsageError.of(
                    "KO002",
                    f"{each:,.0f} records per second and process are more than this machine can make: "
                    f"it was measured at {calibrated:,.0f}",
                    address=f"topic.{load.topic}",
                    hint="lower the rate, spread it with --producers where there are cores for them, or use --max",
                )

    def _of(self, role: Role) -> list[Worker]:
        return [worker for worker in self.fleet.workers if worker.role is role]

    def _until(self, outcome: Outcome, reached: Callable[[], bool], seconds: float, what: str) -> None:
        """Listen until something is reached. Raises `PlatformError` when a worker fails or time is up."""
        deadline = monotonic() + seconds
        while not reached():
            for worker, message in self.fleet.listen(0.1):
                if isinstance(message, Failed):
                    raise PlatformError.of(message.code, message.summary, detail=message.detail, hint=message.hint)
                self._take(outcome, worker, message)
            lost = next((worker.lost for worker in self.fleet.workers if worker.lost), None)
            if lost is not None:
                raise PlatformError.of("KO013", f"{lost} before the load began", hint="run it again with --debug")
            if monotonic() > deadline:
                raise PlatformError.of(
                    "KO015",
                    f"the workers did not {what} within {seconds:g} s",
                    detail=self._complaints(outcome),
                    hint="look whether a broker is missing; the principal needs READ, WRITE and DESCRIBE on loadtest-* "
                    "topics and READ on loadtest-* groups",
                )

    def _complaints(self, outcome: Outcome) -> str | None:
        events = sorted({name for tally in outcome.tallies for name in tally.events})
        return f"the clients reported {', '.join(events)}" if events else None

    def _probed(self, outcome: Outcome) -> bool:
        """Whether every producer has an ack, and every group a record of every producer, on every partition."""
        if not all(worker.probed for worker in self._of(Role.PRODUCER)):
            return False
        index = 0
        for tally, pinned in zip(outcome.tallies, outcome.pinned, strict=True):
            partitions = tally.target.partitions
            for share, producer in enumerate(range(index, index + tally.load.producers)):
                own = producer_partitions(share, partitions, self.fleet.hosts) if pinned else range(partitions)
                wanted = {Source(producer, partition) for partition in own}
                if not all(wanted <= group.probes for group in tally.groups):
                    return False
            index += tally.load.producers
        return True

    def _watch(self, outcome: Outcome) -> None:
        """Listen until all producers are done, or long past the time that they should be."""
        timing = self.run.timing
        deadline = self._origin_ns + timing.end_ns + timing.drain_ns + int(_LAST_WORD_S * 1e9)
        begun = False
        while any(worker.alive for worker in self._of(Role.PRODUCER)) and monotonic_ns() < deadline:
            self._hear(outcome, 0.1)
            now = monotonic_ns()
            if not begun and now >= self._origin_ns + timing.warmup_ns:
                begun = True
                self._host.append(host_busy_ns())
            if len(self._host) == 1 and now >= self._origin_ns + timing.end_ns:
                self._host.append(host_busy_ns())
            if self._progress(outcome) and self.run.abort_on_fail and outcome.aborted is None:
                self._abort_if_hopeless(outcome)

    def _release(self, outcome: Outcome) -> None:
        """Let consumers that were held read the backlog."""
        if not self.run.drains or outcome.released_ns is not None:
            return
        self.say("Reading what was built up")
        outcome.released_ns = monotonic_ns() - self._origin_ns
        self.fleet.tell(Start(self._origin_ns), Role.CONSUMER)

    def _drain(self, outcome: Outcome) -> None:
        """Let the consumers read up to the end of the log."""
        consumers = self._of(Role.CONSUMER)
        self._read_ends(outcome)
        deadline = monotonic_ns() + self.run.timing.drain_ns
        # What a lost consumer was to read nobody else will where partitions are dealt out to hosts.
        enough = all if any(outcome.pinned) else any
        while (
            enough(worker.alive for worker in consumers)
            and monotonic_ns() < deadline
            and any(
                group.behind(ends)
                for tally, ends in zip(outcome.tallies, outcome.ends, strict=True)
                if ends is not None
                for group in tally.groups
            )
        ):
            self._hear(outcome, 0.1)
            self._progress(outcome)
        self._stop_consumers(outcome)

    def _wind_up(self, outcome: Outcome) -> None:
        """After Ctrl-C: no more records, a short wait for those under way."""
        self._note_end(outcome)
        self.fleet.tell(Stop(_GRACE_S), Role.PRODUCER)
        deadline = monotonic() + _GRACE_S + 6
        while any(worker.alive for worker in self._of(Role.PRODUCER)) and monotonic() < deadline:
            self._hear(outcome, 0.1)
        self._release(outcome)
        self._read_ends(outcome)
        deadline = monotonic() + _GRACE_S
        while monotonic() < deadline and any(
            group.behind(ends)
            for tally, ends in zip(outcome.tallies, outcome.ends, strict=True)
            if ends is not None
            for group in tally.groups
        ):
            self._hear(outcome, 0.1)
        self._stop_consumers(outcome)

    def _stop_consumers(self, outcome: Outcome) -> None:
        self.fleet.tell(Stop(0), Role.CONSUMER)
        deadline = monotonic() + _LAST_WORD_S
        while any(worker.alive for worker in self._of(Role.CONSUMER)) and monotonic() < deadline:
            self._hear(outcome, 0.1)

    def _read_ends(self, outcome: Outcome) -> None:
        """Workers are heard meanwhile: while leaders are missing the answer takes long."""
        with ThreadPoolExecutor(1) as thread:
            asked = thread.submit(self._ends)
            while not asked.done():
                wait([asked], 0.05)
                self._hear(outcome, 0)
                self._progress(outcome)
        try:
            outcome.ends[:] = asked.result()
        except PlatformError as error:
            outcome.interrupted = outcome.interrupted or (
                f"where the log ends is unknown: {error.diagnostics[0].summary}"
            )

    def _ends(self) -> list[dict[int, int] | None]:
        # Leaders may have moved: asked where they were, the answer would only come when time is up.
        self.kafka.cluster()
        return [end_offsets(self.kafka, target) for target in self.run.targets]

    # ---- listening

    def _hear(self, outcome: Outcome, timeout_s: float) -> None:
        for worker, message in self.fleet.listen(timeout_s):
            self._take(outcome, worker, message)

    def _take(self, outcome: Outcome, worker: Worker, message: FromWorker) -> None:
        tally = outcome.tallies[worker.load]
        match message:
            case Ready():
                worker.ready = True
                if worker.role is Role.PRODUCER:
                    tally.readies.append(message)
            case Holding():
                worker.holding = True
            case ProducerDelta():
                worker.probed = worker.probed or message.probed
                tally.note_events([*message.events, *message.errors], self._second())
                tally.add_producer(message)
            case ConsumerDelta():
                tally.note_events(message.events, self._second())
                tally.add_consumer(worker.group, message)
            case ProducerFinal():
                worker.done = True
                tally.finish_producer(message)
            case ConsumerFinal():
                worker.done = True
                tally.finish_consumer(message)
            case Failed():
                worker.lost = f"{worker.name}: {message.summary}"

    def _note_losses(self, outcome: Outcome) -> None:
        for worker in self.fleet.workers:
            if worker.alive:
                worker.lost = f"{worker.name} did not end in time"
            if worker.lost is not None:
                outcome.interrupted = outcome.interrupted or worker.lost
                if worker.role is Role.PRODUCER:
                    outcome.tallies[worker.load].final = False

    def _note_end(self, outcome: Outcome) -> None:
        for tally in outcome.tallies:
            tally.ended_ns = monotonic_ns() - self._origin_ns

    def _second(self) -> int:
        return (monotonic_ns() - self._origin_ns) // 1_000_000_000 if self._origin_ns else -1

    def _note_what_happened(self, outcome: Outcome) -> None:
        """Brokers that went, and what clients complained of, when."""
        try:
            gone = sorted(self._brokers - self.kafka.cluster().brokers.keys())
        except PlatformError as error:
            outcome.happened.append(f"no broker answers any more: {error.diagnostics[0].summary}")
        else:
            outcome.happened += [f"broker {broker} was there when the load began, and is gone" for broker in gone]
        for tally in outcome.tallies:
            for name, (first, last) in sorted(tally.event_seconds.items()):
                count = tally.errors.get(name, 0)
                what = f"{count:,} records failed with {name}" if count else f"clients reported {name}"
                when = f"in second {first + 1}" if first == last else f"from second {first + 1} to {last + 1}"
                outcome.happened.append(f"{tally.load.topic}: {what} {when}")

    def _elapsed_s(self) -> float:
        return max(monotonic_ns() - self._origin_ns, 0) / 1e9

    def _progress(self, outcome: Outcome) -> bool:
        """Once for each second whose reports are in."""
        second = (monotonic_ns() - self._origin_ns - _LAG_NS) // 1_000_000_000 - 1
        if second <= self._shown:
            return False
        self._shown = second
        self.listen(tuple(progress_of(tally, second) for tally in outcome.tallies))
        return True

    def _abort_if_hopeless(self, outcome: Outcome) -> None:
        timing = self.run.timing
        shown_slot = (self._shown + 1) * SLOTS_PER_SECOND - 1
        for tally in outcome.tallies:
            if tally.load.schedule is None or shown_slot < tally.slots.start:
                continue
            readers = max(len(tally.groups), 1)
            expected = tally.load.schedule.records_between(0, timing.duration_ns) * readers
            backlogs = [tally.backlog(group, shown_slot) for group in tally.groups]
            measured = Measured(
                tally.judged_response(), tally.throughput, max(backlogs, default=None), {"errors": tally.failed}
            )
            reason = hopeless(self.run.objectives, measured, expected)
            if reason is not None:
                outcome.aborted = reason
                self.say(f"Ending the run: {tally.load.topic}: {reason}")
                self._note_end(outcome)
                self.fleet.tell(Stop(_GRACE_S), Role.PRODUCER)
                return

    def _note_host(self, outcome: Outcome) -> None:
        first, last = (*self._host, None, None)[:2]
        if first is not None and last is not None:
            (busy, total), (busy_then, total_then) = first, last
            outcome.host_busy = (busy_then - busy) / max(total_then - total, 1)
