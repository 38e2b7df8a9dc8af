"""Claims before a run and after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kafkaops.address import Address
from kafkaops.apply.claiming import after_run, before_run, outdated, refuse_rivals
from kafkaops.clients.log import Entry, Logged
from kafkaops.errors import Diagnostic
from kafkaops.ledger.codec import claim_entry, read_ledger
from kafkaops.ledger.model import Claim, Ledger, Origin, Owner
from kafkaops.ledger.records import RunStarted
from kafkaops.plan.model import Change, ChangeType, Identity, Outcome, Plan, Reason, Run

ME, OTHER = Owner("paklog", "dev"), Owner("billing", "dev")
A, B, G = Address("topic", "a"), Address("topic", "b"), Address("group", "g")
DECLARED: dict[Address, dict[str, object]] = {A: {"partitions": 6}, B: {"partitions": 3}, G: {"topics": ["a"]}}
STARTED = RunStarted(
    run="r2",
    owner=ME,
    at="t2",
    by="ann",
    host="h",
    pid=1,
    tool_version="1",
    plan_digest="p",
    spec_digest="s",
    cluster_id="c",
    changes=1,
)
MAKERS = frozenset({"topic"})


def change(address: Address, type_: ChangeType) -> Change:
    return Change(address=address, type=type_, reason=Reason.DIFFERS_FROM_SPEC, operations=())


def plan(*changes: Change, adoptable: Sequence[Address] = ()) -> Plan:
    return Plan(
        project="paklog",
        environment="dev",
        identity=Identity(cluster_id="c"),
        spec_digest="s",
        changes=changes,
        adoptable=tuple(adoptable),
    )


def run(of: Plan, *outcomes: Outcome) -> Run:
    return Run(plan=of, outcomes=outcomes, started=datetime.now(UTC), seconds=1.0)


def claim(address: Address, origin: Origin = Origin.MADE, settled: bool = True, owner: Owner = ME) -> Claim:
    return Claim(owner=owner, address=address, origin=origin, settled=settled, run="r1", at="t1", since="t0")


def held(*claims: Claim) -> Ledger:
    return read_ledger(ME, logged([claim_entry(item) for item in claims]))


def logged(entries: Sequence[Entry]) -> list[Logged]:
    return [Logged(offset, entry.key, entry.value) for offset, entry in enumerate(entries)]


def after(ledger: Ledger, entries: Sequence[Entry]) -> Ledger:
    """The ledger once these were written after what it holds."""
    return read_ledger(ME, logged([*(claim_entry(item) for item in ledger.mine.values()), *entries]))


def failed(address: Address) -> Outcome:
    return Outcome.failed(address, Diagnostic("KO250", "refused"))


def skipped(address: Address) -> Outcome:
    return Outcome.skipped(address, Diagnostic("KO806", "stopped"))


def test_what_is_to_be_held_is_claimed_before_and_not_settled() -> None:
    meant = plan(change(A, ChangeType.CREATE), change(G, ChangeType.CREATE), change(B, ChangeType.DELETE), adoptable=())
    found = after(held(), list(before_run(meant, held(), STARTED, DECLARED, MAKERS).values()))
    assert {address: (item.origin, item.settled) for address, item in found.mine.items()} == {
        A: (Origin.MADE, False),
        G: (Origin.ADOPTED, False),  # groups are their consumers'
    }


def test_what_is_held_already_is_not_claimed_again() -> None:
    book = held(claim(A, settled=False))
    assert before_run(plan(change(A, ChangeType.CREATE)), book, STARTED, DECLARED, MAKERS) == {}


@pytest.mark.parametrize(
    ("before", "type_", "outcome", "origin"),
    [
        (None, ChangeType.CREATE, Outcome.done(A), Origin.MADE),
        (None, ChangeType.UPDATE, Outcome.done(A), Origin.ADOPTED),
        (Origin.MADE, ChangeType.UPDATE, Outcome.done(A), Origin.MADE),
        (Origin.ADOPTED, ChangeType.UPDATE, Outcome.done(A), Origin.ADOPTED),
        (Origin.ADOPTED, ChangeType.CREATE, Outcome.done(A), Origin.MADE),  # it was deleted, and is made anew
        (Origin.MADE, ChangeType.DELETE, Outcome.done(A), None),
        (Origin.ADOPTED, ChangeType.FORGET, Outcome.done(A), None),
        (Origin.MADE, ChangeType.DELETE, failed(A), Origin.MADE),
    ],
)
def test_after_the_run_claims_say_what_is_so(
    before: Origin | None, type_: ChangeType, outcome: Outcome, origin: Origin | None
) -> None:
    book = held(claim(A, before)) if before else held()
    declared: dict[Address, dict[str, object]] = DECLARED if type_ not in (ChangeType.DELETE, ChangeType.FORGET) else {}
    entries = after_run(run(plan(change(A, type_)), outcome), book, STARTED, declared, {A: "id"}, MAKERS)
    found = after(book, entries).mine.get(A)
    assert (found.origin if found else None) is origin
    if found is not None and outcome.diagnostic is None:
        assert (found.settled, found.declared, found.identity, found.run) == (True, DECLARED[A], "id", "r2")
        assert found.since == ("t0" if before else "t2")


def test_a_creation_that_was_not_begun_is_not_claimed_afterwards() -> None:
    meant = plan(change(A, ChangeType.CREATE))
    intended = list(before_run(meant, held(), STARTED, DECLARED, MAKERS).values())
    entries = after_run(run(meant, skipped(A)), held(), STARTED, DECLARED, {}, MAKERS)
    assert read_ledger(ME, logged([*intended, *entries])).mine == {}


def test_a_creation_that_failed_stays_intended_because_it_may_have_happened() -> None:
    meant = plan(change(A, ChangeType.CREATE))
    intended = list(before_run(meant, held(), STARTED, DECLARED, MAKERS).values())
    entries = after_run(run(meant, failed(A)), held(), STARTED, DECLARED, {}, MAKERS)
    found = read_ledger(ME, logged([*intended, *entries])).mine[A]
    assert (found.origin, found.settled) == (Origin.MADE, False)


def test_what_a_killed_run_made_is_settled_as_made_by_the_next() -> None:
    book = held(claim(A, settled=False))
    found = after(book, after_run(run(plan()), book, STARTED, DECLARED, {}, MAKERS)).mine[A]
    assert (found.origin, found.settled, found.declared) == (Origin.MADE, True, DECLARED[A])


def test_what_a_killed_run_made_is_known_by_its_identity_from_then_on() -> None:
    book = held(claim(A, settled=False))
    found = after(book, after_run(run(plan()), book, STARTED, DECLARED, {A: "id"}, MAKERS)).mine[A]
    assert found.identity == "id"


def test_a_run_of_some_resources_says_nothing_of_the_others() -> None:
    """What is pending there was not applied: drift and keys that are dropped go by what was."""
    book = held(claim(A), claim(B, settled=False))
    some = replace(plan(change(G, ChangeType.UPDATE)), targets=(G, A))
    found = after(book, after_run(run(some, Outcome.done(G)), book, STARTED, DECLARED, {}, MAKERS)).mine
    assert (found[A].declared, found[A].run) == (DECLARED[A], "r2")  # asked for, and as declared
    assert (found[B].declared, found[B].settled, found[B].run) == (None, False, "r1")


def test_a_claim_is_outdated_where_it_says_something_else_than_the_spec_of_what_needs_no_change() -> None:
    """Somebody changed it, and the spec took that over: drift goes by the claim."""
    book = held(replace(claim(A), declared={"partitions": 3}), replace(claim(B), declared=DECLARED[B]))
    assert [found.address for found, _ in outdated(plan(), book, DECLARED)] == [A]
    assert list(outdated(plan(change(A, ChangeType.UPDATE)), book, DECLARED)) == []  # that is still to be done
    assert list(outdated(replace(plan(), targets=(B,)), book, DECLARED)) == []


def test_adopted_resources_are_settled_with_what_is_declared() -> None:
    meant = plan(adoptable=[B])
    found = after(held(), after_run(run(meant), held(), STARTED, DECLARED, {B: "id"}, MAKERS)).mine[B]
    assert (found.origin, found.settled, found.declared) == (Origin.ADOPTED, True, DECLARED[B])


class Log:
    """A log that shows one more of its states at each look."""

    def __init__(self, *looks: Sequence[Entry]) -> None:
        self._looks = list(looks)

    def read(self, _topic: str, _start: int | None = None) -> Sequence[Logged]:
        return logged(self._looks.pop(0) if len(self._looks) > 1 else self._looks[0])

    def close(self) -> None: ...


def test_the_earlier_of_two_claims_written_at_once_wins_on_both_sides() -> None:
    mine, theirs = claim_entry(claim(A, settled=False)), claim_entry(claim(A, settled=False, owner=OTHER))
    assert refuse_rivals(Log([mine, theirs]), ME, [A]) == []
    (lost,) = refuse_rivals(Log([mine, theirs]), OTHER, [A])
    assert lost.code == "KO872" and "belongs to paklog" in lost.summary


def test_claims_are_looked_for_until_they_are_seen() -> None:
    mine, theirs = claim_entry(claim(A, settled=False)), claim_entry(claim(A, settled=False, owner=OTHER))
    assert len(refuse_rivals(Log([], [theirs], [theirs, mine]), ME, [A])) == 1
