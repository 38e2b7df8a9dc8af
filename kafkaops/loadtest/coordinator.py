"""Runs one load test: make the twins, start the workers, watch, wait for the last record, clean up.

While records flow nothing is asked of the cluster from here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from time import monotonic_ns

from kafkaops.clients.kafka import ConfigScope, KafkaAdmin, NewTopic, Refusal, TopicPartition
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import PlatformError
from kafkaops.loadtest.disclosures import fall_backs
from kafkaops.loadtest.fleet import Fleet, LocalFleet, Role
from kafkaops.loadtest.listening import Listen, Listening
from kafkaops.loadtest.load import SLOTS_PER_SECOND, Run
from kafkaops.loadtest.messages import Hold, Probe, Start, Stop
from kafkaops.loadtest.outcome import Outcome
from kafkaops.loadtest.setups import check_calibration, pinned_loads, posts, read_back
from kafkaops.loadtest.slo import Measured, hopeless
from kafkaops.loadtest.tally import GroupTally, LoadTally
from kafkaops.loadtest.twin import create_twins, end_offsets, group_name, remove
from kafkaops.loadtest.usage import host_busy_ns

READY_S = 60.0
PROBE_S = 60.0
"""A group's first assignment alone takes some seconds (group.initial.rebalance.delay.ms)."""
_LEAD_NS = 300_000_000
_GRACE_S = 5.0
_LAST_WORD_S = 15.0
_ELECTION_S = 20.0
"""How long a partition may be without a leader before its end counts as unknown."""


@dataclass(slots=True)
class Coordinator:
    """One run. `say` is told what is being waited for, `listen` gets the progress of each second."""

    run: Run
    settings: KafkaSettings
    kafka: KafkaAdmin
    listen: Listen
    say: Callable[[str], None]
    fleet: Fleet = field(default_factory=LocalFleet)
    _brokers: frozenset[int] = frozenset()
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
        self._read_configs(outcome)
        self._skip_what_is_there()
        ear = Listening(self.fleet, outcome, self.listen)
        self._get_ready(ear)
        self.fleet.compare_clocks()
        ear.origin_ns = monotonic_ns() + _LEAD_NS
        outcome.started_at = time.time() + _LEAD_NS / 1e9
        self.fleet.tell(Start(ear.origin_ns), Role.PRODUCER if self.run.drains else None)
        try:
            self._watch(ear)
            self._release(ear)
            self._drain(ear)
        except KeyboardInterrupt:
            outcome.by_user = True
            outcome.interrupted = f"interrupted after {ear.elapsed_ns / 1e9:.0f} s"
            self._wind_up(ear)
        self._note_gone(outcome)
        outcome.note_complaints()
        outcome.clocks, outcome.hosts = self.fleet.clocks(), self.fleet.about()
        ear.note_losses()
        self._note_host(outcome)

    def _read_configs(self, outcome: Outcome) -> None:
        """What is in force on the topics that take the load, the brokers' defaults included."""
        names = [target.name for target in self.run.targets]
        found = self.kafka.configs(ConfigScope.TOPIC, names)
        answers = [found[name] for name in names]
        outcome.configs = [None if isinstance(each, Refusal) else each.all for each in answers]

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

    def _get_ready(self, ear: Listening) -> None:
        """Workers that could begin at once, each of them known to write and read."""
        hosts, tallies = self.fleet.hosts, ear.outcome.tallies
        ear.outcome.pinned = pinned_loads(self.run, hosts)
        for post in posts(self.run, self.settings, hosts):
            self.fleet.start(post.role, post.load, post.group, post.setup)
        self.say(f"Waiting for {len(self.fleet.workers)} workers")
        ear.until(lambda: all(worker.ready for worker in self.fleet.workers), READY_S, "get ready")
        check_calibration(self.run, tallies)
        for tally in tallies:
            for sentence in fall_backs(tally):
                self.say(f"{tally.load.topic}: {sentence}")
        self.fleet.tell(Probe(), Role.PRODUCER)
        self.say("Waiting for a first record through every partition")
        ear.until(
            lambda: all(each.probed for each in ear.of(Role.PRODUCER)) and read_back(self.run, tallies, hosts),
            PROBE_S,
            "write and read a record on every partition",
        )
        if self.run.drains:
            self.fleet.tell(Hold(), Role.CONSUMER)
            ear.until(lambda: all(each.holding for each in ear.of(Role.CONSUMER)), READY_S, "hold")

    def _watch(self, ear: Listening) -> None:
        """Listen until all producers are done, or long past the time that they should be."""
        timing = self.run.timing
        longest_ns = timing.end_ns + timing.drain_ns + int(_LAST_WORD_S * 1e9)
        begun = False
        while any(worker.alive for worker in ear.of(Role.PRODUCER)) and ear.elapsed_ns < longest_ns:
            ear.hear(0.1)
            if not begun and ear.elapsed_ns >= max(timing.warmup_ns, 1):
                begun = True
                self._host.append(host_busy_ns())
            if len(self._host) == 1 and ear.elapsed_ns >= timing.end_ns:
                self._host.append(host_busy_ns())
            if ear.progress() and self.run.abort_on_fail and ear.outcome.aborted is None:
                self._abort_if_hopeless(ear)

    def _abort_if_hopeless(self, ear: Listening) -> None:
        shown_slot = (ear.shown + 1) * SLOTS_PER_SECOND - 1
        for tally in ear.outcome.tallies:
            if tally.load.schedule is None or shown_slot < tally.slots.start:
                continue
            readers = max(len(tally.groups), 1)
            expected = tally.load.schedule.records_between(0, self.run.timing.duration_ns) * readers
            backlogs = [tally.backlog(group, shown_slot) for group in tally.groups]
            measured = Measured(
                tally.judged_response(), tally.throughput, max(backlogs, default=None), {"errors": tally.failed}
            )
            reason = hopeless(self.run.objectives, measured, expected)
            if reason is not None:
                ear.outcome.aborted = reason
                self.say(f"Ending the run: {tally.load.topic}: {reason}")
                ear.outcome.note_end(ear.elapsed_ns)
                self.fleet.tell(Stop(_GRACE_S), Role.PRODUCER)
                return

    def _release(self, ear: Listening) -> None:
        """Let consumers that were held read the backlog."""
        if not self.run.drains or ear.outcome.released_ns is not None or ear.origin_ns is None:
            return
        self.say("Reading what was built up")
        ear.outcome.released_ns = ear.elapsed_ns
        self.fleet.tell(Start(ear.origin_ns), Role.CONSUMER)

    def _drain(self, ear: Listening) -> None:
        """Let the consumers read up to the end of the log."""
        consumers = ear.of(Role.CONSUMER)
        self._read_ends(ear)
        deadline = monotonic_ns() + self.run.timing.drain_ns
        # What a lost consumer was to read nobody else will where partitions are dealt out to hosts.
        enough = all if any(ear.outcome.pinned) else any
        while enough(worker.alive for worker in consumers) and monotonic_ns() < deadline and ear.outcome.behind:
            ear.hear(0.1)
            ear.progress()
        self._stop_consumers(ear)

    def _wind_up(self, ear: Listening) -> None:
        """After Ctrl-C: no more records, a short wait for those under way."""
        ear.outcome.note_end(ear.elapsed_ns)
        self.fleet.tell(Stop(_GRACE_S), Role.PRODUCER)
        ear.while_alive(Role.PRODUCER, _GRACE_S + 6)
        self._release(ear)
        self._read_ends(ear)
        ear.while_alive(Role.CONSUMER, _GRACE_S, lambda: ear.outcome.behind)
        self._stop_consumers(ear)

    def _stop_consumers(self, ear: Listening) -> None:
        self.fleet.tell(Stop(0), Role.CONSUMER)
        ear.while_alive(Role.CONSUMER, _LAST_WORD_S)

    def _read_ends(self, ear: Listening) -> None:
        """Workers are heard meanwhile: while leaders are missing the answer takes long."""
        with ThreadPoolExecutor(1) as thread:
            asked = thread.submit(self._ends)
            while not asked.done():
                wait([asked], 0.05)
                ear.hear(0)
                ear.progress()
        try:
            ear.outcome.ends[:] = asked.result()
        except PlatformError as error:
            ear.outcome.interrupted = ear.outcome.interrupted or (
                f"where the log ends is unknown: {error.diagnostics[0].summary}"
            )

    def _ends(self) -> list[dict[int, int] | None]:
        """After a broker's death a partition has no leader for a while; no proof can be made without its end."""
        until = time.monotonic() + _ELECTION_S
        while True:
            try:
                return [end_offsets(self.kafka, target) for target in self.run.targets]
            except PlatformError as error:
                if error.diagnostics[0].code != "KO015" or time.monotonic() > until:
                    raise
            time.sleep(0.5)

    # ---- afterwards

    def _note_gone(self, outcome: Outcome) -> None:
        """Brokers that were there when the load began."""
        try:
            gone = sorted(self._brokers - self.kafka.cluster().brokers.keys())
        except PlatformError as error:
            outcome.happened.append(f"no broker answers any more: {error.diagnostics[0].summary}")
        else:
            outcome.happened += [f"broker {broker} was there when the load began, and is gone" for broker in gone]

    def _note_host(self, outcome: Outcome) -> None:
        first, last = (*self._host, None, None)[:2]
        if first is not None and last is not None:
            (busy, total), (busy_then, total_then) = first, last
            outcome.host_busy = (busy_then - busy) / max(total_then - total, 1)
