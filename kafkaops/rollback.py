"""Planning back from a run: every resource that it touched as it was before, in what the run touched.

The way back is an ordinary plan over documents instead of the spec: what the run made is to go, what it deleted is to
be made again, and of what it changed the touched fields are to be what they were. Guards hold it as any other plan.
What cannot come back is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kafkaops.address import Address
from kafkaops.apply.books import owner_of
from kafkaops.engine import make_plan
from kafkaops.errors import Diagnostic, RefusedError, Severity
from kafkaops.ledger.history import owner_of as owner_of_run
from kafkaops.ledger.model import Ledger
from kafkaops.ledger.records import RecordedChange, RecordedField, Story
from kafkaops.plan.limits import excesses
from kafkaops.plan.model import ChangeType, Json, OutcomeState, Plan, Reason
from kafkaops.resources.kind import Document, Kind, Session, Undone
from kafkaops.resources.kinds import KINDS
from kafkaops.resources.overlay import MASK, overlaid, unreadable
from kafkaops.spec.references import has_reference

_ACTS = frozenset({ChangeType.CREATE.value, ChangeType.UPDATE.value, ChangeType.DELETE.value})
_ADOPTION = "KO880"
_PARTS = frozenset({"config", "config_mode", "compatibility", "state"})
"""What a document has beside what a resource is made of."""
_FOR_GOOD = frozenset({"KO305"})
"""Blockers of a deletion that only a spec gets around, by deleting more, and for good: a rollback leaves such a one."""


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """The way back from a run."""

    run: str
    plan: Plan
    session: Session
    """On the documents that the plan is made of; it applies the plan."""
    documents: Mapping[Address, Document]
    """What the ledger is to say of what is restored."""


def plan_back(session: Session, story: Story, own: Sequence[Story], kinds: Sequence[Kind[Any]] = KINDS) -> Rollback:
    """Plan the way back. `own` are all runs of this project and environment, oldest first; the session has the ledger.

    Raises `RefusedError` (KO881, exit 4) for a run that cannot be rolled back, else what planning raises.
    """
    _refuse_unusable(session, story)
    ledger = session.ledger
    assert ledger is not None
    changes = {change.address: change for change in story.changes.values() if _happened(story, change)}
    now = _now(session, ledger, changes, kinds)
    undone = {address: _undone(change, now.get(address), kinds) for address, change in changes.items()}
    documents = {address: item.document for address, item in undone.items() if item.document is not None}
    gone = [address for address, item in undone.items() if item.gone]
    untold = overlaid(session, documents, gone, kinds).untold
    documents = {address: document for address, document in documents.items() if address not in untold}
    over = overlaid(session, documents, gone, kinds).session
    touched = frozenset(documents) | frozenset(gone)
    known = replace(ledger, mine={address: claim for address, claim in ledger.mine.items() if address in touched})
    plan = make_plan(replace(over, ledger=known), kinds=kinds)
    staying = dict(_staying(plan))
    plan = _restricted(plan, touched - staying.keys(), session, ledger)
    left = {address: item for address, item in undone.items() if address not in staying}
    said = (
        *_lost(story, left, untold),
        *staying.values(),
        *_against(session, story, own, plan, documents, changes, kinds),
    )
    return Rollback(
        run=story.run,
        plan=replace(plan, observations=(*plan.observations, *said), rollback_of=story.run),
        session=replace(over, ledger=known),
        documents={address: _recorded(ledger, changes[address], item) for address, item in documents.items()},
    )


def _refuse_unusable(session: Session, story: Story) -> None:
    """KO881 for a run of others, of another cluster, or of which not everything is known."""
    owner, started = owner_of(session), story.started
    why = None
    if started is None or not story.whole:
        why = "not every record of it is kept any more"
    elif owner_of_run(story) != owner:
        why = f"it is a run of {owner_of_run(story)}, not of {owner}"
    elif started.cluster_id != session.cluster.cluster_id:
        why = f"it was made on cluster {started.cluster_id}, not on {session.cluster.cluster_id}"
    if why is not None:
        raise RefusedError.of("KO881", f"run {story.run} cannot be rolled back: {why}", hint="kafkaops history")


def _happened(story: Story, change: RecordedChange) -> bool:
    """Whether a change was made, or may have been: an update that failed may have been made in part."""
    outcome = story.outcomes.get(change.address)
    if change.type not in _ACTS:
        return False
    if outcome is None:
        return change.address in story.intended
    failed_update = outcome.state == OutcomeState.FAILED.value and change.type == ChangeType.UPDATE.value
    return outcome.state == OutcomeState.DONE.value or failed_update


def _now(
    session: Session, ledger: Ledger, changes: Mapping[Address, RecordedChange], kinds: Sequence[Kind[Any]]
) -> dict[Address, Document]:
    """The resources as they are. They are named by what the ledger says of them, or as to be deleted."""
    documents: dict[Address, Mapping[str, object]] = {}
    for address, change in changes.items():
        claim = ledger.mine.get(address)
        told = claim.declared if claim is not None and claim.declared is not None else None
        if told is None and change.type == ChangeType.UPDATE.value:
            told = change.before
        if told is not None:
            documents[address] = told
    over = overlaid(session, documents, changes.keys() - documents.keys(), kinds).session
    found: dict[Address, Document] = {}
    for kind in kinds:
        if any(address.kind == kind.name for address in changes):
            seen = kind.seen(over, kind.read(over))
            found |= {Address(kind.name, name): document for name, document in seen.items()}
    return found


def _undone(change: RecordedChange, now: Document | None, kinds: Sequence[Kind[Any]]) -> Undone:
    kind = next((kind for kind in kinds if kind.name == change.address.kind), None)
    if kind is None:
        return Undone(lost=(f"this kafkaops knows no kind '{change.address.kind}'",))
    try:
        return kind.undone(change, now)
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable(change.address) from error


def _restricted(plan: Plan, touched: frozenset[Address], session: Session, ledger: Ledger) -> Plan:
    """Only what the run touched, weighed against all that the project holds, with the reason it is there for."""
    changes = tuple(replace(change, reason=Reason.ROLLBACK) for change in plan.changes if change.address in touched)
    held = Counter(address.kind for address in ledger.mine)
    return replace(
        plan,
        changes=changes,
        adoptable=(),
        unmanaged={},  # of no concern to a run that is taken back
        observations=tuple(item for item in plan.observations if item.code != _ADOPTION),
        excesses=excesses(changes, held, session.loaded.spec.limits, session.allowed_shares),
    )


def _lost(
    story: Story, undone: Mapping[Address, Undone], untold: Mapping[Address, frozenset[str]]
) -> Iterator[Diagnostic]:
    """KO882: what stays as it is, for each resource."""
    for address, item in undone.items():
        for text in item.lost:
            yield _stays(address, text)
    for address, paths in untold.items():
        hint = (
            "set the variables that its secrets refer to, or declare it with its secrets by reference, "
            "as ${env:NAME} or ${file:PATH}, and roll back then"
        )
        yield _stays(address, f"it is left as it is: nobody tells {', '.join(sorted(paths))} any more", hint)
    for address, change in story.changes.items():
        outcome = story.outcomes.get(address)
        state = outcome.state if outcome else ""
        if change.type == ChangeType.FORGET.value and state == OutcomeState.DONE.value:
            yield _stays(
                address, "that the project held it: it was let go", "the next apply of a spec that declares it"
            )
        if change.type == ChangeType.CREATE.value and state == OutcomeState.FAILED.value:
            yield _stays(address, "it could not be created then; what there may be of it is let be")


def _staying(plan: Plan) -> Iterator[tuple[Address, Diagnostic]]:
    """KO882 for each resource that the run made and that cannot go."""
    for change in plan.changes:
        blocker = next((item for item in change.blockers if item.code in _FOR_GOOD), None)
        if change.type is ChangeType.DELETE and blocker is not None:
            yield change.address, _stays(change.address, f"it stays: {blocker.summary}", blocker.hint)


def _stays(address: Address, text: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic("KO882", f"cannot come back: {text}", severity=Severity.WARNING, address=str(address), hint=hint)


def _against(
    session: Session,
    story: Story,
    own: Sequence[Story],
    plan: Plan,
    documents: Mapping[Address, Document],
    changes: Mapping[Address, RecordedChange],
    kinds: Sequence[Kind[Any]],
) -> Iterator[Diagnostic]:
    """KO886: later runs that touched the same, and the spec that would do it all over again."""
    planned = {change.address for change in plan.changes}
    later = own[[item.run for item in own].index(story.run) + 1 :] if story in own else ()
    for other in later:
        same = sorted(address for address in planned if address in other.intended)
        if same:
            at = f", {other.started.at}" if other.started else ""
            yield Diagnostic(
                "KO886",
                f"run {other.run}{at} came later and touched {_listed(same)} as well",
                severity=Severity.WARNING,
                hint="what it changed there goes with it; to take both back, roll the later one back first",
            )
    spec = {Address(kind.name, name): document for kind in kinds for name, document in kind.declared(session).items()}
    again = sorted(
        address for address in planned if _does_again(spec.get(address), documents.get(address), changes[address])
    )
    if again:
        yield Diagnostic(
            "KO886",
            f"the spec still says otherwise of {_listed(again)}",
            severity=Severity.WARNING,
            hint="the next apply will do it again: revert the spec as well",
        )


def _does_again(spec: Document | None, restored: Document | None, change: RecordedChange) -> bool:
    """Whether the spec, as it is, would change a resource back from what is restored."""
    if spec is None or restored is None:
        return (spec is None) is not (restored is None)
    after = _with_fields(spec, change.fields, restored)
    return _comparable(after) != _comparable(spec)


def _recorded(ledger: Ledger, change: RecordedChange, restored: Document) -> Document:
    """What the ledger says from then on: as before, with what was restored. Settings that nobody declared stay out."""
    claim = ledger.mine.get(change.address)
    if claim is None or claim.declared is None:
        return restored
    return _with_fields(claim.declared, change.fields, restored)


def _with_fields(
    document: Mapping[str, object], fields: Sequence[RecordedField], restored: Document
) -> dict[str, Json]:
    """A document with the fields of a change as they are restored."""
    found: dict[str, Any] = dict(document)
    config = dict(document.get("config") or {})  # type: ignore[call-overload]  # a mapping: it was overlaid before
    earlier: Any = restored.get("config") or {}
    for item in fields:
        head, _, key = item.path.partition(".")
        if head == "config" and "config" in found:
            config.pop(key, None)
            config |= {key: _kept(earlier[key], item.sensitive)} if key in earlier else {}
        elif item.path in restored and item.path in _PARTS:
            found[item.path] = restored[item.path]
        else:
            found |= {name: value for name, value in restored.items() if name in found and name not in _PARTS}
    return {**found, "config": config} if "config" in found else found


def _kept(value: Any, sensitive: bool) -> Any:
    """A setting as the ledger may keep it: a secret as a reference or not at all."""
    return MASK if sensitive and not has_reference(str(value)) else value


def _comparable(document: Mapping[str, object]) -> dict[str, object]:
    """A document without what names versions or files only."""
    references = document.get("references")
    subjects = [item.get("subject") for item in references] if isinstance(references, list) else None
    config = document.get("config")
    texts = {key: str(value) for key, value in config.items()} if isinstance(config, Mapping) else None
    return {**document, "references": subjects, "config": texts, "file": None, "version": None, "uses": None}


def _listed(addresses: Sequence[Address]) -> str:
    shown = ", ".join(map(str, addresses[:3]))
    return f"{shown} and {len(addresses) - 3} more" if len(addresses) > 3 else shown
