"""Does `loadtest compare` tell a slower build from an equal one?

    python -m benchmarks.loadtest_compare [--comparisons N] [--at-once N]

A build is six real runs (`--repeat 6`) as a user makes them: a closed loop of 100 records, sent in batches that wait
for 40 ms. The slower build's wait is longer by a tenth of what a record took in a first run, so everything takes a
tenth longer. Each comparison has runs of its own: three sets, of which the first is compared with an equal and with a
slower one. What counts is the command's own answer, exit code 3. Goals: of 20 equal builds at most one is called
different, of 10 slower ones at least 9 are.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks._cli import load_test, project
from tests.live.project import Project

SPEC = "topics:\n  {u}-compared: {partitions: 1, replication_factor: 3, config: {min.insync.replicas: 2}}\n"
RUNS, LINGER_MS, SLOWER = 6, 40.0, 0.10
FALSE_ALARMS, FOUND = 1 / 20, 9 / 10
_COMMON = (
    "--max", "--in-flight", "100", "--consumers", "0", "--payload", "bytes", "--size", "176", "--no-calibrate",
    "--warmup", "500ms", "--duration", "1s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a comparison said."""

    differs: bool
    effects: Sequence[dict[str, Any]]

    @property
    def text(self) -> str:
        """Each figure's ratio and interval."""
        return "; ".join(
            f"{each['figure']} {each['ratio']:.3f} [{each['interval'][0]:.3f}, {each['interval'][1]:.3f}]"
            for each in self.effects
        )


def build(made: Project, topic: str, name: str, linger_ms: float) -> str:
    """The file with the runs of one build."""
    load_test(
        made, "--topic", topic, *_COMMON, "-X", f"producer.linger.ms={linger_ms:g}", "--repeat", str(RUNS),
        "-o", f"{name}.json",
    )  # fmt: skip
    return f"{name}.json"


def compared(made: Project, before: str, after: str) -> Answer:
    """The command's answer. Raises `SystemExit` when it has none."""
    ended = made.run("loadtest", "compare", before, after, "--format", "json")
    if ended.code not in (0, 3):
        raise SystemExit(ended.err)
    return Answer(ended.code == 3, json.loads(ended.out)["effects"])


def usual_ms(made: Project, topic: str) -> float:
    """What a record takes."""
    document = load_test(made, "--topic", topic, *_COMMON, "-X", f"producer.linger.ms={LINGER_MS:g}")
    usual: float = document["loads"][0]["latency"]["ack_service"]["p50"]
    return usual


def main() -> int:
    """Print every comparison; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comparisons", type=int, default=20, help="of equal builds; half as many of slower ones")
    parser.add_argument("--at-once", type=int, default=2)
    options = parser.parse_args()
    if os.geteuid() == 0:
        os.nice(-10)  # what other programs do on this machine is not what is measured
    with project(SPEC) as (dev, made):
        topic = f"{dev.prefix}-compared"
        usual = usual_ms(made, topic)
        slower_ms = LINGER_MS + SLOWER * usual
        print(f"a record takes {usual:.1f} ms; the slower build waits for {slower_ms:.1f} ms and not {LINGER_MS:g}")

        def trial(number: int) -> tuple[Answer, Answer | None]:
            before = build(made, topic, f"before-{number}", LINGER_MS)
            equal = compared(made, before, build(made, topic, f"equal-{number}", LINGER_MS))
            if number % 2:
                return equal, None
            return equal, compared(made, before, build(made, topic, f"slower-{number}", slower_ms))

        with ThreadPoolExecutor(options.at_once) as threads:
            answers = list(threads.map(trial, range(options.comparisons)))
    equals = [equal for equal, _ in answers]
    slowers = [slower for _, slower in answers if slower is not None]
    for name, several in (("equal", equals), ("slower", slowers)):
        for answer in several:
            print(f"  {name}: {'differs' if answer.differs else 'no difference shown'}: {answer.text}")
    alarms, found = sum(each.differs for each in equals), sum(each.differs for each in slowers)
    holds = alarms <= FALSE_ALARMS * len(equals) and found >= FOUND * len(slowers)
    print(
        f"equal builds called different {alarms} of {len(equals)} (goal ≤ {FALSE_ALARMS:.0%}), "
        f"a tenth found {found} of {len(slowers)} (goal ≥ {FOUND:.0%}): {'holds' if holds else 'MISSED'}"
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
