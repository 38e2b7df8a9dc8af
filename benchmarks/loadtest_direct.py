"""Would an engine over librdkafka by ctypes be worth having? A prototype of one against the load tester's producer.

    python -m benchmarks.loadtest_direct [--pairs N] [--seconds S]

Both fill the same topic (4 partitions, replication factor 3, acks=all) with records of 200 bytes as fast as acks come,
each in a process of its own, the response of every ack recorded. It would be kept from 1.5 times less CPU of all
threads for each record on; nothing is missed when it is not.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

from benchmarks import _direct_loop
from benchmarks._load import IN_FLIGHT, Cluster, Cost, a_load, bytes_payload, cluster, produce
from benchmarks._ratio import at_least, interleave, report
from kafkaops.loadtest.client import producer_client
from kafkaops.loadtest.payload import make_pool

PARTITIONS, REPLICAS = 4, 3
WARMUP_S = 1.5
WORTH = at_least(1.5)
_PYTHONS_OWN = ("delivery.report.only.error", "statistics.interval.ms")


def portable(dev: Cluster, seconds: float) -> Cost:
    """The load tester's producer process."""
    with dev.topic(PARTITIONS, REPLICAS) as target:
        return produce(target, dev.settings, a_load(), bytes_payload(), warmup_s=WARMUP_S, seconds=seconds)[0]


def direct(dev: Cluster, seconds: float) -> Cost:
    """The prototype."""
    with dev.topic(PARTITIONS, REPLICAS) as target:
        client = producer_client(dev.settings, a_load().producer_config, "direct", every_ack=True)
        config = {name: value for name, value in client.items() if name not in _PYTHONS_OWN}
        values = make_pool(bytes_payload(), 0).values
        return _direct_loop.run(
            _direct_loop.Direct(config, target.name, PARTITIONS, IN_FLIGHT, WARMUP_S, seconds, values)
        )


def main() -> int:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    with cluster() as dev:
        pairs = interleave(
            options.pairs, partial(portable, dev, options.seconds), partial(direct, dev, options.seconds)
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
