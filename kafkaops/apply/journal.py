"""Writing a run down while it happens: intent before acting, result after, in transactions.

A run that is killed leaves its open-run record, what it meant and what it had begun; the next plan says so.
Claims are written before anything is made: what a killed run made is this project's all the same.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from kafkaops.address import Address
from kafkaops.apply.claiming import Documents, after_run, before_run, refuse_rivals
from kafkaops.clients.kafka import Position, TopicPartition
from kafkaops.clients.log import Entry, LogReader, LogWriter
from kafkaops.errors import Diagnostic, KafkaopsError, RefusedError
from kafkaops.ledger.codec import (
    changes_in_parts,
    claim_gone,
    open_run_entry,
    open_run_gone,
    prefix_entry,
    prefix_gone,
    run_entries,
)
from kafkaops.ledger.model import RUNS, Ledger, OpenRun, PrefixClaim
from kafkaops.ledger.records import (
    RecordedChange,
    RecordedField,
    RecordedOutcome,
    RunEnded,
    RunIntent,
    RunOutcomes,
    RunResult,
    RunStarted,
)
from kafkaops.plan.model import Change, Outcome, Plan, Run
from kafkaops.resources.identities import identities_of
from kafkaops.resources.kind import Kind, Session
from kafkaops.resources.kinds import KINDS

_FLUSH_S = 0.5
"""How much of a wave's results a kill may leave unknown."""


def now() -> str:
    """The time as the ledger writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass
class Journal:
    """The ledger's side of one run; watches it. After `problem` is set nothing more is written."""

    session: Session
    reader: LogReader
    writer: LogWriter
    started: RunStarted
    kinds: Sequence[Kind[Any]] = KINDS
    problem: Diagnostic | None = None
    _documents: Documents | None = None
    _pending: list[RecordedOutcome] = field(default_factory=list)
    _written: float = field(default_factory=time.monotonic)

    @property
    def ledger(self) -> Ledger:
        """The ledger as it was when the run began."""
        assert self.session.ledger is not None
        return self.session.ledger

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.started.run

    def undo(self, run: str, documents: Documents) -> None:
        """Before it begins: this run takes another one back, and the ledger is to say this of what it restores."""
        self.started = replace(self.started, rollback_of=run)
        self._documents = documents

    def steer(self, command: str) -> None:
        """Before it begins: this run does what a command asked for by hand. Whose everything is stays as it is."""
        self.started = replace(self.started, command=command)
        self.kinds = ()

    def begin(self, plan: Plan) -> None:
        """Write down what is meant and claim what is not held yet.

        Raises `RefusedError` (KO872, exit 4) when another project claimed a resource at the same moment: nothing
        was done then, and the own claims are taken back.
        """
        claims = before_run(plan, self.ledger, self.started, self._declared(plan), self._makers())
        entries: list[Entry] = []
        if self.ledger.open_run is not None and self._completes:
            entries += run_entries(self._found_interrupted(run) for run in self.ledger.open_run.with_left())
        entries += run_entries([self.started, *changes_in_parts(self.run_id, now(), recorded_changes(plan))])
        entries += [open_run_entry(self._open_run()), *self._prefixes(), *claims.values()]
        self.writer.commit(entries)
        if claims:
            self._verify(list(claims))

    def wave_started(self, _kind: str, changes: Sequence[Change]) -> None:
        """Write the intent before the wave acts. When that fails the run must not go on: `session.stop` is set."""
        intent = RunIntent(run=self.run_id, at=now(), addresses=tuple(change.address for change in changes))
        self._write([*self._outcomes(), *run_entries([intent])])

    def ended(self, _change: Change, outcome: Outcome) -> None:
        """Keep the result, and write those that gathered."""
        self._pending.append(recorded_outcome(outcome))
        if time.monotonic() - self._written > _FLUSH_S:
            self._write(self._outcomes())

    def finish(self, run: Run, result: RunResult) -> None:
        """Write how it ended, and whose everything is now."""
        if self.problem is not None:
            return
        left = [address for address, claim in self.ledger.mine.items() if not claim.settled]  # by a run that was killed
        concerned = dict.fromkeys((*(outcome.address for outcome in run.outcomes), *run.plan.adoptable, *left))
        identities = identities_of(self.session, concerned, self.kinds)
        claims = after_run(run, self.ledger, self.started, self._declared(run.plan), identities, self._makers())
        ended = RunEnded(run=self.run_id, at=now(), result=result, seconds=round(run.seconds, 3))
        self._write([*self._outcomes(), *claims, *run_entries([ended]), self._over(completed=self._completes)])

    # --- inside ---

    @property
    def _completes(self) -> bool:
        """Whether this run does all that an interrupted one left: not where only something was asked for."""
        return self.started.command is None and not self.started.targets

    def _over(self, *, completed: bool) -> Entry:
        """What is open when this run is not any more: nothing, or the interrupted run that it found."""
        left = self.ledger.open_run
        return open_run_gone(self.ledger.owner) if left is None or completed else open_run_entry(left)

    def _write(self, entries: Sequence[Entry]) -> None:
        """Write, or stop the run: what cannot be written down is not done."""
        if self.problem is not None or not entries:
            return
        try:
            self.writer.commit(entries)
        except KafkaopsError as error:
            self.problem = error.diagnostics[0]
            self.session.stop.set()
        self._written = time.monotonic()

    def _outcomes(self) -> list[Entry]:
        pending, self._pending = self._pending, []
        if not pending:
            return []
        return run_entries([RunOutcomes(run=self.run_id, at=now(), outcomes=tuple(pending))])

    def _verify(self, addresses: Sequence[Address]) -> None:
        """Read the claims back: of two that claimed one resource at the same time, the earlier one has it."""
        problems = refuse_rivals(self.reader, self.ledger.owner, addresses)
        if not problems:
            return
        ended = RunEnded(run=self.run_id, at=now(), result=RunResult.FAILED, seconds=0.0)
        taken_back = [claim_gone(self.ledger.owner, address) for address in addresses]
        self.writer.commit([*taken_back, *run_entries([ended]), self._over(completed=False)])
        raise RefusedError(problems)

    def _found_interrupted(self, earlier: OpenRun) -> RunEnded:
        return RunEnded(run=earlier.run, at=now(), result=RunResult.INTERRUPTED, told_by=self.run_id)

    def _open_run(self) -> OpenRun:
        end = self.session.kafka.offsets([TopicPartition(RUNS, 0)], Position.LATEST)[TopicPartition(RUNS, 0)]
        return OpenRun(
            owner=self.ledger.owner,
            run=self.run_id,
            by=self.started.by,
            host=self.started.host,
            pid=self.started.pid,
            at=self.started.at,
            runs_offset=end if isinstance(end, int) else None,
            left=None if self._completes else self.ledger.open_run,
        )

    def _prefixes(self) -> list[Entry]:
        """The prefixes that the spec claims, and those that it lets go."""
        if self.started.command is not None:
            return []
        owner, wanted = self.ledger.owner, self.session.loaded.spec.owns
        held = {item.prefix for item in self.ledger.prefixes if item.owner == owner}
        claimed = [
            prefix_entry(PrefixClaim(owner=owner, prefix=prefix, run=self.run_id, at=now()))
            for prefix in wanted
            if prefix not in held
        ]
        return [*claimed, *(prefix_gone(owner, prefix) for prefix in sorted(held - set(wanted)))]

    def _declared(self, plan: Plan) -> Documents:
        """What the ledger is to say of each resource, found out once: before anything is done."""
        if self._documents is None:
            self._documents = declared_by(self.session, concerned_by(plan, self.kinds))
        return self._documents

    def _makers(self) -> frozenset[str]:
        return frozenset(kind.name for kind in self.kinds if kind.makes)


def concerned_by(plan: Plan, kinds: Sequence[Kind[Any]]) -> Sequence[Kind[Any]]:
    """The kinds of which the ledger may have something to say: of a plan with targets no others than theirs, and of its
    changes. A server that the plan did not need is not asked for what is secret.
    """
    concerned = {address.kind for address in (*plan.targets, *(change.address for change in plan.changes))}
    return [kind for kind in kinds if kind.name in concerned] if plan.targets else kinds


def declared_by(session: Session, kinds: Sequence[Kind[Any]]) -> Documents:
    """What the ledger is to say of each resource that the session's spec declares. Raises what `Kind.declared` does."""
    return {Address(kind.name, name): document for kind in kinds for name, document in kind.declared(session).items()}


def recorded_changes(plan: Plan) -> list[RecordedChange]:
    """The plan's changes as the ledger keeps them."""
    return [
        RecordedChange(
            address=change.address,
            type=change.type.value,
            reason=change.reason.value,
            risk=change.risk.value,
            summary=change.summary,
            fields=tuple(
                RecordedField(
                    path=item.path,
                    before=item.before,
                    after=item.after,
                    unit=item.unit.value if item.unit else None,
                    sensitive=item.sensitive,
                    note=item.note,
                )
                for item in change.fields
            ),
            hazards=tuple(hazard.text for hazard in change.hazards),
            lifted=tuple(sorted(guard.value for guard in change.lifted)),
            before=change.before,
        )
        for change in plan.changes
    ]


def recorded_outcome(outcome: Outcome) -> RecordedOutcome:
    """A result as the ledger keeps it."""
    found = outcome.diagnostic
    return RecordedOutcome(
        address=outcome.address,
        state=outcome.state.value,
        detail=outcome.detail,
        seconds=round(outcome.seconds, 3),
        code=found.code if found else None,
        problem=found.summary if found else None,
    )
