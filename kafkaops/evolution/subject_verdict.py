"""The verdict on one subject: kafkaops' own, the registry's, and what it means when they differ. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from kafkaops.compat import SchemaError
from kafkaops.errors import Severity
from kafkaops.evolution.baseline import Earlier, Wanted
from kafkaops.evolution.declared import Language
from kafkaops.evolution.judge import Judgement, judge
from kafkaops.evolution.model import Finding, Rule, Spot, State
from kafkaops.evolution.unusable import unusable


def verdict_on(work: tuple[Wanted, Earlier], *, strict: bool) -> Judgement:
    """The verdict on one subject, given its earlier versions."""
    wanted, earlier = work
    if earlier.findings:
        return Judgement(State.INCOMPATIBLE, earlier.findings)
    if wanted.subject.language is not Language.AVRO:
        return _by_registry(wanted, earlier)
    if earlier.importing:
        return Judgement(State.NOT_CHECKED, note="the subject is in IMPORT mode: a registry checks nothing there")
    if earlier.identical is not None:
        return Judgement(State.IDENTICAL, compared=(earlier.identical,))
    try:
        judgement = judge(
            wanted.candidate,
            earlier.versions,
            wanted.level,
            former=earlier.former,
            recent=earlier.recent,
            is_key=wanted.subject.is_key,
            group=earlier.group,
            strict_logical_types=strict,
        )
    except SchemaError as error:  # the spec's loader has refused it already, unless the file changed meanwhile
        raise unusable(error, Path(wanted.subject.file)) from None
    return replace(judgement, findings=(*judgement.findings, *_registry_findings(wanted, earlier, judgement)))


def _by_registry(wanted: Wanted, earlier: Earlier) -> Judgement:
    """JSON Schema and Protobuf: the registry's word, or nobody's."""
    verdict = earlier.registry
    language = "JSON Schema" if wanted.subject.language is Language.JSON else "Protobuf"
    spot = Spot(wanted.subject.file)
    if earlier.identical is not None:
        return Judgement(State.IDENTICAL, compared=(earlier.identical,))
    if verdict is None or verdict.compatible is None:
        reason = verdict.not_asked if verdict else None
        message = f"{language} is not checked here: only Avro is checked offline"
        if reason:
            message = f"{language} is checked by the registry alone, and it was not: {reason}"
        finding = Finding(
            rule=Rule.NOT_CHECKED,
            code="KO361",
            severity=Severity.INFO,
            message=message,
            fix="" if reason else "let the registry check it: --against registry",
            spot=spot,
        )
        return Judgement(State.NOT_CHECKED, (finding,))
    if verdict.compatible:
        return Judgement(State.COMPATIBLE, compared=("the registry’s versions",), note=f"{language}, by the registry")
    return Judgement(State.INCOMPATIBLE, (_refusal(verdict.messages, spot),), ("the registry’s versions",))


def _refusal(messages: Iterable[str], spot: Spot) -> Finding:
    said = "; ".join(messages) or "it gives no reason"
    return Finding(
        rule=Rule.REGISTRY_REFUSES, code="KO360", message=f"the registry calls it incompatible: {said}", spot=spot
    )


def _registry_findings(wanted: Wanted, earlier: Earlier, judgement: Judgement) -> Iterator[Finding]:
    """Both verdicts are shown; where they differ, somebody should look.

    Not for what a version says already: registering it gives that version back, and no registry tests it then.
    """
    verdict = earlier.registry
    unasked = judgement.state in (State.NOT_CHECKED, State.IDENTICAL)
    if verdict is None or verdict.compatible is None or unasked:
        return
    own = not any(item.rule != Rule.KEY_CHANGED and item.severity is Severity.ERROR for item in judgement.findings)
    if verdict.compatible == own:
        return
    said = f" ({'; '.join(verdict.messages)})" if verdict.messages else ""
    if earlier.registry_level not in (None, wanted.level.value):
        said += f", which it tests under {earlier.registry_level} and not {wanted.level.value}"
    names = {True: "compatible", False: "incompatible"}
    yield Finding(
        rule=Rule.REGISTRY_DIFFERS,
        code="KO359",
        # What the registry refuses cannot be registered, whoever is right.
        severity=Severity.WARNING if verdict.compatible else Severity.ERROR,
        message=f"kafkaops finds it {names[own]}, and the registry says {names[verdict.compatible]}{said}",
        fix="see docs/avro-compatibility.md for what kafkaops decides and by which sentence of the specification",
        spot=Spot(wanted.subject.file),
    )
