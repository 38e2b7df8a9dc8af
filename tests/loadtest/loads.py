"""Loads and runs as values, for tests that need no worker."""

from __future__ import annotations

from dataclasses import replace

from kafkaops.loadtest.load import Load, Run, Target, Timing
from kafkaops.loadtest.partitioner import Keys
from kafkaops.loadtest.payload import Payload, PayloadKind
from kafkaops.loadtest.schedule import Schedule
from kafkaops.spec.loadtests import Arrivals, LoadTestObjectives

SECOND = 1_000_000_000
PAYLOAD = Payload(PayloadKind.BYTES, size=66)
"""With 24 bytes of key and 10 that a record takes besides, 100 bytes."""


def a_load(rate: int | None = 1_000, seconds: int = 10, **changes: object) -> Load:
    """So many records per second for so long; None is a closed loop."""
    schedule = None if rate is None else Schedule.constant(rate * 1_000, seconds * SECOND)
    load = Load("t", schedule, "", Arrivals.EVEN, Keys(), 1, 1, 1, 1_000, 0, every_ack=True)
    return replace(load, **changes)  # type: ignore[arg-type]


def a_run(*loads: Load, partitions: int = 1, replicas: int = 1, warmup_s: int = 0) -> Run:
    """Those loads, each on a topic of its own."""
    return Run(
        run=1, identity="0" * 12, profile=None, timing=Timing(warmup_s * SECOND, 10 * SECOND), loads=loads,
        payloads=(PAYLOAD,) * len(loads),
        targets=tuple(Target(f"t{n}", partitions, replicas, 1_000_000, {}, twin=True) for n in range(len(loads))),
        objectives=LoadTestObjectives(), abort_on_fail=False, seed=1,
    )  # fmt: skip
