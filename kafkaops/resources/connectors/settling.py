"""When a connector may be said to run: a judgement over what its status showed, one look after another.

After a change Connect goes on showing the old state for a moment: a connector that was RUNNING is still
RUNNING, one that had FAILED is still FAILED, and the REST API gives no generation to tell them apart. So a
state counts when it is new (something moved since the change), or when it held for long enough.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

from kafkaops.clients.connect import ConnectorStatus, RunState
from kafkaops.spec.model import ConnectorState


class Verdict(Enum):
    """What one look tells."""

    WAIT = auto()
    REACHED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Holding:
    """How long a state has to hold before it counts, in seconds."""

    moved_s: float = 1.0
    """After something was seen to move: long enough for a task that fails right after its start."""
    still_s: float = 3.0
    """When nothing moved: what is shown may be from before the change."""
    untaken_s: float = 10.0
    """When the tasks' configurations show other values than were sent: they may be late, or the connector
    gives its tasks what it makes of a value."""


DEFAULT_HOLDING = Holding()
_STATE = {
    ConnectorState.RUNNING: RunState.RUNNING,
    ConnectorState.PAUSED: RunState.PAUSED,
    ConnectorState.STOPPED: RunState.STOPPED,
}


class Settling:
    """Judges looks at one connector. `before` is its status ahead of the change, None for a new one."""

    def __init__(
        self,
        wanted: ConnectorState,
        before: ConnectorStatus | None,
        holding: Holding = DEFAULT_HOLDING,
    ) -> None:
        self._wanted, self._before, self._holding = wanted, before, holding
        self._moved = before is None
        self._verdict = Verdict.WAIT
        self._since = 0.0

    def look(
        self,
        now: float,
        status: ConnectorStatus | None,
        task_ids: Collection[int],
        *,
        taken_up: bool | None,
    ) -> Verdict:
        """Judge one look at monotonic time `now`.

        `task_ids` are those that the connector is configured to have; `taken_up` tells whether the tasks'
        configurations are the new ones, None when they do not tell.
        """
        if status != self._before:
            self._moved = True
        verdict = _judged(self._wanted, status, task_ids)
        if verdict is not self._verdict:
            self._verdict, self._since = verdict, now
        needed_s = self._holding.moved_s if self._moved else self._holding.still_s
        if verdict is Verdict.REACHED and taken_up is False:
            needed_s = self._holding.untaken_s
        return verdict if now - self._since >= needed_s else Verdict.WAIT


def _judged(wanted: ConnectorState, status: ConnectorStatus | None, task_ids: Collection[int]) -> Verdict:
    """What a look would mean if it were not from before the change."""
    if status is None:
        return Verdict.WAIT
    tasks = {task.id: task.state for task in status.tasks}
    if status.state is RunState.FAILED:
        return Verdict.FAILED
    if wanted is ConnectorState.RUNNING and any(tasks.get(task) is RunState.FAILED for task in task_ids):
        return Verdict.FAILED
    if status.state is not _STATE[wanted]:
        return Verdict.WAIT
    match wanted:
        case ConnectorState.RUNNING:
            reached = bool(task_ids) and all(tasks.get(task) is RunState.RUNNING for task in task_ids)
        case ConnectorState.PAUSED:
            # A task that failed stays FAILED while its connector is paused.
            reached = all(tasks.get(task) in (RunState.PAUSED, RunState.FAILED) for task in task_ids)
        case ConnectorState.STOPPED:
            reached = not task_ids
    return Verdict.REACHED if reached else Verdict.WAIT


def what_to_do(name: str, status: ConnectorStatus | None) -> str:
    """The way out for a connector that did not come to be what it was to be.

    A worker writes a task's states without keeping their order when another broker comes to lead the status topic at
    that moment (seen on Connect 4.3.1): RESTARTING after RUNNING, and so it stays.
    """
    hint = "look at the workers' logs; if it is only slow, raise the connector's start_timeout"
    if status is not None and any(task.state is RunState.RESTARTING for task in status.tasks):
        return f"{hint}; if they show that it runs, its state was lost: kafkaops connectors restart {name}"
    return hint


def in_words(status: ConnectorStatus | None, task_ids: Collection[int]) -> str:
    """`connector RUNNING, task 0 UNASSIGNED, task 1 not started`."""
    if status is None:
        return "no status yet"
    states = {task.id: task.state.value for task in status.tasks}
    tasks = [f"task {task} {states.get(task, 'not started')}" for task in sorted(task_ids)]
    return ", ".join([f"connector {status.state.value}", *(tasks or ["no tasks"])])
