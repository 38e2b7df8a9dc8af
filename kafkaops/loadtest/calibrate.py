"""How many records this process can hand over on this machine, measured against librdkafka's own mock broker."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic_ns

from kafkaops.loadtest.client import Value
from kafkaops.loadtest.engine import MakesEngine
from kafkaops.loadtest.payload import Pool
from kafkaops.loadtest.sending import Sender

PARTITIONS = 4
_BATCH = 1_000
_IN_FLIGHT = 50_000
_PATIENCE_S = 10.0


def calibrate(config: Mapping[str, Value], pool: Pool, seconds: float, engine: MakesEngine) -> float:
    """Records per second from pool to ack, the mock broker's own work on this machine included."""
    producer = engine(
        {
            **config,
            "bootstrap.servers": "mock",
            "test.mock.num.brokers": 1,
            "security.protocol": "plaintext",
            "log_level": 0,
        },
        "calibration",
        PARTITIONS,
        pool,
    )
    sender = Sender(producer, PARTITIONS, run=0, index=0)
    sender.probe()  # connections and the producer's id take their time; they are not what is measured
    deadline = monotonic_ns() + int(_PATIENCE_S * 1e9)
    while len(producer) and monotonic_ns() < deadline:
        producer.poll(0.01)
    sender.settle()
    began = monotonic_ns()
    end = began + int(seconds * 1e9)
    turn = 0
    while (now := monotonic_ns()) < end:
        if len(producer) < _IN_FLIGHT:
            sender.send(turn % PARTITIONS, [now] * _BATCH, held_back=False)
            turn += 1
        producer.poll(0 if len(producer) < _IN_FLIGHT else 0.001)
        sender.settle()
    elapsed = monotonic_ns() - began
    done = sender.settled
    producer.give_up()
    producer.close()
    return done * 1e9 / elapsed
