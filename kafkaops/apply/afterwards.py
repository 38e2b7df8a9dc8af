"""Writing down what became of what a run had only begun: after its end, for which the lock is taken for a moment."""

from __future__ import annotations

from kafkaops.apply.books import candidate_of
from kafkaops.apply.journal import now, recorded_outcome
from kafkaops.apply.lock import take_lock
from kafkaops.clients.ledger import LedgerClients
from kafkaops.ledger.codec import run_entries
from kafkaops.ledger.records import RunOutcomes
from kafkaops.plan.model import Run
from kafkaops.resources.kind import Session, silent

_PATIENCE_S = 5.0
"""Everything is done by then: a run that holds the lock for longer is not waited for."""


def record_settled(session: Session, clients: LedgerClients, begun: Run, settled: Run) -> None:
    """Add the outcomes that changed between a run's end and that of its settling. `settled` has the run's id.

    Raises `RefusedError` (KO874) when another run holds the lock, and `PlatformError`: nothing is written then.
    """
    assert settled.id is not None, "what is not recorded has nothing to be added to"
    changed = [after for before, after in zip(begun.outcomes, settled.outcomes, strict=True) if after != before]
    if not changed:
        return
    election, outcomes = clients.election(), tuple(recorded_outcome(outcome) for outcome in changed)
    take_lock(election, candidate_of(settled.id), _PATIENCE_S, silent, session.stop.is_set)
    try:
        # Whoever holds the lock writes, and shuts out who wrote before: these records have no other writer either.
        clients.writer().begin()
        clients.writer().commit(run_entries([RunOutcomes(run=settled.id, at=now(), outcomes=outcomes)]))
    finally:
        election.resign()
