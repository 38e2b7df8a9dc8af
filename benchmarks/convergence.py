"""Ten thousand random pairs of a spec and a world, over all kinds: one plan is enough, and none loses data unasked.

The properties of tests/test_convergence.py with more examples; what fails is printed in its smallest form.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROPERTIES = 3
EXAMPLES = 3_400
"""For each of them; pairs that are not allowed to be are not counted."""


def main() -> int:
    """Returns 1 when a pair was found for which a property does not hold."""
    began = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/test_convergence.py",
        "-q",
        "--timeout=0",
        "-p",
        "no:cacheprovider",
    ]
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "KAFKAOPS_EXAMPLES": str(EXAMPLES)}, check=False
    ).returncode
    verdict = "a property failed" if ended else "all properties hold"
    print(f"{PROPERTIES * EXAMPLES:,} pairs in {time.monotonic() - began:.0f} s: {verdict}")
    return 1 if ended else 0


if __name__ == "__main__":
    sys.exit(main())
