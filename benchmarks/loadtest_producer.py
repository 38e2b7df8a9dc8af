"""A producer process of the load tester against a plain `produce(on_delivery=…)` loop that knows as much in the end.

    python -m benchmarks.loadtest_producer [--pairs N] [--seconds S]

Both fill the same topic (4 partitions, replication factor 3, acks=all) with records of 200 bytes, as fast as acks
come, each in a process of its own. Goals, CPU of all threads for each record: at most 0.6 of the loop's with
failures counted only, at most 0.8 with the response of every ack recorded.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

from benchmarks._load import IN_FLIGHT, Cluster, Cost, a_load, bytes_payload, cluster, produce
from benchmarks._plain_loop import Loop, run
from benchmarks._ratio import at_most, interleave, report
from kafkaops.loadtest.client import producer_client
from kafkaops.loadtest.payload import make_pool

PARTITIONS, REPLICAS = 4, 3
WARMUP_S = 1.5
GOALS = {False: at_most(0.6), True: at_most(0.8)}


def own(dev: Cluster, every_ack: bool, seconds: float) -> Cost:
    """The load tester's producer process."""
    with dev.topic(PARTITIONS, REPLICAS) as target:
        load = a_load(every_ack=every_ack)
        return produce(target, dev.settings, load, bytes_payload(), warmup_s=WARMUP_S, seconds=seconds)[0]


def plain(dev: Cluster, every_ack: bool, seconds: float) -> Cost:
    """The plain loop."""
    with dev.topic(PARTITIONS, REPLICAS) as target:
        config = producer_client(dev.settings, a_load().producer_config, "plain", every_ack=True)
        loop = Loop(
            config, target.name, PARTITIONS, IN_FLIGHT, WARMUP_S, seconds,
            values=make_pool(bytes_payload(), 0).values, responses=every_ack,
        )  # fmt: skip
        return run(loop)


def main() -> int:
    """Print the ratios; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    holds = True
    with cluster() as dev:
        for every_ack, goal in GOALS.items():
            name = "every ack's response recorded" if every_ack else "failures counted only"
            pairs = interleave(
                options.pairs,
                partial(own, dev, every_ack, options.seconds),
                partial(plain, dev, every_ack, options.seconds),
            )
            mine, peer = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            cpu = [cost.cpu_us for cost in mine], [cost.cpu_us for cost in peer]
            holds &= report(f"{name}, CPU", *cpu, "µs a record", goal)
            main_thread = [cost.main_us for cost in mine], [cost.main_us for cost in peer]
            report(f"{name}, CPU of the main thread", *main_thread, "µs a record")
            report(f"{name}, rate", [cost.rate for cost in mine], [cost.rate for cost in peer], "records/s")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
