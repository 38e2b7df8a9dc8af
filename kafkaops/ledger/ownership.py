"""What the ledger adds to a plan: who may touch what, what is let go, what can be recorded as it is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from kafkaops.address import Address
from kafkaops.errors import Diagnostic, Place, RefusedError, Severity
from kafkaops.ledger.model import Claim, Ledger, Origin, PrefixClaim
from kafkaops.plan.model import Change, ChangeType, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What the spec speaks of, over all kinds."""

    declared: Collection[Address]
    """Managed resources."""
    named: Collection[Address]
    """All of them, with those that are not managed and those that are to be deleted."""
    forgotten: Mapping[Address, Place | None]
    """Those that are to be let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A plan's changes once the ledger had its say."""

    changes: tuple[Change, ...]
    adoptable: tuple[Address, ...]


def dropped(ledger: Ledger, spoken: Spoken, kinds: Collection[str]) -> frozenset[Address]:
    """What this owner made and the spec no longer speaks of: to be deleted."""
    return frozenset(
        address
        for address, claim in ledger.mine.items()
        if claim.origin is Origin.MADE
        and address.kind in kinds
        and address not in spoken.named
        and address not in spoken.forgotten
    )


def with_ownership(
    changes: Iterable[Change], ledger: Ledger, spoken: Spoken, gone: Collection[Address], kinds: Collection[str]
) -> Owned:
    """Refuse what others hold, let go what is no longer declared, and find what can be recorded without a change.

    `gone` is what `dropped` gave: a change that deletes one of them says why.
    """
    found = [_held(_explained(change, gone), ledger) for change in changes]
    changed = {change.address for change in found}
    quiet = [address for address in spoken.declared if address not in changed]
    found.extend(_barred(quiet, ledger))
    found.extend(change for change in _let_go(ledger, spoken, changed, gone) if change.address.kind in kinds)
    rivals = {change.address for change in found if change.reason is Reason.HELD_BY_ANOTHER}
    # Sorted is what is found, not what is looked through: that is ten thousand addresses for nothing.
    adoptable = sorted(address for address in quiet if address not in ledger.mine and address not in rivals)
    return Owned(changes=tuple(found), adoptable=tuple(adoptable))


def recreated(recorded: Mapping[Address, Claim], now: Mapping[Address, str]) -> Iterator[Diagnostic]:
    """KO884 for each resource that is another one of the same name than the one that was applied."""
    others = sorted(
        address for address, claim in recorded.items() if now.get(address, claim.identity) != claim.identity
    )
    for address in others:
        claim, forget = recorded[address], f"removed: [{{address: {address}, action: forget}}]"
        yield Diagnostic(
            "KO884",
            f"it was deleted and made again since run {claim.run} ({claim.at}): what it held then is gone",
            severity=Severity.WARNING,
            address=str(address),
            hint=f"drift says so until an apply changes it; to take it as it is, let it go ({forget}) and adopt it",
        )


def refuse_foreign_prefixes(ledger: Ledger, prefixes: Sequence[str], place: Place | None) -> None:
    """Raise `RefusedError` (KO873) when the spec claims a prefix that overlaps another project's, or what it holds."""
    problems = [
        Diagnostic(
            "KO873",
            f"owns: '{prefix}' overlaps '{rival.prefix}', which belongs to {rival.owner}",
            place=place,
            hint="agree on who owns which names; the other project lets its prefix go by taking it out of its spec",
        )
        for prefix, rival in ledger.overlapping(prefixes).items()
    ]
    problems += [_covering(prefix, claims, place) for prefix, claims in ledger.covered(prefixes).items()]
    if problems:
        raise RefusedError(problems)


def _covering(prefix: str, claims: Sequence[Claim], place: Place | None) -> Diagnostic:
    first = claims[0]
    more = f" (and {len(claims) - 1} more)" if len(claims) > 1 else ""
    return Diagnostic(
        "KO873",
        f"owns: '{prefix}' covers {first.address}{more}, which belongs to {first.owner}",
        place=place,
        hint="choose a longer prefix, or have that project let go what it holds: "
        f"removed: [{{address: {first.address}, action: forget}}]",
    )


def _explained(change: Change, gone: Collection[Address]) -> Change:
    if change.address in gone and change.type is ChangeType.DELETE:
        return replace(change, reason=Reason.ABSENT_FROM_SPEC)
    return change


def _held(change: Change, ledger: Ledger) -> Change:
    rival = ledger.rival(change.address)
    return change if rival is None else change.annotated(blockers=(taken(change.address, rival, change.place),))


def _barred(quiet: Iterable[Address], ledger: Ledger) -> Iterator[Change]:
    """A blocked change for each resource that is as declared, and another's."""
    rivals = {address: rival for address in quiet if (rival := ledger.rival(address)) is not None}
    for address, rival in sorted(rivals.items(), key=itemgetter(0)):
        yield Change(
            address=address,
            type=ChangeType.ADOPT,
            reason=Reason.HELD_BY_ANOTHER,
            operations=(),
            blockers=(taken(address, rival, None),),
            summary="as declared",
        )


def _let_go(
    ledger: Ledger, spoken: Spoken, changed: Collection[Address], gone: Collection[Address]
) -> Iterator[Change]:
    left = sorted(address for address in ledger.mine if address not in spoken.declared and address not in changed)
    for address in left:
        named = address not in gone and (address in spoken.named or address in spoken.forgotten)
        yield Change(
            address=address,
            type=ChangeType.FORGET,
            reason=Reason.NO_LONGER_MANAGED if named else Reason.ABSENT_FROM_SPEC,
            operations=(),
            place=spoken.forgotten.get(address),
            summary=_why(ledger.mine[address], address in gone),
        )


def _why(claim: Claim, gone: bool) -> str:
    if gone:
        return "it is not there any more"
    return f"{claim.origin.value}; it stays as it is"


def taken(address: Address, rival: Claim | PrefixClaim, place: Place | None) -> Diagnostic:
    """KO872: another project holds the resource, or owns its name."""
    match rival:
        case Claim():
            summary = f"it belongs to {rival.owner}, which holds it since {rival.since}"
            forget = f"removed: [{{address: {address}, action: forget}}]"
            hint = f"take it out of this spec, or have that project let it go: {forget}"
        case PrefixClaim():
            summary = f"names that begin with '{rival.prefix}' belong to {rival.owner}"
            hint = "choose another name, or have that project declare it"
    return Diagnostic("KO872", summary, address=str(address), place=place, hint=hint)


def adoption_note(adoptable: Sequence[Address], total: int) -> Iterator[Diagnostic]:
    """Says once what apply would record."""
    if adoptable:
        shown = ", ".join(map(str, adoptable[:3])) + (f" and {len(adoptable) - 3} more" if len(adoptable) > 3 else "")
        yield Diagnostic(
            "KO880",
            f"{len(adoptable)} of {total} declared resources are as declared and not recorded in the ledger: {shown}",
            severity=Severity.INFO,
            hint="the next apply adopts them; adopted resources are never deleted because a spec drops them",
        )
