"""Plan and run as JSON documents: the one form that every other rendering is made from.

`docs/reference/plan-json.md` describes the format for those who read it with other tools.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import TypedDict

from kafkaops import __version__
from kafkaops.errors import Diagnostic, Place
from kafkaops.plan.digest import digest_of
from kafkaops.plan.excess import Excess
from kafkaops.plan.model import Change, FieldChange, Hazard, Json, Operation, Outcome, OutcomeState, Plan, Run

FORMAT_VERSION = 1


class PlaceDocument(TypedDict):
    """A position in a file."""

    file: str
    line: int
    column: int


class DiagnosticDocument(TypedDict):
    """One finding."""

    code: str
    severity: str
    summary: str
    address: str | None
    place: PlaceDocument | None
    detail: str | None
    hint: str | None


class SecretDocument(TypedDict, total=False):
    """What only a field with a secret in it has, beside the rest."""

    before_digest: str | None
    after_digest: str | None


class FieldDocument(SecretDocument):
    """One difference of one change."""

    path: str
    before: Json
    after: Json
    unit: str | None
    sensitive: bool
    note: str | None


class HazardDocument(TypedDict):
    """A risk in words and whether its guard holds the change back."""

    risk: str
    code: str
    text: str
    guard: str | None
    lifted: bool


class PredictionDocument(TypedDict):
    """What the servers said beforehand."""

    foresight: str
    detail: str


class ChangeDocument(TypedDict):
    """One change."""

    address: str
    kind: str
    name: str
    type: str
    reason: str
    risk: str
    blocked: bool
    summary: str
    fields: list[FieldDocument]
    hazards: list[HazardDocument]
    blockers: list[DiagnosticDocument]
    warnings: list[DiagnosticDocument]
    prediction: PredictionDocument
    requires: list[str]
    operations: list[dict[str, Json]]
    place: PlaceDocument | None
    observed: str


class SummaryDocument(TypedDict):
    """Counts."""

    changes: dict[str, int]
    blocked: int
    in_sync: dict[str, int]
    unmanaged: dict[str, int]


class IdentityDocument(TypedDict):
    """The systems that a plan is about."""

    cluster_id: str
    schema_registry_url: str | None
    schema_registry_id: str | None
    connect_cluster_id: str | None
    connect_url: str | None


class GitDocument(TypedDict):
    """The commit that the spec stands at."""

    commit: str
    dirty: bool


class LimitDocument(TypedDict):
    """More of one kind is deleted or changed than the spec's limits allow."""

    limit: str
    kind: str
    count: int
    existing: int
    text: str
    lifted: bool


class ChosenDocument(TypedDict, total=False):
    """What only a plan has that was asked for so."""

    throttle: int
    rollback_of: str


class PlanDocument(ChosenDocument):
    """A plan."""

    format_version: int
    tool_version: str
    project: str
    environment: str
    identity: IdentityDocument
    git: GitDocument | None
    spec_digest: str
    changes_digest: str
    digest: str
    sensitive_digests: str
    targets: list[str]
    allowed: list[str]
    allowed_shares: list[str]
    limits: list[LimitDocument]
    changes: list[ChangeDocument]
    observations: list[DiagnosticDocument]
    unmanaged: dict[str, list[str]]
    summary: SummaryDocument


class OutcomeDocument(TypedDict):
    """How one change ended."""

    address: str
    state: str
    detail: str
    seconds: float
    diagnostic: DiagnosticDocument | None


class RunDocument(TypedDict):
    """One apply."""

    format_version: int
    tool_version: str
    run: str | None
    started: str
    seconds: float
    interrupted: bool
    succeeded: bool
    adopted: list[str]
    problems: list[DiagnosticDocument]
    summary: dict[str, int]
    outcomes: list[OutcomeDocument]
    plan: PlanDocument


def plan_document(plan: Plan) -> PlanDocument:
    """A plan as JSON."""
    changes = [_change(change) for change in plan.changes]
    counts = Counter(str(change.type) for change in plan.changes)
    document: PlanDocument = {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "project": plan.project,
        "environment": plan.environment,
        "identity": {
            "cluster_id": plan.identity.cluster_id,
            "schema_registry_url": plan.identity.schema_registry_url,
            "schema_registry_id": plan.identity.schema_registry_id,
            "connect_cluster_id": plan.identity.connect_cluster_id,
            "connect_url": plan.identity.connect_url,
        },
        "git": {"commit": plan.checkout.commit, "dirty": plan.checkout.dirty} if plan.checkout else None,
        "spec_digest": plan.spec_digest,
        "changes_digest": "",
        "digest": "",
        "sensitive_digests": str(plan.seal),
        "targets": [str(target) for target in plan.targets],
        "allowed": [f"{guard}:{address}" for guard, address in plan.allowed],
        "allowed_shares": [str(share) for share in plan.allowed_shares],
        "limits": [_limit(excess) for excess in plan.excesses],
        "changes": changes,
        "observations": [diagnostic_document(item) for item in plan.observations],
        "unmanaged": {kind: list(names) for kind, names in plan.unmanaged.items()},
        "summary": {
            "changes": dict(sorted(counts.items())),
            "blocked": len(plan.blocked),
            "in_sync": dict(plan.in_sync),
            "unmanaged": {kind: len(names) for kind, names in plan.unmanaged.items()},
        },
    }
    if plan.throttle is not None:
        document["throttle"] = plan.throttle
    if plan.rollback_of is not None:
        document["rollback_of"] = plan.rollback_of
    document["changes_digest"] = changes_digest(document)
    document["digest"] = plan_digest(document)
    return document


def changes_digest(document: PlanDocument) -> str:
    """The digest over what would be done, to what, and what was seen of it; not over when, by whom, or what else is."""
    parts = [document["identity"], document["environment"], document["project"], document["targets"]]
    if "rollback_of" in document:
        parts.append(document["rollback_of"])
    limits = [[item["limit"], item["kind"], item["lifted"]] for item in document["limits"]]
    return digest_of([*parts, limits, document["spec_digest"], [decisive(change) for change in document["changes"]]])


def decisive(change: ChangeDocument) -> dict[str, object]:
    """What makes a change the one that was reviewed.

    Not the evidence in words: messages keep coming in while a plan is reviewed. A risk that came up, or a guard, is
    decisive; so is a topic that was empty and no longer is.
    """
    return {
        "address": change["address"],
        "type": change["type"],
        "reason": change["reason"],
        "fields": change["fields"],
        "operations": change["operations"],
        "requires": change["requires"],
        "observed": change["observed"],
        "hazards": [[item["code"], item["risk"], item["guard"], item["lifted"]] for item in change["hazards"]],
        "blockers": [item["code"] for item in change["blockers"]],
    }


def plan_digest(document: PlanDocument) -> str:
    """The digest over everything in the document but itself."""
    return digest_of({key: value for key, value in document.items() if key != "digest"})


def run_document(run: Run) -> RunDocument:
    """An apply as JSON, the plan it did included."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "run": run.id,
        "started": run.started.isoformat(timespec="milliseconds"),
        "seconds": round(run.seconds, 3),
        "interrupted": run.interrupted,
        "succeeded": run.succeeded,
        "adopted": [str(address) for address in run.plan.adoptable] if run.id else [],
        "problems": [diagnostic_document(item) for item in run.problems],
        "summary": {str(state): run.count(state) for state in OutcomeState},
        "outcomes": [_outcome(outcome) for outcome in run.outcomes],
        "plan": plan_document(run.plan),
    }


def diagnostic_document(item: Diagnostic) -> DiagnosticDocument:
    """A finding as JSON."""
    return {
        "code": item.code,
        "severity": str(item.severity),
        "summary": item.summary,
        "address": item.address,
        "place": _place(item.place),
        "detail": item.detail,
        "hint": item.hint,
    }


def _change(change: Change) -> ChangeDocument:
    return {
        "address": str(change.address),
        "kind": change.address.kind,
        "name": change.address.name,
        "type": str(change.type),
        "reason": str(change.reason),
        "risk": str(change.risk),
        "blocked": change.blocked,
        "summary": change.summary,
        "fields": [_field(item) for item in change.fields],
        "hazards": [_hazard(change, hazard) for hazard in change.hazards],
        "blockers": [diagnostic_document(item) for item in change.blockers],
        "warnings": [diagnostic_document(item) for item in change.warnings],
        "prediction": {"foresight": str(change.prediction.foresight), "detail": change.prediction.detail},
        "requires": [str(address) for address in change.requires],
        "operations": [_operation(operation) for operation in change.operations],
        "place": _place(change.place),
        "observed": change.observed,
    }


def _limit(excess: Excess) -> LimitDocument:
    return {
        "limit": excess.share.limit,
        "kind": excess.share.kind,
        "count": excess.count,
        "existing": excess.existing,
        "text": excess.text,
        "lifted": excess.lifted,
    }


def _field(item: FieldChange) -> FieldDocument:
    document: FieldDocument = {
        "path": item.path,
        "before": item.before,
        "after": item.after,
        "unit": str(item.unit) if item.unit else None,
        "sensitive": item.sensitive,
        "note": item.note,
    }
    if item.sensitive or item.before_digest or item.after_digest:
        document["before_digest"], document["after_digest"] = item.before_digest, item.after_digest
    return document


def _hazard(change: Change, hazard: Hazard) -> HazardDocument:
    return {
        "risk": str(hazard.risk),
        "code": hazard.code,
        "text": hazard.text,
        "guard": str(hazard.guard) if hazard.guard else None,
        "lifted": hazard not in change.held,
    }


def _operation(operation: Operation) -> dict[str, Json]:
    values: dict[str, Json] = {"operation": type(operation).__name__, "verb": operation.verb}
    for item in fields(operation):
        values[item.name] = _plain(getattr(operation, item.name))
    return values


def _plain(value: object) -> Json:
    """An operation's value as JSON: mappings, sequences and pairs of pairs; anything else by its text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(inner) for inner in value]
        case _:
            return str(value)


def _outcome(outcome: Outcome) -> OutcomeDocument:
    return {
        "address": str(outcome.address),
        "state": str(outcome.state),
        "detail": outcome.detail,
        "seconds": round(outcome.seconds, 3),
        "diagnostic": diagnostic_document(outcome.diagnostic) if outcome.diagnostic else None,
    }


def _place(place: Place | None) -> PlaceDocument | None:
    return {"file": place.file.as_posix(), "line": place.line, "column": place.column} if place else None
