"""Steering connectors by hand: the same operations as a plan's, asked for by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from kafkaops.address import Address
from kafkaops.errors import Diagnostic, RefusedError
from kafkaops.plan.model import Change, ChangeType, Operation, Outcome, Reason
from kafkaops.resources.connectors.apply import apply_connectors
from kafkaops.resources.connectors.model import (
    KIND,
    PauseConnector,
    RestartConnector,
    RestartFailedTasks,
    ResumeConnector,
    StopConnector,
)
from kafkaops.resources.connectors.read import managed_connectors
from kafkaops.resources.kind import Session
from kafkaops.spec.model import Connector, ConnectorState
from kafkaops.spec.suggest import did_you_mean


class Action(StrEnum):
    """What can be asked of a connector."""

    RESTART = "restart"
    RESTART_FAILED = "restart-failed"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


_LEADS_TO = {
    Action.PAUSE: ConnectorState.PAUSED,
    Action.STOP: ConnectorState.STOPPED,
}


def steer(session: Session, names: Sequence[str], action: Action) -> Iterator[Outcome]:
    """Do it to each connector and wait until it shows. Raises `RefusedError` KO547 before the first."""
    managed = managed_connectors(session.loaded.spec)
    strangers = [name for name in names if name not in managed]
    if strangers:
        raise RefusedError(_not_ours(session, name) for name in strangers)
    changes = [_change(name, managed[name], action) for name in dict.fromkeys(names)]
    return apply_connectors(session, changes)


def differs_from_spec(session: Session, name: str, action: Action) -> str | None:
    """What the next apply does about it, when the spec wants another state."""
    wanted = session.loaded.spec.connectors[name].state
    if _LEADS_TO.get(action, ConnectorState.RUNNING) is wanted:
        return None
    return f"the spec wants connector.{name} {wanted.value}: the next apply makes it so, unless the spec is changed"


def _change(name: str, connector: Connector, action: Action) -> Change:
    return Change(
        address=Address(KIND, name),
        type=ChangeType.UPDATE,
        reason=Reason.DIFFERS_FROM_SPEC,
        operations=(_operation(name, connector.start_timeout, action),),
    )


def _operation(name: str, timeout_ms: int, action: Action) -> Operation:
    match action:
        case Action.RESTART:
            return RestartConnector(connector=name, start_timeout_ms=timeout_ms)
        case Action.RESTART_FAILED:
            state = ConnectorState.RUNNING
            return RestartFailedTasks(connector=name, tasks=(), state=state, start_timeout_ms=timeout_ms)
        case Action.PAUSE:
            return PauseConnector(connector=name, start_timeout_ms=timeout_ms)
        case Action.RESUME:
            return ResumeConnector(connector=name, start_timeout_ms=timeout_ms)
        case Action.STOP:
            return StopConnector(connector=name, start_timeout_ms=timeout_ms)


def _not_ours(session: Session, name: str) -> Diagnostic:
    declared = session.loaded.spec.connectors
    known = name in declared
    summary = "the spec says managed: false" if known else "the spec does not declare it"
    hint = "take managed: false away" if known else did_you_mean(name, declared) or "declare it under `connectors:`"
    return Diagnostic("KO547", f"not touched: {summary}", address=f"{KIND}.{name}", hint=hint)
