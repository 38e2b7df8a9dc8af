"""A broker stands still for five seconds of a run of thirty; what is reported against what a queue would do.

    python -m benchmarks.loadtest_stall [--rate N]

One partition, which is a queue, replication factor 3 and acks=all: while one broker is frozen (SIGSTOP; it is not the
active controller) no record is acked. Two regimes: a buffer that holds all that comes due meanwhile, and one that
holds half a second of it. Goal: p50, p90, p95, p99 and max of the ack response within 3 % of a first-in-first-out
queue that is fed with the instants of stopping and going on, and with the rate at which it was drained. The queue is
worked out from the schedule and the file of raw records, without histograms; records that the stall did not touch
count with their raw responses. kafka-producer-perf-test runs beside it, on a topic of its own with the same rate and
buffer; what it reports of the same stall is printed.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import _java_tools as java
from benchmarks._cli import project, start
from benchmarks._load import Cluster
from kafkaops.loadtest.client import producer_defaults
from tests.live import broker_faults
from tests.live.project import Project

SPEC = "topics:\n  {u}-stalled: {partitions: 1, replication_factor: 3, config: {min.insync.replicas: 2}}\n"
DURATION_S, STALL_S, BEFORE_S = 30, 5.0, 10.0
PERCENTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99, "max": 1.0}
GOAL = 0.03
SIZE = 200
_PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Stall:
    """When the broker stood still, in seconds from the start of the run."""

    stopped: float
    continued: float


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the raw file, in seconds from the start."""

    intended: float
    acked: float


def records_of(file: Path) -> list[Record]:
    """All records, in the order of their intended times."""
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert all(row["fate"] == "acked" for row in rows), "a record was not acked"
    return sorted(
        (Record(int(row["intended_ns"]) / 1e9, int(row["acked_ns"]) / 1e9) for row in rows),
        key=lambda record: record.intended,
    )


@dataclass(frozen=True, slots=True)
class Queue:
    """What a first-in-first-out queue makes of the stall."""

    responses: Sequence[float]
    resumed: float
    """When the first ack came after the broker went on: it needs a moment."""
    drain: float
    """Records per second, from there until a record did not have to wait any more."""


def queue(records: Sequence[Record], stall: Stall) -> Queue:
    """Records due between stop and the end of the backlog wait in line; the rest count with their own responses."""
    before = sorted(each.acked - each.intended for each in records if each.acked < stall.stopped)
    usual = before[len(before) // 2]
    resumed = min(each.acked for each in records if each.acked > stall.continued)
    first = next(at for at, each in enumerate(records) if each.intended + usual >= stall.stopped)
    last = next(
        at for at, each in enumerate(records)
        if each.intended > stall.continued and each.acked - each.intended <= 2 * usual
    )  # fmt: skip
    drain = (last - first) / (max(each.acked for each in records[first:last]) - resumed)
    responses = [each.acked - each.intended for each in records]
    for place, at in enumerate(range(first, last)):
        responses[at] = resumed + (place + 1) / drain - records[at].intended
    return Queue(responses, resumed, drain)


def percentiles(responses: Sequence[float]) -> dict[str, float]:
    """By nearest rank, from an exact sort, in milliseconds."""
    ordered = sorted(responses)
    count = len(ordered)
    return {name: ordered[min(int(share * count), count - 1)] * 1e3 for name, share in PERCENTILES.items()}


def freeze(dev: Cluster, origin: float) -> Stall:
    """Stop a broker that is not the active controller, in time, and let it go on."""
    controller = broker_faults.active_controller(dev.servers)
    victim = next(broker for broker in (1, 2, 3) if broker != controller)
    time.sleep(max(origin + BEFORE_S - time.time(), 0))
    with broker_faults.frozen(dev.name, victim):
        stopped = time.time()
        time.sleep(STALL_S)
        continued = time.time()
    return Stall(stopped - origin, continued - origin)


def run(dev: Cluster, made: Project, rate: int, buffered: int) -> tuple[dict[str, Any], Stall, java.Produced]:
    """Both tools under one stall."""
    raw = made.folder / "raw.csv"
    own = start(
        made, "--topic", f"{dev.prefix}-stalled", "--rate", f"{rate}/s", "--duration", f"{DURATION_S}s",
        "--warmup", "0s", "--consumers", "0", "--payload", "bytes", "--size", str(SIZE - 24),
        "--in-flight", str(buffered), "--linger", "5ms", "--no-calibrate", "--raw", str(raw),
    )  # fmt: skip
    config = {
        "acks": "all", "linger.ms": 5, "buffer.memory": max(buffered * (SIZE + 20), 65_536),
        "batch.size": 16_384, "max.block.ms": 60_000,
    }  # fmt: skip
    with dev.topic(1, 3, {"min.insync.replicas": "2"}) as target, ThreadPoolExecutor() as others:
        assert own.stderr is not None
        for line in own.stderr:
            if "first record through" in line:
                break
        # Both begin within a second or two of each other; the stall is in the middle of both.
        peer = others.submit(
            java.produce, dev.servers, target.name, records=rate * DURATION_S, warmup=1, size=SIZE, config=config,
            rate=rate,
        )  # fmt: skip
        for line in own.stderr:
            if line.lstrip().startswith(("0 s", "1 s")):
                break
        origin = time.time() - 1.3
        stall = freeze(dev, origin)
        out, err = own.communicate(timeout=_PATIENCE_S)
        java_tool = peer.result(_PATIENCE_S)
    if not out:
        raise SystemExit(err)
    document = json.loads(out)
    # The run says to the millisecond when it began; until then it was only known roughly.
    began = time.mktime(time.strptime(document["started_at"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    began += float(document["started_at"][19:23])
    shift = origin - began
    return document, Stall(stall.stopped + shift, stall.continued + shift), java_tool


def judge(name: str, document: dict[str, Any], stall: Stall, raw: Path, java_tool: java.Produced) -> bool:
    """Print the comparison of one regime; says whether the goal holds."""
    model = queue(records_of(raw), stall)
    wanted, (load,) = percentiles(model.responses), document["loads"]
    found, service, delay = (load["latency"][each] for each in ("ack_response", "ack_service", "schedule_delay"))
    print(
        f"{name}: stood still from {stall.stopped:.3f} to {stall.continued:.3f} s, acks at {model.resumed:.3f} s, "
        f"drained at {model.drain:,.0f} records/s"
    )
    worst = 0.0
    for each, value in wanted.items():
        off = found[each] / value - 1
        worst = max(worst, abs(off))
        print(f"  {each}: reported {found[each]:,.2f} ms, queue {value:,.2f} ms, {off:+.2%}")
    print(
        f"  service p99 {service['p99']:,.1f} ms, schedule delay p99 {delay['p99']:,.1f} ms; "
        f"kafka-producer-perf-test reports "
        f"p50 {java_tool.p50_ms}, p95 {java_tool.p95_ms}, p99 {java_tool.p99_ms}, max {java_tool.max_ms:g} ms"
    )
    print(f"  worst {worst:.2%}, goal ≤ {GOAL:.0%}: {'holds' if worst <= GOAL else 'MISSED'}", flush=True)
    return worst <= GOAL


def main() -> int:
    """Print both regimes; 1 when the goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=2_000)
    options = parser.parse_args()
    holds = True
    defaults = producer_defaults("all", "none", 5, options.rate, 1_048_588)
    print(f"{options.rate:,} records/s of {SIZE} bytes, message.timeout.ms {defaults['message.timeout.ms']}")
    with project(SPEC) as (dev, made):
        for name, buffered in (("ample buffer", 60 * options.rate), ("half a second of buffer", options.rate // 2)):
            document, stall, java_tool = run(dev, made, options.rate, buffered)
            holds &= judge(name, document, stall, made.folder / "raw.csv", java_tool)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
