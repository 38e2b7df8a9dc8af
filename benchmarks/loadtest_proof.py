"""The proof on the real log, many times: every fault that is put in must be found, and nothing else may be.

    python -m benchmarks.loadtest_proof [--injections N] [--events N]

Faults put in while the log is copied: records removed, repeated, swapped, a tail cut off, a whole partition gone, all
three at once, and none. Events: a leader killed whose followers stood still (a genuine loss at acks=1, beside a load at
acks=all that must lose nothing), forced rebalances, killed consumers. Goals: all faults found, no false alarm.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from benchmarks._cli import project
from tests.live import proof_campaign
from tests.live.log_faults import Injection


def tried(name: str, attempts: int, attempt: Callable[[int], object]) -> bool:
    """Try so often; says how often the proof was right."""
    right = 0
    for number in range(attempts):
        try:
            attempt(number)
            right += 1
        except AssertionError as error:
            print(f"  {name}, attempt {number}: {error}", flush=True)
    print(f"{name}: right {right} of {attempts}", flush=True)
    return right == attempts


def main() -> int:
    """Print each kind's count; 1 when one was judged wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--injections", type=int, default=10, help="of each kind")
    parser.add_argument("--events", type=int, default=2, help="of each kind")
    options = parser.parse_args()
    faults = 0
    with project(proof_campaign.SPEC) as (dev, made):
        written = proof_campaign.Written(dev, seed=2)
        print(f"{sum(map(len, written.log.values())):,} records in {len(written.log)} partitions", flush=True)

        def inject(injection: Injection, seed: int) -> None:
            nonlocal faults
            faults += proof_campaign.injected(written, injection, seed)

        right = [tried(each.value, options.injections, partial(inject, each)) for each in Injection]
        print(f"{faults:,} faulty records in all", flush=True)
        events: dict[str, Callable[[int], object]] = {
            "killed leader": lambda _: proof_campaign.killed_leader(made, dev.name, dev.prefix),
            "forced rebalances": lambda _: proof_campaign.forced_rebalances(made, dev.prefix),
            "killed consumer": lambda _: proof_campaign.killed_consumer(made, dev.prefix),
        }
        right += [tried(name, options.events, attempt) for name, attempt in events.items()]
    holds = all(right)
    print("holds" if holds else "MISSED")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
