"""Who may touch what, what is let go, what can be recorded as it is."""

from __future__ import annotations

import pytest

from kafkaops.address import Address
from kafkaops.errors import RefusedError
from kafkaops.ledger.model import Claim, Ledger, Origin, Owner, PrefixClaim
from kafkaops.ledger.ownership import Spoken, dropped, refuse_foreign_prefixes, with_ownership
from kafkaops.plan.model import Change, ChangeType, Reason

ME, OTHER = Owner("paklog", "dev"), Owner("billing", "dev")
A, B, C = (Address("topic", name) for name in ("a", "b", "c"))
KINDS = ("topic", "schema")


def claim(address: Address, owner: Owner = ME, origin: Origin = Origin.MADE) -> Claim:
    return Claim(owner=owner, address=address, origin=origin, settled=True, run="r", at="t", since="t0", offset=1)


def ledger(*mine: Claim, others: tuple[Claim, ...] = (), prefixes: tuple[PrefixClaim, ...] = ()) -> Ledger:
    return Ledger(
        owner=ME,
        mine={item.address: item for item in mine},
        others={item.address: item for item in others},
        prefixes=prefixes,
    )


def spoken(*declared: Address, named: tuple[Address, ...] = (), forgotten: tuple[Address, ...] = ()) -> Spoken:
    return Spoken(declared=declared, named=(*declared, *named), forgotten=dict.fromkeys(forgotten))


def change(address: Address, type_: ChangeType = ChangeType.UPDATE) -> Change:
    return Change(address=address, type=type_, reason=Reason.DIFFERS_FROM_SPEC, operations=())


def test_what_was_made_and_is_not_spoken_of_any_more_is_dropped() -> None:
    book = ledger(claim(A), claim(B, origin=Origin.ADOPTED), claim(C), claim(Address("acl", "x")))
    assert dropped(book, spoken(), KINDS) == {A, C}
    assert dropped(book, spoken(A, forgotten=(C,)), KINDS) == set()


def test_a_deletion_of_what_was_dropped_says_why() -> None:
    (found,) = with_ownership([change(A, ChangeType.DELETE)], ledger(claim(A)), spoken(named=(A,)), {A}, KINDS).changes
    assert (found.type, found.reason) == (ChangeType.DELETE, Reason.ABSENT_FROM_SPEC)


@pytest.mark.parametrize(
    ("said", "gone", "reason"),
    [
        (spoken(), (), Reason.ABSENT_FROM_SPEC),  # adopted, and dropped from the spec
        (spoken(named=(A,)), (), Reason.NO_LONGER_MANAGED),  # managed: false
        (spoken(forgotten=(A,)), (), Reason.NO_LONGER_MANAGED),  # removed: forget
        (spoken(named=(A,)), (A,), Reason.ABSENT_FROM_SPEC),  # made, dropped, and not there any more
    ],
)
def test_what_is_no_longer_declared_is_let_go(said: Spoken, gone: tuple[Address, ...], reason: Reason) -> None:
    (found,) = with_ownership([], ledger(claim(A, origin=Origin.ADOPTED)), said, gone, KINDS).changes
    assert (found.address, found.type, found.reason, found.operations) == (A, ChangeType.FORGET, reason, ())


def test_claims_of_kinds_that_this_version_does_not_know_are_left_alone() -> None:
    assert with_ownership([], ledger(claim(Address("acl", "x"))), spoken(), (), KINDS).changes == ()


def test_what_is_as_declared_and_unrecorded_can_be_adopted() -> None:
    owned = with_ownership([change(C)], ledger(claim(A)), spoken(A, B, C), (), KINDS)
    assert owned.adoptable == (B,)
    assert [item.address for item in owned.changes] == [C]


def test_what_another_project_holds_is_blocked_whether_it_differs_or_not() -> None:
    book = ledger(others=(claim(A, OTHER), claim(B, OTHER)))
    owned = with_ownership([change(A)], book, spoken(A, B), (), KINDS)
    assert owned.adoptable == ()
    assert {item.address: [found.code for found in item.blockers] for item in owned.changes} == {
        A: ["KO872"],
        B: ["KO872"],
    }
    assert "billing (environment dev), which holds it since t0" in owned.changes[0].blockers[0].summary


def test_a_name_below_anothers_prefix_is_blocked() -> None:
    book = ledger(prefixes=(PrefixClaim(owner=OTHER, prefix="a", run="r", at="t"),))
    (found,) = with_ownership([change(A, ChangeType.CREATE)], book, spoken(A), (), KINDS).changes
    assert "names that begin with 'a' belong to billing" in found.blockers[0].summary


def test_what_is_held_stays_held_when_another_claims_its_prefix() -> None:
    book = ledger(claim(A), prefixes=(PrefixClaim(owner=OTHER, prefix="a", run="r", at="t"),))
    assert book.rival(A) is None and book.rival(Address("topic", "ab")) is not None


def test_a_prefix_that_covers_what_another_holds_is_refused() -> None:
    book = ledger(others=(claim(Address("topic", "wms-a"), OTHER), claim(Address("topic", "wms-b"), OTHER)))
    refuse_foreign_prefixes(book, ["wes-"], None)
    with pytest.raises(RefusedError, match=r"KO873.*'wms-' covers topic.wms-a \(and 1 more\), .* billing "):
        refuse_foreign_prefixes(book, ["wes-", "wms-"], None)
    mine = PrefixClaim(owner=ME, prefix="wms-", run="r", at="t")
    refuse_foreign_prefixes(ledger(others=tuple(book.others.values()), prefixes=(mine,)), ["wms-"], None)


def test_a_prefix_that_overlaps_anothers_is_refused() -> None:
    book = ledger(prefixes=(PrefixClaim(owner=OTHER, prefix="wms-", run="r", at="t"),))
    refuse_foreign_prefixes(book, ["wes-"], None)
    with pytest.raises(RefusedError, match=r"KO873.*'wms-waves-' overlaps 'wms-'"):
        refuse_foreign_prefixes(book, ["wes-", "wms-waves-"], None)
