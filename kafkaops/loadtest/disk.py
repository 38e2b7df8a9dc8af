"""Whether the brokers have room for what a run will write. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from kafkaops.clients.kafka import DiskSpace
from kafkaops.loadtest.load import Load, Run
from kafkaops.loadtest.payload import Payload
from kafkaops.loadtest.stamp import SIZE

_PER_RECORD = 10
"""Bytes that a record takes beside key and value, within a batch of many."""


def records_and_bytes(run: Run) -> tuple[int | None, int | None]:
    """(records, bytes with replicas, before compression) that a run makes; None in a closed loop without an end."""
    records = size = 0
    for load, payload, target in zip(run.loads, run.payloads, run.targets, strict=True):
        due = _records(run, load)
        if due is None:
            return None, None
        records += due
        size += _bytes(due, payload) * target.replication_factor
    return records, size


def _records(run: Run, load: Load) -> int | None:
    if load.schedule is None:
        return load.drain
    return load.schedule.preceded_by(run.timing.warmup_ns).records


def _bytes(records: int, payload: Payload) -> int:
    return int(records * (payload.mean_size() + SIZE + _PER_RECORD))


def bytes_text(size: int) -> str:
    """In the unit that fits."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size / 1e3:.1f} kB"


@dataclass(frozen=True, slots=True)
class Shortage:
    """A volume that is too small for its share."""

    brokers: tuple[int, ...]
    needed: int
    usable: int


def shortages(run: Run, brokers: Mapping[int, str], space: Mapping[int, DiskSpace | None]) -> tuple[Shortage, ...]:
    """Volumes that a run would fill up; where the space is unknown, nothing is said.

    Brokers on one host whose volumes are of the same size are taken to share one.
    """
    share = _share_of_a_broker(run, len(brokers))
    if share is None:
        return ()
    volumes: dict[tuple[str, int], list[int]] = defaultdict(list)
    for broker, address in brokers.items():
        found = space.get(broker)
        if found is not None:
            volumes[address.rpartition(":")[0], found.total_bytes].append(broker)
    short = []
    for (_, _), sharing in sorted(volumes.items()):
        usable = min(found.usable_bytes for broker in sharing if (found := space[broker]) is not None)
        if share * len(sharing) > usable:
            short.append(Shortage(tuple(sorted(sharing)), share * len(sharing), usable))
    return tuple(short)


def _share_of_a_broker(run: Run, brokers: int) -> int | None:
    """Bytes that the broker with the most replicas gets: Kafka deals them out evenly."""
    share = 0
    for load, payload, target in zip(run.loads, run.payloads, run.targets, strict=True):
        due = _records(run, load)
        if due is None:
            return None
        replicas = -(-target.partitions * target.replication_factor // brokers)
        share += _bytes(due, payload) * min(replicas, target.partitions) // target.partitions
    return share
