"""How long a large spec takes to read, beside PyYAML's C loader on the same text.

PyYAML gives plain data without places; kafkaops gives every key and value its line and column, and
refuses duplicate keys. Goal: reading takes at most twice PyYAML's time.

    python -m benchmarks.spec_load [TOPICS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from kafkaops.spec.collector import paused_collector
from kafkaops.spec.load import load
from kafkaops.spec.shape import fit
from kafkaops.spec.yaml_reader import read_yaml

ROUNDS = 6
GOAL = 2.0


def spec_text(topics: int) -> str:
    """A spec of so many topics, six lines each."""
    head = "version: 1\nproject: benchmark\nenvironments: {dev: {dev_cluster: default}}\ntopics:\n"
    return head + "".join(
        f"  team-{number % 50}-events-{number}:\n"
        "    partitions: 6\n"
        "    replication_factor: 3\n"
        "    config:\n"
        "      retention.ms: 7d\n"
        "      cleanup.policy: delete\n"
        for number in range(topics)
    )


def seconds(task: Callable[[], object]) -> float:
    """CPU time of one call; its result is dropped afterwards."""
    start = time.process_time()
    kept = task()
    taken = time.process_time() - start
    del kept
    return taken


def main(topics: int = 10_000) -> bool:
    """Measure in turns, print medians and the ratio; True when the goal is met."""
    text = spec_text(topics)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "topics.yaml")
        file.write_text(text)
        root = read_yaml(file, text)

        def read() -> object:
            with paused_collector():
                return read_yaml(file, text)

        def validate() -> object:
            with paused_collector():
                return fit(root)

        def peer_without_collector() -> object:
            with paused_collector():
                return yaml.load(text, Loader=yaml.CSafeLoader)

        tasks: dict[str, Callable[[], object]] = {
            "PyYAML CSafeLoader": lambda: yaml.load(text, Loader=yaml.CSafeLoader),
            "PyYAML, collector paused": peer_without_collector,
            "kafkaops read_yaml, with places": read,
            "kafkaops model": validate,
            "kafkaops load, all of it": lambda: load(file, None),
        }
        times: dict[str, list[float]] = {name: [] for name in tasks}
        for _ in range(ROUNDS):
            for name, task in tasks.items():
                times[name].append(seconds(task))
    print(f"spec of {topics:,} topics, {text.count(chr(10)):,} lines; CPU seconds, median of {ROUNDS} rounds in turns")
    for name, taken in times.items():
        print(f"  {name:<34} {statistics.median(taken):6.2f}")
    peer, paused_peer, ours = list(times.values())[:3]
    ratio = median_ratio(ours, peer)
    met = ratio <= GOAL
    print(f"  reading / PyYAML: {ratio:.2f} (goal ≤ {GOAL}): {'met' if met else 'MISSED'}")
    print(f"  reading / PyYAML with the collector paused for it, too: {median_ratio(ours, paused_peer):.2f}")
    return met


def median_ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of each round."""
    return statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    sys.exit(0 if main(*map(int, sys.argv[1:])) else 1)
