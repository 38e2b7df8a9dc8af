"""Workers of one test run take turns on the one cluster.

Most tests use names of their own and do not notice each other. A test marked `alone` takes brokers away, moves
replicas, or looks at everything there is; while it runs, no other live test does.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """Wait until this may run: beside others, or when no other does. Who waits to be alone is not overtaken."""
    with _opened(folder / "next") as gate, _opened(folder / "running") as running:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(running, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@contextmanager
def member(folder: Path) -> Iterator[Membership]:
    """Be one of those that use something together."""
    with _opened(folder / "members") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield Membership(file)


class Membership:
    """Knows whether it is the last one."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def is_last(self) -> bool:
        """Leave, and tell whether nobody is left; of several that leave at once, one is told so."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def workers_folder(base: Path) -> Path | None:
    """Where the workers of one run meet, given the temporary folder of one of them; None when there is only one."""
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else None


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("ab") as file:
        yield file
