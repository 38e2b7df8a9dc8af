"""Run every benchmark, or those that are named, one after another: `python -m benchmarks [NAME…]`.

Each prints ratios against a floor or a peer that ran interleaved with it, and exits 1 when it misses its goal.
Those that need a cluster use the dev cluster `default` and say so when it is not up.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(chosen: list[str]) -> int:
    """Returns 1 when a benchmark failed or missed its goal, 2 for an unknown name."""
    names = sorted(file.stem for file in HERE.glob("*.py") if not file.stem.startswith("_"))
    unknown = [name for name in chosen if name not in names]
    if unknown:
        sys.stderr.write(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names)}\n")
        return 2
    missed = []
    for name in chosen or names:
        print(f"\n=== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, check=False).returncode:
            missed.append(name)
    print("\nAll goals met." if not missed else f"\nMissed or failed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
