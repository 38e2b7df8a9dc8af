"""Applies killed, stopped and run at once, many times over: what `tests/live/test_interrupted.py` does a few times.

- 30 applies killed at random moments and one after each of their changes: the next plan and apply converge, with no
  orphan, nothing twice and a ledger that says what is so.
- 20 applies of one project with specs that contradict each other, three of them stopped for longer than the lock's
  session timeout while they hold it: no record of a run that was replaced.
- 10 times two projects that claim one topic at the same moment: one has it.

A number as argument scales all of it: `python -m benchmarks.interrupted_runs 0.2`.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from kafkaops.devcluster import locate
from tests.live.contending import contest, contradicting, two_projects_at_once
from tests.live.interrupting import CHANGES, interrupted_run, kill_after, kill_after_change, scene


def main(scale: float = 1.0, cluster_name: str = "default") -> int:
    """Returns 1 when something did not converge, 2 without a dev cluster."""
    cluster = locate(cluster_name)
    if cluster is None:
        sys.stderr.write("needs a dev cluster: kafkaops dev up --without targets\n")
        return 2
    seed = int(time.time())
    chance = random.Random(seed)
    print(f"seed {seed}")
    points = [kill_after(chance.uniform(0.3, 6.0)) for _ in range(max(1, round(30 * scale)))]
    points += [kill_after_change(number) for number in range(1, CHANGES)]
    with TemporaryDirectory() as folder:
        where = Path(folder)
        for number, kill in enumerate(points, start=1):
            with scene(cluster, where) as (project, name):
                print(f"killed {number} of {len(points)}: {interrupted_run(project, name, kill)}", flush=True)
        count, zombies = max(3, round(20 * scale)), max(1, round(3 * scale))
        with contradicting(cluster, where, count) as (projects, name):
            found = contest(projects, name, zombies)
        print(f"{count} at once, {len(found.stopped)} stopped: exit codes {dict(Counter(found.codes))}, "
              f"runs {dict(Counter(found.results))}")  # fmt: skip
        rounds = max(1, round(10 * scale))
        codes = Counter(two_projects_at_once(cluster, where) for _ in range(rounds))
        print(f"two projects, one topic, {rounds} times: exit codes {dict(codes)}")
    print("all converged")
    return 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(main(float(arguments[0]) if arguments else 1.0, arguments[1] if len(arguments) > 1 else "default"))
