"""What a plan without changes costs at the size of a large platform: requests, processor time, memory.

    python -m benchmarks.plan_scale [--topics 2000] [--subjects 5000] [--connectors 500] [--rounds 6]

Topics are real ones on the dev cluster. Subjects and connectors come from stand-ins (`_stand_ins.py`): a registry
that answers in Confluent's shape, and a Connect that answers what the dev cluster's worker answered for one
connector, as often as is wanted. `kafkaops plan` runs as its users run it, in a process of its own.

All of it is in the ledger, as it is after any apply: `kafkaops apply` makes the topics, and adopts the rest.

Goals, at 10,000 topics, 5,000 subjects and 500 connectors: at most 40 requests; processor time at most 1.3 times
that of the bare bulk reads; at most 400 MB of memory.

The bare bulk reads (`_bare_reads.py`) are those that the plan's answer needs, made by the plain client in a process of
its own, which drops what it gets: every topic, the configs of the declared ones, the claims of the ledger, and the ids
of the topics, without which a topic that was deleted and made again goes unseen. What the plan adds is all else: its
start, the spec, decoding the claims, comparing, the report. What it saves is the work of Python's cyclic collector,
which it lets rest; a comparison with a peer that does the same is printed beside the others. `--no-ledger` reads
neither claims nor ids, and is compared with a process that does not either.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks._kafka_scene import Scene, scene
from benchmarks._pairs import Compared, compare
from benchmarks._stand_ins import StandIn, connect_stand_in, registry_stand_in, schema_text
from kafkaops import devcluster
from kafkaops.clients.confluent import CHUNK, IDENTITIES
from kafkaops.clients.ledger import LedgerClients
from kafkaops.ledger.codec import claim_gone, read_ledger
from kafkaops.ledger.model import CLAIMS, Owner
from kafkaops.spec.model import KafkaConnection
from kafkaops.spec.references import Resolver
from tests.wire import KafkaWire

TOPICS, REQUESTS = 10_000, 40
"""The size that the goals are about, and the requests allowed there."""
CPU_GOAL, RSS_GOAL_MB = 1.3, 400
_CONFIG = {"retention.ms": "604800000", "cleanup.policy": "delete", "min.insync.replicas": "1"}
_BARE = Path(__file__).with_name("_bare_reads.py")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: seconds of processor time (user and system), and its largest resident memory in MB."""

    cpu_s: float
    rss_mb: float


def cost_of(command: Sequence[str], folder: Path) -> Cost:
    """Run a command that must exit 0, and take its account from the kernel."""
    # As installed, with its modules compiled: some development environments forbid Python to keep them.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.Popen([sys.executable, *command], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command[:4])} … exited with {child.returncode}; 3 means that there are changes")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


PLAN = ("-m", "kafkaops", "plan", "--detailed-exitcode")
APPLY = ("-m", "kafkaops", "apply", "--yes")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of each kind."""

    topics: int
    subjects: int
    connectors: int


def spec_of(prefix: str, sizes: Sizes, environment: Mapping[str, str]) -> str:
    """A spec of so many topics, and of subjects and connectors where the environment has their systems."""
    lines = ["version: 1", f"project: {prefix}", "environments:", "  dev:"]
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
    """Record all of it in the ledger, and count what a plan asks, on the wire; say what follows for the goal's size."""
    with KafkaWire(bench.servers) as wire:
        text = spec_of(bench.prefix, sizes, _environment(wire.bootstrap_servers, registry, connect))
        project = written(folder, text, sizes.subjects)
        cost_of(APPLY, project)  # adopts subjects and connectors
        for counted in (wire.reset, registry.asked.clear, connect.asked.clear):
            counted()
        cost = cost_of(PLAN, project)
        asked = 1 + -(-sizes.topics // IDENTITIES)  # of the Metadata requests, those that are no upkeep
        kafka, raw, counts = wire.total + asked, wire.raw_total, dict(sorted(wire.counts.items()))
    print(f"requests at {sizes.topics:,} topics, {sizes.subjects:,} subjects, {sizes.connectors:,} connectors:")
    what = f"{asked} Metadata, for all topics and for ids, and those without upkeep"
    print(f"  Kafka    {kafka:3}: {what}; {raw} in all: {counts}")
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


@dataclass(frozen=True, slots=True)
class Measured:
    """Processor times at one size, and the largest memory of a plan in MB."""

    topics: int
    recorded: Compared
    """With the ledger's claims and the ids of topics."""
    without: Compared
    """With `--no-ledger`."""
    paused: Compared
    """As `recorded`, with a peer whose cyclic collector rests as the plan's does."""
    largest_mb: float


def processor_time(of: Sequence[Measured]) -> bool:
    """A plan of the topics alone against the bare reads; for the goal's size if need be, by a smaller measurement."""
    ratio = _ratio("with its claims", [(item.topics, item.recorded) for item in of], CPU_GOAL)
    _ratio("with --no-ledger", [(item.topics, item.without) for item in of], CPU_GOAL)
    _ratio("with its claims, the peer's collector paused", [(item.topics, item.paused) for item in of], None)
    largest = max(item.largest_mb for item in of)
    print(
        f"largest memory of those plans: {largest:.0f} MB, goal at {TOPICS:,} topics ≤ {RSS_GOAL_MB} MB: "
        f"{_met(largest <= RSS_GOAL_MB)}"
    )
    return ratio <= CPU_GOAL and largest <= RSS_GOAL_MB


def _ratio(what: str, of: Sequence[tuple[int, Compared]], goal: float | None) -> float:
    """The ratio at the goal's size: measured there, or drawn on from two sizes."""
    for topics, compared in of:
        print(_line(compared, topics, what))
    (topics, compared), ratio, estimated = of[-1], of[-1][1].ratio, ""
    if topics < TOPICS:
        few, small = of[0]
        step = (TOPICS - few) / (topics - few)
        own, peer = (
            median(little) + (median(much) - median(little)) * step
            for little, much in ((small.own, compared.own), (small.peer, compared.peer))
        )
        ratio, estimated = own / peer, f", an estimate that --topics {TOPICS} replaces by a measurement"
        print(f"  what starting costs stays; {TOPICS:,} topics would take {own:.2f} s and {peer:.2f} s")
    verdict = f"goal ≤ {goal}: {_met(ratio <= goal)}" if goal else "no goal"
    print(f"  at {TOPICS:,} topics {ratio:.2f}{estimated}, {verdict}")
    return ratio


def measured(bench: Scene, topics: int, folder: Path, rounds: int) -> Measured:
    """Apply so many topics, then plan and read them in turns, with the ledger and without."""
    project = written(folder, spec_of(bench.prefix, Sizes(topics, 0, 0), _environment(bench.servers)))
    cost_of(APPLY, project)
    bare = (str(_BARE), bench.servers, bench.prefix, str(CHUNK), str(topics))
    largest = [0.0]

    def own(*options: str) -> float:
        cost = cost_of((*PLAN, *options), project)
        largest[0] = max(largest[0], cost.rss_mb)
        return cost.cpu_s

    return Measured(
        topics,
        recorded=compare(rounds, own, lambda: cost_of((*bare, CLAIMS), project).cpu_s),
        without=compare(rounds, lambda: own("--no-ledger"), lambda: cost_of(bare, project).cpu_s),
        paused=compare(-(-rounds // 2), own, lambda: cost_of((*bare, CLAIMS, "--paused"), project).cpu_s),
        largest_mb=largest[0],
    )


def _line(compared: Compared, topics: int, what: str) -> str:
    low, high = compared.interval
    return (
        f"processor time of a plan of {topics:,} topics {what}, start-up included: own {median(compared.own):.2f} s, "
        f"peer {median(compared.peer):.2f} s, ratio {compared.ratio:.2f} [{low:.2f}, {high:.2f}]"
    )


def _met(met: bool) -> str:
    return "met" if met else "MISSED"


@contextmanager
def forgotten(bench: Scene) -> Iterator[None]:
    """Let the ledger forget this benchmark's project in the end: its topics go without kafkaops."""
    try:
        yield
    finally:
        owner = Owner(bench.prefix, "dev")
        clients = LedgerClients(KafkaConnection(bootstrap_servers=bench.servers), Resolver(), owner.office)
        held = read_ledger(owner, clients.reader().read(CLAIMS)).mine
        clients.writer().begin()
        clients.writer().commit([claim_gone(owner, address) for address in held])
        clients.close()


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
    with scene() as bench, tempfile.TemporaryDirectory() as temporary, forgotten(bench):
        assert endpoints is not None, "scene() has seen it"
        folder = Path(temporary) / "project"
        steps = [sizes.topics] if sizes.topics >= TOPICS else [sizes.topics // 10, sizes.topics]
        met = processor_time([measured(bench, topics, folder, options.rounds) for topics in steps])
        with (
            registry_stand_in(sizes.subjects) as registry,
            connect_stand_in(endpoints.connect_url, bench.prefix, sizes.connectors) as connect,
        ):
            met = requests(bench, sizes, folder, registry, connect) and met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
