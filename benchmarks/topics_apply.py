"""Creating many topics: acting and verifying against one bare batched `create_topics` plus waiting for visibility.

    python -m benchmarks.topics_apply

The bare peer waits until the cluster's metadata shows all of them with leaders; kafkaops waits until every
broker shows them, and reads configs back. Deleted again after each round.
"""

from __future__ import annotations

import argparse
import itertools
import json
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


def command(bench: Scene, names: list[str], partitions: int, replicas: int) -> float:
    """`kafkaops apply --yes` of the same in a process of its own: start, load, plan, apply, report."""
    spec = {
        "version": 1,
        "project": "bench",
        "environments": {"dev": {"kafka": {"bootstrap_servers": bench.servers}}},
        "topics": {name: {"partitions": partitions, "replication_factor": replicas} for name in names},
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "topics.yaml").write_text(json.dumps(spec), encoding="utf-8")
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "kafkaops", "apply", "--yes", "--env", "dev"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - started


def main() -> int:
    """Print one line a case; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    rounds = parser.parse_args().rounds
    met = True
    with scene() as bench:
        for topics, partitions, replicas, goal in CASES:
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
    """The first case once more, as a user runs it."""
    count, partitions, replicas, _ = CASES[0]
    peer = bare(bench, [f"{bench.prefix}-peer-{index}" for index in range(count)], partitions, replicas)
    bench.wipe()
    whole = command(bench, [f"{bench.prefix}-whole-{index}" for index in range(count)], partitions, replicas)
    met = whole <= COMMAND_FACTOR * peer + COMMAND_SLACK_S
    print(
        f"the whole command on {count} topics: {whole:.2f} s, peer {peer:.2f} s, goal ≤ {COMMAND_FACTOR:g} × peer "
        f"+ {COMMAND_SLACK_S:g} s: {'met' if met else 'MISSED'}"
    )
    return met


if __name__ == "__main__":
    sys.exit(main())
