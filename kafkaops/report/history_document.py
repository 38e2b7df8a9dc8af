"""The ledger's runs as JSON documents: what `history` lists, and one run with every change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from kafkaops.ledger.history import History
from kafkaops.ledger.model import Owner
from kafkaops.ledger.records import RecordedChange, RecordedField, RunStarted, Story
from kafkaops.plan.model import Json

FORMAT_VERSION = 1


class CountsDocument(TypedDict):
    """How many changes were planned, and what became of them."""

    planned: int
    done: int
    failed: int
    skipped: int
    unknown: int
    """Begun, and never said to have ended."""


class RunEntryDocument(TypedDict):
    """One run. What is None was lost to retention, or is not known."""

    run: str
    result: str
    project: str | None
    environment: str | None
    started: str | None
    ended: str | None
    seconds: float | None
    by: str | None
    host: str | None
    pid: int | None
    commit: str | None
    dirty: bool | None
    """Whether files of the spec differed from the commit."""
    command: str | None
    """`apply`, `rollback`, or what was asked for by hand."""
    rollback_of: str | None
    tool_version: str | None
    cluster_id: str | None
    plan_digest: str | None
    spec_digest: str | None
    targets: list[str]
    told_by: str | None
    """The run that found this one interrupted."""
    whole: bool
    """Whether every record of it is still there."""
    changes: CountsDocument


class HistoryDocument(TypedDict):
    """Runs, newest first."""

    format_version: int
    project: str | None
    environment: str | None
    """None for every project's runs."""
    ledger: bool
    complete: bool
    """Whether the ledger still has its beginning."""
    total: int
    """How many runs there are, shown or not."""
    runs: list[RunEntryDocument]


class RecordedFieldDocument(TypedDict):
    """A field's difference; a sensitive one has no values."""

    path: str
    before: Json
    after: Json
    unit: str | None
    sensitive: bool
    note: str | None


class RecordedChangeDocument(TypedDict):
    """A change of a run, and what became of it."""

    address: str
    type: str
    reason: str
    risk: str
    summary: str
    fields: list[RecordedFieldDocument]
    hazards: list[str]
    lifted: list[str]
    before: Json
    state: str
    """done, failed, skipped; unknown for what was begun and never said to have ended; not-begun."""
    begun: str | None
    detail: str
    seconds: float | None
    code: str | None
    problem: str | None


class RecordedRunDocument(TypedDict):
    """A run with its changes, in the order in which they were planned."""

    format_version: int
    run: RunEntryDocument
    changes: list[RecordedChangeDocument]


def history_document(history: History, shown: Sequence[Story], total: int, owner: Owner | None) -> HistoryDocument:
    """The list of runs. `total` counts those that a limit left out, too."""
    return {
        "format_version": FORMAT_VERSION,
        "project": owner.project if owner else None,
        "environment": owner.environment if owner else None,
        "ledger": history.exists,
        "complete": history.complete,
        "total": total,
        "runs": [_entry(history, story) for story in shown],
    }


def recorded_run_document(history: History, story: Story) -> RecordedRunDocument:
    """One run with every change of it."""
    return {
        "format_version": FORMAT_VERSION,
        "run": _entry(history, story),
        "changes": [_change(story, change) for change in story.changes.values()],
    }


def _entry(history: History, story: Story) -> RunEntryDocument:
    started, ended = story.started, story.ended
    commit = started.commit if started else None
    return {
        "run": story.run,
        "result": history.standing(story).value,
        "project": started.owner.project if started else None,
        "environment": started.owner.environment if started else None,
        "started": started.at if started else None,
        "ended": ended.at if ended else None,
        "seconds": ended.seconds if ended else None,
        "by": started.by if started else None,
        "host": started.host if started else None,
        "pid": started.pid if started else None,
        "commit": commit.removesuffix("+") if commit else None,
        "dirty": commit.endswith("+") if commit else None,
        "command": _command(started) if started else None,
        "rollback_of": started.rollback_of if started else None,
        "tool_version": started.tool_version if started else None,
        "cluster_id": started.cluster_id if started else None,
        "plan_digest": started.plan_digest if started else None,
        "spec_digest": started.spec_digest if started else None,
        "targets": list(started.targets) if started else [],
        "told_by": ended.told_by if ended else None,
        "whole": story.whole,
        "changes": {
            "planned": started.changes if started else len(story.changes),
            "done": story.count("done"),
            "failed": story.count("failed"),
            "skipped": story.count("skipped"),
            "unknown": len(story.unknown),
        },
    }


def _command(started: RunStarted) -> str:
    return started.command or ("rollback" if started.rollback_of else "apply")


def _change(story: Story, change: RecordedChange) -> RecordedChangeDocument:
    outcome, begun = story.outcomes.get(change.address), story.intended.get(change.address)
    return {
        "address": str(change.address),
        "type": change.type,
        "reason": change.reason,
        "risk": change.risk,
        "summary": change.summary,
        "fields": [_field(item) for item in change.fields],
        "hazards": list(change.hazards),
        "lifted": list(change.lifted),
        "before": _json(change.before),
        "state": outcome.state if outcome else "unknown" if begun else "not-begun",
        "begun": begun,
        "detail": outcome.detail if outcome else "",
        "seconds": outcome.seconds if outcome else None,
        "code": outcome.code if outcome else None,
        "problem": outcome.problem if outcome else None,
    }


def _field(item: RecordedField) -> RecordedFieldDocument:
    return {
        "path": item.path,
        "before": _json(item.before),
        "after": _json(item.after),
        "unit": item.unit,
        "sensitive": item.sensitive,
        "note": item.note,
    }


def _json(value: object) -> Json:
    """What was read from JSON, typed as such."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case dict():
            return {str(key): _json(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_json(inner) for inner in value]
        case _:
            raise TypeError(f"not JSON: {type(value).__name__}")
