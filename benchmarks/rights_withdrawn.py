"""All rights withdrawn at many points of plans and applies: `tests/live/test_rights_withdrawn.py` at large.

No plan takes what is hidden for absent, nothing is deleted or let go, and the apply after the rights are back
completes what was begun. A number as argument scales it: `python -m benchmarks.rights_withdrawn 0.2`. It runs a
broker of its own.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.live.rights import Scene
from tests.live.secured_broker import PASSWORD, secured_broker
from tests.live.withdrawing import Town, applied_while_withdrawn, campaign, planned_while_withdrawn

PLAN_REQUESTS, APPLY_REQUESTS = 16, 52
"""About as many as they send."""


def main(scale: float = 1.0) -> int:
    """Ends in an `AssertionError` at the first run that does not converge."""
    os.environ["OPS_PASSWORD"] = PASSWORD
    with TemporaryDirectory() as folder, secured_broker(Path(folder)) as broker:
        for what, once, last, most in (
            ("plans", planned_while_withdrawn, PLAN_REQUESTS, 16),
            ("applies", applied_while_withdrawn, APPLY_REQUESTS, 14),
        ):
            home = Path(folder) / what
            home.mkdir()
            points = [round(index * last / (most * scale)) for index in range(max(1, round(most * scale)))]
            codes = campaign(Town(Scene(broker, home)), points, once)
            print(f"{len(codes)} {what}, rights withdrawn at request {points}: exit codes {dict(Counter(codes))}")
    print("all converged")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if sys.argv[1:] else 1.0))
