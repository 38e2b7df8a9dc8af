"""Reading the runs that the ledger keeps. Nothing is written, no lock taken."""

from __future__ import annotations

from collections.abc import Callable

from kafkaops.apply.ledger_topics import ledger_exists
from kafkaops.clients.election import Election
from kafkaops.clients.log import LogReader
from kafkaops.ledger.codec import read_runs
from kafkaops.ledger.history import History, unended
from kafkaops.ledger.model import RUNS, Owner
from kafkaops.ledger.records import stories
from kafkaops.resources.kind import Session


def read_history(session: Session, reader: LogReader, election_of: Callable[[Owner], Election]) -> History:
    """Every run on the cluster. Raises `PlatformError` (KO870, KO871, KO878) for a ledger that cannot be read.

    Only of an owner whose newest run has not ended it is asked whether the lock is held.
    """
    if not ledger_exists(session):
        return History(stories=(), exists=False)
    logged = reader.read(RUNS)
    found = stories(read_runs(logged))
    return History(
        stories=found,
        under_way=frozenset(run for owner, run in unended(found).items() if _holds(election_of(owner), run)),
        complete=not logged or logged[0].offset == 0,
    )


def _holds(election: Election, run: str) -> bool:
    holder = election.holder()
    return holder is not None and holder.run == run
