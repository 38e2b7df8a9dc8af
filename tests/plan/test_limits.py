"""How much one plan may delete or change, at any size."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kafkaops.apply.run import refuse_blocked
from kafkaops.errors import ExitCode, RefusedError
from kafkaops.plan.excess import Excess, Share
from kafkaops.plan.limits import excesses
from kafkaops.plan.model import Change, ChangeType
from kafkaops.spec.model import Limits
from tests.values import change, plan

DELETE_TOPICS = Share("delete", "topic")


def changes(count: int, type_: ChangeType = ChangeType.DELETE, kind: str = "topic") -> list[Change]:
    return [change(f"{kind}.{type_}-{number}", type_) for number in range(count)]


def found(limits: dict[str, Any], existing: int, *made: Change, lifted: tuple[Share, ...] = ()) -> list[str]:
    """The excesses in words."""
    seen = {"topic": existing, "connector": existing}
    return [item.text for item in excesses(made, seen, Limits.model_validate(limits), lifted) if not item.lifted]


@pytest.mark.parametrize(
    ("limit", "existing", "deleted", "said"),
    [
        ("30%", 9, 2, []),
        ("30%", 9, 3, ["deletes 3 of 9 topics (limit 30 %)"]),
        ("30%", 10, 3, []),
        ("2.5%", 1000, 25, []),
        ("2.5%", 1000, 26, ["deletes 26 of 1,000 topics (limit 2.5 %)"]),
        ("30%", 1, 1, []),  # one that is named by its address is no landslide
        ("30%", 2, 2, ["deletes 2 of 2 topics (limit 30 %)"]),
        ("0%", 9, 1, ["deletes 1 of 9 topics (limit 0 %)"]),
        ("0%", 9, 0, []),
        ("100%", 9, 9, []),
        (2, 9000, 2, []),
        (2, 9000, 3, ["deletes 3 of 9,000 topics (limit 2)"]),
        (0, 1, 1, ["deletes 1 of 1 topic (limit 0)"]),
        ({"share": "50%", "count": 3}, 9, 4, ["deletes 4 of 9 topics (limit 3)"]),
        ({"share": "30%", "at_least": 5}, 9, 5, []),
        ({"share": "30%", "at_least": 5}, 9, 6, ["deletes 6 of 9 topics (limit 30 %)"]),
    ],
)
def test_deletions_against_a_limit(limit: object, existing: int, deleted: int, said: list[str]) -> None:
    assert found({"delete": limit}, existing, *changes(deleted)) == said


def test_the_defaults() -> None:
    assert found({}, 9, *changes(3)) == ["deletes 3 of 9 topics (limit 30 %)"]
    assert found({}, 10_000, *changes(101)) == ["deletes 101 of 10,000 topics (limit 100)"]
    update = ChangeType.UPDATE
    assert found({}, 9, *changes(6, update)) == ["changes 6 of 9 topics (limit 60 %)"]
    assert found({}, 9, *changes(5, update)) == []
    assert found({}, 4, *changes(4, update)) == [], "a handful is not a landslide"
    assert found({}, 10_000, *changes(1_001, update)) == ["changes 1,001 of 10,000 topics (limit 1,000)"]


def test_what_is_created_or_adopted_is_no_loss() -> None:
    made = [*changes(50, ChangeType.CREATE), *changes(50, ChangeType.ADOPT), *changes(50, ChangeType.FORGET)]
    assert found({"delete": 0, "change": 0}, 0, *made) == []


def test_replacing_counts_as_both() -> None:
    assert found({"delete": 0, "change": 0}, 1, *changes(1, ChangeType.REPLACE)) == [
        "deletes 1 of 1 topic (limit 0)",
        "changes 1 of 1 topic (limit 0)",
    ]


def test_kinds_are_counted_apart() -> None:
    made = [*changes(2), *changes(4, kind="connector")]
    assert found({}, 9, *made) == ["deletes 4 of 9 connectors (limit 30 %)"]
    assert found({}, 9, *made, lifted=(DELETE_TOPICS,)) == ["deletes 4 of 9 connectors (limit 30 %)"]
    assert found({}, 9, *made, lifted=(Share("delete", "connector"),)) == []


@given(existing=st.integers(0, 300), deleted=st.integers(0, 300), share=st.integers(0, 100))
def test_whoever_keeps_the_limit_keeps_most(existing: int, deleted: int, share: int) -> None:
    existing = max(existing, deleted)
    said = found({"delete": f"{share}%"}, existing, *changes(deleted))
    if deleted > (1 if share else 0):
        assert bool(said) == (deleted * 100 > existing * share)
    else:
        assert not said


@pytest.mark.parametrize("limit", ["101%", "many", "-1%", "25", True, -1, {"share": 25}, {"counts": 1}, 2.5])
def test_what_is_no_limit(limit: object) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate({"delete": limit})


def test_apply_refuses_such_a_plan_as_a_whole() -> None:
    excess = Excess(DELETE_TOPICS, 4, 9, "30 %", lifted=False)
    with pytest.raises(RefusedError) as caught:
        refuse_blocked(plan(*changes(4), excesses=(excess,)))
    assert caught.value.exit_code is ExitCode.REFUSED
    assert str(caught.value).splitlines() == [
        "error[KO832] the plan deletes 4 of 9 topics (limit 30 %); it is refused as a whole",
        "  hint: look whether this is the right spec; if all that is what you want: --allow-share delete:topic",
    ]
    refuse_blocked(plan(excesses=(Excess(DELETE_TOPICS, 4, 9, "30 %", lifted=True),)))


@pytest.mark.parametrize("text", ["delete", "delete:", "remove:topic", "topic", ""])
def test_what_names_no_share(text: str) -> None:
    with pytest.raises(ValueError, match="such as delete:topic"):
        Share.parse(text)
