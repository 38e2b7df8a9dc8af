"""A producer process of the load tester against kafka-producer-perf-test.

    python -m benchmarks.loadtest_java_producer [--pairs N] [--seconds S]

Both send 200 bytes of key and value, as fast as acks come, from one process: acks=all, 4 partitions, replication
factor 3, linger 50 ms, batches of up to 500 kB, idempotent. The Java tool has no keys, so its values have 200 bytes.
Its warm-up and the start of its JVM are left out. Goals: rate at least 0.9 of its (the brokers limit both), CPU of
all threads for each record at most 1.0 of its, with every ack's response recorded.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks import _java_tools as java
from benchmarks._load import Cluster, Cost, a_load, bytes_payload, cluster, produce
from benchmarks._ratio import at_least, at_most, interleave, report

PARTITIONS, REPLICAS = 4, 3
LINGER_MS, BATCH_BYTES = 50, 500_000
IN_FLIGHT, BUFFER_BYTES = 150_000, 33_554_432
"""Nearly the same: 150,000 records of 200 bytes and what a batch adds to each."""
WARMUP_S = 2.0
WARMUP_RECORDS = 200_000
SIZE = 200


def own(dev: Cluster, seconds: float) -> Cost:
    """The load tester's producer process."""
    with dev.topic(PARTITIONS, REPLICAS) as target:
        load = a_load(in_flight=IN_FLIGHT, linger_ms=LINGER_MS, producer={"batch.size": BATCH_BYTES})
        return produce(target, dev.settings, load, bytes_payload(), warmup_s=WARMUP_S, seconds=seconds)[0]


def peer(dev: Cluster, records: int) -> Cost:
    """The Java tool."""
    config = {
        "acks": "all", "linger.ms": LINGER_MS, "batch.size": BATCH_BYTES, "enable.idempotence": "true",
        "buffer.memory": BUFFER_BYTES, "compression.type": "none",
    }  # fmt: skip
    with dev.topic(PARTITIONS, REPLICAS) as target:
        return java.produce(
            dev.servers, target.name, records=records, warmup=WARMUP_RECORDS, size=SIZE, config=config
        ).cost


def main() -> int:
    """Print the ratios; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--records", type=int, default=600_000, help="of the peer, after its warm-up")
    options = parser.parse_args()
    with cluster() as dev:
        pairs = interleave(options.pairs, lambda: own(dev, options.seconds), lambda: peer(dev, options.records))
    mine, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    holds = report("rate", [cost.rate for cost in mine], [cost.rate for cost in other], "records/s", at_least(0.9))
    cpu = [cost.cpu_us for cost in mine], [cost.cpu_us for cost in other]
    holds &= report("CPU of all threads", *cpu, "µs a record", at_most(1.0))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
