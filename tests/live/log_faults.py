"""Logs with faults put in: what was written is copied to another topic, and on the way records go astray.

What a checker has to find is worked out here again, record by record, without any of its code.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from time import monotonic

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

Record = tuple[bytes, bytes]
Log = dict[int, list[Record]]
_PATIENCE_S = 20.0
_STAMP = struct.Struct("<qqq")


class Injection(StrEnum):
    """What happens to a log."""

    NOTHING = "nothing"
    REMOVED = "records removed"
    REPEATED = "records repeated"
    SWAPPED = "records swapped"
    TAIL = "a tail cut off"
    PARTITION = "a whole partition gone"
    MIXED = "removed, repeated and swapped"


@dataclass(slots=True)
class Expected:
    """Sequences, by partition, that a checker has to name."""

    lost: dict[int, set[int]] = field(default_factory=dict)
    duplicated: Counter[int] = field(default_factory=Counter)
    """How many records of each partition came again."""
    reordered: Counter[int] = field(default_factory=Counter)
    """How many came for the first time after one with a higher sequence."""


def read_log(servers: str, topic: str, ends: Mapping[int, int]) -> Log:
    """All records of a topic in the order of each partition, with a plain consumer."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": f"copy-{topic}", "enable.auto.commit": False})
    log: Log = {partition: [] for partition in ends}
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
        deadline = monotonic() + _PATIENCE_S
        while any(len(log[partition]) < end for partition, end in ends.items()):
            assert monotonic() < deadline, "the log ends early"
            messages = consumer.consume(1_000, 0.2)
            for message in messages:
                key, value, partition = message.key(), message.value(), message.partition()
                assert message.error() is None and key is not None and value is not None and partition is not None
                log[partition].append((key, value))
    finally:
        consumer.close()
    return log


def write_log(servers: str, topic: str, log: Log) -> dict[int, int]:
    """Write a log as it is; gives the end of each partition."""
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5, "enable.idempotence": True})
    failed: list[str] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error.name())

    for partition, records in log.items():
        for key, value in records:
            producer.produce(topic, key=key, value=value, partition=partition, on_delivery=delivered)
            producer.poll(0)
    assert producer.flush(30) == 0 and not failed, failed
    return {partition: len(records) for partition, records in log.items()}


def spoil(log: Log, injection: Injection, random: Random) -> Log:
    """A copy with a fault in it. Records of all partitions and of every age are hit."""
    copy = {partition: list(records) for partition, records in log.items()}
    match injection:
        case Injection.NOTHING:
            pass
        case Injection.REMOVED:
            _remove(copy, random)
        case Injection.REPEATED:
            _repeat(copy, random)
        case Injection.SWAPPED:
            _swap(copy, random)
        case Injection.TAIL:
            records = copy[random.choice(sorted(copy))]
            del records[-random.randint(1, len(records) // 2) :]
        case Injection.PARTITION:
            copy[random.choice(sorted(copy))].clear()
        case Injection.MIXED:
            _remove(copy, random)
            _repeat(copy, random)
            _swap(copy, random)
    return copy


def _remove(log: Log, random: Random) -> None:
    for _ in range(random.randint(1, 8)):
        records = random.choice(list(log.values()))
        at = random.randrange(len(records) - 5)
        del records[at : at + random.randint(1, 5)]


def _repeat(log: Log, random: Random) -> None:
    for _ in range(random.randint(1, 8)):
        records = random.choice(list(log.values()))
        first = random.randrange(len(records))
        # At once or much later, alone or as a batch that is sent again.
        later = random.randint(first + 1, len(records))
        records[later:later] = records[first : first + random.randint(1, 3)]


def _swap(log: Log, random: Random) -> None:
    for _ in range(random.randint(1, 8)):
        records = random.choice(list(log.values()))
        one, other = random.sample(range(len(records)), 2)
        records[one], records[other] = records[other], records[one]


def expected(written: Log, spoiled: Log) -> Expected:
    """What a checker that knows `written` has to find in `spoiled`. Probes, whose sequence is -1, do not count."""
    found = Expected()
    for partition, records in spoiled.items():
        seen: set[int] = set()
        highest = -1
        for sequence in _sequences(records):
            if sequence in seen:
                found.duplicated[partition] += 1
            elif sequence < highest:
                found.reordered[partition] += 1
            seen.add(sequence)
            highest = max(highest, sequence)
        lost = set(_sequences(written[partition])) - seen
        if lost:
            found.lost[partition] = lost
    return found


def _sequences(records: list[Record]) -> list[int]:
    return [sequence for key, _ in records if (sequence := _STAMP.unpack(key)[1]) >= 0]
