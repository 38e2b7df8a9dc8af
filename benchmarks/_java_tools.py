"""Kafka's own performance tools, on the dev cluster's Java runtime and jars, with the CPU that they take."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from benchmarks._load import Cost, cpu_s
from kafkaops.devcluster.java import runtime
from kafkaops.devcluster.layout import install
from kafkaops.devcluster.paths import cache_home

_PRODUCER = "org.apache.kafka.tools.ProducerPerformance"
_CONSUMER = "org.apache.kafka.tools.ConsumerPerformance"
_WINDOW = re.compile(r"^(\d+) records sent, ")
_SUMMARY = re.compile(
    r"(\d+) records sent, ([\d.]+) records/sec .*?, ([\d.]+) ms avg latency, ([\d.]+) ms max latency, "
    r"(\d+) ms 50th, (\d+) ms 95th, (\d+) ms 99th, (\d+) ms 99.9th"
)


@dataclass(frozen=True, slots=True)
class Tool:
    """One run of a tool: the lines it printed, each with the CPU seconds that its process had taken by then."""

    lines: Sequence[tuple[float, float, str]]
    """(wall seconds, CPU seconds of all threads, text)."""
    wall_s: float
    cpu_s: float


def _command(java_class: str, arguments: Sequence[str]) -> list[str]:
    """The tool as its script in Kafka's distribution starts it: 512 MB of heap, and G1 as the collector."""
    jars = install(["kafka"], cache_home(), lambda _: None).class_path("kafka")
    options = ["-Xmx512M", "-XX:+UseG1GC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
    return [str(runtime()), *options, "-cp", jars, java_class, *arguments]


def _run(java_class: str, arguments: Sequence[str]) -> Tool:
    """Raises `SystemExit` when the tool fails."""
    began = monotonic()
    process = subprocess.Popen(
        _command(java_class, arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    assert process.stdout is not None
    lines = [(monotonic() - began, cpu_s(process.pid), line.rstrip()) for line in process.stdout]
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("\n".join(line for _, _, line in lines[-5:]))
    return Tool(lines, monotonic() - began, used.ru_utime + used.ru_stime)


@dataclass(frozen=True, slots=True)
class Produced:
    """A run of kafka-producer-perf-test after its warm-up, the JVM's start and compilation left out."""

    cost: Cost
    p50_ms: int
    p95_ms: int
    p99_ms: int
    p99_9_ms: int
    max_ms: float


def produce(
    servers: str, topic: str, *, records: int, warmup: int, size: int, config: Mapping[str, object], rate: float = -1
) -> Produced:
    """kafka-producer-perf-test; CPU from the report after the warm-up to the last one."""
    properties = [f"{name}={value}" for name, value in config.items()]
    tool = _run(_PRODUCER, [
        "--bootstrap-server", servers, "--topic", topic, "--num-records", str(records + warmup),
        "--warmup-records", str(warmup), "--record-size", str(size), "--throughput", f"{rate:g}",
        "--reporting-interval", "250", "--command-property", *properties,
    ])  # fmt: skip
    sent = 0
    marks: list[tuple[int, float, float]] = []
    summaries = []
    for wall_s, taken_s, line in tool.lines:
        summary = _SUMMARY.search(line)
        if summary is not None:
            summaries.append(summary)
        elif (window := _WINDOW.match(line)) is not None:
            sent += int(window[1])
            marks.append((sent, wall_s, taken_s))
    if not summaries:
        raise SystemExit("\n".join(line for _, _, line in tool.lines[-5:]))
    (first_sent, first_s, first_cpu), last = next(mark for mark in marks if mark[0] >= warmup), marks[-1]
    cost = Cost(last[0] - first_sent, last[1] - first_s, last[2] - first_cpu, 0.0)
    _, _, _, longest, *percentiles = summaries[-1].groups()
    p50, p95, p99, p99_9 = map(int, percentiles)
    return Produced(cost, p50, p95, p99, p99_9, float(longest))


@dataclass(frozen=True, slots=True)
class Consumed:
    """A run of kafka-consumer-perf-test."""

    fetch_rate: float
    """`fetch.nMsg.sec`: records per second, the group's joining left out."""
    cpu_us: float
    """Microseconds of CPU for each record, all threads, the JVM's start included."""


def consume(servers: str, topic: str, records: int, config: Mapping[str, object] | None = None) -> Consumed:
    """kafka-consumer-perf-test reading so many records from the beginning."""
    properties = [f"{name}={value}" for name, value in (config or {}).items()]
    tool = _run(_CONSUMER, [
        "--bootstrap-server", servers, "--topic", topic, "--num-records", str(records), "--timeout", "20000",
        *(["--command-property", *properties] if properties else []),
    ])  # fmt: skip
    names = next(line for _, _, line in tool.lines if "fetch.nMsg.sec" in line).split(", ")
    figures = dict(zip(names, tool.lines[-1][2].split(", "), strict=True))
    return Consumed(float(figures["fetch.nMsg.sec"]), tool.cpu_s * 1e6 / float(figures["data.consumed.in.nMsg"]))
