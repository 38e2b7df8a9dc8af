"""What hands records to Kafka, as the rest of a producer sees it. There are two: `portable` and `direct`.

An engine takes stamped records for one partition at a time and says later what became of them. Schedules, tallies,
fates and histograms are no business of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from confluent_kafka import KafkaError

from kafkaops.loadtest.client import Config
from kafkaops.loadtest.payload import Pool
from kafkaops.loadtest.stamp import PROBE, Numbers, runs, unstamp

CHUNK = 4_096
"""Records handed over at most in one call."""
HEARD_AT_ONCE = 8_192
"""Reports that one poll takes in, or a batch more. After a stall they come by the ten thousand: heard all at once they
would keep the sender from its schedule, and the first from being timed, until the last is heard. A closed loop pays
for it: 0.95 µs of the sending thread for a record where all at once take 0.92, and 2,048 take 1.06."""
DRAIN_S = 5.0
"""How long records that are given up may take to be reported."""


class Refused(NamedTuple):
    """A record that the client library did not take."""

    place: int
    """Where it stood among those handed over."""
    error: KafkaError


class Delivered(NamedTuple):
    """Acked records of one partition, in the order in which their acks came."""

    word: int
    """The first word of their stamps: who sent them where."""
    sequences: Numbers | range
    intended: Sequence[int]
    """When they were due, in nanoseconds."""


class Failed(NamedTuple):
    """A record that was taken, and whose delivery failed or is unknown."""

    error: KafkaError
    word: int
    sequence: int


class Engine(Protocol):
    """A producer on one topic. Used by one thread."""

    def hand_over(
        self, partition: int, word: int, first_sequence: int, intended: Sequence[int]
    ) -> tuple[int, Sequence[Refused]]:
        """Stamp the next records of the pool, `CHUNK` at most, and hand them over.

        Gives the clock's reading when that was done, and those that were not taken.
        """
        ...

    def probe(self, partition: int, word: int) -> None:
        """Write one record that is no part of the load. Raises `BufferError` and `KafkaException`."""
        ...

    def poll(self, timeout_s: float) -> None:
        """Take in what happened since, about `HEARD_AT_ONCE` at most; waits so long at most for something to happen."""
        ...

    def heard(self) -> tuple[Sequence[Delivered], Sequence[Failed]]:
        """What became of records as far as polls took it in; each is told once. Acked probes are left out."""
        ...

    def __len__(self) -> int:
        """Records, and reports about them, that the library still holds."""
        ...

    def give_up(self) -> None:
        """Drop what is not acked, so that all of it is reported as failed."""
        ...

    def close(self) -> None:
        """End the client's threads. Nothing else may be called after that."""
        ...


def _ignore(_: object) -> None:
    """Whoever wants to hear nothing."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told what the library says beside the fates of records. It says so only while it is polled."""

    complained: Callable[[KafkaError], None] = _ignore
    """Of what it goes on in spite of."""
    counted: Callable[[str], None] = _ignore
    """Its statistics, as JSON."""


NOBODY = Told()


class MakesEngine(Protocol):
    """The class of an engine."""

    def __call__(self, config: Config, topic: str, partitions: int, pool: Pool, told: Told = ...) -> Engine:
        """A producer with these settings. Raises `KafkaException` where the library refuses them."""
        ...


def delivered(keys: list[bytes]) -> list[Delivered]:
    """What acked records' keys say. Raises `ValueError` when they are no stamps."""
    words, sequences, intended = unstamp(keys, len(keys))
    found = []
    for word, start, stop in runs(words):
        if sequences[start] == PROBE:
            start += 1
        if start < stop:
            found.append(Delivered(word, sequences[start:stop], intended[start:stop]))
    return found
