"""From the registry's verdict and our own to what the plan says of a new version. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kafkaops.address import Guard
from kafkaops.clients.registry import RegistryRefusal, Verdict
from kafkaops.errors import Diagnostic, Place, Severity
from kafkaops.plan.model import Foresight, Hazard, Prediction, Risk
from kafkaops.resources.schemas.levels import promise
from kafkaops.resources.schemas.verdicts import Compared, OwnVerdict

Judgement = tuple[Prediction, tuple[Hazard, ...], tuple[Diagnostic, ...], tuple[Diagnostic, ...]]
"""(prediction, hazards, blockers, warnings)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a new version of a subject that has versions."""

    address: str
    place: Place | None
    before: str
    """The level in force now."""
    after: str
    """The level that will be in force when it is registered."""
    newest: int
    registry: Verdict | None
    refusal: RegistryRefusal | None
    why_not_asked: str
    own: Compared | None


def judge(known: Known) -> Judgement:
    """What the plan says of it."""
    if known.refusal is not None:
        blocker = replace(known.refusal.diagnostics[0], address=known.address, place=known.place)
        return Prediction(Foresight.PREDICTED, "the registry refuses it"), (), (blocker,), ()
    own = known.own.under(promise(known.after)) if known.own else None
    lowered = _lowered(known, own)
    if known.registry is not None and not known.registry.compatible:
        prediction = Prediction(Foresight.PREDICTED, f"the registry calls it incompatible under {known.after}")
        return prediction, lowered, (_incompatible(known, own),), ()
    if own is not None and not own.compatible:
        return _prediction(known, own), (*lowered, _wrongly_let_through(known, own)), (), ()
    return _prediction(known, own), lowered, (), _unchecked(known)


def _prediction(known: Known, own: OwnVerdict | None) -> Prediction:
    checked = promise(known.after)
    if not (checked.backward or checked.forward):
        return Prediction(Foresight.PREDICTED, f"under level {known.after} the registry checks nothing")
    if known.registry is not None:
        against = "every version" if checked.transitive else f"version {known.newest}"
        detail = f"the registry calls it compatible with {against} ({known.after})"
        return Prediction(Foresight.PREDICTED, detail)
    if own is None:
        return Prediction(Foresight.NOT_PREDICTABLE, known.why_not_asked)
    versions = ", ".join(str(version) for version in own.against)
    verdict = "compatible" if own.compatible else "incompatible"
    detail = f"kafkaops finds it {verdict} with version {versions} ({known.after}); {known.why_not_asked}"
    return Prediction(Foresight.PREDICTED, detail)


def _incompatible(known: Known, own: OwnVerdict | None) -> Diagnostic:
    messages = list(known.registry.messages) if known.registry else []
    if own is not None:
        messages.append("kafkaops sees no reason why" if own.compatible else own.text)
    return Diagnostic(
        "KO302",
        f"the registry calls it incompatible with what is registered, under level {known.after}",
        address=known.address,
        place=known.place,
        detail="\n".join(messages) or "the registry gives no reason",
        hint=(own.hint if own else None) or "change the schema so that both sides understand each other",
    )


def _wrongly_let_through(known: Known, own: OwnVerdict) -> Hazard:
    who = "the registry calls it compatible" if known.registry else f"not asked: {known.why_not_asked}"
    text = f"incompatible under {known.after} ({who}): {own.line}"
    if own.hint:
        text += f"; {own.hint}"
    return Hazard(Risk.DISRUPTIVE, "KO303", text, Guard.DISRUPTIVE)


def _lowered(known: Known, own: OwnVerdict | None) -> tuple[Hazard, ...]:
    """A level that this plan lowers, and a schema that would not have passed before: that is no accident."""
    if known.before == known.after or known.own is None or own is None or not own.compatible:
        return ()
    strict = known.own.under(promise(known.before))
    if strict.compatible:
        return ()
    text = f"incompatible under {known.before}, which this plan replaces by {known.after}: {strict.line}"
    return (Hazard(Risk.DISRUPTIVE, "KO310", text, Guard.DISRUPTIVE),)


def _unchecked(known: Known) -> tuple[Diagnostic, ...]:
    """Under NONE nobody objects; what readers will meet is worth saying."""
    if known.after != "NONE" or known.before != known.after or known.own is None:
        return ()
    readers = known.own.under(promise("BACKWARD"))
    if readers.compatible:
        return ()
    warning = Diagnostic(
        "KO320",
        "level NONE lets everything through, this too",
        severity=Severity.WARNING,
        address=known.address,
        place=known.place,
        detail=readers.text,
        hint=readers.hint,
    )
    return (warning,)
