"""What a plan without changes costs at the size of a large platform: requests, processor time, memory.

    python -m benchmarks.plan_scale [--topics 2000] [--subjects 5000] [--connectors 500] [--rounds 6]

Topics are real ones on the dev cluster. Subjects and connectors come from stand-ins (`_stand_ins.py`): a registry
that answers in Confluent's shape, and a Connect that answers what the dev cluster's worker answered for one
connector, as often as is wanted. `kafkaops plan` runs as its users run it, in a process of its own.

Goals, at 10,000 topics, 5,000 subjects and 500 connectors: at most 40 requests; processor time at most 1.3 times
that of a process that does nothing but the bare bulk reads of the topics; at most 400 MB of memory.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from confluent_kafka.admin import NewTopic

from benchmarks._kafka_scene import Scene, scene
from benchmarks._pairs import Compared, compare
from benchmarks._stand_ins import StandIn, connect_stand_in, registry_stand_in, schema_text
from kafkaops import devcluster
from kafkaops.clients.confluent import CHUNK
from tests.wire import KafkaWire

TOPICS, REQUESTS = 10_000, 40
"""The size that the goals are about, and the requests allowed there."""
CPU_GOAL, RSS_GOAL_MB = 1.3, 400
_CONFIG = {"retention.ms": "604800000", "cleanup.policy": "delete"}
_BATCH = 2_000
_BARE = """
import sys
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

client = AdminClient({"bootstrap.servers": sys.argv[1]})
chunk, count = int(sys.argv[3]), int(sys.argv[4])
names = [name for name in client.list_topics(timeout=20).topics if name.startswith(sys.argv[2])][:count]
for at in range(0, len(names), 4 * chunk):
    asked = [
        client.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names[start : start + chunk]])
        for start in range(at, min(at + 4 * chunk, len(names)), chunk)
    ]
    for futures in asked:
        for future in futures.values():
            future.result(timeout=60)
assert len(names) == count
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: seconds of processor time (user and system), and its largest resident memory in MB."""

    cpu_s: float
    rss_mb: float


def cost_of(command: Sequence[str], folder: Path) -> Cost:
    """Run a command that must exit 0, and take its account from the kernel."""
    child = subprocess.Popen([sys.executable, *command], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command[:4])} … exited with {child.returncode}; 3 means that there are changes")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


PLAN = ("-m", "kafkaops", "plan", "--detailed-exitcode")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of each kind."""

    topics: int
    subjects: int
    connectors: int


def spec_of(prefix: str, sizes: Sizes, environment: Mapping[str, str]) -> str:
    """A spec of so many topics, and of subjects and connectors where the environment has their systems."""
    lines = ["version: 1", "project: bench", "environments:", "  dev:"]
    lines += [f"    {key}: {value}" for key, value in environment.items()]
    lines.append("topics:")
    for number in range(sizes.topics):
        lines += [f"  {prefix}-{number}:", "    partitions: 1", "    replication_factor: 1", "    config:"]
        lines += [f"      {key}: {value}" for key, value in _CONFIG.items()]
    if "schema_registry" in environment:
        lines += ["schemas:", "  subjects:"]
        lines += [f"    bench-{number}-value: {{schema: schemas/{number}.avsc}}" for number in range(sizes.subjects)]
    if "connect" in environment:
        lines.append("connectors:")
        for number in range(sizes.connectors):
            lines += [
                f"  bench-sink-{number}:",
                "    class: org.apache.kafka.connect.file.FileStreamSinkConnector",
                f"    topics: [{prefix}-{number}]",
                "    config: {file: /dev/null}",
            ]
    return "\n".join(lines) + "\n"


def written(folder: Path, text: str, subjects: int = 0) -> Path:
    """A project in a folder of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "schemas").mkdir(parents=True)
    (folder / "topics.yaml").write_text(text, encoding="utf-8")
    for number in range(subjects):
        (folder / "schemas" / f"{number}.avsc").write_text(schema_text(number), encoding="utf-8")
    return folder


def requests(bench: Scene, sizes: Sizes, folder: Path, registry: StandIn, connect: StandIn) -> bool:
    """Count what one plan of everything asks, on the wire; say what follows for the size of the goal."""
    with KafkaWire(bench.servers) as wire:
        text = spec_of(bench.prefix, sizes, _environment(wire.bootstrap_servers, registry, connect))
        cost = cost_of(PLAN, written(folder, text, sizes.subjects))
        kafka, raw, counts = wire.total + 1, wire.raw_total, dict(sorted(wire.counts.items()))
    print(f"requests at {sizes.topics:,} topics, {sizes.subjects:,} subjects, {sizes.connectors:,} connectors:")
    print(f"  Kafka    {kafka:3}: the first Metadata and those without upkeep; {raw} in all: {counts}")
    print(f"  registry {len(registry.asked):3}: {_folded(registry.asked)}")
    print(f"  Connect  {len(connect.asked):3}: {_folded(connect.asked)}")
    here = kafka + len(registry.asked) + len(connect.asked)
    there = here + _chunks(TOPICS) - _chunks(sizes.topics)
    print(
        f"  {here} = {here - _chunks(sizes.topics)} + ⌈{sizes.topics:,} topics / {CHUNK}⌉; "
        f"at {TOPICS:,} topics {there}, goal ≤ {REQUESTS}: {_met(there <= REQUESTS)}"
    )
    print(f"  with all of it: {cost.cpu_s:.2f} s of processor time, {cost.rss_mb:.0f} MB")
    return there <= REQUESTS


def _chunks(topics: int) -> int:
    return -(-topics // CHUNK)


def _folded(asked: Sequence[str]) -> str:
    """Requests by path, pages together."""
    counts: dict[str, int] = {}
    for path in asked:
        counts[path.partition("?")[0]] = counts.get(path.partition("?")[0], 0) + 1
    return ", ".join(f"{path} {number}" for path, number in counts.items())


def _environment(servers: str, registry: StandIn | None = None, connect: StandIn | None = None) -> dict[str, str]:
    found = {"kafka": f"{{bootstrap_servers: '{servers}'}}"}
    if registry is not None:
        found["schema_registry"] = f"{{url: '{registry.url}'}}"
    if connect is not None:
        found["connect"] = f"{{url: '{connect.url}'}}"
    return found


def processor_time(bench: Scene, sizes: Sizes, folder: Path, rounds: int) -> bool:
    """A plan of the topics alone against a process that only reads them, in turns; for the goal's size if need be."""
    compared, largest = _compared(bench, sizes.topics, folder, rounds)
    print(_line(compared, sizes.topics))
    ratio, estimated = compared.ratio, ""
    if sizes.topics < TOPICS:
        few = sizes.topics // 10
        small, _ = _compared(bench, few, folder, rounds)
        print(_line(small, few))
        step = (TOPICS - few) / (sizes.topics - few)
        own, peer = (
            median(little) + (median(much) - median(little)) * step
            for little, much in ((small.own, compared.own), (small.peer, compared.peer))
        )
        ratio, estimated = own / peer, f", an estimate that --topics {TOPICS} replaces by a measurement"
        print(f"  what starting costs stays; {TOPICS:,} topics would take {own:.2f} s and {peer:.2f} s")
    print(f"  at {TOPICS:,} topics {ratio:.2f}{estimated}, goal ≤ {CPU_GOAL}: {_met(ratio <= CPU_GOAL)}")
    print(
        f"largest memory of those plans: {largest:.0f} MB, goal at {TOPICS:,} topics ≤ {RSS_GOAL_MB} MB: "
        f"{_met(largest <= RSS_GOAL_MB)}"
    )
    return ratio <= CPU_GOAL and largest <= RSS_GOAL_MB


def _compared(bench: Scene, topics: int, folder: Path, rounds: int) -> tuple[Compared, float]:
    """Processor times at one size, and the largest memory of a plan in MB."""
    project = written(folder, spec_of(bench.prefix, Sizes(topics, 0, 0), _environment(bench.servers)))
    bare = ("-c", _BARE, bench.servers, bench.prefix, str(CHUNK), str(topics))
    largest = [0.0]

    def own() -> float:
        cost = cost_of(PLAN, project)
        largest[0] = max(largest[0], cost.rss_mb)
        return cost.cpu_s

    return compare(rounds, own, lambda: cost_of(bare, project).cpu_s), largest[0]


def _line(compared: Compared, topics: int) -> str:
    low, high = compared.interval
    return (
        f"processor time of a plan of {topics:,} topics, start-up included: own {median(compared.own):.2f} s, "
        f"peer {median(compared.peer):.2f} s, ratio {compared.ratio:.2f} [{low:.2f}, {high:.2f}]"
    )


def _met(met: bool) -> str:
    return "met" if met else "MISSED"


def make_topics(bench: Scene, count: int) -> None:
    """Create them, below the controller's limit of records in a request, and wait until every broker shows them."""
    names = [f"{bench.prefix}-{number}" for number in range(count)]
    for at in range(0, count, _BATCH):
        asked = [NewTopic(name, 1, 1, config=_CONFIG) for name in names[at : at + _BATCH]]
        for future in bench.admin.create_topics(asked, request_timeout=60).values():
            future.result(timeout=90)
    # Each broker learns of them by itself, some of them much later than the one that is asked first.
    for broker in bench.kafka.cluster().brokers:
        while len(bench.kafka.topics_on(broker, names)) < count:
            time.sleep(1)


def main() -> int:
    """Print the requests, the ratio and the memory; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", type=int, default=2_000)
    parser.add_argument("--subjects", type=int, default=5_000)
    parser.add_argument("--connectors", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    sizes = Sizes(options.topics, options.subjects, options.connectors)
    endpoints = devcluster.locate(os.environ.get("KAFKAOPS_TEST_CLUSTER", devcluster.DEFAULT_NAME))
    with scene() as bench, tempfile.TemporaryDirectory() as temporary:
        assert endpoints is not None, "scene() has seen it"
        make_topics(bench, sizes.topics)
        folder = Path(temporary) / "project"
        with (
            registry_stand_in(sizes.subjects) as registry,
            connect_stand_in(endpoints.connect_url, bench.prefix, sizes.connectors) as connect,
        ):
            met = requests(bench, sizes, folder, registry, connect)
        met = processor_time(bench, sizes, folder, options.rounds) and met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
