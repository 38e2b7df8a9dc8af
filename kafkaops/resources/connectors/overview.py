"""What there is to see of connectors at a glance: declared and live, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kafkaops.clients.connect import Connect, PluginType, RunState, SeenConnector
from kafkaops.resources.connectors.configuration import (
    CONNECTOR_CLASS,
    TOPICS_REGEX,
    flat_config,
    group_of,
    topics_of,
)
from kafkaops.resources.connectors.read import connect_of, live_scrubber
from kafkaops.resources.connectors.traces import first_cause
from kafkaops.resources.kind import Session
from kafkaops.spec.model import Connector


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task: its state, where it runs, and why it failed if it did."""

    id: int
    state: str
    worker: str
    cause: str


@dataclass(frozen=True, slots=True)
class ConnectorView:
    """One connector. `declared` is the state that the spec wants, None when the spec does not name it."""

    name: str
    declared: str | None
    state: str
    type: str
    connector_class: str
    topics: tuple[str, ...]
    group: str | None
    worker: str
    cause: str
    tasks: tuple[TaskView, ...]

    @property
    def running(self) -> int:
        """How many tasks run."""
        return sum(task.state == RunState.RUNNING for task in self.tasks)

    @property
    def causes(self) -> Iterator[str]:
        """Every reason of a failure, with whose it is."""
        if self.cause:
            yield f"{self.name}: {self.cause}"
        yield from (f"{self.name}, task {task.id}: {task.cause}" for task in self.tasks if task.cause)


def overview(session: Session) -> tuple[ConnectorView, ...]:
    """Every connector of the worker and every declared one, by name."""
    connect, declared = connect_of(session), session.loaded.spec.connectors
    there = connect.connectors(tuple(declared))
    return tuple(_view(connect, name, declared.get(name), there.get(name)) for name in sorted({*declared, *there}))


def _view(connect: Connect, name: str, declared: Connector | None, have: SeenConnector | None) -> ConnectorView:
    wanted = declared.state.value if declared else None
    written = flat_config(declared) if declared else {}
    if have is None:
        class_name = written.get(CONNECTOR_CLASS, "")
        return ConnectorView(name, wanted, "absent", "", class_name, topics_of(written), None, "", "", ())
    causes = _causes(connect, have, written)
    status = have.status
    states = {task.id: task for task in status.tasks}
    pattern = have.config.get(TOPICS_REGEX)
    return ConnectorView(
        name=name,
        declared=wanted,
        state=status.state.value,
        type=have.type.value,
        connector_class=have.config.get(CONNECTOR_CLASS) or "",
        topics=topics_of(have.config) or ((pattern,) if pattern else ()),
        group=group_of(name, have.config) if have.type is PluginType.SINK else None,
        worker=status.worker,
        cause=causes.get(None, ""),
        tasks=tuple(
            TaskView(
                number,
                states[number].state.value if number in states else "not started",
                states[number].worker if number in states else "",
                causes.get(number, ""),
            )
            for number in have.task_ids
        ),
    )


def _causes(connect: Connect, have: SeenConnector, written: dict[str, str]) -> dict[int | None, str]:
    """Why the connector (None) and its tasks failed. Only a failure costs a request, for what must be masked."""
    traces: dict[int | None, str] = {task.id: task.trace for task in have.status.failed_tasks}
    if have.status.state is RunState.FAILED:
        traces[None] = have.status.trace
    if not traces:
        return {}
    scrub = live_scrubber(connect, have.config, written)
    return {whose: first_cause(scrub(trace)) or "the worker gives no trace" for whose, trace in traces.items()}
