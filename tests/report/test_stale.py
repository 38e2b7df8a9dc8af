"""A reviewed plan against the one that would be made now: what moved is named, what is only evidence is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kafkaops.address import Address, Guard
from kafkaops.checkout import Checkout
from kafkaops.errors import ExitCode, Place, RefusedError
from kafkaops.plan.model import ChangeType, FieldChange, Hazard, Identity, Plan, Risk
from kafkaops.plan.seal import SealKind
from kafkaops.report.document import plan_document
from kafkaops.report.saved import refuse_other_file
from kafkaops.report.stale import refuse_other_cluster, refuse_stale
from tests.values import change, plan

LOSS = Hazard(Risk.IRREVERSIBLE, "KO220", "its messages go (at most 17 messages)", Guard.DELETE)


def reviewed() -> Plan:
    deleted = change("topic.old", ChangeType.DELETE, hazards=(LOSS,), observed="id-1:x")
    secret = FieldChange("config.password", None, None, None, True, "changed", "a1f", "9c0")
    sink = change("connector.sink", ChangeType.UPDATE, fields=(secret,), observed="y")
    return plan(deleted, sink)


def moved(alter: Callable[[Plan], Plan]) -> str:
    """What is said when the plan that was reviewed differs so from the one made now."""
    with pytest.raises(RefusedError) as caught:
        refuse_stale(plan_document(reviewed()), plan_document(alter(reviewed())))
    assert caught.value.exit_code is ExitCode.REFUSED
    assert {item.code for item in caught.value.diagnostics} == {"KO809"}
    return str(caught.value)


def with_change(index: int, **values: object) -> Callable[[Plan], Plan]:
    def alter(whole: Plan) -> Plan:
        changes = list(whole.changes)
        changes[index] = replace(changes[index], **values)  # type: ignore[arg-type]
        return replace(whole, changes=tuple(changes))

    return alter


def test_another_identity_is_named_and_nothing_else() -> None:
    other = Identity(cluster_id="cluster-2", schema_registry_id="k/sr", connect_cluster_id="c")
    text = moved(lambda whole: replace(whole, identity=other, spec_digest="1" * 64))
    assert "the Kafka cluster is another: planned for cluster-1, this is cluster-2" in text
    assert "the schema registry is another: planned for none, this is k/sr" in text
    assert "the cluster of Kafka Connect is another" in text
    assert "the spec" not in text


def test_another_spec_is_named_with_its_commits() -> None:
    text = moved(lambda whole: replace(whole, spec_digest="1" * 64, checkout=Checkout("f" * 40, dirty=True)))
    assert "the spec is not the one that was planned" in text
    assert "planned at no commit, now at commit ffffffffffff with changes not committed" in text


def test_another_project_and_targets_are_named() -> None:
    text = moved(lambda whole: replace(whole, project="other", targets=(Address("topic", "old"),)))
    assert "the project is not what was planned: paklog before, other now" in text
    assert "what is targeted is not what was planned" in text


def test_a_secret_that_moved_is_named_by_its_digests() -> None:
    secret = FieldChange("config.password", None, None, None, True, "changed", "a1f", "77b")
    text = moved(with_change(1, fields=(secret,)))
    assert "connector.sink: config.password moved" in text and "a1f → 9c0" in text and "a1f → 77b" in text


def test_a_plan_made_with_another_kind_of_digest_says_so() -> None:
    secret = FieldChange("config.password", None, None, None, True, "changed", "a" * 32, "b" * 32)

    def keyed(whole: Plan) -> Plan:
        return replace(with_change(1, fields=(secret,))(whole), seal=SealKind.KEYED)

    assert "made without KAFKAOPS_PLAN_KEY, unlike now" in moved(keyed)


def test_a_resource_made_again_is_named() -> None:
    assert "topic.old: the resource itself moved" in moved(with_change(0, observed="id-2:x"))


def test_a_risk_that_came_up_is_named() -> None:
    read = Hazard(Risk.DISRUPTIVE, "KO241", "groups read it now: g (1 member)", Guard.DISRUPTIVE)
    text = moved(with_change(0, hazards=(LOSS, read)))
    assert "topic.old: a risk that the saved plan does not have: groups read it now: g (1 member)" in text


def test_a_topic_that_was_empty_and_is_not_is_another_risk() -> None:
    empty = replace(LOSS, risk=Risk.SAFE, guard=None)
    saved = with_change(0, hazards=(empty,))(reviewed())
    with pytest.raises(RefusedError, match="a risk that the saved plan does not have"):
        refuse_stale(plan_document(saved), plan_document(reviewed()))


@pytest.mark.parametrize(
    "values",
    [
        {"hazards": (replace(LOSS, text="its messages go (at most 1,700 messages)"),)},
        {"place": Place(Path("topics.yaml"), 99, 1)},
        {"summary": "in other words"},
    ],
    ids=["more messages", "another line", "other words"],
)
def test_evidence_and_places_may_move(values: dict[str, object]) -> None:
    refuse_stale(plan_document(reviewed()), plan_document(with_change(0, **values)(reviewed())))


def test_a_lifted_guard_that_is_no_longer_lifted_is_refused() -> None:
    assert "hazards" in moved(with_change(0, lifted=frozenset({Guard.DELETE})))


def test_the_cluster_is_compared_before_anything_is_read() -> None:
    refuse_other_cluster(plan_document(reviewed()), "cluster-1")
    with pytest.raises(RefusedError, match="the plan was made for cluster cluster-1; this is cluster-2"):
        refuse_other_cluster(plan_document(reviewed()), "cluster-2")


def test_a_digest_passed_outside_the_file_knows_every_other_file() -> None:
    document = plan_document(reviewed())
    refuse_other_file(document, None)
    refuse_other_file(document, document["digest"])
    told = plan_document(replace(reviewed(), checkout=Checkout("0" * 40, dirty=False)))
    assert told["changes_digest"] == document["changes_digest"], "the same would be done"
    with pytest.raises(RefusedError, match="KO830"):
        refuse_other_file(told, document["digest"])
