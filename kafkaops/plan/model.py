"""The plan: ordered changes, each with its reason, its risk and what the servers said of it.

Everything here is a frozen value. A resource kind produces `Change`s from (spec, snapshot); nothing
after that invents one: prediction annotates, ordering orders, guards hold back, apply runs the
operations. Apply never branches on a reason or a risk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self, TypeAlias

from kafkaops.address import Address, Guard
from kafkaops.checkout import Checkout
from kafkaops.errors import Diagnostic, Place
from kafkaops.plan.excess import Excess, Share
from kafkaops.plan.seal import SealKind

Scalar = str | int | float | bool | None
Json: TypeAlias = Scalar | list["Json"] | dict[str, "Json"]
"""What a field's value may be: something JSON can hold."""


class ChangeType(StrEnum):
    """What happens to one resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"


class Reason(StrEnum):
    """Why a change is in the plan. For people and for pipes; nothing branches on it."""

    ABSENT_FROM_CLUSTER = "absent-from-cluster"
    DIFFERS_FROM_SPEC = "differs-from-spec"
    NAMED_FOR_REMOVAL = "named-for-removal"
    ABSENT_FROM_SPEC = "absent-from-spec"
    NO_LONGER_MANAGED = "no-longer-managed"
    HELD_BY_ANOTHER = "held-by-another"
    ROLLBACK = "rollback"
    NOT_STARTED_YET = "not-started-yet"
    TASKS_FAILED = "tasks-failed"
    REASSIGNMENT_UNFINISHED = "reassignment-unfinished"
    ASKED_FOR = "asked-for"


class Risk(StrEnum):
    """How bad a change can be, mildest first."""

    SAFE = "safe"
    DISRUPTIVE = "disruptive"
    DATA_LOSS = "data-loss"
    IRREVERSIBLE = "irreversible"

    @property
    def rank(self) -> int:
        """0 for safe, rising."""
        return tuple(Risk).index(self)


class Unit(StrEnum):
    """What a number counts, so that a person can be shown `7d` beside 604800000."""

    MILLISECONDS = "ms"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One difference: `partitions` 6 → 12. A sensitive value is never held here, only that it differs."""

    path: str
    before: Json
    after: Json
    unit: Unit | None = None
    sensitive: bool = False
    note: str | None = None
    before_digest: str | None = None
    """Of a sensitive value (`plan/seal.py`), so that a saved plan notices when it moved."""
    after_digest: str | None = None

    def __post_init__(self) -> None:
        if self.sensitive and (self.before is not None or self.after is not None):
            raise ValueError(f"{self.path}: a sensitive field must not carry its values")


@dataclass(frozen=True, slots=True)
class Hazard:
    """A risk in words, with the guard that holds the change back because of it, if one does."""

    risk: Risk
    code: str
    text: str
    guard: Guard | None = None


class Foresight(StrEnum):
    """Whether a change could be tried on the servers before doing it."""

    PREDICTED = "predicted"
    NOT_PREDICTABLE = "not-predictable"
    NOT_ASKED = "not-asked"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the servers said beforehand. A refusal is not here but among the change's blockers."""

    foresight: Foresight
    detail: str

    @classmethod
    def not_asked(cls) -> Self:
        """The state before anybody was asked."""
        return cls(Foresight.NOT_ASKED, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The base of every named operation (`CreateTopic`, `GrowPartitions`): one step of doing a change.

    Values in it may be references (`${env:TOKEN}`) but never what they stand for.
    """

    verb: ClassVar[str]
    """What it does, in the infinitive: 'create topic'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to happen to one resource."""

    address: Address
    type: ChangeType
    reason: Reason
    operations: tuple[Operation, ...]
    fields: tuple[FieldChange, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    blockers: tuple[Diagnostic, ...] = ()
    """Why it cannot be done at all, each with the way out."""
    warnings: tuple[Diagnostic, ...] = ()
    prediction: Prediction = field(default_factory=Prediction.not_asked)
    requires: tuple[Address, ...] = ()
    """Addresses whose own changes, if any, must succeed first."""
    lifted: frozenset[Guard] = frozenset()
    place: Place | None = None
    summary: str = ""
    """The resource in a few words: '6 partitions × 3 replicas'."""
    observed: str = ""
    """Digest of what was seen of the resource; a saved plan is stale when it moved."""
    before: Mapping[str, Json] | None = field(default=None, hash=False)
    """The resource as it was, in the spec's terms and without secrets; None where it was absent or is not told."""

    @property
    def risk(self) -> Risk:
        """The worst of its hazards."""
        return max((hazard.risk for hazard in self.hazards), key=lambda risk: risk.rank, default=Risk.SAFE)

    @property
    def held(self) -> tuple[Hazard, ...]:
        """The hazards whose guard nobody lifted."""
        return tuple(hazard for hazard in self.hazards if hazard.guard and hazard.guard not in self.lifted)

    @property
    def blocked(self) -> bool:
        """True while it cannot, or may not, be done."""
        return bool(self.blockers or self.held)

    def annotated(
        self,
        *,
        prediction: Prediction | None = None,
        hazards: Iterable[Hazard] = (),
        blockers: Iterable[Diagnostic] = (),
        warnings: Iterable[Diagnostic] = (),
    ) -> Change:
        """The same change with more known about it; what it does is not touched."""
        return replace(
            self,
            prediction=prediction or self.prediction,
            hazards=(*self.hazards, *hazards),
            blockers=(*self.blockers, *blockers),
            warnings=(*self.warnings, *warnings),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one kind's diff found: what to change, what is worth saying, how much is as declared."""

    changes: tuple[Change, ...] = ()
    observations: tuple[Diagnostic, ...] = ()
    in_sync: int = 0
    unmanaged: tuple[str, ...] = ()
    """Names seen that the spec does not name."""
    ailment: str | None = None
    """What ails the cluster, so that disruptive changes of every kind wait; None from a kind that did not look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which systems a plan was made against."""

    cluster_id: str
    schema_registry_url: str | None = None
    schema_registry_id: str | None = None
    """Only Confluent's registry has one."""
    connect_cluster_id: str | None = None
    connect_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every change, in the order it will be made."""

    project: str
    environment: str
    identity: Identity
    spec_digest: str
    changes: tuple[Change, ...]
    observations: tuple[Diagnostic, ...] = ()
    in_sync: Mapping[str, int] = field(default_factory=dict)
    """Per kind, how many declared resources are as declared."""
    unmanaged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    targets: tuple[Address, ...] = ()
    """What `--target` named; empty for the whole spec."""
    allowed: tuple[tuple[Guard, Address], ...] = ()
    """What `--allow` lifted."""
    allowed_shares: tuple[Share, ...] = ()
    """What `--allow-share` lifted."""
    excesses: tuple[Excess, ...] = ()
    """Where it does more than the spec's limits allow, lifted or not."""
    checkout: Checkout | None = None
    """The commit that the spec stands at, where it is in a git repository."""
    seal: SealKind = SealKind.SHORT
    """How secrets are digested in it."""
    adoptable: tuple[Address, ...] = ()
    """What is there as declared and not in the ledger yet: apply records it, which is no change."""
    throttle: int | None = None
    """What `--throttle` said, in bytes per second; None where nothing did."""
    rollback_of: str | None = None
    """The run that it takes back, where it is no plan of the spec."""

    @property
    def empty(self) -> bool:
        """True when there is nothing to do."""
        return not self.changes

    @property
    def blocked(self) -> tuple[Change, ...]:
        """The changes that cannot, or may not, be done."""
        return tuple(change for change in self.changes if change.blocked)

    @property
    def beyond_limits(self) -> tuple[Excess, ...]:
        """The limits that it exceeds and that nobody lifted: it is refused as a whole."""
        return tuple(excess for excess in self.excesses if not excess.lifted)


class OutcomeState(StrEnum):
    """How one change ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change: partial success is data. `seconds` is wall time from act to verified."""

    address: Address
    state: OutcomeState
    diagnostic: Diagnostic | None = None
    detail: str = ""
    seconds: float = 0.0

    @classmethod
    def done(cls, address: Address, detail: str = "", seconds: float = 0.0) -> Self:
        """It was done, and seen to be done."""
        return cls(address=address, state=OutcomeState.DONE, detail=detail, seconds=seconds)

    @classmethod
    def failed(cls, address: Address, diagnostic: Diagnostic, seconds: float = 0.0) -> Self:
        """It was tried and failed."""
        return cls(address=address, state=OutcomeState.FAILED, diagnostic=diagnostic, seconds=seconds)

    @classmethod
    def skipped(cls, address: Address, diagnostic: Diagnostic) -> Self:
        """It was not tried, because something it depends on failed or the run was stopped."""
        return cls(address=address, state=OutcomeState.SKIPPED, diagnostic=diagnostic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One apply, as it ended."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    started: datetime
    seconds: float
    interrupted: bool = False
    id: str | None = None
    """The run's id in the ledger; None for a run that is not recorded."""
    problems: tuple[Diagnostic, ...] = ()
    """What went wrong with the run itself rather than with one of its changes."""

    def count(self, state: OutcomeState) -> int:
        """How many changes ended so."""
        return sum(outcome.state is state for outcome in self.outcomes)

    @property
    def succeeded(self) -> bool:
        """True when everything was done, and recorded."""
        return not self.problems and all(outcome.state is OutcomeState.DONE for outcome in self.outcomes)
