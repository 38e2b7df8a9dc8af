"""When a run stops between two batches, and what a kind says of a change that it did not begin because of that."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from kafkaops.errors import Diagnostic
from kafkaops.plan.model import Change, Outcome


class StopSignal(Event):
    """Set by Ctrl-C, and asked before each batch. Whoever holds a lock has it confirmed at the same moment."""

    def __init__(self, still_held: Callable[[], bool] | None = None) -> None:
        super().__init__()
        self._still_held = still_held

    def is_set(self) -> bool:
        """Whether to begin nothing more. One request where a lock is held."""
        if not super().is_set() and self._still_held is not None and not self._still_held():
            self.set()
        return super().is_set()


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
