"""Whether the cluster is still as it was last applied, whatever the spec says by now.

What the ledger recorded of each resource takes the spec's place; what then differs has moved by itself, or by another
hand. Changes that are pending in the spec are no drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from kafkaops.address import Address
from kafkaops.engine import compared
from kafkaops.errors import Diagnostic, RefusedError, Severity, UsageError
from kafkaops.ledger.model import Claim, Ledger, Owner
from kafkaops.plan.model import Change, ChangeType, FieldChange
from kafkaops.resources.identities import identities_of
from kafkaops.resources.kind import Kind, Session
from kafkaops.resources.kinds import KINDS
from kafkaops.resources.overlay import overlaid
from kafkaops.resources.settling import Settling, Underway
from kafkaops.spec.suggest import did_you_mean

_OUTSIDE = {"set": "removed", "removed": "set"}
"""What would be done to a secret, told as what was done to it."""
_TOLD_OF_CHANGES = frozenset({"reassignment"})
"""Fields whose notes say what an apply would do, as the throttle that it would set."""
_ONLY_OF_CHANGES = frozenset(
    {"back to the brokers' value", "registered again as the newest version", "once the replicas are copied"}
)


class Movement(StrEnum):
    """What happened to a resource outside."""

    CHANGED = "changed"
    DELETED = "deleted"
    RECREATED = "recreated"
    """Deleted and made again: another resource of the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """One resource that is not as it was applied."""

    address: Address
    movement: Movement
    fields: tuple[FieldChange, ...]
    """`before` as it was applied, `after` as it is."""
    detail: str
    """In words, where fields do not say it."""
    applied_at: str
    applied_by: str
    """The run that applied it last: it has moved since."""

    @property
    def code(self) -> str | None:
        """KO884 where it is not the resource that was applied."""
        return None if self.movement is Movement.CHANGED else "KO884"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """What a look at the cluster gave."""

    owner: Owner
    cluster_id: str
    checked: datetime
    compared: tuple[Address, ...]
    """What was compared."""
    drifted: tuple[Drifted, ...]
    observations: tuple[Diagnostic, ...]


def find_drift(session: Session, targets: Sequence[Address] = (), kinds: Sequence[Kind[Any]] = KINDS) -> DriftReport:
    """Compare what is there with what was last applied. Nothing is touched.

    Raises `RefusedError` (KO879, exit 4) where nothing was applied yet, `UsageError` (KO810) for a target that the
    ledger does not hold, and `PlatformError` when anything could not be read whole.
    """
    ledger = _known(session)
    claims = {address: claim for address, claim in ledger.mine.items() if claim.declared is not None}
    _check_targets(targets, claims)
    documents = {address: claim.declared for address, claim in claims.items() if claim.declared is not None}
    over = overlaid(session, documents, (), kinds)
    asked_for = [address for address in sorted(claims) if not targets or address in targets]
    concerned = [kind for kind in kinds if any(address.kind == kind.name for address in asked_for)]
    differences = compared(over.session, concerned)
    changes = {change.address: change for found in differences for change in found.changes}
    other = _recreated(session, {address: claims[address] for address in asked_for}, changes, concerned)
    begun = _underway([changes[address] for address in asked_for if address in changes], concerned)
    drifted = []
    for address in asked_for:
        silent = over.untold.get(address, frozenset()) | (begun[address].paths if address in begun else frozenset())
        found = _drifted(claims[address], changes.get(address), address in other, silent)
        drifted.extend([found] if found else [])
    return DriftReport(
        owner=ledger.owner,
        cluster_id=session.cluster.cluster_id,
        checked=datetime.now(UTC),
        compared=tuple(asked_for),
        drifted=tuple(drifted),
        observations=(
            *session.notes,
            *(item.said for _, item in sorted(begun.items())),
            *_not_compared(ledger, over.untold),
        ),
    )


def _known(session: Session) -> Ledger:
    ledger = session.ledger
    if ledger is None or not any(claim.declared is not None for claim in ledger.mine.values()):
        who = ledger.owner if ledger else session.loaded.spec.project
        raise RefusedError.of(
            "KO879",
            f"there is nothing to compare with: the cluster's ledger knows nothing that {who} applied",
            hint="kafkaops apply records what it does; until then kafkaops plan compares with the spec",
        )
    return ledger


def _check_targets(targets: Iterable[Address], claims: Mapping[Address, Claim]) -> None:
    for address in targets:
        if address not in claims:
            raise UsageError.of(
                "KO810",
                f"--target {address}: the ledger does not hold it",
                hint=did_you_mean(str(address), map(str, claims)) or "only what was applied can have moved",
            )


def _recreated(
    session: Session, claims: Mapping[Address, Claim], changes: Mapping[Address, Change], kinds: Sequence[Kind[Any]]
) -> frozenset[Address]:
    """Resources of the recorded names that are others than those recorded."""
    recorded = {
        address: claim.identity
        for address, claim in claims.items()
        if claim.identity and not _absent(changes.get(address))
    }
    now = identities_of(session, recorded, kinds)
    return frozenset(address for address, identity in recorded.items() if now.get(address, identity) != identity)


def _underway(changes: Iterable[Change], kinds: Sequence[Kind[Any]]) -> dict[Address, Underway]:
    """What kafkaops itself has begun, and the cluster goes on with: no drift, where it leads to what was applied."""
    settling = {kind.name: kind for kind in kinds if isinstance(kind, Settling)}
    found = {
        change.address: settling[change.address.kind].underway(change)
        for change in changes
        if change.address.kind in settling
    }
    return {address: item for address, item in found.items() if item is not None}


def _absent(change: Change | None) -> bool:
    return change is not None and change.type is ChangeType.CREATE


def _drifted(claim: Claim, change: Change | None, recreated: bool, silent: frozenset[str]) -> Drifted | None:
    """`silent` are the fields that tell of no drift: nobody knows what was applied, or kafkaops is at it."""
    fields: tuple[FieldChange, ...] = ()
    movement, detail = Movement.CHANGED, ""
    if _absent(change):
        movement, detail = Movement.DELETED, "it is not there any more"
    elif change is not None:
        fields = tuple(_as_moved(item) for item in change.fields if item.path not in silent)
        detail = "" if change.fields else change.blockers[0].summary if change.blockers else "it differs"
    if recreated:
        movement, detail = Movement.RECREATED, "it was deleted and made again: it is another one of the same name"
    if not fields and not detail:
        return None
    return Drifted(
        address=claim.address,
        movement=movement,
        fields=fields,
        detail=detail,
        applied_at=claim.at,
        applied_by=claim.run,
    )


def _as_moved(item: FieldChange) -> FieldChange:
    """What would bring it back, told the other way round."""
    note = None if item.note in _ONLY_OF_CHANGES or item.path in _TOLD_OF_CHANGES else item.note
    if item.sensitive and note is not None:
        note = _OUTSIDE.get(note, note)
    return replace(
        item,
        before=item.after,
        after=item.before,
        before_digest=item.after_digest,
        after_digest=item.before_digest,
        note=note,
    )


def _not_compared(ledger: Ledger, untold: Mapping[Address, frozenset[str]]) -> Iterator[Diagnostic]:
    for address, paths in sorted(untold.items()):
        yield Diagnostic(
            "KO883",
            f"not compared: {', '.join(sorted(paths))}; nobody tells any more what was applied",
            severity=Severity.INFO,
            address=str(address),
            hint="secrets that the spec refers to, as ${env:NAME} or ${file:PATH}, are compared",
        )
    unrecorded = sorted(str(address) for address, claim in ledger.mine.items() if claim.declared is None)
    if unrecorded:
        yield Diagnostic(
            "KO883",
            f"not compared: {', '.join(unrecorded[:3])}{' and more' if len(unrecorded) > 3 else ''}; "
            "claimed by a run that did not finish them",
            severity=Severity.INFO,
        )
