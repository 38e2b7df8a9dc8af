"""The records of a run, as the runs topic keeps them: what was meant, begun, done, and how it ended.

| record | written |
| --- | --- |
| `RunStarted` | once, before anything is done |
| `RunChanges` | with it, in parts below the message limit |
| `RunIntent` | before each wave of changes |
| `RunOutcomes` | after, as changes end |
| `RunEnded` | at the end; for an interrupted run by the one that comes after it |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from kafkaops.address import Address
from kafkaops.ledger.model import Owner


class RunResult(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    LOCK_LOST = "lock-lost"
    INTERRUPTED = "interrupted"
    """Its process ended without a word; said by the run that found out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedField:
    """A field's difference; a sensitive one has no values."""

    path: str
    before: object = None
    after: object = None
    unit: str | None = None
    sensitive: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange:
    """A change of a plan, with what is needed to show it and to plan back from it."""

    address: Address
    type: str
    reason: str
    risk: str
    summary: str = ""
    fields: tuple[RecordedField, ...] = ()
    hazards: tuple[str, ...] = ()
    lifted: tuple[str, ...] = ()
    before: Mapping[str, object] | None = None
    """The resource as it was, in the spec's terms; None where it was absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOutcome:
    """How one change ended."""

    address: Address
    state: str
    detail: str = ""
    seconds: float = 0.0
    code: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """Who began what, against which systems."""

    run: str
    owner: Owner
    at: str
    by: str
    host: str
    pid: int
    tool_version: str
    plan_digest: str
    spec_digest: str
    cluster_id: str
    changes: int
    commit: str | None = None
    """The spec's git commit, with `+` behind it where files differ from it."""
    rollback_of: str | None = None
    command: str | None = None
    """What was asked for by hand, such as `topics rebalance`; None for apply and rollback."""
    targets: tuple[str, ...] = ()
    type: Literal["started"] = "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChanges:
    """A part of the plan's changes. Parts count from 1."""

    run: str
    at: str
    part: int
    parts: int
    changes: tuple[RecordedChange, ...]
    type: Literal["changes"] = "changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIntent:
    """These changes are being made from now on."""

    run: str
    at: str
    addresses: tuple[Address, ...]
    type: Literal["intent"] = "intent"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcomes:
    """These changes ended."""

    run: str
    at: str
    outcomes: tuple[RecordedOutcome, ...]
    type: Literal["outcomes"] = "outcomes"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """The run ended."""

    run: str
    at: str
    result: RunResult
    seconds: float | None = None
    """Wall time; unknown for an interrupted run."""
    told_by: str | None = None
    """The run that found this one interrupted."""
    type: Literal["ended"] = "ended"


RunRecord: TypeAlias = RunStarted | RunChanges | RunIntent | RunOutcomes | RunEnded


@dataclass(slots=True, kw_only=True)
class Story:
    """One run put together from its records. Grows while records are read."""

    run: str
    started: RunStarted | None = None
    """None when retention has taken the beginning."""
    changes: dict[Address, RecordedChange] = field(default_factory=dict)
    intended: dict[Address, str] = field(default_factory=dict)
    """When each change was begun."""
    outcomes: dict[Address, RecordedOutcome] = field(default_factory=dict)
    ended: RunEnded | None = None
    parts: int = 0
    parts_seen: int = 0

    @property
    def whole(self) -> bool:
        """Whether the beginning and every part of the changes are there."""
        return self.started is not None and self.parts_seen == self.parts

    @property
    def unknown(self) -> tuple[Address, ...]:
        """What was begun and never said to have ended."""
        return tuple(address for address in self.intended if address not in self.outcomes)

    @property
    def untouched(self) -> tuple[Address, ...]:
        """What was planned and not begun."""
        return tuple(address for address in self.changes if address not in self.intended)

    def count(self, state: str) -> int:
        """How many changes ended so."""
        return sum(outcome.state == state for outcome in self.outcomes.values())

    def add(self, record: RunRecord) -> None:
        """Take one more record in."""
        match record:
            case RunStarted():
                self.started = record
            case RunChanges():
                self.parts, self.parts_seen = record.parts, self.parts_seen + 1
                self.changes.update((change.address, change) for change in record.changes)
            case RunIntent():
                self.intended.update(dict.fromkeys(record.addresses, record.at))
            case RunOutcomes():
                self.outcomes.update((outcome.address, outcome) for outcome in record.outcomes)
            case RunEnded():
                self.ended = record


def stories(records: Sequence[RunRecord]) -> tuple[Story, ...]:
    """Runs in the order in which they began."""
    found: dict[str, Story] = {}
    for record in records:
        found.setdefault(record.run, Story(run=record.run)).add(record)
    return tuple(found.values())


def in_parts(
    changes: Sequence[RecordedChange], sizes: Sequence[int], limit: int
) -> Iterator[tuple[RecordedChange, ...]]:
    """Cut changes into parts whose sizes add up to at most `limit` bytes; one larger than that stands alone."""
    part: list[RecordedChange] = []
    filled = 0
    for change, size in zip(changes, sizes, strict=True):
        if part and filled + size > limit:
            yield tuple(part)
            part, filled = [], 0
        part.append(change)
        filled += size
    if part:
        yield tuple(part)
