"""Whether a pool of values compresses as a stream that never repeats, measured with the client library's own codec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from time import monotonic

from kafkaops.loadtest.client import Value
from kafkaops.loadtest.engine import CHUNK, Told
from kafkaops.loadtest.payload import Payload, PayloadKind, Pool
from kafkaops.loadtest.portable import PortableEngine
from kafkaops.loadtest.sending import Sender

TOLERANCE = 0.05
"""By how much the ratios may differ before the pool is called misleading."""
_RECORDS = 10_000
_PATIENCE_S = 10.0
_FRESH = 1 << 20
"""A worker number that no worker has: its values are nobody's."""


def ratios(config: Mapping[str, Value], payload: Payload, pool: Pool) -> tuple[float, float] | None:
    """(ratio of the pool, ratio of fresh values): bytes before by bytes after compression, in full batches.

    None where nothing is compressed, or where values come from a file, which has no fresh ones.
    """
    if config.get("compression.type", "none") == "none" or payload.kind is PayloadKind.SAMPLES:
        return None
    count = min(len(pool.values), _RECORDS)
    fresh = Pool(tuple(islice(payload.stream(_FRESH), count)), repeats_in_batch=False)
    return _ratio(config, pool, count), _ratio(config, fresh, count)


def _ratio(config: Mapping[str, Value], pool: Pool, count: int) -> float:
    seen: list[tuple[int, int]] = []

    def note(text: str) -> None:
        statistics = json.loads(text)
        wire = sum(broker.get("txbytes", 0) for broker in statistics["brokers"].values())
        seen.append((int(statistics["txmsg_bytes"]), wire))

    engine = PortableEngine(
        {
            **config,
            "bootstrap.servers": "mock",
            "test.mock.num.brokers": 1,
            "security.protocol": "plaintext",
            "log_level": 0,
            "linger.ms": 200,
            "statistics.interval.ms": 50,
        },
        "entropy",
        1,
        pool,
        Told(counted=note),
    )
    sender = Sender(engine, 1, run=0, index=0)
    for start in range(0, count, CHUNK):
        sender.send(0, [0] * min(CHUNK, count - start), held_back=False)
    deadline = monotonic() + _PATIENCE_S
    while sender.settled < count and monotonic() < deadline:
        engine.poll(0.05)
        sender.settle()
    after = len(seen) + 2
    while len(seen) < after and monotonic() < deadline:
        engine.poll(0.05)
    plain, wire = seen[-1]
    return plain / wire if wire else 1.0
