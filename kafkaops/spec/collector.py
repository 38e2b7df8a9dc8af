"""Reading without the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Keep Python's cyclic collector still while a large spec is read.

    Reading makes hundreds of thousands of objects that all stay: looking through them again and again for
    garbage takes two thirds of the time and finds none. Reference counting goes on as always.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
