"""What counts as drift, told by a kind whose resources are documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from kafkaops.address import Address
from kafkaops.drift import DriftReport, Movement, find_drift
from kafkaops.errors import Diagnostic, RefusedError, Severity, UsageError
from kafkaops.ledger.model import Claim, Ledger
from kafkaops.plan.model import Change, ChangeType, Difference, FieldChange, Outcome
from kafkaops.resources.kind import Session
from kafkaops.resources.settling import Underway, Unsettled
from tests.ledger.told import OWNER
from tests.test_rollback import RUN, A, B, C, Shelf, claim, document, on


@dataclass
class Told(Shelf):
    """A shelf that tells in which fields a resource differs, and which resource it is."""

    ids: Mapping[str, str] | None = None
    only_moving: bool = False

    def diff(self, session: Session, snapshot: dict[str, Mapping[str, object]]) -> Difference:  # type: ignore[override]
        found = super().diff(session, snapshot)  # type: ignore[arg-type]
        secret = FieldChange("config.key", None, None, sensitive=True, note="set")
        plain = FieldChange("value", "now", "applied", note="back to the brokers' value")
        moving = FieldChange("reassignment", "in progress", "finished", note="throttled to 2 MiB/s")
        raised = FieldChange("config.min.insync.replicas", 1, 2, note="once the replicas are copied")
        told = (moving, raised) if self.only_moving else (plain, secret, moving, raised)
        fields = {ChangeType.UPDATE: told}
        return replace(found, changes=tuple(replace(item, fields=fields.get(item.type, ())) for item in found.changes))

    def identities(self, session: Session, names: Sequence[str]) -> Mapping[str, str]:
        return {name: found for name, found in (self.ids or {}).items() if name in names}


def looked(shelf: Shelf, *claims: Claim, targets: Sequence[Address] = ()) -> DriftReport:
    ledger = Ledger(owner=OWNER, mine={item.address: item for item in claims})
    return find_drift(on(ledger), targets, [shelf])


def test_what_is_as_applied_is_none_whatever_the_spec_says() -> None:
    shelf = Told({"a": document("x")}, spec={"a": document("pending"), "b": document("new")})
    report = looked(shelf, claim(A, document("x")))
    assert report.drifted == () and report.compared == (A,) and report.observations == ()


def test_a_difference_is_told_from_applied_to_now() -> None:
    (found,) = looked(Told({"a": document("y")}), claim(A, document("x"))).drifted
    plain, secret, moving, raised = found.fields
    assert (found.movement, found.code, found.applied_by) == (Movement.CHANGED, None, RUN)
    assert (plain.before, plain.after, plain.note) == ("applied", "now", None)
    assert secret.sensitive and secret.note == "removed"
    assert (moving.before, moving.after, moving.note) == ("finished", "in progress", None), "an apply would throttle it"
    assert (raised.before, raised.after, raised.note) == (2, 1, None), "when an apply would set it"


@dataclass
class Copying(Told):
    """A shelf whose resources are on their way, as those whose replicas are moved."""

    def underway(self, change: Change) -> Underway | None:
        said = Diagnostic("KO277", "copying", Severity.INFO, str(change.address))
        return Underway(frozenset({"reassignment", "config.min.insync.replicas"}), said)

    def unsettled(self, changes: Sequence[Change]) -> Sequence[Change]:
        return changes

    def settle(
        self, session: Session, changes: Sequence[Change], report: Callable[[Unsettled], None]
    ) -> Iterator[Outcome]:
        raise AssertionError("drift waits for nothing")


def test_what_kafkaops_is_at_is_said_and_no_drift() -> None:
    claims = [claim(A, document("x")), claim(B, document("x"))]
    report = looked(Copying({"a": document("y"), "b": document("x")}), *claims)
    (found,) = report.drifted
    assert [item.path for item in found.fields] == ["value", "config.key"], "what else moved is drift all the same"
    assert [(item.code, item.address) for item in report.observations] == [("KO277", "topic.a")]
    only_copying = Copying({"a": document("y"), "b": document("x")}, only_moving=True)
    report = looked(only_copying, *claims)
    assert report.drifted == () and [item.code for item in report.observations] == ["KO277"]
    assert looked(only_copying, *claims, targets=[B]).observations == ()


def test_deleted_and_made_again_are_drift_even_where_nothing_differs() -> None:
    shelf = Told({"a": document("x"), "c": document("x")}, ids={"a": "other", "c": "same"})
    claims = [replace(claim(address, document("x")), identity="same") for address in (A, B, C)]
    found = {item.address: (item.movement, item.code) for item in looked(shelf, *claims).drifted}
    assert found == {A: (Movement.RECREATED, "KO884"), B: (Movement.DELETED, "KO884")}


def test_what_nobody_tells_any_more_is_not_compared_and_said() -> None:
    report = looked(Told({"a": document("y", key="***")}), claim(A, document("x", key="***")), claim(B, None))
    assert [item.path for item in report.drifted[0].fields] == ["value", "reassignment", "config.min.insync.replicas"]
    assert [(item.code, item.address) for item in report.observations] == [("KO883", "topic.a"), ("KO883", None)]
    assert "topic.b" in report.observations[1].summary


def test_a_change_that_no_field_tells_is_still_drift() -> None:
    (found,) = looked(Shelf({"a": document("y")}), claim(A, document("x"))).drifted
    assert found.detail == "it differs"


def test_targets_are_what_was_applied() -> None:
    shelf, claims = Told({}), [claim(A, document("x")), claim(B, document("x"))]
    assert [item.address for item in looked(shelf, *claims, targets=[A]).drifted] == [A]
    with pytest.raises(UsageError, match="KO810") as caught:
        looked(shelf, *claims, targets=[Address("topic", "aa")])
    assert "the ledger does not hold it" in str(caught.value)


def test_where_nothing_was_applied_there_is_no_answer() -> None:
    with pytest.raises(RefusedError, match="KO879"):
        looked(Told({}), claim(A, None))
    with pytest.raises(RefusedError, match="KO879"):
        find_drift(on(None), (), [Told({})])
