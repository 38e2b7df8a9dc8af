"""`--find-max` against a limit that is known: a quota on what a producer may write.

    python -m benchmarks.loadtest_find_max [--rounds N]

Records of 2 kB to topics of one partition, whose leaders are three brokers: a quota holds for each broker, so three
searches go on at once. The truth is the quota over the bytes that a record takes on the wire, as a run below it counts
them. A broker looks at the last eleven seconds, so a run must first use up what an idle client has left over; for the
same reason a closed loop shows no truth: it gets ten seconds' worth through at once and then nothing for ten seconds.
A rate above the quota passes while what piles up in a run takes less than the objective allows: 400 ms of 16 s, which
is 2.5 %. The truth is anywhere from the quota to there.
Goal: in 9 of 10 searches the bracket holds the truth, is at most 10 % wide and took at most 12 runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka.admin import NewTopic

from benchmarks._cli import project, start
from benchmarks._load import Cluster
from benchmarks._quota import producer_byte_rate
from tests.live.project import Project

QUOTA, BELOW = 1_000_000, 400
KEY_BYTES, FRAMING_BYTES = 24, 10
"""Of each record; what a batch and a request take besides is in the ratio."""
BROKERS = (1, 2, 3)
MOST_RUNS, WIDTH, SHARE = 12, 1.10, 0.9
WARMUP_S, SECONDS, ALLOWED_MS = 11, 5, 400
PILE = 1 + ALLOWED_MS / 1000 / (WARMUP_S + SECONDS)
"""How far above the quota a rate may be that still meets the objective."""
SPEC = "topics:\n" + "".join(
    f"  {{u}}-quota-{broker}: {{partitions: 1, replication_factor: 1}}\n" for broker in BROKERS
)
_COMMON = (
    "--payload", "bytes", "--size", "2000", "--consumers", "0", "--linger", "20ms", "--no-calibrate",
    "--warmup", f"{WARMUP_S}s",
)  # fmt: skip
_PATIENCE_S = 600


@dataclass(frozen=True, slots=True)
class Search:
    """What one search found, and the truth."""

    low: float | None
    high: float | None
    runs: int
    truth: float

    @property
    def good(self) -> bool:
        """Whether the truth lies within a narrow bracket that took few runs."""
        if self.low is None or self.high is None:
            return False
        holds = self.low <= self.truth * PILE and self.truth <= self.high
        return holds and self.high <= self.low * WIDTH and self.runs <= MOST_RUNS


def topics(dev: Cluster) -> list[str]:
    """One topic for each broker, which leads its only partition."""
    names = [f"{dev.prefix}-quota-{broker}" for broker in BROKERS]
    asked = [NewTopic(name, 1, replica_assignment=[[broker]]) for name, broker in zip(names, BROKERS, strict=True)]
    for future in dev.admin.create_topics(asked).values():
        future.result(timeout=30)
    return names


def ends(processes: Sequence[subprocess.Popen[str]]) -> list[dict[str, object]]:
    """What they wrote, once they have ended."""
    documents = []
    for process in processes:
        out, err = process.communicate(timeout=_PATIENCE_S)
        if not out:
            raise SystemExit(err[-2_000:])
        documents.append(json.loads(out))
    return documents


def truths(made: Project, names: Sequence[str]) -> list[float]:
    """Records per second that the quota lets through, by broker."""
    arguments = (*_COMMON, "--rate", f"{BELOW}/s", "--duration", "10s")
    found = ends([start(made, "--topic", name, "--into-topic", name, *arguments) for name in names])
    payloads: list[dict[str, float]] = [document["loads"][0]["payload"] for document in found]  # type: ignore[index]
    return [QUOTA * each["wire_ratio"] / (each["mean_bytes"] + KEY_BYTES + FRAMING_BYTES) for each in payloads]


def searches(made: Project, names: Sequence[str], first: int) -> list[dict[str, object]]:
    """One search on each topic, at once."""
    wanted = ("--find-max", "--rate", f"{first}/s", "--slo", f"p99={ALLOWED_MS}ms", "--duration", f"{SECONDS}s")
    return ends([start(made, "--topic", name, "--into-topic", name, *_COMMON, *wanted) for name in names])


def main() -> int:
    """Print every search; 1 when the goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="of three searches each")
    options = parser.parse_args()
    if os.geteuid() == 0:
        os.nice(-10)  # what other programs do on this machine is not what is measured
    found: list[Search] = []
    with project(SPEC) as (dev, made), producer_byte_rate(dev.settings, QUOTA):
        names = topics(dev)
        try:
            true_rates = truths(made, names)
            print("truth:", ", ".join(f"{rate:,.1f} records/s" for rate in true_rates), flush=True)
            for number in range(options.rounds):
                for document, truth in zip(searches(made, names, 120 + 10 * number), true_rates, strict=True):
                    trials = document["trials"]
                    assert isinstance(trials, list)
                    low, high = document["highest_pass"], document["lowest_fail"]
                    search = Search(
                        float(str(low)) if low else None, float(str(high)) if high else None, len(trials), truth
                    )
                    found.append(search)
                    said = ", ".join(f"{trial['rate']:g}{'+' if trial['passed'] else '-'}" for trial in trials)
                    print(
                        f"{'good' if search.good else 'BAD'}: [{low}, {high}] in {len(trials)} runs: {said}", flush=True
                    )
                    for trial in trials:
                        if trial["rate"] < truth and not trial["passed"]:
                            print(f"  {trial['rate']:g} failed: {trial['reason']}", flush=True)
        finally:
            dev.admin.delete_topics(names)[names[-1]].result(timeout=30)
    good = sum(search.good for search in found)
    holds = good >= SHARE * len(found)
    print(f"{good} of {len(found)} searches good, goal ≥ {SHARE:.0%}: {'holds' if holds else 'MISSED'}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
