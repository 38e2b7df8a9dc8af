"""Ten thousand mutated specs, plan files and ledger records: an error with a place or something valid, nothing else.

The tests of the same with more examples, in processes whose memory is bounded.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
MEMORY_BYTES = 3 << 30
"""Address space, the tests' own files of 100 MB and the test runner included."""
SUITES = {
    "specs": ("tests/spec/test_fuzz.py", 1_200, 4),
    "plan files": ("tests/report/test_fuzz_plans.py", 2_000, 2),
    "ledger records": ("tests/ledger/test_codec.py", 2_000, 2),
}
"""File, examples of each of its properties, and how many properties it has that mutate."""


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> int:
    """Returns 1 when something was neither valid nor an error as it should be."""
    failed = False
    for name, (file, examples, properties) in SUITES.items():
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", file, "-q", "--timeout=0", "-p", "no:cacheprovider"]
        environment = {**os.environ, "KAFKAOPS_EXAMPLES": str(examples)}
        ended = subprocess.run(command, cwd=ROOT, env=environment, preexec_fn=_bounded, check=False).returncode
        failed |= ended != 0
        verdict = "FAILED" if ended else "all well"
        print(f"{name}: {examples * properties:,} mutations in {time.monotonic() - began:.0f} s: {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
