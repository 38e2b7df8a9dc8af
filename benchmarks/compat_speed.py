"""How fast the compatibility checker is: beside the `avro` package and Java on the same pairs, and on many subjects.

Texts are parsed each time and nothing is kept from one pair to the next. The peers run in turns with ours, and all of
it is processor time of one thread; Java is warm by then, and its compiler threads are for free.

Goals: at least 5 times the pairs per second of the `avro` package on event schemas, small ones and larger ones. On
pairs made to be awkward, of some 125 characters a schema, 5 times is printed as missed or not, and less than 3 times
fails: docs/avro-compatibility.md says what the time goes to. 10,000 subjects of 5 versions each, half of them above
2 KB, BACKWARD_TRANSITIVE, in at most 2 of the 6 seconds that `benchmarks.schemas_check` grants the whole command.

    python -m benchmarks.compat_speed
"""

from __future__ import annotations

import gc
import multiprocessing
import resource
import statistics
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random

from avro.compatibility import ReaderWriterCompatibilityChecker
from avro.errors import AvroException
from avro.schema import parse as avro_parse

from kafkaops.compat import SchemaError, check, incompatibilities, parse
from tests.compat.events import versions
from tests.compat.generator import Generator
from tests.compat.java_oracle import JavaOracle

ROUNDS = 7
JAVA_ROUNDS = 60
GOAL_RATIO, LEAST_AWKWARD = 5.0, 3.0
SUBJECTS, VERSIONS = 10_000, 5
GOAL_SECONDS, GOAL_BYTES = 2.0, 10**9
Pairs = list[tuple[str, str]]


def main() -> bool:
    """Print every measure; True when the goals are met."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as directory:
        oracle = JavaOracle(Path(directory))
        awkward = compare("generated pairs, made to be awkward", list(Generator(1).pairs(2_000)), oracle)
        small = compare("small event schemas", event_pairs(1_000, 3, 8), oracle)
        larger = compare("event schemas", event_pairs(1_000, 3, 16), oracle)
    return many_subjects() and min(small, larger) >= GOAL_RATIO and awkward >= LEAST_AWKWARD


def event_pairs(count: int, fewest: int, most: int) -> Pairs:
    """Neighbouring versions of event schemas of so many fields, either one as the reader."""
    random = Random(7)
    pairs = []
    for seed in range(count):
        before, after = versions(seed, 2, random.randint(fewest, most))
        pairs.append((after, before) if seed % 2 else (before, after))
    return pairs


def usable(pairs: Pairs, oracle: JavaOracle) -> Pairs:
    """The pairs that all three can give a verdict about."""
    kept = []
    for pair, answer in zip(pairs, oracle.ask(pairs), strict=True):
        try:
            avro_parse(pair[0]), avro_parse(pair[1]), incompatibilities(*pair)
        except (AvroException, SchemaError):
            continue
        if answer.compatible is not None:
            kept.append(pair)
    return kept


def compare(title: str, made: Pairs, oracle: JavaOracle) -> float:
    """Print pairs per second of each, and return how many times the `avro` package's ours are."""
    pairs = usable(made, oracle)
    size = statistics.median(len(text) for pair in pairs for text in pair)
    print(f"{title}: {len(pairs):,} pairs, median schema {size:,.0f} characters")
    ratio = in_turns(pairs)
    java = statistics.median(oracle.time(pairs, JAVA_ROUNDS)[-ROUNDS:])
    print(f"  {'Java, warm':38} {len(pairs) / java:>9,.0f} pairs/s")
    for name, compatible in (("compatible", True), ("incompatible", False)):
        some = [pair for pair in pairs if incompatibilities(*pair).compatible is compatible]
        print(f" of them {len(some):,} {name}:")
        in_turns(some)
    print(f"  goal: at least {GOAL_RATIO:g} times avro: {'met' if ratio >= GOAL_RATIO else 'MISSED'}")
    return ratio


def in_turns(pairs: Pairs) -> float:
    """Print how fast we and the `avro` package are in turns, and return our median ratio."""
    rivals: dict[str, Callable[[], None]] = {
        "avro": lambda: theirs(pairs),
        "kafkaops": lambda: ours(pairs, False),
        "kafkaops, every finding put in words": lambda: ours(pairs, True),
    }
    taken: dict[str, list[float]] = {name: [] for name in rivals}
    gc.collect()
    gc.freeze()
    for _ in range(ROUNDS):
        for name, run in rivals.items():
            start = time.process_time()
            run()
            taken[name].append(time.process_time() - start)
    gc.unfreeze()
    for name, seconds in taken.items():
        ratios = sorted(avro / own for avro, own in zip(taken["avro"], seconds, strict=True))
        rate = len(pairs) / statistics.median(seconds)
        spread = f"{ratios[0]:.1f} to {ratios[-1]:.1f}"
        print(f"  {name:38} {rate:>9,.0f} pairs/s  {statistics.median(ratios):.1f} times avro ({spread})")
    return statistics.median(avro / own for avro, own in zip(taken["avro"], taken["kafkaops"], strict=True))


def ours(pairs: Pairs, explained: bool) -> None:
    """Our verdict about every pair."""
    for reader, writer in pairs:
        found = incompatibilities(reader, writer)
        if explained:
            for item in found:
                str(item), item.location


def theirs(pairs: Pairs) -> None:
    """The `avro` package's verdict about every pair."""
    for reader, writer in pairs:
        checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # theirs is not annotated
        checker.get_compatibility(avro_parse(reader), avro_parse(writer))


def many_subjects() -> bool:
    """Check all subjects on two processes; True when that is fast and small enough."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    with context.Pool(2, initializer=_keep, initargs=(barrier,)) as pool:
        parts = pool.map(_check_subjects, (range(0, SUBJECTS, 2), range(1, SUBJECTS, 2)), chunksize=1)
    seconds = max(part["seconds"] for part in parts)
    wall = max(part["wall"] for part in parts)
    size = statistics.median(part["size"] for part in parts)
    memory = sum(part["memory"] for part in parts) + resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    failed = sum(part["incompatible"] for part in parts)
    schemas, checks = SUBJECTS * VERSIONS, SUBJECTS * (VERSIONS - 1)
    print(f"{SUBJECTS:,} subjects of {VERSIONS} versions, BACKWARD_TRANSITIVE, median schema {size:,.0f} characters:")
    print(f"  {seconds:.1f} s of CPU each on two processes, {wall:.1f} s of a shared machine's time")
    print(f"  {schemas / seconds:,.0f} schemas/s, {checks / seconds:,.0f} checks/s")
    print(f"  {failed:,.0f} subjects incompatible; {memory / 2**20:,.0f} MiB of memory at most, texts included")
    return seconds <= GOAL_SECONDS and memory <= GOAL_BYTES


_barrier: list[threading.Barrier] = []


def _keep(barrier: threading.Barrier) -> None:
    _barrier.append(barrier)


def _check_subjects(numbers: range) -> dict[str, float]:
    """Check the newest version of each subject against all before, once the other process is ready too."""
    random = Random(11)
    subjects = [versions(number, VERSIONS, random.randint(8, 24)) for number in numbers]
    _barrier[0].wait()
    wall, start = time.perf_counter(), time.process_time()
    incompatible = 0
    for texts in subjects:
        newest = parse(texts[-1])
        incompatible += not all(check(newest, parse(text, lenient=True)).compatible for text in texts[:-1])
    return {
        "seconds": time.process_time() - start,
        "wall": time.perf_counter() - wall,
        "incompatible": incompatible,
        "size": statistics.median(len(text) for texts in subjects for text in texts),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
