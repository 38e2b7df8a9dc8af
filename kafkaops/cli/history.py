"""`kafkaops history`: what was done, when, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kafkaops.cli.options import DataFormat
from kafkaops.cli.session import connections, open_session
from kafkaops.cli.terminal import stdout, write_json
from kafkaops.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from kafkaops.clients.election import Election
    from kafkaops.clients.ledger import LedgerClients
    from kafkaops.ledger.history import History
    from kafkaops.ledger.model import Owner
    from kafkaops.resources.kind import Session


def history_command(
    run: str | None,
    file: Path,
    environment: str | None,
    limit: int,
    everybody: bool,
    since: str | None,
    format_: DataFormat,
) -> ExitCode:
    """List runs, or show one. Exit 2 when there is no such run (KO881)."""
    from kafkaops.apply.books import owner_of
    from kafkaops.ledger.history import find_run
    from kafkaops.report.history_document import history_document, recorded_run_document
    from kafkaops.report.history_text import print_history, print_recorded_run

    began_since = parse_since(since) if since else None
    with open_session(file, environment) as session:
        owner = None if everybody else owner_of(session)
        with looking_back(session) as history:
            chosen = history.of(owner, began_since)
    if run is not None:
        story = find_run(run, chosen)
        one = recorded_run_document(history, story)
        if format_ is DataFormat.JSON:
            write_json(one)
        else:
            print_recorded_run(one, stdout())
        return ExitCode.OK
    document = history_document(history, chosen[:limit] if limit else chosen, len(chosen), owner)
    if format_ is DataFormat.JSON:
        write_json(document)
    else:
        print_history(document, stdout())
    return ExitCode.OK


@contextmanager
def looking_back(session: Session) -> Iterator[History]:
    """The runs that the session's cluster has on record."""
    from kafkaops.apply.books import owner_of
    from kafkaops.apply.runs import read_history
    from kafkaops.clients.ledger import LedgerClients

    where, _ = connections(session.loaded)
    kafka = where.kafka
    assert kafka is not None
    with ExitStack() as closing:

        def clients_of(owner: Owner) -> LedgerClients:
            clients = LedgerClients(kafka, session.resolver, owner.office, session.say)
            closing.callback(clients.close)
            return clients

        def election_of(owner: Owner) -> Election:
            return clients_of(owner).election()

        yield read_history(session, clients_of(owner_of(session)).reader(), election_of)


def parse_since(text: str) -> datetime:
    """`7d` before now, or the time `2026-11-01` or `2026-11-01T08:00:00+01:00`. Raises `UsageError` (KO915).

    Without an offset a time is UTC.
    """
    from kafkaops.spec.units import milliseconds_of

    try:
        return datetime.now(UTC) - timedelta(milliseconds=milliseconds_of(text))
    except (ValueError, OverflowError):
        pass  # then it is a point in time
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError.of(
            "KO915", f"--since {text}: neither a duration nor a time", hint="write 7d, 12h or 2026-11-01"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
