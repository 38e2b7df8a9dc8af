"""The clock of the load's workers: this host's monotonic one.

Hosts of a fleet have clocks with different origins that run at different speeds. So that this can be tried on one
machine, `KAFKAOPS_LOADTEST_CLOCK=250ms,50ppm` in a worker's environment shifts its clock and lets it run fast.
"""

from __future__ import annotations

import os
import re
from time import monotonic_ns

VARIABLE = "KAFKAOPS_LOADTEST_CLOCK"
_SHIFT = re.compile(r"(?P<ms>-?[0-9]+)ms,(?P<ppm>-?[0-9]+)ppm")


def shifted(true_ns: int, shift_ns: int, ppm: int) -> int:
    """What a clock shows that was `shift_ns` ahead at its origin and gains `ppm` microseconds a second since."""
    return true_ns + shift_ns + true_ns * ppm // 1_000_000


def _bent() -> int:
    return shifted(monotonic_ns(), _shift_ns, _ppm)


_given = _SHIFT.fullmatch(os.environ.get(VARIABLE, ""))
_shift_ns, _ppm = (int(_given["ms"]) * 1_000_000, int(_given["ppm"])) if _given else (0, 0)
clock_ns = _bent if _given else monotonic_ns
"""A reading in nanoseconds, comparable within one host."""
