"""What a kind says of a change that it did not begin because the run was stopped."""

from __future__ import annotations

from kafkaops.errors import Diagnostic
from kafkaops.plan.model import Change, Outcome


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
