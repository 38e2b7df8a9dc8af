"""A producer process of the load tester against kafka-python's producer, which is pure Python.

    python -m benchmarks.loadtest_kafka_python [--pairs N] [--seconds S]

Records of 200 bytes, acks=all, 4 partitions, replication factor 3, linger 50 ms, idempotent, each client in a process
of its own; ours records the response of every ack, the peer knows of each future whether it failed. Goal: at least
10 times less CPU of all threads for each record. Rates are printed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from multiprocessing.connection import Connection
from time import monotonic, process_time, thread_time

from kafka import KafkaProducer

from benchmarks._load import VALUE_BYTES, Cluster, Cost, a_load, bytes_payload, cluster, produce
from benchmarks._ratio import at_least, interleave, report
from kafkaops.loadtest.payload import make_pool

PARTITIONS, REPLICAS = 4, 3
LINGER_MS, BATCH_BYTES = 50, 500_000
WARMUP_RECORDS = 5_000
KEY = b"k" * (200 - VALUE_BYTES)
GOAL = at_least(10.0)
_PATIENCE_S = 120


def own(dev: Cluster, seconds: float) -> Cost:
    """The load tester's producer process."""
    with dev.topic(PARTITIONS, REPLICAS) as target:
        load = a_load(linger_ms=LINGER_MS, producer={"batch.size": BATCH_BYTES})
        return produce(target, dev.settings, load, bytes_payload(), warmup_s=1.5, seconds=seconds)[0]


def peer(dev: Cluster, records: int) -> Cost:
    """kafka-python in a spawned process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with dev.topic(PARTITIONS, REPLICAS) as target:
        process = context.Process(target=_send, args=(dev.servers, target.name, records, theirs), daemon=True)
        process.start()
        try:
            if not ours.poll(_PATIENCE_S):
                raise SystemExit("kafka-python does not end")
            cost: Cost = ours.recv()
            return cost
        finally:
            process.join(5)
            process.kill()


def _send(servers: str, topic: str, records: int, pipe: Connection) -> None:
    producer = KafkaProducer(
        bootstrap_servers=servers.split(","), acks="all", enable_idempotence=True, linger_ms=LINGER_MS,
        batch_size=BATCH_BYTES,
    )  # fmt: skip
    values = make_pool(bytes_payload(), 0).values
    size, send = len(values), producer.send

    def some(count: int) -> None:
        futures = [send(topic, values[number % size], KEY, partition=number % PARTITIONS) for number in range(count)]
        producer.flush(timeout=_PATIENCE_S)
        if not all(future.succeeded() for future in futures):
            raise SystemExit("kafka-python failed to deliver")

    some(WARMUP_RECORDS)
    began, cpu, main = monotonic(), process_time(), thread_time()
    some(records)
    pipe.send(Cost(records, monotonic() - began, process_time() - cpu, thread_time() - main))
    producer.close()


def main() -> int:
    """Print the ratios; 1 when the goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--records", type=int, default=25_000, help="of the peer")
    options = parser.parse_args()
    with cluster() as dev:
        pairs = interleave(options.pairs, lambda: peer(dev, options.records), lambda: own(dev, options.seconds))
    slow, fast = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    cpu = [cost.cpu_us for cost in slow], [cost.cpu_us for cost in fast]
    holds = report("CPU of all threads, kafka-python over ours", *cpu, "µs a record", GOAL)
    report("rate, ours over kafka-python", [cost.rate for cost in fast], [cost.rate for cost in slow], "records/s")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
