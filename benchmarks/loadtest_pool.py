"""Avro records from a pool that was encoded before the clock started, against encoding each when it is sent.

    python -m benchmarks.loadtest_pool [--pairs N] [--seconds S]

The same schema of ten fields, logical types and a union among them, in a registry's frame; the peer encodes with
fastavro in a plain loop. Goals: at least 5 times less CPU of the sending thread on librdkafka's own mock broker,
at least 3 times less CPU of all threads on the cluster (4 partitions, replication factor 3, acks=all). Both count
failures only, so that what differs is where values come from and how they are handed over.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from itertools import islice
from typing import Any

import fastavro

from benchmarks._load import IN_FLIGHT, MOCK, Cluster, Cost, a_load, cluster, produce, settings_of
from benchmarks._plain_loop import Loop, run
from benchmarks._ratio import at_least, interleave, report
from kafkaops.loadtest.client import producer_client
from kafkaops.loadtest.load import Target
from kafkaops.loadtest.payload import Payload, PayloadKind

PARTITIONS, REPLICAS = 4, 3
WARMUP_S = 1.5
SAMPLES = 2_000
SCHEMA = json.dumps({
    "type": "record", "name": "Pick", "namespace": "bench", "fields": [
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "sku", "type": "string"}, {"name": "zone", "type": ["null", "string"], "default": None},
        {"name": "quantity", "type": "int"}, {"name": "weight", "type": "double"},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "DONE", "SHORT"]}},
        {"name": "picker", "type": "string"}, {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "retry", "type": "boolean"},
    ],
})  # fmt: skip
PAYLOAD = Payload(PayloadKind.AVRO, seed=1, schema_id=7, schema_text=SCHEMA)


def records() -> list[dict[str, Any]]:
    """The records whose encodings the pool holds, as Python has them."""
    schema = fastavro.parse_schema(json.loads(SCHEMA))
    found = []
    for value in islice(PAYLOAD.stream(0), SAMPLES):
        record = fastavro.schemaless_reader(io.BytesIO(value[5:]), schema, None)
        assert isinstance(record, dict)
        found.append(record)
    return found


def main() -> int:
    """Print the ratios; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    inline = records()
    mean = sum(map(len, islice(PAYLOAD.stream(0), SAMPLES))) / SAMPLES
    print(f"values of {mean:.0f} bytes on average")
    on_mock = Target("bench", PARTITIONS, 1, 1_048_588, {}, twin=True)

    def pooled(target: Target, servers: str, seconds: float, **config: Any) -> Cost:
        load = a_load(every_ack=False, producer=config)
        return produce(target, settings_of(servers), load, PAYLOAD, warmup_s=WARMUP_S, seconds=seconds)[0]

    def encoded(target: Target, servers: str, seconds: float, **config: Any) -> Cost:
        client = producer_client(settings_of(servers), a_load(producer=config).producer_config, "plain", False)
        loop = Loop(
            client, target.name, PARTITIONS, IN_FLIGHT, WARMUP_S, seconds,
            schema=SCHEMA, frame=b"\0\0\0\0\7", records=inline, responses=False, quiet=True,
        )  # fmt: skip
        return run(loop)

    pairs = interleave(
        options.pairs,
        lambda: encoded(on_mock, "mock", options.seconds, **MOCK),
        lambda: pooled(on_mock, "mock", options.seconds, **MOCK),
    )
    slow, fast = [pair[0].main_us for pair in pairs], [pair[1].main_us for pair in pairs]
    holds = report("per record over pool, sending thread, mock broker", slow, fast, "µs a record", at_least(5.0))
    with cluster() as dev:

        def on_topic(dev: Cluster, pool: bool) -> Cost:
            with dev.topic(PARTITIONS, REPLICAS) as target:
                return (pooled if pool else encoded)(target, dev.servers, options.seconds)

        pairs = interleave(options.pairs, lambda: on_topic(dev, False), lambda: on_topic(dev, True))
    slow, fast = [pair[0].cpu_us for pair in pairs], [pair[1].cpu_us for pair in pairs]
    holds &= report("per record over pool, all threads, cluster", slow, fast, "µs a record", at_least(3.0))
    report("rate, cluster", [p[0].rate for p in pairs], [p[1].rate for p in pairs], "records/s")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
