from __future__ import annotations

from collections.abc import Sequence

import pytest

from kafkaops.clients.connect import ConnectorStatus, RunState
from kafkaops.resources.connectors.settling import Holding, Settling, Verdict, in_words, what_to_do
from kafkaops.spec.model import ConnectorState
from tests.resources.connectors.values import FAILED, PAUSED, RESTARTING, RUNNING, STOPPED, UNASSIGNED, status

HOLDING = Holding(moved_s=1.0, still_s=3.0, untaken_s=10.0)
WAIT, REACHED, FAILURE = Verdict.WAIT, Verdict.REACHED, Verdict.FAILED


def looks(
    wanted: ConnectorState,
    before: ConnectorStatus | None,
    *shown: tuple[float, ConnectorStatus | None],
    tasks: Sequence[int] = (0,),
    taken_up: bool | None = None,
) -> list[Verdict]:
    settling = Settling(wanted, before, HOLDING)
    return [settling.look(at, seen, tasks, taken_up=taken_up) for at, seen in shown]


RUN = status(RUNNING, RUNNING)
FAIL = status(RUNNING, FAILED)
IDLE = status(RUNNING, UNASSIGNED)


def test_a_new_connector_has_to_hold_for_a_moment() -> None:
    assert looks(ConnectorState.RUNNING, None, (0, None), (0.2, IDLE), (0.5, RUN), (1.4, RUN), (1.5, RUN)) == [
        WAIT,
        WAIT,
        WAIT,
        WAIT,
        REACHED,
    ]


def test_what_was_shown_before_the_change_has_to_hold_for_longer() -> None:
    assert looks(ConnectorState.RUNNING, RUN, (0, RUN), (1.5, RUN), (2.9, RUN), (3.0, RUN)) == [
        WAIT,
        WAIT,
        WAIT,
        REACHED,
    ]
    assert looks(ConnectorState.RUNNING, FAIL, (0, FAIL), (2.9, FAIL), (3.0, FAIL)) == [WAIT, WAIT, FAILURE]


def test_after_something_moved_the_state_is_new() -> None:
    assert looks(ConnectorState.RUNNING, FAIL, (0, FAIL), (0.5, IDLE), (1.0, FAIL), (2.0, FAIL)) == [
        WAIT,
        WAIT,
        WAIT,
        FAILURE,
    ]
    assert looks(ConnectorState.RUNNING, FAIL, (0, FAIL), (0.5, RUN), (1.5, RUN)) == [WAIT, WAIT, REACHED]


def test_flapping_never_settles() -> None:
    shown = [(step * 0.5, RUN if step % 2 else IDLE) for step in range(20)]
    assert set(looks(ConnectorState.RUNNING, None, *shown)) == {WAIT}


def test_tasks_on_the_old_configuration_are_waited_for_but_not_for_ever() -> None:
    looked = looks(
        ConnectorState.RUNNING, RUN, (0, RUN), (0.2, IDLE), (0.4, RUN), (9, RUN), (10.4, RUN), taken_up=False
    )
    assert looked == [WAIT, WAIT, WAIT, WAIT, REACHED]


@pytest.mark.parametrize(
    ("wanted", "shown", "tasks", "expected"),
    [
        (ConnectorState.RUNNING, status(RUNNING), (), WAIT),
        (ConnectorState.RUNNING, status(RUNNING, RUNNING), (0, 1), WAIT),
        (ConnectorState.RUNNING, status(RUNNING, RUNNING, RUNNING), (0, 1), REACHED),
        (ConnectorState.RUNNING, status(RUNNING, RUNNING, FAILED), (0,), REACHED),  # task 1 is of the past
        (ConnectorState.RUNNING, status(RUNNING, RESTARTING), (0,), WAIT),
        (ConnectorState.RUNNING, status(UNASSIGNED, RUNNING), (0,), WAIT),
        (ConnectorState.RUNNING, status(FAILED), (), FAILURE),
        (ConnectorState.PAUSED, status(PAUSED, PAUSED), (0,), REACHED),
        (ConnectorState.PAUSED, status(PAUSED, FAILED), (0,), REACHED),
        (ConnectorState.PAUSED, status(PAUSED), (), REACHED),
        (ConnectorState.PAUSED, status(PAUSED, RUNNING), (0,), WAIT),
        (ConnectorState.PAUSED, status(FAILED), (), FAILURE),
        (ConnectorState.STOPPED, status(STOPPED), (), REACHED),
        (ConnectorState.STOPPED, status(STOPPED, PAUSED), (0,), WAIT),
        (ConnectorState.STOPPED, status(RUNNING), (), WAIT),
        (ConnectorState.STOPPED, None, (), WAIT),
    ],
)
def test_judgement(
    wanted: ConnectorState, shown: ConnectorStatus | None, tasks: tuple[int, ...], expected: Verdict
) -> None:
    assert looks(wanted, None, (0, shown), (1.0, shown), tasks=tasks)[-1] is expected


@pytest.mark.parametrize("state", list(RunState))
def test_every_state_is_judged(state: RunState) -> None:
    for wanted in ConnectorState:
        assert looks(wanted, None, (0, status(state, state)), (5, status(state, state)))[-1] in Verdict


def test_in_words() -> None:
    assert in_words(None, ()) == "no status yet"
    assert in_words(status(RUNNING), ()) == "connector RUNNING, no tasks"
    assert in_words(status(RUNNING, UNASSIGNED), (0, 1)) == "connector RUNNING, task 0 UNASSIGNED, task 1 not started"


def test_a_restart_that_never_ends_may_be_a_state_that_was_lost() -> None:
    assert "kafkaops connectors restart sink" in what_to_do("sink", status(RUNNING, RUNNING, RESTARTING))
    for seen in (None, status(RUNNING), status(RUNNING, UNASSIGNED)):
        assert "restart" not in what_to_do("sink", seen)
