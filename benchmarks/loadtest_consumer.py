"""A consumer process of the load tester with its checks, without them, and kafka-consumer-perf-test.

    python -m benchmarks.loadtest_consumer [--rounds N] [--records N]

All three read the same topic (4 partitions, 200 bytes of key and value) from its beginning. Without checks the
process counts what it reads and looks at nothing. Goals: the rate with sequence checks is at least 0.8 of that
without, and at least 0.8 of the Java tool's `fetch.nMsg.sec`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from secrets import randbits
from typing import Any

from confluent_kafka import Message

from benchmarks import _java_tools as java
from benchmarks._load import SECOND, Cluster, Told, a_load, bytes_payload, cluster, cpu_s, produce
from benchmarks._ratio import at_least, in_turns, report
from kafkaops.loadtest import consumer, fleet
from kafkaops.loadtest.clock import clock_ns
from kafkaops.loadtest.fleet import LocalFleet, Role
from kafkaops.loadtest.load import SLOT_NS, Target, Timing
from kafkaops.loadtest.messages import ConsumerSetup, Start, Stop
from kafkaops.loadtest.tally import GroupTally, LoadTally

PARTITIONS = 4
TIMING = Timing(0, 600 * SECOND)
GOAL = at_least(0.8)


class Uncounted(consumer.Reader):
    """Counts records, and does nothing else with them."""

    def take(self, batch: Sequence[Message], now_ns: int) -> None:
        """Note how many came, and how far the last one's partition was read."""
        slot = self.window.slot(now_ns)
        self.delta.consumed[slot] = self.delta.consumed.get(slot, 0) + len(batch)
        self.delta.reached[batch[-1].partition()] = batch[-1].offset() + 1


def consume_unchecked(setup: ConsumerSetup, connection: Connection) -> None:
    """The entry point of the same process with another reader."""
    consumer.Reader = Uncounted  # type: ignore[misc]
    consumer.consume(setup, connection)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the topic."""

    rate: float
    """Records per second, from the first to the last record."""
    cpu_us: float
    """Microseconds of CPU for each record, all threads."""


def own(dev: Cluster, target: Target, run: int, records: int, entry: Callable[..., Any]) -> Reading:
    """Read everything with a consumer process of the load tester."""
    load = a_load()
    group = f"{target.name}-{randbits(31)}"
    setup = ConsumerSetup("consumer 1", 1, 0, run, dev.settings, load, target, TIMING, 1, group=group)
    tally = LoadTally(load, target, TIMING, (GroupTally(group),))
    fleet.consume = entry  # type: ignore[attr-defined]
    workers = LocalFleet()
    workers.start(Role.CONSUMER, 0, 0, setup)
    try:
        told = Told(workers, tally)
        told.until(lambda: told.ready)
        pid = next(child.pid for child in multiprocessing.active_children() if child.name == setup.name)
        assert pid is not None
        before = cpu_s(pid)
        workers.tell(Start(clock_ns()))
        consumed = tally.groups[0].consumed
        told.until(lambda: consumed.total() >= records)
        after = cpu_s(pid)
        workers.tell(Stop(0))
        told.until(lambda: told.done)
    finally:
        workers.end()
        dev.admin.delete_consumer_groups([group])[group].result(timeout=30)
    if entry is consumer.consume:
        length = sum(stretch.length for each in tally.groups[0].stretches.values() for stretch in each)
        assert length == consumed.total() == records, (length, consumed.total(), records)
    return Reading(_rate(consumed), (after - before) * 1e6 / records)


def _rate(consumed: dict[int, int]) -> float:
    """Without the first and the last tenth of a second, which are not whole."""
    slots = range(min(consumed) + 1, max(consumed))
    return sum(consumed[slot] for slot in slots) * 1e9 / (len(slots) * SLOT_NS)


def peer(dev: Cluster, target: Target, records: int) -> Reading:
    """Read everything with the Java tool."""
    found = java.consume(dev.servers, target.name, records)
    return Reading(found.fetch_rate, found.cpu_us)


def main() -> int:
    """Print the ratios; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--fill", type=float, default=8.0, help="seconds of producing at full speed")
    options = parser.parse_args()
    run = randbits(31)
    with cluster() as dev, dev.topic(PARTITIONS, 1) as target:
        _, filled = produce(target, dev.settings, a_load(), bytes_payload(), warmup_s=0, seconds=options.fill, run=run)
        records = filled.acked.total()
        print(f"{records:,} records", flush=True)
        time.sleep(2)
        rounds = in_turns(
            options.rounds,
            lambda: own(dev, target, run, records, consumer.consume),
            lambda: own(dev, target, run, records, consume_unchecked),
            lambda: peer(dev, target, records),
        )
    checked, unchecked, java_tool = ([each[index] for each in rounds] for index in range(3))
    rates = [reading.rate for reading in checked]
    holds = report("rate, checks over none", rates, [each.rate for each in unchecked], "records/s", GOAL)
    holds &= report("rate, checks over Java", rates, [each.rate for each in java_tool], "records/s", GOAL)
    cpu = [reading.cpu_us for reading in checked]
    report("CPU, checks over none", cpu, [each.cpu_us for each in unchecked], "µs a record")
    report("CPU, checks over Java with its start", cpu, [each.cpu_us for each in java_tool], "µs a record")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
