from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from kafkaops.address import Address, Guard
from kafkaops.apply.run import refuse_blocked, run
from kafkaops.clients.kafka import ClusterState
from kafkaops.errors import Diagnostic, PlatformError, RefusedError
from kafkaops.plan.model import Change, ChangeType, Hazard, Outcome, OutcomeState, Risk
from kafkaops.resources.kind import Session
from tests.values import change, plan


class Recorder:
    """Watches, and is a kind whose failures a test chooses: the runner's decisions need no server."""

    def __init__(self, name: str, failing: Sequence[str] = (), stop_after: str | None = None) -> None:
        self.name, self.failing, self.stop_after = name, failing, stop_after
        self.waves: list[list[str]] = []

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        self.waves.append([item.address.name for item in changes])
        for item in changes:
            if item.address.name == self.stop_after:
                session.stop.set()
            if item.address.name in self.failing:
                yield Outcome.failed(item.address, Diagnostic("KO201", "the broker said no"))
            else:
                yield Outcome.done(item.address)


class Silent:
    def wave_started(self, kind: str, changes: Sequence[Change]) -> None: ...

    def ended(self, change: Change, outcome: Outcome) -> None: ...


def session() -> Session:
    return Session(loaded=cast(Any, None), kafka=cast(Any, None), cluster=ClusterState("cluster-1", {}, {}))


def states(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {outcome.address.name: str(outcome.state) for outcome in outcomes}


def kinds(*recorders: Recorder) -> Any:
    return recorders


def test_what_depends_on_a_failure_is_skipped_and_the_rest_goes_on() -> None:
    topics, connectors = Recorder("topic", failing=["a"]), Recorder("connector")
    changes = (
        change("topic.a"),
        change("topic.b"),
        change("connector.on-a", requires=("topic.a",)),
        change("connector.on-b", requires=("topic.b",)),
    )
    ended = run(session(), plan(*changes), Silent(), kinds(topics, connectors))
    assert states(ended.outcomes) == {"a": "failed", "b": "done", "on-a": "skipped", "on-b": "done"}
    assert connectors.waves == [["on-b"]]
    skipped = ended.outcomes[2].diagnostic
    assert skipped is not None and "needs topic.a" in skipped.summary
    assert not ended.succeeded


def test_skipping_goes_on_down_the_chain() -> None:
    schemas = Recorder("schema", failing=["a"])
    changes = (
        change("schema.a"),
        change("schema.b", requires=("schema.a",)),
        change("schema.c", requires=("schema.b",)),
    )
    ended = run(session(), plan(*changes), Silent(), kinds(schemas))
    assert states(ended.outcomes) == {"a": "failed", "b": "skipped", "c": "skipped"}


def test_a_stopped_run_skips_what_was_not_begun() -> None:
    topics, connectors = Recorder("topic", stop_after="a"), Recorder("connector")
    ended = run(session(), plan(change("topic.a"), change("connector.c")), Silent(), kinds(topics, connectors))
    assert states(ended.outcomes) == {"a": "done", "c": "skipped"}
    assert ended.interrupted and connectors.waves == []


def test_a_wave_that_breaks_off_fails_what_it_had_not_done() -> None:
    class Breaking(Recorder):
        def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
            yield Outcome.done(changes[0].address)
            raise PlatformError.of("KO401", "no broker answers")

    ended = run(session(), plan(change("topic.a"), change("topic.b")), Silent(), kinds(Breaking("topic")))
    assert states(ended.outcomes) == {"a": "done", "b": "failed"}


def test_a_kind_that_forgets_an_outcome_is_a_bug_and_says_so() -> None:
    class Forgetting(Recorder):
        def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
            yield Outcome.done(changes[0].address)

    with pytest.raises(AssertionError, match=r"topic\.b"):
        run(session(), plan(change("topic.a"), change("topic.b")), Silent(), kinds(Forgetting("topic")))


def test_nothing_runs_while_one_change_is_held_back() -> None:
    topics = Recorder("topic")
    hazard = Hazard(Risk.IRREVERSIBLE, "KO210", "deletes up to 12 messages", Guard.DELETE)
    held = change("topic.old", ChangeType.DELETE, hazards=(hazard,))
    with pytest.raises(RefusedError) as caught:
        run(session(), plan(change("topic.new"), held), Silent(), kinds(topics))
    assert topics.waves == []
    assert "--allow delete:topic.old" in str(caught.value) and "up to 12 messages" in str(caught.value)


def test_a_lifted_guard_holds_nothing_back() -> None:
    hazard = Hazard(Risk.IRREVERSIBLE, "KO210", "deletes up to 12 messages", Guard.DELETE)
    free = change("topic.old", ChangeType.DELETE, hazards=(hazard,), lifted=frozenset({Guard.DELETE}))
    refuse_blocked(plan(free))
    assert free.risk is Risk.IRREVERSIBLE


def test_outcomes_stand_in_the_plans_order() -> None:
    topics = Recorder("topic")
    changes = tuple(change(f"topic.t{index}") for index in (1, 2, 3))
    ended = run(session(), plan(*changes), Silent(), kinds(topics))
    assert [outcome.address for outcome in ended.outcomes] == [Address("topic", f"t{index}") for index in (1, 2, 3)]
    assert ended.count(OutcomeState.DONE) == 3
