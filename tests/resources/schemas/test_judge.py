"""What the plan says of a new version, from the registry's verdict and our own."""

from __future__ import annotations

import json

import pytest

from kafkaops.clients.registry import RegistryRefusal, Verdict
from kafkaops.compat import SchemaText, parse
from kafkaops.plan.model import Foresight
from kafkaops.resources.schemas.judge import Judgement, Known, judge
from kafkaops.resources.schemas.levels import lowered, promise
from kafkaops.resources.schemas.verdicts import Compared
from tests.resources.schemas.values import a_field, a_record

ONE = a_record("E", a_field("a"))
MORE = a_record("E", a_field("a"), a_field("b", default=""))
REQUIRED = a_record("E", a_field("a"), a_field("b"))


def compared(new: object, *earlier: object) -> Compared:
    """A new schema beside versions 1, 2, …"""
    texts = [SchemaText(json.dumps(item), f"version {number}") for number, item in enumerate(earlier, 1)]
    versions = tuple((number, parse(text)) for number, text in enumerate(texts, 1))
    return Compared(parse(SchemaText(json.dumps(new), "e.avsc")), versions)


def judged(
    own: Compared | None,
    registry: Verdict | None = None,
    after: str = "BACKWARD",
    before: str | None = None,
    refusal: RegistryRefusal | None = None,
) -> Judgement:
    return judge(
        Known(
            address="schema.t-value",
            place=None,
            before=before or after,
            after=after,
            newest=2,
            registry=registry,
            refusal=refusal,
            why_not_asked="" if registry else "it was not asked",
            own=own,
        )
    )


YES, NO = Verdict(True), Verdict(False, ("no default for b",))


def test_both_say_yes() -> None:
    prediction, hazards, blockers, warnings = judged(compared(MORE, ONE), YES)
    assert prediction.foresight is Foresight.PREDICTED
    assert prediction.detail == "the registry calls it compatible with version 2 (BACKWARD)"
    assert (hazards, blockers, warnings) == ((), (), ())


def test_both_say_no() -> None:
    _, hazards, (blocker,), _ = judged(compared(REQUIRED, ONE), NO)
    assert (hazards, blocker.code) == ((), "KO302")
    assert blocker.detail is not None
    assert blocker.detail.startswith("no default for b\nrecords written with version 1 have no `b`")
    assert "give it a default" in (blocker.hint or "")


def test_only_the_registry_says_no() -> None:
    _, _, (blocker,), _ = judged(compared(MORE, ONE), Verdict(False))
    assert blocker.detail == "kafkaops sees no reason why"
    _, _, (blocker,), _ = judged(None, Verdict(False))
    assert blocker.detail == "the registry gives no reason"


def test_only_we_say_no() -> None:
    _, (hazard,), blockers, _ = judged(compared(REQUIRED, ONE), YES)
    assert (hazard.code, hazard.guard, blockers) == ("KO303", "disruptive", ())
    assert "the registry calls it compatible" in hazard.text


def test_our_word_stands_in_for_a_registry_that_cannot_be_asked() -> None:
    prediction, hazards, _, _ = judged(compared(MORE, ONE))
    assert prediction.foresight is Foresight.PREDICTED
    assert prediction.detail == "kafkaops finds it compatible with version 1 (BACKWARD); it was not asked"
    assert hazards == ()
    prediction, (hazard,), _, _ = judged(compared(REQUIRED, ONE))
    assert "incompatible with version 1" in prediction.detail
    assert "not asked: it was not asked" in hazard.text


def test_nobody_can_tell() -> None:
    prediction, hazards, blockers, _ = judged(None)
    assert (prediction.foresight, prediction.detail) == (Foresight.NOT_PREDICTABLE, "it was not asked")
    assert (hazards, blockers) == ((), ())


def test_a_refusal_blocks() -> None:
    refusal = RegistryRefusal.of("KO333", "the schema registry refuses: not acceptable", detail="no syntax")
    _, _, (blocker,), _ = judged(compared(MORE, ONE), refusal=refusal)
    assert (blocker.code, blocker.address, blocker.detail) == ("KO333", "schema.t-value", "no syntax")


def test_a_transitive_level_looks_at_every_version() -> None:
    own = compared(REQUIRED, ONE, REQUIRED)
    assert judged(own, YES, "BACKWARD")[1] == ()
    _, (hazard,), _, _ = judged(own, YES, "BACKWARD_TRANSITIVE")
    assert "version 1" in hazard.text
    prediction, *_ = judged(compared(MORE, ONE, ONE), YES, "FULL_TRANSITIVE")
    assert "with every version" in prediction.detail


@pytest.mark.parametrize(
    ("level", "new", "old", "broken"),
    [
        ("BACKWARD", REQUIRED, ONE, True),
        ("BACKWARD", ONE, REQUIRED, False),
        ("FORWARD", ONE, REQUIRED, True),
        ("FORWARD", REQUIRED, ONE, False),
        ("FULL", REQUIRED, ONE, True),
        ("FULL", ONE, REQUIRED, True),
        ("FULL", MORE, ONE, False),
        ("NONE", REQUIRED, ONE, False),
        ("A_LEVEL_OF_TOMORROW", REQUIRED, ONE, True),
    ],
)
def test_each_level_keeps_its_own_promise(level: str, new: object, old: object, broken: bool) -> None:
    assert compared(new, old).under(promise(level)).compatible is not broken


def test_a_level_lowered_to_get_through_is_held_back() -> None:
    prediction, (hazard,), _, warnings = judged(compared(REQUIRED, ONE), None, after="NONE", before="BACKWARD")
    assert (hazard.code, hazard.guard) == ("KO310", "disruptive")
    assert "incompatible under BACKWARD, which this plan replaces by NONE" in hazard.text
    assert prediction.detail == "under level NONE the registry checks nothing"
    assert warnings == ()


def test_a_level_lowered_without_need_is_not_held_back() -> None:
    assert judged(compared(MORE, ONE), None, after="NONE", before="BACKWARD")[1] == ()


def test_a_level_raised_is_judged_as_it_will_be() -> None:
    _, (hazard,), _, _ = judged(compared(REQUIRED, ONE), None, after="FULL", before="NONE")
    assert hazard.code == "KO303"


def test_what_none_lets_through_is_said() -> None:
    _, hazards, blockers, (warning,) = judged(compared(REQUIRED, ONE), None, after="NONE")
    assert (hazards, blockers) == ((), ())
    assert (warning.code, warning.severity) == ("KO320", "warning")


def test_many_findings_are_counted() -> None:
    new = a_record("E", *(a_field(f"f{number}") for number in range(8)))
    verdict = compared(new, a_record("E")).under(promise("BACKWARD"))
    assert verdict.text.splitlines()[-1] == "and 3 more"


@pytest.mark.parametrize(
    ("before", "after", "is_lowered"),
    [
        ("BACKWARD", "NONE", True),
        ("FULL", "BACKWARD", True),
        ("BACKWARD", "FORWARD", True),
        ("BACKWARD_TRANSITIVE", "BACKWARD", True),
        ("BACKWARD_TRANSITIVE", "FULL", True),
        ("BACKWARD", "FULL_TRANSITIVE", False),
        ("NONE", "BACKWARD", False),
        ("FULL", "FULL", False),
    ],
)
def test_lowered_levels(before: str, after: str, is_lowered: bool) -> None:
    assert lowered(before, after) is is_lowered
