"""How long `kafkaops schemas check` takes as a user waits for it: processes, imports, git and output included.

Goals: PakLog against git in less than half a second with Python's start; `kafkaops --help` without the libraries that
it does not need; 10,000 subjects of 5 versions each, half of them above 2 KB, BACKWARD_TRANSITIVE and all changed,
against git in at most 6 seconds and 1 GB on two cores: the whole command, best of three runs, and all its processes.

    python -m benchmarks.schemas_check [SUBJECTS]
"""

from __future__ import annotations

import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.compat.events import versions
from tests.evolution.repository import Project, clean_environment

SUBJECTS, VERSIONS = 10_000, 5
RUNS, LARGE_RUNS = 15, 3
GOAL_SMALL_S, GOAL_LARGE_S, GOAL_BYTES = 0.5, 6.0, 10**9
UNWANTED = ("confluent_kafka", "fastavro", "httpx", "pydantic", "kafka", "yaml", "rich.progress")
"""What `--help` must not import."""
NEEDLESS = ("confluent_kafka", "fastavro", "httpx", "kafka", "rich.console")
"""What a check against git must not import."""


def main(subjects: int = SUBJECTS) -> bool:
    """Print every measure; True when the goals are met."""
    good = imports(["--help"], UNWANTED)
    with tempfile.TemporaryDirectory() as folder:
        good &= small(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        good &= large(Path(folder), subjects)
    return good


def imports(arguments: list[str], unwanted: tuple[str, ...], cwd: Path | None = None) -> bool:
    """What a command imports, by `-X importtime`."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "kafkaops", *arguments],
        cwd=cwd,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"import time: +(\d+) \| +\d+ \| +(\S+)$", ended.stderr, re.MULTILINE)
    loaded = {name for _, name in found}
    total = sum(int(own) for own, _ in found) / 1e6
    print(f"kafkaops {' '.join(arguments)}: {len(found)} modules, {total:.2f} s of imports (importtime slows them)")
    for own, name in sorted(found, key=lambda item: -int(item[0]))[:5]:
        print(f"    {int(own) / 1000:6.1f} ms  {name}")
    there = sorted(loaded & set(unwanted))
    print(f"    imports what it should not: {', '.join(there) or 'nothing'}")
    return not there


def small(folder: Path) -> bool:
    """PakLog with a changed schema, in turns with a bare Python."""
    project = Project.paklog(folder / "paklog")
    order = project.read("schemas/order-event.avsc")
    order["fields"].append({"name": "priority", "type": "int"})
    project.write("schemas/order-event.avsc", order)
    good = imports(["schemas", "check"], NEEDLESS, project.folder)
    checks, floors, processor = [], [], []
    for _ in range(RUNS):
        floors.append(timed([sys.executable, "-c", "import json, re"], project.folder, 0))
        before = processor_seconds()
        checks.append(timed([sys.executable, "-m", "kafkaops", "schemas", "check"], project.folder, 3))
        processor.append(processor_seconds() - before)
    check, floor, load = statistics.median(checks), statistics.median(floors), os.getloadavg()[0]
    print(f"PakLog against git: median {check:.3f} s of {RUNS}, best {min(checks):.3f} s; bare Python {floor:.3f} s")
    print(
        f"    processor time, git's included: median {statistics.median(processor):.3f} s, best {min(processor):.3f} s"
    )
    busy = load > (os.cpu_count() or 1)
    print(f"    load of this machine while it ran: {load:.1f}" + (", so processor time counts" if busy else ""))
    return good and statistics.median(processor if busy else checks) < GOAL_SMALL_S


def processor_seconds() -> float:
    """Seconds of processor time that ended child processes have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def large(folder: Path, subjects: int) -> bool:
    """A repository of many subjects, every one changed on the branch."""
    project = Project(folder / "many")
    project.folder.mkdir()
    size = build(project, subjects)
    command = [sys.executable, "-m", "kafkaops", "schemas", "check", "--format", "json"]
    spec, spec_processor = processor_timed([sys.executable, "-c", LOAD], project.folder, 0)
    runs = [processor_timed(command, project.folder, 3) for _ in range(LARGE_RUNS)]
    wall, processor = min(runs)
    load = os.getloadavg()[0]
    processes = (os.cpu_count() or 1) + 1
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    pairs = subjects * VERSIONS
    good = subjects < SUBJECTS or (wall <= GOAL_LARGE_S and processes * most <= GOAL_BYTES)
    print(
        f"{subjects:,} subjects of {VERSIONS} versions, median {size:,} bytes, against git: {wall:.1f} s in all, "
        f"best of {', '.join(f'{took:.1f}' for took, _ in runs)}; {pairs / wall:,.0f} pairs/s: "
        f"{'met' if good else 'MISSED'}"
    )
    print(f"    {most / 1e6:.0f} MB at most in one process, of which there are {processes}")
    print(f"    processor time {processor:.1f} s; loading the spec alone takes {spec:.1f} s ({spec_processor:.1f} s)")
    print(f"    load of this machine while it ran: {load:.1f}")
    return good


def processor_timed(command: list[str], cwd: Path, code: int) -> tuple[float, float]:
    """Seconds that a command took, and seconds of processor time of it and its children."""
    before = processor_seconds()
    took = timed(command, cwd, code)
    return took, processor_seconds() - before


LOAD = "from pathlib import Path; from kafkaops.spec.load import load; load(Path('topics.yaml'), None)"


def timed(command: list[str], cwd: Path, code: int) -> float:
    """Seconds that a command took, which has to end with `code`."""
    start = time.perf_counter()
    ended = subprocess.run(command, cwd=cwd, env=clean_environment(), capture_output=True, check=False)
    took = time.perf_counter() - start
    if ended.returncode != code:
        sys.exit(f"{command} ended with {ended.returncode}:\n{ended.stderr.decode()[-2000:]}")
    return took


def build(project: Project, subjects: int) -> int:
    """A repository with a commit for each version, the newest only in the files; the schemas' median size."""
    random = Random(11)
    spec = ["version: 1", "project: many", "environments: {dev: {dev_cluster: default}}"]
    spec += ["defaults: {schemas: {compatibility: BACKWARD_TRANSITIVE}}", "schemas:", "  subjects:"]
    spec += [f"    s{number}-value: {{schema: schemas/s{number}.avsc}}" for number in range(subjects)]
    texts = [evolving(number, random) for number in range(subjects)]
    project.git("init", "--quiet", "--initial-branch=main")
    stream = project.folder.parent / "stream"
    with stream.open("wb") as out:
        for version in range(VERSIONS):
            out.write(b"commit refs/heads/main\ncommitter T <t@example.org> %d +0000\ndata 1\nx\n" % (1000 + version))
            files = [(f"schemas/s{number}.avsc", each[version]) for number, each in enumerate(texts)]
            for name, text in [("topics.yaml", "\n".join(spec) + "\n")] * (version == 0) + files:
                content = text.encode()
                out.write(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content))
    with stream.open("rb") as given:
        subprocess.run(["git", "fast-import", "--quiet"], cwd=project.folder, stdin=given, check=True)
    stream.unlink()
    project.git("checkout", "--quiet", "-b", "feature", "main")
    for number, each in enumerate(texts):
        (project.folder / f"schemas/s{number}.avsc").write_text(each[VERSIONS])
    return int(statistics.median(len(each[VERSIONS]) for each in texts))


def evolving(number: int, random: Random) -> list[str]:
    """The versions of one subject, and the candidate; names of its own, as the spec demands."""
    made = versions(number, VERSIONS + 1, random.randint(8, 24))
    return [re.sub(r'"namespace": *"[^"]*"', f'"namespace": "many.s{number}"', text) for text in made]


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:])) else 1)
