"""Every record by itself: what workers note when `--raw` asks for it, and the file that is made of it.

Times are nanoseconds from the start of the run, on the clock of the worker that noted them.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kafkaops.loadtest.proof import Sent, Source
from kafkaops.loadtest.reports import written
from kafkaops.loadtest.stamp import Origin

if TYPE_CHECKING:
    from kafkaops.loadtest.tally import LoadTally

COLUMNS = (
    "topic", "producer", "partition", "sequence", "intended_ns", "sent_ns", "acked_ns", "fate",
    "group", "read_from", "offset", "consumed_ns",
)  # fmt: skip
"""A row for each reading of a record by a group, or one for the record where there are no groups."""
_UNKNOWN = -(1 << 62)
Row = tuple[object, ...]


class Handed(NamedTuple):
    """Records of one call, consecutive in sequence."""

    source: Source
    first_sequence: int
    intended_ns: array[int]
    sent_ns: int
    refused: list[int]
    """Sequences that the client library did not take."""


class Acked(NamedTuple):
    """Records of one partition whose acks were seen together."""

    source: Source
    sequences: array[int]
    acked_ns: int


class Read(NamedTuple):
    """Records that a consumer was handed at one instant."""

    words: array[int]
    """The stamps' first words: who sent them where."""
    sequences: array[int]
    partitions: array[int]
    """Where they were read."""
    offsets: array[int]
    consumed_ns: int


@dataclass(slots=True)
class RawRecords:
    """All records of one load."""

    intended: dict[Source, array[int]] = field(default_factory=dict)
    """By sequence, as the two that follow."""
    sent: dict[Source, array[int]] = field(default_factory=dict)
    acked: dict[Source, array[int]] = field(default_factory=dict)
    readings: dict[int, dict[Source, list[tuple[int, int, int, int]]]] = field(default_factory=dict)
    """By group: (sequence, partition read from, offset, consumed_ns)."""
    unsent: list[int] = field(default_factory=list)
    """Intended times of records that were due and never handed over."""

    def add_producer(self, handed: Sequence[Handed], acked: Sequence[Acked]) -> None:
        """Take in one producer's notes, in the order in which it made them."""
        for call in handed:
            count = len(call.intended_ns)
            for column, values in (
                (self.intended, call.intended_ns),
                (self.sent, array("q", (call.sent_ns,)) * count),
                (self.acked, array("q", (_UNKNOWN,)) * count),
            ):
                column.setdefault(call.source, array("q")).extend(values)
            for sequence in call.refused:
                self.sent[call.source][sequence] = _UNKNOWN
        for ack in acked:
            times = self.acked[ack.source]
            for sequence in ack.sequences:
                times[sequence] = ack.acked_ns

    def add_consumer(self, group: int, reads: Sequence[Read]) -> None:
        """Take in one consumer's notes."""
        known = self.readings.setdefault(group, {})
        for read in reads:
            for word, sequence, partition, offset in zip(
                read.words, read.sequences, read.partitions, read.offsets, strict=True
            ):
                origin = Origin.of(word)
                source = Source(origin.producer, origin.partition)
                known.setdefault(source, []).append((sequence, partition, offset, read.consumed_ns))

    def rows(self, topic: str, groups: Sequence[str], fates: Mapping[Source, Sent]) -> Iterator[Row]:
        """The lines of the file, by producer, partition and sequence."""
        for source in sorted(self.intended):
            fate = fates.get(source, Sent())
            by_group = [self._by_sequence(group, source) for group in range(len(groups))]
            for sequence, intended in enumerate(self.intended[source]):
                times = (self.sent[source][sequence], self.acked[source][sequence])
                record: Row = (
                    topic, source.producer + 1, source.partition, sequence, intended,
                    *("" if time == _UNKNOWN else time for time in times), _fate(fate, sequence),
                )  # fmt: skip
                if not groups:
                    yield (*record, "", "", "", "")
                for name, readings in zip(groups, by_group, strict=True):
                    for reading in readings.get(sequence, [("", "", "")]):
                        yield (*record, name, *reading)
        for intended in self.unsent:
            yield (topic, "", "", "", intended, "", "", "unsent", "", "", "", "")

    def _by_sequence(self, group: int, source: Source) -> dict[int, list[tuple[object, object, object]]]:
        found: dict[int, list[tuple[object, object, object]]] = {}
        for sequence, *reading in self.readings.get(group, {}).get(source, ()):
            partition, offset, consumed = reading
            found.setdefault(sequence, []).append((partition, offset, consumed))
        return found


def _fate(fate: Sent, sequence: int) -> str:
    for name, known in (("acked", fate.acked), ("in-doubt", fate.in_doubt), ("rejected", fate.rejected)):
        if sequence in known:
            return name
    return "unknown"


def save_raw(file: Path, tallies: Sequence[LoadTally]) -> int:
    """Write all records of a run as CSV; says how many rows. Raises `PlatformError` (KO014)."""
    rows = 0
    with written(file) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for tally in tallies:
            names = [group.name for group in tally.groups]
            for row in tally.raw.rows(tally.load.topic, names, tally.fates):
                writer.writerow(row)
                rows += 1
    return rows
