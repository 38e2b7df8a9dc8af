"""Is a starved generator told from a slow broker?

    python -m benchmarks.loadtest_verdicts [--runs N]

Starved: the run shares one core with six busy programs. Slow: a quota holds the broker at a quarter of what is offered,
and the run has cores when it wants them. Goals: every starved run is called generator-limited or host-limited, no
slow one is.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks._cli import load_test, project
from benchmarks._quota import producer_byte_rate
from tests.live.project import Project

SPEC = "topics:\n  {u}-slow: {partitions: 1, replication_factor: 3, config: {min.insync.replicas: 2}}\n"
LIMITED = frozenset({"generator-limited", "host-limited"})
QUOTA = 100_000
HOGS = 6


def _burn() -> None:
    while True:
        pass


@contextmanager
def starved() -> Iterator[None]:
    """This process and what it starts has one core, and shares it with programs that never rest."""
    cores = os.sched_getaffinity(0)
    one = {min(cores)}
    os.sched_setaffinity(0, one)
    context = multiprocessing.get_context("spawn")
    hogs = [context.Process(target=_burn, daemon=True) for _ in range(HOGS)]
    for hog in hogs:
        hog.start()
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
        os.sched_setaffinity(0, cores)


def verdicts(name: str, runs: int, attempt: Callable[[], dict[str, Any]]) -> Counter[str]:
    """The verdicts of so many runs, printed."""
    found: Counter[str] = Counter()
    for _ in range(runs):
        document = attempt()
        found[document["verdict"]] += 1
        if document["reasons"]:
            found[f"  because: {' '.join(document['reasons'][0].split()[1:4])} …"] += 1
    print(f"{name}: {', '.join(f'{verdict} {count}' for verdict, count in found.items())}", flush=True)
    return found


def main() -> int:
    """Print the verdicts; 1 when one was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    options = parser.parse_args()
    common = ("--payload", "bytes", "--size", "176", "--consumers", "0", "--no-calibrate", "--warmup", "1s")

    with project(SPEC) as (dev, made):

        def run(made: Project, rate: int) -> dict[str, Any]:
            return load_test(
                made, "--topic", f"{dev.prefix}-slow", "--rate", f"{rate}/s", "--duration", "2s", *common,
                "--in-flight", "200",
            )  # fmt: skip

        with starved():
            hungry = verdicts("starved", options.runs, lambda: run(made, 1_000))
        if os.geteuid() == 0:
            os.nice(-10)  # the slow runs have cores, whatever other programs do
        with producer_byte_rate(dev.settings, QUOTA):
            slow = verdicts("slow broker", options.runs, lambda: run(made, 2_000))
    flagged, blamed = (sum(found[each] for each in LIMITED) for found in (hungry, slow))
    holds = flagged == options.runs and blamed == 0
    print(
        f"starved flagged {flagged} of {options.runs}, slow broker flagged {blamed} of {options.runs}: "
        f"{'holds' if holds else 'MISSED'}"
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
