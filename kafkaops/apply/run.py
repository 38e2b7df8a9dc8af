"""Doing a plan: wave after wave, stopping what depends on a failure and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from kafkaops.address import Address
from kafkaops.errors import Diagnostic, KafkaopsError, RefusedError
from kafkaops.plan.model import Change, Outcome, OutcomeState, Plan, Run
from kafkaops.plan.order import waves
from kafkaops.resources.kind import Kind, Session
from kafkaops.resources.kinds import KINDS


class Watcher(Protocol):
    """Is told what apply is doing, as it does it."""

    def wave_started(self, kind: str, changes: Sequence[Change]) -> None:
        """These changes are now being made."""
        ...

    def ended(self, change: Change, outcome: Outcome) -> None:
        """One change ended."""
        ...


def refuse_blocked(plan: Plan) -> None:
    """Raise `RefusedError` (exit 4) for limits exceeded and every change that cannot or may not be done."""
    found: list[Diagnostic] = [
        Diagnostic(
            "KO832",
            f"the plan {excess.text}; it is refused as a whole",
            hint=f"look whether this is the right spec; if all that is what you want: --allow-share {excess.share}",
        )
        for excess in plan.beyond_limits
    ]
    for change in plan.blocked:
        found.extend(change.blockers)
        for hazard in change.held:
            lift = f"--allow {hazard.guard}:{change.address}"
            found.append(
                Diagnostic(
                    "KO804",
                    f"held back: {hazard.text}",
                    address=str(change.address),
                    place=change.place,
                    hint=f"if that is what you want: {lift}",
                )
            )
    if found:
        raise RefusedError(found)


@dataclass
class _Progress:
    """The outcomes so far, and which addresses can no longer be built on."""

    outcomes: dict[Address, Outcome] = field(default_factory=dict)

    def record(self, outcome: Outcome) -> None:
        self.outcomes[outcome.address] = outcome

    def missing_for(self, change: Change) -> Address | None:
        """The first address that the change requires and that failed or was skipped."""
        for address in change.requires:
            outcome = self.outcomes.get(address)
            if outcome is not None and outcome.state is not OutcomeState.DONE:
                return address
        return None


def run(session: Session, plan: Plan, watcher: Watcher, kinds: Sequence[Kind[Any]] = KINDS) -> Run:
    """Make every change of a plan without blocked ones.

    A failed change stops what requires it; the rest goes on. `session.stop` ends the run after the
    batch in flight: what was not begun is skipped. Raises `RefusedError` before the first change only.
    """
    refuse_blocked(plan)
    started, clock = datetime.now(UTC), time.monotonic()
    by_name: Mapping[str, Kind[Any]] = {kind.name: kind for kind in kinds}
    progress = _Progress()
    for wave in waves(plan.changes, [kind.name for kind in kinds]):
        for change, outcome in _wave(session, by_name[wave[0].address.kind], wave, progress, watcher):
            progress.record(outcome)
            watcher.ended(change, outcome)
    return Run(
        plan=plan,
        outcomes=tuple(progress.outcomes[change.address] for change in plan.changes),
        started=started,
        seconds=time.monotonic() - clock,
        interrupted=session.stop.is_set(),
    )


def _wave(
    session: Session, kind: Kind[Any], wave: Sequence[Change], progress: _Progress, watcher: Watcher
) -> Iterator[tuple[Change, Outcome]]:
    ready: dict[Address, Change] = {}
    for change in wave:
        missing = progress.missing_for(change)
        if session.stop.is_set():
            yield change, Outcome.skipped(change.address, _stopped(change))
        elif missing is not None:
            yield change, Outcome.skipped(change.address, _depends(change, missing))
        else:
            ready[change.address] = change
    if not ready:
        return
    watcher.wave_started(kind.name, tuple(ready.values()))
    if session.stop.is_set():  # whoever watches may have found that this run must not go on
        for change in ready.values():
            yield change, Outcome.skipped(change.address, _stopped(change))
        return
    for change in [change for change in ready.values() if not change.operations]:
        yield ready.pop(change.address), Outcome.done(change.address, "let go")
    if not ready:
        return
    try:
        for outcome in kind.apply(session, tuple(ready.values())):
            yield ready.pop(outcome.address), outcome
    except KafkaopsError as error:
        # A kind reports failures as outcomes; what still gets here ended the whole wave (a lost connection).
        for change in ready.values():
            yield change, Outcome.failed(change.address, error.diagnostics[0])
        return
    if ready:
        names = ", ".join(str(address) for address in ready)
        raise AssertionError(f"kind {kind.name} gave no outcome for {names}")


def _depends(change: Change, missing: Address) -> Diagnostic:
    return Diagnostic(
        "KO805",
        f"not tried: it needs {missing}, which was not done",
        address=str(change.address),
        hint="mend that and apply again; only what is left will be done",
    )


def _stopped(change: Change) -> Diagnostic:
    return Diagnostic(
        "KO806",
        "not tried: the run was stopped",
        address=str(change.address),
        hint="apply again; only what is left will be done",
    )
