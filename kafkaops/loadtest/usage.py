"""What this process costs: CPU of all its threads and of the main one, and how long that waited for a core."""

from __future__ import annotations

import gc
import os
import platform
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from kafkaops.loadtest.verdict import WorkerLoad


@dataclass(frozen=True, slots=True)
class Usage:
    """Readings of this process's clocks, in nanoseconds. `waited_ns` is None where /proc does not tell."""

    wall_ns: int
    process_ns: int
    thread_ns: int
    waited_ns: int | None
    collections: int

    @classmethod
    def now(cls) -> Usage:
        """Read them; call it in the main thread."""
        return cls(
            time.monotonic_ns(),
            time.process_time_ns(),
            time.thread_time_ns(),
            _waited_ns(),
            sum(generation["collections"] for generation in gc.get_stats()),
        )

    def until(self, later: Usage, name: str) -> WorkerLoad:
        """The load between two readings."""
        wall = max(later.wall_ns - self.wall_ns, 1)
        waited = None
        if self.waited_ns is not None and later.waited_ns is not None:
            waited = (later.waited_ns - self.waited_ns) / wall
        return WorkerLoad(
            name,
            cpu_share=(later.process_ns - self.process_ns) / wall,
            main_thread_share=(later.thread_ns - self.thread_ns) / wall,
            wait_share=waited,
            collections=later.collections - self.collections,
        )


def _waited_ns() -> int | None:
    """Run-queue wait of the calling thread: the second number of schedstat (Linux, proc(5))."""
    try:
        text = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text(encoding="ascii")
        return int(text.split()[1])
    except (OSError, ValueError, IndexError):
        return None


def host_busy_ns() -> tuple[int, int] | None:
    """(busy, total) of all cores since boot, in nanoseconds of one core; None without /proc/stat."""
    try:
        first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()
        ticks = [int(number) for number in first[1:9]]
    except (OSError, ValueError, IndexError):
        return None
    unit = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) * unit, sum(ticks) * unit


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def host_description() -> dict[str, object]:
    """What the generator ran on."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
