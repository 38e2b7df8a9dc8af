"""Waiting, after a run, for what it has only begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kafkaops.apply.settle import has_unsettled, settle
from kafkaops.cli.progress import settling
from kafkaops.cli.session import ledger_clients, say
from kafkaops.errors import KafkaopsError
from kafkaops.plan.model import Run
from kafkaops.resources.kind import Kind, Session
from kafkaops.resources.kinds import KINDS


def settled(session: Session, run: Run, kinds: Sequence[Kind[Any]] = KINDS) -> Run:
    """The run, and what became of what it began. Nothing is waited for where nothing was begun.

    `session` is one that holds no lock, and whose `stop` heeds Ctrl-C. A run that was stopped, or lost its lock, is
    not waited for either: only what was set for the time of it is taken away.
    """
    if not has_unsettled(run, kinds):
        return run
    if run.interrupted or run.problems:
        session.stop.set()
    with settling(len(run.outcomes)) as onlooker:
        ended = settle(session, run, onlooker, kinds)
    if ended.id is not None and not (ended.interrupted or ended.problems):
        _record(session, run, ended)
    return ended


def _record(session: Session, begun: Run, ended: Run) -> None:
    """What became of it, into the ledger. It is done either way: that it could not be written is only said."""
    from kafkaops.apply.afterwards import record_settled

    try:
        with ledger_clients(session) as clients:
            record_settled(session, clients, begun, ended)
    except KafkaopsError as error:
        say(f"The history does not tell how it ended: {error.diagnostics[0].summary}")
