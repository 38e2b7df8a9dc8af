"""The load tester's two engines against each other: the portable one, and the direct one over librdkafka's C interface.

    python -m benchmarks.loadtest_direct [--pairs N] [--seconds S]

Both fill the same topic (4 partitions, replication factor 3, acks=all) with records of 200 bytes as fast as acks come,
each in a process of its own, the response of every ack recorded. The direct engine is worth having from 1.5 times
less CPU of all threads for each record on.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

from benchmarks._load import Cluster, Cost, a_load, bytes_payload, cluster, produce
from benchmarks._ratio import at_least, interleave, report
from kafkaops.spec.loadtests import ProducerEngine

PARTITIONS, REPLICAS = 4, 3
WARMUP_S = 1.5
WORTH = at_least(1.5)


def run(dev: Cluster, engine: ProducerEngine, seconds: float) -> Cost:
    """The load tester's producer process. Raises `SystemExit` where it used another engine."""
    with dev.topic(PARTITIONS, REPLICAS) as target:
        load = a_load(engine=engine)
        cost, tally = produce(target, dev.settings, load, bytes_payload(), warmup_s=WARMUP_S, seconds=seconds)
    (ready,) = tally.readies
    if ready.engine is not engine:
        raise SystemExit(f"the {engine} engine is not used: {ready.fell_back}")
    return cost


def main() -> int:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    with cluster() as dev:
        pairs = interleave(
            options.pairs,
            partial(run, dev, ProducerEngine.PORTABLE, options.seconds),
            partial(run, dev, ProducerEngine.DIRECT, options.seconds),
        )
    own, peer = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    report("CPU of all threads, portable over direct", *_both(own, peer, "cpu_us"), "µs a record", WORTH)
    report("CPU of the sending thread, portable over direct", *_both(own, peer, "main_us"), "µs a record")
    report("rate, portable over direct", *_both(own, peer, "rate"), "records/s")
    return 0


def _both(own: list[Cost], peer: list[Cost], name: str) -> tuple[list[float], list[float]]:
    return [getattr(cost, name) for cost in own], [getattr(cost, name) for cost in peer]


if __name__ == "__main__":
    sys.exit(main())
