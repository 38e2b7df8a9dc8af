"""Creating many topics: acting and verifying against one bare batched `create_topics` plus waiting for visibility.

    python -m benchmarks.topics_apply

The bare peer waits until the cluster's metadata shows all of them with leaders; kafkaops waits until every
broker shows them, and reads configs back. Deleted again after each round.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from confluent_kafka.admin import NewTopic

from benchmarks._kafka_scene import Scene, scene
from benchmarks._pairs import compare
from kafkaops.plan.model import OutcomeState
from kafkaops.resources.topics.kind import TopicKind

CASES = ((200, 3, 3, 3.0), (2_000, 1, 1, 1.5))
"""Topics, partitions, replicas, and the ratio that is to be reached."""
COMMAND_FACTOR, COMMAND_SLACK_S = 3.0, 3.0
COMMANDS = 5


def bare(bench: Scene, names: list[str], partitions: int, replicas: int) -> float:
    """One request and a wait, with a plain client."""
    started = time.perf_counter()
    asked = [NewTopic(name, partitions, replicas) for name in names]
    for future in bench.admin.create_topics(asked).values():
        future.result()
    while True:
        topics = bench.admin.list_topics(timeout=20).topics
        if all(
            name in topics
            and len(topics[name].partitions) == partitions
            and all(item.leader >= 0 for item in topics[name].partitions.values())
            for name in names
        ):
            return time.perf_counter() - started
        time.sleep(0.01)


def own(bench: Scene, names: list[str], partitions: int, replicas: int) -> float:
    """kafkaops's apply of the same, from planned to verified."""
    spec = {"partitions": partitions, "replication_factor": replicas}
    session = bench.session(dict.fromkeys(names, spec))
    kind = TopicKind()
    changes = kind.diff(session, kind.read(session)).changes
    started = time.perf_counter()
    outcomes = list(kind.apply(session, changes))
    seconds = time.perf_counter() - started
    assert len(outcomes) == len(names)
    assert all(outcome.state is OutcomeState.DONE for outcome in outcomes)
    return seconds


def command(bench: Scene, names: list[str], partitions: int, replicas: int) -> tuple[float, float]:
    """`kafkaops apply --yes` of the same in a process of its own: start, load, lock, plan, apply, report.

    Seconds of wall time and of processor time. Each has a project of its own, which owns nothing yet.
    """
    spec = {
        "version": 1,
        "project": names[0].rpartition("-")[0],
        "environments": {"dev": {"kafka": {"bootstrap_servers": bench.servers}}},
        "topics": {name: {"partitions": partitions, "replication_factor": replicas} for name in names},
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "topics.yaml").write_text(json.dumps(spec), encoding="utf-8")
        started = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, "-m", "kafkaops", "apply", "--yes", "--env", "dev"], cwd=folder, stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0
        return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def main() -> int:
    """Print one line a case; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--command-only", action="store_true", help="only the whole command")
    options = parser.parse_args()
    rounds = options.rounds
    met = True
    with scene() as bench:
        for topics, partitions, replicas, goal in CASES if not options.command_only else ():
            numbers = itertools.count()

            def timed(way: object, size: tuple[int, int, int] = (topics, partitions, replicas)) -> float:
                count, parts, copies = size
                run = next(numbers)  # noqa: B023  # used within its own turn of the loop
                names = [f"{bench.prefix}-{run}-{index}" for index in range(count)]
                seconds = (own if way is own else bare)(bench, names, parts, copies)
                bench.wipe()
                return seconds

            compared = compare(rounds, lambda: timed(own), lambda: timed(bare))  # likewise
            print(
                compared.line(f"apply {topics} topics × {partitions} partitions × {replicas} replicas", goal),
                flush=True,
            )
            met = met and compared.ratio <= goal
        met = _whole_command(bench) and met
    return 0 if met else 1


def _whole_command(bench: Scene) -> bool:
    """The first case once more, as a user runs it, in turns with the bare request."""
    count, partitions, replicas, _ = CASES[0]
    peers, wholes, processor = [], [], []
    for number in range(COMMANDS):
        peers.append(
            bare(bench, [f"{bench.prefix}-peer{number}-{index}" for index in range(count)], partitions, replicas)
        )
        bench.wipe()
        names = [f"{bench.prefix}-whole{number}-{index}" for index in range(count)]
        wall, cpu = command(bench, names, partitions, replicas)
        wholes.append(wall)
        processor.append(cpu)
        bench.wipe()
    peer, whole = statistics.median(peers), statistics.median(wholes)
    met = whole <= COMMAND_FACTOR * peer + COMMAND_SLACK_S
    print(
        f"the whole command on {count} topics, median of {COMMANDS}: {whole:.2f} s ({min(wholes):.2f} to "
        f"{max(wholes):.2f}; processor time {statistics.median(processor):.2f} s), peer {peer:.2f} s, "
        f"goal ≤ {COMMAND_FACTOR:g} × peer + {COMMAND_SLACK_S:g} s: {'met' if met else 'MISSED'}"
    )
    return met


if __name__ == "__main__":
    sys.exit(main())
