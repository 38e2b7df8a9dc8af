"""Which changes of a run are taken back, what the plan says beside, and what the ledger says afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from kafkaops.address import Address, Guard
from kafkaops.clients.kafka import ClusterState, KafkaAdmin
from kafkaops.errors import Diagnostic, RefusedError
from kafkaops.ledger.model import Claim, Ledger, Origin
from kafkaops.ledger.records import RecordedChange, RecordedField, RecordedOutcome, Story
from kafkaops.plan.model import Change, ChangeType, Difference, Hazard, Outcome, Reason, Risk
from kafkaops.resources.kind import Document, Restated, Session, System, Undone
from kafkaops.rollback import Rollback, plan_back
from kafkaops.spec.loaded import LoadedSpec, Places
from kafkaops.spec.model import Environment, Spec
from tests.ledger.told import OWNER, started
from tests.values import change

RUN, LATER = "20261102T080000Z-bbbb", "20261103T080000Z-cccc"
A, B, C, D = (Address("topic", name) for name in "abcd")
HELD = Hazard(Risk.IRREVERSIBLE, "KO220", "its messages go for good", guard=Guard.DELETE)


@dataclass
class Shelf:
    """A kind whose resources are documents, held in memory: what is planned is what the documents say."""

    there: dict[str, Document]
    spec: dict[str, Document] = field(default_factory=dict)
    name: str = "topic"
    system: System = System.KAFKA
    makes: bool = True
    blocked: dict[str, Diagnostic] = field(default_factory=dict)
    """What the servers say against a deletion."""

    def names(self, session: Session) -> Collection[str]:
        return [*self._wanted(session), *session.loaded.removals(self.name)]

    def needs(self, session: Session, names: Collection[str]) -> Collection[str]:
        return ()

    def managed(self, session: Session) -> Collection[str]:
        return self.declared(session).keys()

    def declared(self, session: Session) -> Mapping[str, Document]:
        return self._wanted(session)

    def read(self, session: Session) -> dict[str, Document]:
        return {name: self.there[name] for name in self.names(session) if name in self.there}

    def diff(self, session: Session, snapshot: dict[str, Document]) -> Difference:
        changes = [
            change(f"topic.{name}", ChangeType.UPDATE if name in snapshot else ChangeType.CREATE)
            for name, document in self._wanted(session).items()
            if snapshot.get(name) != document
        ]
        gone = [
            change(f"topic.{name}", ChangeType.DELETE, hazards=(HELD,), lifted=session.lifted(Address("topic", name)))
            for name in session.loaded.removals(self.name)
            if name in snapshot
        ]
        return Difference(changes=(*changes, *gone), in_sync=0)

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        against = {name: (blocker,) for name, blocker in self.blocked.items()}
        return [change.annotated(blockers=against.get(change.address.name, ())) for change in changes]

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        raise AssertionError("nothing is applied here")

    def identities(self, session: Session, names: Sequence[str]) -> Mapping[str, str]:
        return {}

    def restated(self, session: Session, documents: Mapping[str, Document]) -> Restated:
        loaded = replace(session.loaded, subjects=documents)
        masked = {name: frozenset({"config.key"}) for name, item in documents.items() if "***" in str(item)}
        return Restated(loaded, masked)

    def seen(self, session: Session, snapshot: dict[str, Document]) -> Mapping[str, Document]:
        return snapshot

    def undone(self, change: RecordedChange, now: Document | None) -> Undone:
        if change.type == ChangeType.CREATE:
            return Undone(gone=True)
        return Undone(document=cast(Document, change.before), lost=("its messages",) if now is None else ())

    def _wanted(self, session: Session) -> dict[str, Document]:
        told = session.loaded.subjects
        return cast(dict[str, Document], dict(told)) if told is not None else self.spec


def document(value: str, **config: str) -> Document:
    return {"value": value, "config": {**config}}


def claim(address: Address, declared: Mapping[str, object] | None) -> Claim:
    at = "2026-11-02T08:00:00+00:00"
    return Claim(owner=OWNER, address=address, origin=Origin.MADE, settled=True, run=RUN, at=at, since=at,
                 declared=declared)  # fmt: skip


def recorded(address: Address, type_: ChangeType, before: Document | None = None, *paths: str) -> RecordedChange:
    fields = tuple(RecordedField(path=path) for path in paths)
    return RecordedChange(address=address, type=type_, reason="", risk="safe", fields=fields, before=before)


def story(run: str, *changes: RecordedChange, states: Mapping[Address, str] | None = None, **more: Any) -> Story:
    """A run of these changes, done unless said otherwise; `begun` was begun and never ended, `left` never begun."""
    states = {item.address: (states or {}).get(item.address, "done") for item in changes}
    return Story(
        run=run,
        started=started(run, "2026-11-02T08:00:00+00:00"),
        changes={item.address: item for item in changes},
        intended={address: "" for address, state in states.items() if state != "left"},
        outcomes={
            address: RecordedOutcome(address=address, state=state)
            for address, state in states.items()
            if state not in ("begun", "left")
        },
        **more,
    )


def on(ledger: Ledger | None, **more: Any) -> Session:
    """A session on a spec that says nothing."""
    loaded = LoadedSpec(
        root=Path("/"),
        spec=Spec.model_validate({"version": 1, "project": OWNER.project}),
        places=Places({}),
        environment_name=OWNER.environment,
        environment=Environment(),
        schema_texts={},
        digest="0" * 64,
    )
    cluster = ClusterState("4L6g3nShT-eMCtK--X86sw", {1: "b"}, {})
    return Session(loaded=loaded, kafka=cast(KafkaAdmin, None), cluster=cluster, ledger=ledger, **more)


def planned_back(shelf: Shelf, of: Story, *others: Story, claims: Sequence[Claim] = (), **more: Any) -> Rollback:
    ledger = Ledger(owner=OWNER, mine={item.address: item for item in claims})
    return plan_back(on(ledger, **more), of, (of, *others), [shelf])


def told(back: Rollback) -> dict[str, str]:
    return {str(item.address): item.type.value for item in back.plan.changes}


def test_only_what_was_made_or_may_have_been_is_taken_back() -> None:
    old, new = document("old"), document("new")
    update = [recorded(address, ChangeType.UPDATE, old, "value") for address in (A, B, C, D)]
    of = story(RUN, *update, states={A: "done", B: "begun", C: "failed", D: "left"})
    back = planned_back(Shelf(dict.fromkeys("abcd", new)), of)
    assert told(back) == {"topic.a": "update", "topic.b": "update", "topic.c": "update"}
    assert {item.reason for item in back.plan.changes} == {Reason.ROLLBACK}
    made = [recorded(address, ChangeType.CREATE) for address in (A, B, C)]
    of = story(RUN, *made, states={A: "done", B: "failed", C: "skipped"})
    back = planned_back(Shelf(dict.fromkeys("abc", new)), of)
    assert told(back) == {"topic.a": "delete"}
    assert [item.address for item in back.plan.observations if item.code == "KO882"] == ["topic.b"]


def test_guards_hold_what_is_taken_back_and_limits_count_against_all_that_is_held() -> None:
    shelf, of = Shelf({"a": document("x")}), story(RUN, recorded(A, ChangeType.CREATE))
    assert planned_back(shelf, of).plan.blocked != ()
    assert planned_back(shelf, of, allowed=frozenset({(Guard.DELETE, A)})).plan.blocked == ()
    many = [recorded(Address("topic", name), ChangeType.CREATE) for name in "abc"]
    shelf = Shelf(dict.fromkeys("abc", document("x")))
    assert planned_back(shelf, story(RUN, *many)).plan.beyond_limits != ()
    held = [claim(Address("topic", f"t{number}"), None) for number in range(97)]
    assert planned_back(shelf, story(RUN, *many), claims=held).plan.beyond_limits == ()


def test_what_cannot_go_stays_and_keeps_nothing_else_from_going() -> None:
    """A registry may hold on to a subject for one that is deleted only softly."""
    held = Diagnostic("KO305", "b version 1 refers to it", address="topic.a", hint="let it go")
    shelf = Shelf(dict.fromkeys("ab", document("x")), blocked={"a": held})
    of = story(RUN, *(recorded(address, ChangeType.CREATE) for address in (A, B)))
    back = planned_back(shelf, of, claims=[claim(A, document("x"))], allowed=frozenset({(Guard.DELETE, B)}))
    assert told(back) == {"topic.b": "delete"} and back.plan.blocked == ()
    (said,) = (item for item in back.plan.observations if item.code == "KO882")
    assert (said.address, said.hint) == ("topic.a", "let it go") and "it stays: b version 1 refers" in said.summary
    shelf.blocked = {"a": replace(held, code="KO205")}
    assert [str(change.address) for change in planned_back(shelf, of).plan.blocked] == ["topic.a", "topic.b"]


def test_nothing_else_that_the_project_holds_is_let_go() -> None:
    of = story(RUN, recorded(A, ChangeType.UPDATE, document("old"), "value"))
    back = planned_back(Shelf({"a": document("new")}), of, claims=[claim(B, document("b")), claim(A, document("new"))])
    assert told(back) == {"topic.a": "update"}


def test_what_is_gone_already_is_only_let_go() -> None:
    back = planned_back(Shelf({}), story(RUN, recorded(A, ChangeType.CREATE)), claims=[claim(A, document("a"))])
    assert told(back) == {"topic.a": "forget"}


def test_the_ledger_says_afterwards_what_was_restored_and_no_setting_that_nobody_declared() -> None:
    """`found` was set by others and is not the project's; `added` had no value of its own before."""
    before, now = document("old", tuned="1", found="y"), document("new", tuned="2", added="3", found="y")
    update = recorded(A, ChangeType.UPDATE, before, "value", "config.tuned", "config.added")
    declared = document("new", tuned="2", added="3")
    back = planned_back(Shelf({"a": now}), story(RUN, update), claims=[claim(A, declared)])
    assert back.documents == {A: document("old", tuned="1")}
    assert planned_back(Shelf({"a": now}), story(RUN, update)).documents == {A: before}  # nothing was known of it


def test_a_secret_goes_into_the_ledger_as_a_reference_or_not_at_all() -> None:
    before = document("x", one="${env:ONE}", two="clear")
    fields = tuple(RecordedField(path=path, sensitive=True) for path in ("config.one", "config.two"))
    update = replace(recorded(A, ChangeType.UPDATE, before), fields=fields)
    back = planned_back(Shelf({"a": document("y")}), story(RUN, update), claims=[claim(A, document("x"))])
    assert back.documents == {A: document("x", one="${env:ONE}", two="***")}


def test_what_lacks_a_secret_is_left_as_it_is_and_said() -> None:
    of = story(
        RUN, recorded(A, ChangeType.DELETE, document("x", key="***")), recorded(B, ChangeType.DELETE, document("b"))
    )
    back = planned_back(Shelf({}), of)
    assert told(back) == {"topic.b": "create"}
    said = {item.address: item.summary for item in back.plan.observations if "nobody tells" in item.summary}
    assert list(said) == ["topic.a"] and "config.key" in said["topic.a"]


def test_later_runs_and_the_spec_that_stand_against_it_are_named() -> None:
    update = recorded(A, ChangeType.UPDATE, document("old"), "value")
    other = story(LATER, recorded(A, ChangeType.UPDATE, None), recorded(B, ChangeType.UPDATE, None))
    shelf = Shelf({"a": document("new")}, spec={"a": document("new")})
    said = [item.summary for item in planned_back(shelf, story(RUN, update), other).plan.observations]
    assert said == [
        f"run {LATER}, 2026-11-02T08:00:00+00:00 came later and touched topic.a as well",
        "the spec still says otherwise of topic.a",
    ]
    reverted = Shelf({"a": document("new")}, spec={"a": document("old")})
    assert planned_back(reverted, story(RUN, update)).plan.observations == ()


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (story(RUN, parts=2, parts_seen=1), "not every record of it is kept"),
        (Story(run=RUN), "not every record of it is kept"),
        (replace(story(RUN), started=replace(started(RUN, ""), cluster_id="other")), "it was made on cluster other"),
        (
            replace(story(RUN), started=replace(started(RUN, ""), owner=replace(OWNER, environment="dev"))),
            "it is a run of paklog (environment dev)",
        ),
    ],
)
def test_a_run_of_which_not_all_is_known_or_that_is_another_s_is_refused(of: Story, said: str) -> None:
    with pytest.raises(RefusedError, match="KO881") as caught:
        planned_back(Shelf({}), of)
    assert said in str(caught.value)
