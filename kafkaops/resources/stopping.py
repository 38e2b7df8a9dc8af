"""When a run stops between two batches, and what a kind says of a change that it did not begin because of that."""

from __future__ import annotations

import time
from collections.abc import Callable

from kafkaops.errors import Diagnostic
from kafkaops.plan.model import Change, Outcome

_LOOK_S = 0.05


class StopSignal:
    """Set by Ctrl-C, and asked before each batch. Whoever holds a lock has it confirmed at the same moment.

    Set from signal handlers, which run between any two steps of what they interrupt: `set` and `asked` take no lock
    and ask nobody. A `threading.Event` would wait for its own lock for ever there.
    """

    def __init__(self, still_held: Callable[[], bool] | None = None) -> None:
        self._still_held = still_held
        self._asked = False

    @property
    def asked(self) -> bool:
        """Whether a stop was asked for, or found to be due."""
        return self._asked

    def set(self) -> None:
        """Ask for a stop."""
        self._asked = True

    def is_set(self) -> bool:
        """Whether to begin nothing more. One request where a lock is held."""
        if not self._asked and self._still_held is not None and not self._still_held():
            self._asked = True
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Sleep for so long, or until a stop is asked for; whether it is. No request."""
        until = time.monotonic() + seconds
        while not self._asked:
            left = until - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, _LOOK_S))
        return self._asked


def skipped_by_stop(change: Change) -> Outcome:
    """The outcome of a change that a stop came before (KO806)."""
    return Outcome.skipped(
        change.address,
        Diagnostic(
            "KO806",
            "not tried: the run was stopped",
            address=str(change.address),
            hint="apply again; only what is left will be done",
        ),
    )
