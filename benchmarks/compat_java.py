"""Our verdicts beside those of Apache Avro's Java SchemaCompatibility, on pairs of a seed never used before.

Goal: none is unexplained, and no difference is a "compatible" that Java and the specification both deny.

    python -m benchmarks.compat_java [SEED [PAIRS]]
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from pathlib import Path

from tests.compat.cases import CASES
from tests.compat.generator import Generator
from tests.compat.java_oracle import AVRO_VERSION, JavaOracle
from tests.compat.judge import Outcome, judge_all

PAIRS = 30_000


def main(seed: int, count: int = PAIRS) -> bool:
    """Print the three counts; True when the goal is met."""
    print(f"seed {seed}: {count:,} generated pairs and {len(CASES)} by hand, Avro {AVRO_VERSION}")
    pairs = [(case.reader, case.writer) for case in CASES] + list(Generator(seed).pairs(count))
    with tempfile.TemporaryDirectory() as directory:
        tally = judge_all(pairs, JavaOracle(Path(directory)).ask(pairs))
    for outcome in Outcome:
        print(f"{tally.outcomes[outcome]:>8,}  {outcome.value}")
    for sentences, times in tally.sentences.most_common():
        print(f"{times:>12,}  {' and '.join(sentence.name for sentence in sentences)}")
    forbidden = [judgement for judgement in tally.differences if judgement.forbidden]
    for judgement in (*tally.unexplained, *forbidden)[:5]:
        print(
            f"\nours {judgement.ours}, Java {judgement.java}\n  reader {judgement.reader}\n  writer {judgement.writer}"
        )
    return not tally.unexplained and not forbidden


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    sys.exit(0 if main(*(arguments or [secrets.randbelow(2**32)])) else 1)
