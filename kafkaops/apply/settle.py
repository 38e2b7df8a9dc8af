"""After a run, and outside of whatever it held: seeing through what it has only begun.

The cluster may copy for days. Nothing that others wait for may be held meanwhile, so this stands apart from `run`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from kafkaops.address import Address
from kafkaops.plan.model import Change, Outcome, OutcomeState, Run
from kafkaops.resources.kind import Kind, Session
from kafkaops.resources.kinds import KINDS
from kafkaops.resources.settling import Settling, Unsettled


class Onlooker(Protocol):
    """Is told how far the cluster is."""

    def waiting(self, state: Unsettled) -> None:
        """So much is left."""
        ...

    def ended(self, change: Change, outcome: Outcome) -> None:
        """One change is over."""
        ...


def has_unsettled(run: Run, kinds: Sequence[Kind[Any]] = KINDS) -> bool:
    """Whether the run began something that is not over."""
    return any(isinstance(kind, Settling) and kind.unsettled(_begun(run, kind.name)) for kind in kinds)


def settle(session: Session, run: Run, onlooker: Onlooker, kinds: Sequence[Kind[Any]] = KINDS) -> Run:
    """The run with what became of changes that it had begun. A failure of the run itself stays as it is.

    Needs nothing but the session, which is to hold no lock. Changes that were skipped were not begun.
    `session.stop` ends the waiting.
    """
    clock = time.monotonic()
    found: dict[Address, Outcome] = {}
    for kind in kinds:
        if isinstance(kind, Settling):
            begun = {change.address: change for change in kind.unsettled(_begun(run, kind.name))}
            if begun:
                for outcome in kind.settle(session, tuple(begun.values()), onlooker.waiting):
                    found[outcome.address] = outcome
                    onlooker.ended(begun[outcome.address], outcome)
    if not found:
        return run
    return replace(
        run,
        outcomes=tuple(_together(outcome, found.get(outcome.address)) for outcome in run.outcomes),
        seconds=run.seconds + time.monotonic() - clock,
        interrupted=run.interrupted or (session.stop.is_set() and not run.problems),
    )


def _begun(run: Run, kind: str) -> Sequence[Change]:
    skipped = {outcome.address for outcome in run.outcomes if outcome.state is OutcomeState.SKIPPED}
    return [change for change in run.plan.changes if change.address.kind == kind and change.address not in skipped]


def _together(ran: Outcome, settled: Outcome | None) -> Outcome:
    if settled is None or ran.state is OutcomeState.FAILED:
        return ran
    return replace(settled, seconds=ran.seconds + settled.seconds)
