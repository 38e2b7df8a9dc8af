"""The events of a run as JSON, one line each, for whoever watches over the platform: docs/audit.md has the fields.

| code | meaning |
| --- | --- |
| KO842 | the audit stream does not take events: nothing was begun |
| KO843 | the audit stream broke off during a run: nothing further was begun |
| KO844 | the audit topic is not on the cluster |
| KO845 | an audit target is neither a file nor topic:NAME |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from kafkaops.address import Address
from kafkaops.clients.events import EventSink
from kafkaops.errors import Diagnostic, PlatformError, RefusedError
from kafkaops.plan.model import Change, Outcome, OutcomeState, Run
from kafkaops.report.document import ChangeDocument, PlanDocument

EVENT_FORMAT = 1
_LONGEST_FIELDS = 200_000
"""Characters. A topic takes a megabyte a message; a schema's text may be long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who runs this, and where."""

    user: str
    host: str
    pid: int
    pipeline: str | None = None
    """The CI run, where there is one: its URL."""


def nothing_begun(error: PlatformError) -> RefusedError:
    """KO842."""
    first = error.diagnostics[0]
    return RefusedError.of(
        "KO842",
        f"nothing was begun: {first.summary}",
        detail=first.detail,
        hint="what is done is to be on record: mend the audit target, or name another with --audit",
    )


class AuditTrail:
    """Watches a run and puts what happens into a sink. What cannot be put stops the run before its next wave.

    Where nothing is to be done there is no run, and no id that history would know: one event says that.
    """

    def __init__(self, sink: EventSink, run_id: str | None, document: PlanDocument, stop: Callable[[], None]) -> None:
        self._sink, self._run, self._document, self._stop = sink, run_id, document, stop
        self._sequence = 0
        self._ended = False
        self._outcomes: dict[Address, Outcome] = {}
        self._changes: Mapping[str, ChangeDocument] = {item["address"]: item for item in document["changes"]}
        self.problem: Diagnostic | None = None
        """Set when an event could not be kept, so that the stream is not whole."""

    def begin(self, actor: Actor, reviewed_digest: str | None) -> None:
        """The first event. Raises `RefusedError` (KO842, exit 4) when it is not kept: nothing was begun."""
        document = self._document
        fields: dict[str, object] = {
            "tool_version": document["tool_version"],
            "user": actor.user,
            "host": actor.host,
            "pid": actor.pid,
            "pipeline": actor.pipeline,
            "git": document["git"],
            "identity": document["identity"],
            "plan_digest": document["digest"],
            "changes_digest": document["changes_digest"],
            "reviewed_digest": reviewed_digest,
            "spec_digest": document["spec_digest"],
            "changes": document["summary"]["changes"],
            "targets": document["targets"],
            "allowed": document["allowed"],
            "allowed_shares": document["allowed_shares"],
        }
        try:
            self._put("run-started" if self._run else "nothing-to-do", fields)
            self._sink.settle()
        except PlatformError as error:
            self._ended = True
            raise nothing_begun(error) from error
        self._ended = self._run is None

    def wave_started(self, kind: str, changes: Sequence[Change]) -> None:
        """One event for each change that is begun now."""
        for change in changes:
            document = self._changes[str(change.address)]
            too_long = len(json.dumps(document["fields"])) > _LONGEST_FIELDS
            fields: dict[str, object] = {
                "address": document["address"],
                "kind": document["kind"],
                "type": document["type"],
                "reason": document["reason"],
                "risk": document["risk"],
                "operations": [operation.verb for operation in change.operations],
                "guards_lifted": sorted({h["guard"] for h in document["hazards"] if h["guard"] and h["lifted"]}),
                "fields": None if too_long else document["fields"],
            }
            self._try("change-started", fields)
        self._settle()

    def ended(self, change: Change, outcome: Outcome) -> None:
        """One event for each change that ended, those that were never begun included."""
        self._outcomes[change.address] = outcome
        self._put_outcome("change-ended", change, outcome)

    def _put_outcome(self, event: str, change: Change, outcome: Outcome) -> None:
        found = outcome.diagnostic
        self._try(
            event,
            {
                "address": str(change.address),
                "kind": change.address.kind,
                "type": str(change.type),
                "outcome": str(outcome.state),
                "seconds": round(outcome.seconds, 3),
                "detail": outcome.detail or None,
                "code": found.code if found else None,
                "error": found.summary if found else None,
            },
        )

    def finish(self, result: Run) -> Run:
        """The last event of a run that came to its end. The run, with the problem if the stream is not whole.

        What went on after a change had ended, as brokers do that copy a partition, has an event of its own before it.
        """
        for change, outcome in zip(result.plan.changes, result.outcomes, strict=True):
            if outcome != self._outcomes.get(change.address, outcome):
                self._put_outcome("change-settled", change, outcome)
        self._end(
            {
                "outcome": "done" if result.succeeded else "interrupted" if result.interrupted else "failed",
                "seconds": round(result.seconds, 3),
                **{str(state): result.count(state) for state in OutcomeState},
            }
        )
        if self.problem is None:
            return result
        return replace(result, interrupted=False, problems=(*result.problems, self.problem))

    def close(self) -> None:
        """Let the sink go. A run that did not come to its end, as after a second Ctrl-C, is said to be broken off."""
        self._end({"outcome": "broken-off", "seconds": None, **{str(state): None for state in OutcomeState}})
        self._sink.close()

    def _end(self, fields: Mapping[str, object]) -> None:
        if not self._ended:
            self._ended = True
            self._try("run-ended", fields)
            self._settle()

    def _try(self, event: str, fields: Mapping[str, object]) -> None:
        self._keeping(lambda: self._put(event, fields))

    def _settle(self) -> None:
        self._keeping(self._sink.settle)

    def _keeping(self, act: Callable[[], None]) -> None:
        """Do it; when it fails, nothing further is begun. After that there are no more events: no gap looks whole."""
        if self.problem is not None:
            return
        try:
            act()
        except PlatformError as error:
            first = error.diagnostics[0]
            self.problem = Diagnostic(
                "KO843",
                f"the audit stream broke off, so nothing further was begun: {first.summary}",
                detail=first.detail,
                hint="mend the audit target; the next plan shows what is left",
            )
            self._stop()

    def _put(self, event: str, fields: Mapping[str, object]) -> None:
        self._sequence += 1
        document = self._document
        whole = {
            "format": EVENT_FORMAT,
            "event": event,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "run": self._run,
            "sequence": self._sequence,
            "project": document["project"],
            "environment": document["environment"],
            "cluster_id": document["identity"]["cluster_id"],
            **fields,
        }
        self._sink.put(self._run or document["project"], json.dumps(whole, separators=(",", ":")))
