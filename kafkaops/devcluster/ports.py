"""Free ports on the loopback interface."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable, Mapping

from kafkaops.devcluster.model import HOST
from kafkaops.errors import PlatformError

# Below Linux's and macOS's ephemeral ranges: an outgoing connection of any program could sit on a port
# of those when the cluster starts again.
_RANGE = range(20_000, 30_000)
_TRIES = 2_000


def is_free(port: int) -> bool:
    """Whether a server could listen on that port now, as Java would: lingering TIME_WAITs do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def choose(names: Iterable[str], before: Mapping[str, int], taken: Iterable[int] = ()) -> dict[str, int]:
    """A port for each name: the one it had before if that is still free, else another.

    `taken` are ports that must not be given out though they may look free. Raises PlatformError when
    the machine has none left.
    """
    used = set(taken)
    chosen: dict[str, int] = {}
    waiting: list[str] = []
    for name in names:
        previous = before.get(name)
        if previous is not None and previous not in used and is_free(previous):
            chosen[name] = previous
            used.add(previous)
        else:
            waiting.append(name)
    used.update(before.values())
    for name in waiting:
        chosen[name] = _another(used)
        used.add(chosen[name])
    return chosen


def _another(used: set[int]) -> int:
    for port in random.sample(_RANGE, _TRIES):
        if port not in used and is_free(port):
            return port
    raise PlatformError.of(
        "KO704", f"no free port on {HOST} between {_RANGE.start} and {_RANGE.stop - 1} in {_TRIES} tries"
    )
