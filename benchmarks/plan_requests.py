"""What a plan of PakLog without changes asks of each system, counted on the wire, and how long it takes.

Goals: Kafka at most 14 requests, the registry 4, Connect 2, without version negotiation, authentication and
metadata refresh; under 1.5 s of wall time including start-up. Uses the dev cluster named by KAFKAOPS_TEST_CLUSTER,
or `default`, and applies PakLog there first. The processor time beside the wall time tells how busy the machine was.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from kafkaops.devcluster import DEFAULT_NAME, Endpoints, locate
from tests.wire import HttpWire, KafkaWire

ROOT = Path(__file__).parent.parent
GOALS = {"Kafka": 14, "registry": 4, "Connect": 2}
WALL_S = 1.5
RUNS = 5


def main() -> int:
    """Returns 1 when a goal is missed or there was something to do."""
    name = os.environ.get("KAFKAOPS_TEST_CLUSTER", DEFAULT_NAME)
    endpoints = locate(name)
    if endpoints is None:
        print(f"the dev cluster {name} is not up: kafkaops dev up")
        return 1
    with TemporaryDirectory() as folder:
        direct = _paklog(Path(folder) / "direct", f"    dev_cluster: {name}\n")
        if _run(direct, "apply", "--yes").code:
            print("PakLog could not be applied")
            return 1
        met = _counted(Path(folder) / "counted", name, endpoints)
        runs = [_run(direct, "plan", "--detailed-exitcode") for _ in range(RUNS)]
    walls, cpus = [run.wall_s for run in runs], [run.cpu_s for run in runs]
    print(
        f"wall time {median(walls):.2f} s, median of {RUNS} ({min(walls):.2f} to {max(walls):.2f}), at most {WALL_S}; "
        f"processor time {median(cpus):.2f} s"
    )
    return 0 if met and median(walls) <= WALL_S else 1


def _counted(folder: Path, name: str, endpoints: Endpoints) -> bool:
    """One plan through proxies; whether it had nothing to do and kept to the goals."""
    with (
        KafkaWire(endpoints.bootstrap_servers) as kafka,
        HttpWire(*_address(endpoints.schema_registry_url)) as registry,
        HttpWire(*_address(endpoints.connect_url)) as connect,
    ):
        path = urlsplit(endpoints.schema_registry_url).path
        project = _paklog(
            folder,
            f"    dev_cluster: {name}\n"
            f"    kafka: {{bootstrap_servers: '{kafka.bootstrap_servers}'}}\n"
            f"    schema_registry: {{url: 'http://127.0.0.1:{registry.port}{path}'}}\n"
            f"    connect: {{url: 'http://127.0.0.1:{connect.port}'}}\n",
        )
        ended = _run(project, "plan", "--detailed-exitcode").code
        counted = {"Kafka": kafka, "registry": registry, "Connect": connect}
        for system, wire in counted.items():
            print(
                f"{system:9} {wire.total:3} requests, at most {GOALS[system]}; "
                f"{wire.raw_total} in all: {dict(wire.counts)}"
            )
    if ended:
        print(f"plan --detailed-exitcode ended with {ended}: there was something to do")
    return ended == 0 and all(wire.total <= GOALS[system] for system, wire in counted.items())


def _paklog(folder: Path, addresses: str) -> Path:
    """A copy of PakLog whose environment `dev` has these addresses."""
    folder.mkdir()
    for name in ("topics.yaml", "environments", "schemas", "connectors"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    dev = folder / "environments" / "dev.yaml"
    dev.write_text(dev.read_text(encoding="utf-8").replace("    dev_cluster: default\n", addresses), encoding="utf-8")
    return folder


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    return parts.hostname, parts.port


@dataclass(frozen=True, slots=True)
class Run:
    """How a command ended, and what it took in seconds."""

    code: int
    wall_s: float
    cpu_s: float


def _run(project: Path, *arguments: str) -> Run:
    began = time.monotonic()
    child = subprocess.Popen([sys.executable, "-m", "kafkaops", *arguments], cwd=project, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Run(child.returncode, time.monotonic() - began, usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    sys.exit(main())
