"""Opening the ledger: to look at it for a plan, to hold the lock and write it for an apply."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from kafkaops import __version__
from kafkaops.actor import acting_user
from kafkaops.apply.interrupted import interrupted, story_of, under_way
from kafkaops.apply.journal import Journal
from kafkaops.apply.ledger_topics import ledger_exists, make_ledger
from kafkaops.apply.lock import HeldLock, take_lock
from kafkaops.clients.election import Candidate
from kafkaops.clients.ledger import LedgerClients
from kafkaops.errors import Diagnostic, Severity
from kafkaops.ledger.codec import read_ledger
from kafkaops.ledger.model import CLAIMS, Ledger, Owner
from kafkaops.ledger.records import RunStarted
from kafkaops.plan.model import Plan
from kafkaops.resources.kind import Session
from kafkaops.resources.stopping import StopSignal


def owner_of(session: Session) -> Owner:
    """Whose ledger entries the session's are."""
    return Owner(session.loaded.spec.project, session.loaded.environment_name)


def new_run_id() -> str:
    """A run's id: when it began, and four random digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def candidate_of(run: str) -> Candidate:
    """This process, standing for a run."""
    return Candidate(
        run=run,
        by=acting_user(),
        host=socket.gethostname(),
        pid=os.getpid(),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def look(session: Session, clients: LedgerClients) -> Session:
    """The session with the ledger as it is now, and what is worth saying of it. Nothing is written, no lock taken."""
    owner = owner_of(session)
    if not ledger_exists(session):
        return replace(session, ledger=Ledger(owner=owner, exists=False), notes=(_no_ledger(owner),))
    ledger = read_ledger(owner, clients.reader().read(CLAIMS))
    return replace(session, ledger=ledger, notes=tuple(_notes(ledger, clients, locked=False)))


@dataclass(frozen=True)
class Books:
    """The ledger of one owner, held for one run."""

    session: Session
    """Knows the ledger; its `stop` asks for the lock before each batch."""
    clients: LedgerClients
    lock: HeldLock
    candidate: Candidate

    def journal(self, plan: Plan, digest: str) -> Journal:
        """What writes this run down. `digest` is the plan's."""
        started = RunStarted(
            run=self.candidate.run,
            owner=owner_of(self.session),
            at=self.candidate.since,
            by=self.candidate.by,
            host=self.candidate.host,
            pid=self.candidate.pid,
            tool_version=__version__,
            plan_digest=digest,
            spec_digest=plan.spec_digest,
            cluster_id=plan.identity.cluster_id,
            changes=len(plan.changes),
            commit=_commit(plan),
            targets=tuple(str(target) for target in plan.targets),
        )
        return Journal(self.session, self.clients.reader(), self.clients.writer(), started)


@contextmanager
def hold(session: Session, clients: LedgerClients, timeout_s: float) -> Iterator[Books]:
    """Take the lock, shut out whoever wrote before, read the ledger.

    Raises `RefusedError` (KO874) when another run holds the lock for longer than `timeout_s`.
    """
    candidate = candidate_of(new_run_id())
    election = clients.election()
    take_lock(election, candidate, timeout_s, session.say, session.stop.is_set)
    try:
        # Whoever held the lock until now may have changed what this session saw when it was opened.
        session = replace(session, cluster=session.kafka.cluster())
        make_ledger(session)
        clients.writer().begin()
        ledger = read_ledger(owner_of(session), clients.reader().read(CLAIMS))
        lock = HeldLock(election)
        held = replace(
            session,
            ledger=ledger,
            notes=tuple(_notes(ledger, clients, locked=True)),
            stop=StopSignal(lock),
        )
        yield Books(held, clients, lock, candidate)
    finally:
        election.resign()


def _notes(ledger: Ledger, clients: LedgerClients, *, locked: bool) -> Iterator[Diagnostic]:
    if ledger.empty:
        yield _no_ledger(ledger.owner)
    run = ledger.open_run
    if run is None:
        return
    holder = None if locked else clients.election().holder()
    if holder is not None:
        yield under_way(run, holder)
    for each in run.with_left():
        if holder is None or each is not run:
            yield interrupted(each, story_of(clients.reader(), each))


def _no_ledger(owner: Owner) -> Diagnostic:
    return Diagnostic(
        "KO879",
        f"the cluster's ledger knows nothing of {owner}",
        severity=Severity.INFO,
        hint="nothing is deleted because the spec does not name it; the next apply records what is there",
    )


def _commit(plan: Plan) -> str | None:
    checkout = plan.checkout
    return f"{checkout.commit}{'+' if checkout.dirty else ''}" if checkout else None
