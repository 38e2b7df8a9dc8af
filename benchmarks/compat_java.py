"""Our verdicts beside those of Apache Avro's Java SchemaCompatibility, on pairs of a seed never used before.

Goal: none is unexplained, and no difference is a "compatible" that Java and the specification both deny.

    python -m benchmarks.compat_java [SEED [PAIRS]]
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from tests.compat.cases import CASES
from tests.compat.events import versions
from tests.compat.generator import Generator
from tests.compat.java_oracle import AVRO_VERSION, JavaOracle
from tests.compat.judge import Outcome, judge_all

PAIRS = 30_000
EVENTS = 5_000
Pairs = list[tuple[str, str]]


def main(seed: int, count: int = PAIRS) -> bool:
    """Print the counts for both kinds of pairs; True when the goal is met."""
    print(f"seed {seed}, Avro {AVRO_VERSION}")
    by_hand = [(case.reader, case.writer) for case in CASES]
    with tempfile.TemporaryDirectory() as directory:
        oracle = JavaOracle(Path(directory))
        events = judged(f"{EVENTS:,} pairs of event schemas, as teams change them", event_pairs(seed), oracle)
        title = f"{count:,} generated pairs, made to be awkward, and {len(CASES)} by hand"
        return judged(title, by_hand + list(Generator(seed).pairs(count)), oracle) and events


def event_pairs(seed: int) -> Pairs:
    """An event schema and its third change, either one as the reader."""
    random = Random(seed)
    pairs = []
    for number in range(EVENTS):
        first, *_, last = versions(random.randrange(2**32), 4, random.randint(3, 16))
        pairs.append((last, first) if number % 2 else (first, last))
    return pairs


def judged(title: str, pairs: Pairs, oracle: JavaOracle) -> bool:
    """Print how many verdicts agree, and by which sentences others differ; True when none is unexplained."""
    answers = oracle.ask(pairs)
    tally = judge_all(pairs, answers)
    verdicts = Counter(answer.compatible for answer in answers)
    print(f"{title}:")
    print(
        f"  Java calls {verdicts[True]:,} compatible, {verdicts[False]:,} not, and has no verdict on {verdicts[None]:,}"
    )
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
