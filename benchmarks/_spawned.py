"""A producer's loop in a process of its own, so that what it costs is nobody else's."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

from benchmarks._load import Cost

Work = TypeVar("Work")
_PATIENCE_S = 90


def spawned(main: Callable[[Work, Connection], None], work: Work, name: str) -> Cost:
    """What `main` sends of its work. Raises `SystemExit` when it does not end."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=main, args=(work, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(_PATIENCE_S):
            raise SystemExit(f"{name} does not end")
        cost: Cost = ours.recv()
        return cost
    finally:
        process.join(5)
        process.kill()
