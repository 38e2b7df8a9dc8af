"""Adds up what workers report, load by load. Pure: the same reports give the same figures in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.load import SLOT_NS, SLOTS_PER_SECOND, Load, Target, Timing
from kafkaops.loadtest.messages import ConsumerDelta, ConsumerFinal, ProducerDelta, ProducerFinal, Ready
from kafkaops.loadtest.proof import Proof, Sent, Source, Stretch, prove
from kafkaops.loadtest.raw import RawRecords
from kafkaops.loadtest.verdict import WorkerLoad


@dataclass(slots=True)
class GroupTally:
    """What one consumer group read."""

    name: str
    consumed: Counter[int] = field(default_factory=Counter)
    stretches: dict[Source, list[Stretch]] = field(default_factory=dict)
    reached: dict[int, int] = field(default_factory=dict)
    probes: set[Source] = field(default_factory=set)
    response: Histogram = field(default_factory=Histogram)
    recent: Histogram = field(default_factory=Histogram)
    """Since the last look at progress."""
    foreign: int = 0
    misplaced: int = 0
    rebalances: int = 0
    last_ns: int | None = None
    """When the last record was read, from the start."""

    def add(self, delta: ConsumerDelta) -> None:
        """Take in one consumer's report."""
        self.consumed.update(delta.consumed)
        for source, stretches in delta.stretches.items():
            known = self.stretches.setdefault(source, [])
            for stretch in stretches:
                _append(known, stretch)
        for partition, offset in delta.reached.items():
            self.reached[partition] = max(self.reached.get(partition, 0), offset)
        self.probes |= delta.probes
        self.response.merge(delta.response)
        self.recent.merge(delta.response)
        self.foreign += delta.foreign
        self.misplaced += delta.misplaced
        self.rebalances += delta.rebalances
        if delta.last_ns is not None:
            self.last_ns = max(self.last_ns or 0, delta.last_ns)

    def behind(self, ends: Mapping[int, int]) -> bool:
        """Whether some of the log is unread."""
        return any(self.reached.get(partition, 0) < end for partition, end in ends.items())


def _append(known: list[Stretch], stretch: Stretch) -> None:
    """Join what continues the last one, so that a long run stays one stretch."""
    if known:
        last = known[-1]
        if (last.sequence + last.length, last.offset + last.length) == (stretch.sequence, stretch.offset):
            known[-1] = Stretch(last.sequence, last.offset, last.length + stretch.length)
            return
    known.append(stretch)


@dataclass(slots=True)
class LoadTally:
    """All that is known of one load."""

    load: Load
    target: Target
    timing: Timing
    groups: tuple[GroupTally, ...]
    due: Counter[int] = field(default_factory=Counter)
    sent: Counter[int] = field(default_factory=Counter)
    acked: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    event_seconds: dict[str, tuple[int, int]] = field(default_factory=dict)
    """When clients first and last complained of something: seconds from the start, as reports came in."""
    events: Counter[str] = field(default_factory=Counter)
    delay: Histogram = field(default_factory=Histogram)
    own_delay: Histogram = field(default_factory=Histogram)
    service: Histogram = field(default_factory=Histogram)
    response: Histogram = field(default_factory=Histogram)
    recent: Histogram = field(default_factory=Histogram)
    latencies: dict[int, Histogram] = field(default_factory=dict)
    """Responses by the second in which they were reported, for pictures."""
    in_flight: dict[str, int] = field(default_factory=dict)
    blocked_ns: int = 0
    fates: dict[Source, Sent] = field(default_factory=dict)
    workers: list[WorkerLoad] = field(default_factory=list)
    readies: list[Ready] = field(default_factory=list)
    measured_records: int = 0
    unsent: int = 0
    plain_bytes: int = 0
    wire_bytes: int = 0
    raw: RawRecords = field(default_factory=RawRecords)
    ended_ns: int | None = None
    """From the start: when the load was ended before its time."""
    final: bool = True
    """Whether every producer said its last word, so that the fates are complete."""

    def note_events(self, names: Iterable[str], second: int) -> None:
        """Remember when clients complained."""
        for name in names:
            first, _ = self.event_seconds.get(name, (second, second))
            self.event_seconds[name] = (first, second)

    def add_producer(self, delta: ProducerDelta) -> None:
        """Take in one producer's report."""
        self.due.update(delta.due)
        self.sent.update(delta.sent)
        self.acked.update(delta.acked)
        self.errors.update(delta.errors)
        self.events.update(delta.events)
        self.delay.merge(delta.delay)
        self.own_delay.merge(delta.own_delay)
        self.service.merge(delta.service)
        self.response.merge(delta.response)
        self.recent.merge(delta.response)
        self.in_flight[delta.worker] = delta.in_flight
        self.blocked_ns += delta.blocked_ns
        self.raw.add_producer(delta.handed_records, delta.acked_records)

    def add_consumer(self, group: int, delta: ConsumerDelta) -> None:
        """Take in one consumer's report."""
        self.groups[group].add(delta)
        self.events.update(delta.events)
        self.raw.add_consumer(group, delta.read_records)

    def finish_producer(self, final: ProducerFinal) -> None:
        """Take in a producer's last word."""
        self.fates.update(final.fates)
        self.measured_records += final.measured_records
        self.unsent += final.unsent
        self.raw.unsent += final.unsent_ns
        self.plain_bytes += final.plain_bytes
        self.wire_bytes += final.wire_bytes
        if final.load is not None:
            self.workers.append(final.load)

    def finish_consumer(self, final: ConsumerFinal) -> None:
        """Take in a consumer's last word."""
        if final.load is not None:
            self.workers.append(final.load)

    # ---- figures

    @property
    def slots(self) -> range:
        """The slots of the measured time."""
        return range(self.timing.warmup_ns // SLOT_NS, -(-self.end_ns // SLOT_NS))

    @property
    def end_ns(self) -> int:
        """The end of the measured time, from the start."""
        if self.load.drain is not None and self.acked:  # the load is over when the backlog is built up
            return min((max(self.acked) + 1) * SLOT_NS, self.timing.end_ns)
        return self.timing.end_ns if self.ended_ns is None else min(self.ended_ns, self.timing.end_ns)

    def _per_second(self, counts: Counter[int]) -> float:
        measured = self.end_ns - self.timing.warmup_ns
        return sum(counts[slot] for slot in self.slots) * 1e9 / measured if measured > 0 else 0.0

    @property
    def throughput(self) -> float:
        """Acked records per second of the measured time."""
        return self._per_second(self.acked)

    @property
    def sent_rate(self) -> float:
        """Records handed over per second of the measured time."""
        return self._per_second(self.sent)

    @property
    def offered_rate(self) -> float | None:
        """Records due per second of the measured time; None in a closed loop."""
        if self.load.schedule is None:
            return None
        return self._per_second(self.due)

    @property
    def failed(self) -> int:
        """Records that were not acked."""
        return sum(self.errors.values()) + self.unsent

    def end_to_end(self) -> Histogram:
        """From intended to consumed, of all groups."""
        whole = Histogram()
        for group in self.groups:
            whole.merge(group.response)
        return whole

    def judged_response(self) -> Histogram:
        """The response that objectives are about: end to end where there are consumers, else to the ack."""
        return self.end_to_end() if self.load.consumers else self.response

    def backlog(self, group: GroupTally, slot: int) -> int:
        """Acked and not consumed at the end of a slot."""
        acked = sum(count for at, count in self.acked.items() if at <= slot)
        consumed = sum(count for at, count in group.consumed.items() if at <= slot)
        return max(acked - consumed, 0)

    def highest_backlog(self) -> int | None:
        """The most that any group was behind at the end of any slot of the measured time."""
        if not self.load.consumers:
            return None
        return max((max(self._backlogs(group), default=0) for group in self.groups), default=None)

    def _backlogs(self, group: GroupTally) -> list[int]:
        before = self.slots.start
        behind = sum(count for at, count in self.acked.items() if at < before)
        behind -= sum(count for at, count in group.consumed.items() if at < before)
        found = []
        for slot in self.slots:
            behind += self.acked[slot] - group.consumed[slot]
            found.append(behind)
        return [max(each, 0) for each in found]

    def proofs(self, ends: Mapping[int, int] | None) -> list[Proof]:
        """One judgement a group; none where producers or brokers could not say what there is."""
        if ends is None or not self.final:
            return []
        return [prove(self.fates, group.stretches, group.reached, ends) for group in self.groups]

    def series(self) -> list[dict[str, int | float | None]]:
        """Counts by second from the start, the warm-up included, and the latencies that were reported then."""
        last = max(
            [*self.due, *self.sent, *self.acked, *(slot for group in self.groups for slot in group.consumed), -1]
        )
        rows = []
        for second in range(last // SLOTS_PER_SECOND + 1):
            slots = range(second * SLOTS_PER_SECOND, (second + 1) * SLOTS_PER_SECOND)
            row: dict[str, int | float | None] = {
                "second": second,
                "due": sum(self.due[slot] for slot in slots),
                "sent": sum(self.sent[slot] for slot in slots),
                "acked": sum(self.acked[slot] for slot in slots),
            }
            if self.groups:
                row["consumed"] = sum(group.consumed[slot] for group in self.groups for slot in slots)
                row["backlog"] = max(self.backlog(group, slots[-1]) for group in self.groups)
            recent = self.latencies.get(second, Histogram())
            for name, ppm in (("p50_ms", 500_000), ("p99_ms", 990_000), ("max_ms", 1_000_000)):
                value = recent.percentile(ppm)
                row[name] = None if value is None else value / 1e6
            rows.append(row)
        return rows
