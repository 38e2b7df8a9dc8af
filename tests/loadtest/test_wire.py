"""On the wire a pool compresses as a stream that never repeats, measured by the client library's own counters."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from time import monotonic

import pytest

from kafkaops.loadtest.engine import Told
from kafkaops.loadtest.payload import Payload, PayloadKind, Pool, make_pool
from kafkaops.loadtest.portable import PortableEngine
from kafkaops.loadtest.sending import Sender

WAVE = (Path(__file__).parents[2] / "schemas" / "wave-event.avsc").read_text()
RECORDS = 40_000
PARTITIONS = 2


def wire_bytes(pool: Pool, compression: str) -> int:
    """Bytes sent for so many records in full batches."""
    seen: list[int] = []

    def count(text: str) -> None:
        seen.append(sum(broker["txbytes"] for broker in json.loads(text)["brokers"].values()))

    engine = PortableEngine(
        {
            "bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0, "compression.type": compression,
            "linger.ms": 500, "statistics.interval.ms": 100,
        },
        "topic", PARTITIONS, pool, Told(counted=count),
    )  # fmt: skip
    sending = Sender(engine, PARTITIONS, run=1, index=0)
    for turn in range(RECORDS // 1_000):
        sending.send(turn % PARTITIONS, [0] * 1_000, held_back=False)
    deadline = monotonic() + 60
    while sending.settled < RECORDS and monotonic() < deadline:
        engine.poll(0.1)
        sending.settle()
    assert sending.settled == RECORDS
    before = len(seen)
    while len(seen) < before + 2 and monotonic() < deadline:
        engine.poll(0.1)
    return seen[-1]


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_a_pool_is_as_large_on_the_wire_as_fresh_records(compression: str) -> None:
    payload = Payload(PayloadKind.AVRO, seed=1, size=200, schema_id=7, schema_text=WAVE)
    fresh = Pool(tuple(islice(payload.stream(9), RECORDS)), repeats_in_batch=False)
    few = Pool(tuple(islice(payload.stream(0), 100)), repeats_in_batch=True)
    honest = wire_bytes(fresh, compression)
    assert wire_bytes(make_pool(payload, 0), compression) == pytest.approx(honest, rel=0.05)
    assert wire_bytes(few, compression) < honest / 2, "the test would not notice a pool that repeats"
