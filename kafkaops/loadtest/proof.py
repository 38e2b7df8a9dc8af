"""Is every record there, once and in order? Judged from sequences and offsets, for each producer and partition.

What the log may hold lies between two bounds: acked ⊆ log ⊆ acked ∪ in doubt. A record is *in doubt* when its
producer does not know its fate (timed out, purged in flight). Repeated offsets are a rebalance's redelivery and
allowed; a sequence repeated at another offset is a duplicate; one that comes after a higher one is reordered.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from kafkaops.loadtest.intervals import Intervals

EXAMPLES = 10
"""Findings listed one by one for each kind; the rest is counted."""


class Stretch(NamedTuple):
    """`length` records of one producer, consecutive in sequence and offset alike, as one consumer read them."""

    sequence: int
    offset: int
    length: int


class Source(NamedTuple):
    """One producer's records in one partition."""

    producer: int
    partition: int


@dataclass(slots=True)
class Sent:
    """What became of one producer's records in one partition, as the producer knows it."""

    acked: Intervals = field(default_factory=Intervals)
    in_doubt: Intervals = field(default_factory=Intervals)
    rejected: Intervals = field(default_factory=Intervals)
    """Refused for certain, such as for their size: they must not be in the log."""


class Fault(StrEnum):
    """What can be wrong."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    PHANTOM = "phantom"
    """In the log though the producer was told that it is not, or never sent."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A run of faulty records and where it shows: for lost ones the offset that they would have followed."""

    fault: Fault
    source: Source
    first_sequence: int
    count: int
    offset: int | None


@dataclass(slots=True)
class Proof:
    """The judgement of one group's reading. `counts` has every fault, `findings` the first of each."""

    checked: int = 0
    """Distinct records of this run that were read."""
    acked: int = 0
    in_doubt: int = 0
    in_doubt_written: int = 0
    redelivered: int = 0
    unread: int = 0
    """Acked records in parts of the log that the group had not reached when the drain ended."""
    counts: dict[Fault, int] = field(default_factory=lambda: dict.fromkeys(Fault, 0))
    findings: list[Finding] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """How many records are lost, duplicated, reordered or should not be there."""
        return sum(self.counts.values())

    @property
    def complete(self) -> bool:
        """Whether everything that was acked could be looked for."""
        return self.unread == 0

    def note(self, finding: Finding) -> None:
        """Count a finding, and keep it while there are few of its kind."""
        self.counts[finding.fault] += finding.count
        if sum(found.fault is finding.fault for found in self.findings) < EXAMPLES:
            self.findings.append(finding)


def prove(
    sent: Mapping[Source, Sent],
    read: Mapping[Source, Sequence[Stretch]],
    reached: Mapping[int, int],
    ends: Mapping[int, int],
) -> Proof:
    """Compare what producers know with what a group read.

    `reached` is the first offset that the group did not read, by partition; `ends` the first offset beyond the log.
    """
    proof = Proof()
    for source in sorted(sent.keys() | read.keys()):
        behind = reached.get(source.partition, 0) < ends.get(source.partition, 0)
        _prove_source(proof, source, sent.get(source, Sent()), read.get(source, ()), behind)
    return proof


def _prove_source(proof: Proof, source: Source, sent: Sent, read: Iterable[Stretch], behind: bool) -> None:
    fresh, redelivered = _by_offset(read)
    proof.redelivered += redelivered
    seen = _in_order(proof, source, fresh)
    missing = sent.acked.minus(seen)
    if behind:
        # Beyond the last record read the log may still hold them; before it they cannot be.
        beyond = (seen.last if seen.last is not None else -1) + 1
        unread = missing.within(beyond, (missing.last or 0) + 1)
        proof.unread += len(unread)
        missing = missing.minus(unread)
    offsets = _Offsets(fresh)
    for start, stop in missing:
        proof.note(Finding(Fault.LOST, source, start, stop - start, offsets.after(start)))
    for start, stop in seen.minus(sent.acked.union(sent.in_doubt)):
        proof.note(Finding(Fault.PHANTOM, source, start, stop - start, offsets.of(start)))
    proof.checked += len(seen)
    proof.acked += len(sent.acked)
    proof.in_doubt += len(sent.in_doubt)
    proof.in_doubt_written += len(sent.in_doubt.both(seen))


def _by_offset(read: Iterable[Stretch]) -> tuple[list[Stretch], int]:
    """The stretches in the log's order, each offset once, and how many records were read again."""
    fresh: list[Stretch] = []
    redelivered = frontier = 0
    for stretch in sorted(read, key=lambda item: item.offset):
        # A stretch that starts before the frontier is covered up to it: the one that set the frontier starts no later.
        again = min(max(frontier - stretch.offset, 0), stretch.length)
        redelivered += again
        if again < stretch.length:
            fresh.append(Stretch(stretch.sequence + again, stretch.offset + again, stretch.length - again))
            frontier = stretch.offset + stretch.length
    return fresh, redelivered


def _in_order(proof: Proof, source: Source, stretches: Iterable[Stretch]) -> Intervals:
    """The set of sequences, with duplicates and reordered ones noted on the way."""
    seen = Intervals()
    highest = -1
    for stretch in stretches:
        start, stop = stretch.sequence, stretch.sequence + stretch.length
        if start <= highest:
            shift = stretch.offset - start
            own = Intervals([(start, min(stop, highest + 1))])
            for fault, part in ((Fault.DUPLICATED, own.both(seen)), (Fault.REORDERED, own.minus(seen))):
                for first, last in part:
                    proof.note(Finding(fault, source, first, last - first, first + shift))
        seen.add(start, stop)
        highest = max(highest, stop - 1)
    return seen


class _Offsets:
    """Looks up where a sequence is in the log."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self._stretches = sorted(stretches)

    def of(self, sequence: int) -> int | None:
        """The offset of a sequence that was read."""
        stretch = self._before(sequence)
        if stretch is None or sequence >= stretch.sequence + stretch.length:
            return None
        return stretch.offset + sequence - stretch.sequence

    def after(self, sequence: int) -> int | None:
        """The offset of the last record before a missing one; None when nothing precedes it."""
        stretch = self._before(sequence)
        return None if stretch is None else stretch.offset + stretch.length - 1

    def _before(self, sequence: int) -> Stretch | None:
        index = bisect_right(self._stretches, sequence, key=lambda item: item.sequence) - 1
        return self._stretches[index] if index >= 0 else None


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What the producers' settings promise, so that a broken promise is told from none given."""

    acks_all: bool
    idempotent: bool

    def excuse(self, fault: Fault) -> str | None:
        """The setting that allows a fault; None when nothing does."""
        match fault:
            case Fault.LOST if not self.acks_all:
                return "acks below all"
            case Fault.DUPLICATED | Fault.REORDERED if not self.idempotent:
                return "enable.idempotence=false"
        return None

    def violations(self, proof: Proof) -> int:
        """Faulty records that no setting allows."""
        return sum(count for fault, count in proof.counts.items() if count and self.excuse(fault) is None)
