"""What a plan of PakLog without changes asks of each system, counted on the wire, and how long it takes.

Goals: Kafka at most 14 requests, the registry 4, Connect 2, without version negotiation, authentication and
metadata refresh; under 1.5 s of wall time including start-up. Needs the dev cluster `default` with PakLog applied.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from kafkaops.devcluster import Endpoints, locate
from tests.wire import HttpWire, KafkaWire

ROOT = Path(__file__).parent.parent
GOALS = {"Kafka": 14, "registry": 4, "Connect": 2}
WALL_S = 1.5
RUNS = 5


def main() -> int:
    """Returns 1 when a goal is missed or there was something to do."""
    endpoints = locate()
    if endpoints is None:
        print("the dev cluster is not up: kafkaops dev up")
        return 1
    with (
        TemporaryDirectory() as folder,
        KafkaWire(endpoints.bootstrap_servers) as kafka,
        HttpWire(*_address(endpoints.schema_registry_url)) as registry,
        HttpWire(*_address(endpoints.connect_url)) as connect,
    ):
        project = _project(Path(folder), endpoints, kafka, registry, connect)
        ended = _plan(project)
        counted = {"Kafka": kafka, "registry": registry, "Connect": connect}
        for name, wire in counted.items():
            print(
                f"{name:9} {wire.total:3} requests, at most {GOALS[name]}; {wire.raw_total} in all: {dict(wire.counts)}"
            )
        met = ended == 0 and all(wire.total <= GOALS[name] for name, wire in counted.items())
    if ended:
        print(f"plan --detailed-exitcode ended with {ended}: is PakLog applied?")
    walls = [_wall(ROOT) for _ in range(RUNS)]
    print(f"wall time {median(walls):.2f} s, median of {RUNS} ({min(walls):.2f} to {max(walls):.2f}), at most {WALL_S}")
    return 0 if met and median(walls) <= WALL_S else 1


def _project(folder: Path, endpoints: Endpoints, kafka: KafkaWire, registry: HttpWire, connect: HttpWire) -> Path:
    """A copy of PakLog whose environment `dev` goes through the proxies."""
    for name in ("topics.yaml", "environments", "schemas", "connectors"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    dev = folder / "environments" / "dev.yaml"
    path = urlsplit(endpoints.schema_registry_url).path
    addresses = (
        "    dev_cluster: default\n"
        f"    kafka: {{bootstrap_servers: '{kafka.bootstrap_servers}'}}\n"
        f"    schema_registry: {{url: 'http://127.0.0.1:{registry.port}{path}'}}\n"
        f"    connect: {{url: 'http://127.0.0.1:{connect.port}'}}\n"
    )
    dev.write_text(dev.read_text(encoding="utf-8").replace("    dev_cluster: default\n", addresses), encoding="utf-8")
    return folder


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    return parts.hostname, parts.port


def _plan(project: Path) -> int:
    command = [sys.executable, "-m", "kafkaops", "plan", "--detailed-exitcode"]
    return subprocess.run(command, cwd=project, stdout=subprocess.DEVNULL, check=False).returncode


def _wall(project: Path) -> float:
    began = time.monotonic()
    _plan(project)
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
