"""Does changes to connectors, and waits until Connect shows that they were done."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kafkaops.clients.connect import Connect, ConnectorStatus, RunState
from kafkaops.clients.fan_out import as_finished
from kafkaops.errors import KafkaopsError
from kafkaops.plan.model import Change, Operation, Outcome
from kafkaops.resources.connectors.configuration import Config, ResolvedConfig, flat_config, resolved, same_value
from kafkaops.resources.connectors.model import (
    CreateConnector,
    DeleteConnector,
    PauseConnector,
    PutConnectorConfig,
    RestartConnector,
    RestartFailedTasks,
    ResumeConnector,
    StopConnector,
)
from kafkaops.resources.connectors.predict import sensitive_keys
from kafkaops.resources.connectors.read import connect_of, live_scrubber
from kafkaops.resources.connectors.secrets import Scrubber
from kafkaops.resources.connectors.settling import DEFAULT_HOLDING, Holding, Settling, Verdict, in_words, what_to_do
from kafkaops.resources.connectors.traces import first_cause
from kafkaops.resources.kind import Session
from kafkaops.resources.stopping import skipped_by_stop
from kafkaops.spec.model import ConnectorState

POLL_S = 0.25
SAY_AFTER_S = 5.0
"""A wait that is longer is spoken of."""
DELETE_TIMEOUT_S = 30.0
AFTER_RESTART = Holding(moved_s=3.0)
"""What failed once is looked at for longer: it may fail again as soon as it handles a record."""
_STATES = {
    ConnectorState.RUNNING: RunState.RUNNING,
    ConnectorState.PAUSED: RunState.PAUSED,
    ConnectorState.STOPPED: RunState.STOPPED,
}


def apply_connectors(session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
    """Make the changes, up to eight at the same time, and yield each as it is seen to be done."""
    connect = connect_of(session)
    for _, outcome in as_finished(lambda change: _outcome(session, connect, change), changes):
        yield outcome


def _outcome(session: Session, connect: Connect, change: Change) -> Outcome:
    """Make one change. A failure of any kind is an outcome."""
    address, started = change.address, time.monotonic()
    if session.stop.is_set():
        return skipped_by_stop(change)
    try:
        detail = _Doing(session, connect, change).run()
    except KafkaopsError as error:
        diagnostic = replace(error.diagnostics[0], address=str(address), place=change.place)
        return Outcome.failed(address, diagnostic, time.monotonic() - started)
    return Outcome.done(address, detail, time.monotonic() - started)


class ConnectorFailure(KafkaopsError):
    """A connector did not become what it was to become (KO541, KO542, KO543, KO546)."""


@dataclass(frozen=True, slots=True)
class _Goal:
    """What is to be seen after an operation."""

    state: ConnectorState
    timeout_s: float
    put: PutConnectorConfig | None = None
    """The configuration that the tasks have to take up."""
    holding: Holding = DEFAULT_HOLDING


@dataclass(frozen=True, slots=True)
class _Doing:
    """One change being made."""

    session: Session
    connect: Connect
    change: Change

    @property
    def name(self) -> str:
        return self.change.address.name

    def run(self) -> str:
        """Do the operations and wait for the result; returns it in words."""
        new = any(isinstance(operation, CreateConnector) for operation in self.change.operations)
        before = None if new else self.connect.status(self.name)
        sent = self._config_to_send(Scrubber() if new else self._live_secrets())
        put, goal = None, None
        for operation in self.change.operations:
            goal = self._do(operation, sent)
            put = goal.put if goal and goal.put else put
        return self._wait_until_gone() if goal is None else self._wait_for(replace(goal, put=put), before, sent)

    @property
    def _written(self) -> Config:
        """The configuration as the spec has it; empty for a connector that it removes."""
        connector = self.session.loaded.spec.connectors.get(self.name)
        return {} if connector is None else flat_config(connector)

    def _live_secrets(self) -> Scrubber:
        """The secrets that the worker holds: its messages may quote them."""
        config = self.connect.config(self.name)
        return Scrubber() if config is None else live_scrubber(self.connect, config, self._written)

    def _config_to_send(self, known: Scrubber) -> ResolvedConfig:
        """The declared configuration with its references looked up, if an operation sends it."""
        sends = any(isinstance(operation, CreateConnector | PutConnectorConfig) for operation in self.change.operations)
        written = self._written if sends else {}
        config = resolved(written, self.session.resolver, sensitive_keys(self.change))
        return replace(config, scrub=config.scrub.joined(known))

    def _do(self, operation: Operation, config: ResolvedConfig) -> _Goal | None:
        """Send one operation; returns what is then to be seen, None for absence."""
        connect, name = self.connect, self.name
        match operation:
            case CreateConnector(state=state, start_timeout_ms=timeout_ms):
                connect.create(name, config.sent, _STATES[state], config.scrub)
                return _Goal(state, timeout_ms / 1000)
            case PutConnectorConfig(state=state, start_timeout_ms=timeout_ms):
                connect.put_config(name, config.sent, config.scrub)
                return _Goal(state, timeout_ms / 1000, operation)
            case PauseConnector(start_timeout_ms=timeout_ms):
                connect.pause(name)
                return _Goal(ConnectorState.PAUSED, timeout_ms / 1000)
            case ResumeConnector(start_timeout_ms=timeout_ms):
                connect.resume(name)
                return _Goal(ConnectorState.RUNNING, timeout_ms / 1000)
            case StopConnector(start_timeout_ms=timeout_ms):
                connect.stop(name)
                return _Goal(ConnectorState.STOPPED, timeout_ms / 1000)
            case RestartFailedTasks(state=state, start_timeout_ms=timeout_ms):
                connect.restart(name, only_failed=True)
                return _Goal(state, timeout_ms / 1000, holding=AFTER_RESTART)
            case RestartConnector(start_timeout_ms=timeout_ms):
                connect.restart(name, only_failed=False)
                return _Goal(ConnectorState.RUNNING, timeout_ms / 1000)
            case DeleteConnector():
                connect.delete(name)
                return None
            case _:
                raise AssertionError(f"not an operation on a connector: {type(operation).__name__}")

    def _wait_for(self, goal: _Goal, before: ConnectorStatus | None, config: ResolvedConfig) -> str:
        """Look until the state is reached. Raises `ConnectorFailure` with the cause when it is not."""
        settling = Settling(goal.state, before, goal.holding)
        for waited_s in self._looks(goal.timeout_s, f"to be {goal.state.value}"):
            status, tasks = self.connect.status(self.name), self.connect.task_configs(self.name) or {}
            # A connector that does not run gives its tasks no new configuration until it does.
            telling = goal.put if goal.state is ConnectorState.RUNNING else None
            taken_up = _taken_up(telling.keys, config.sent, tasks) if telling else None
            match settling.look(time.monotonic(), status, tasks.keys(), taken_up=taken_up):
                case Verdict.REACHED:
                    return in_words(status, tasks.keys())
                case Verdict.FAILED if status is not None:
                    raise self._failure(status, config.scrub)
                case _ if waited_s > goal.timeout_s:
                    raise self._not_in_time(goal, status, tasks.keys())
        raise AssertionError("looking ends by a verdict or by the bound")

    def _wait_until_gone(self) -> str:
        for waited_s in self._looks(DELETE_TIMEOUT_S, "to be gone"):
            if self.connect.task_configs(self.name) is None and self.connect.status(self.name) is None:
                return "gone"
            if waited_s > DELETE_TIMEOUT_S:
                break
        raise ConnectorFailure.of(
            "KO543", f"it was deleted, and the worker still shows it after {DELETE_TIMEOUT_S:g} s"
        )

    def _looks(self, timeout_s: float, what: str) -> Iterator[float]:
        """Yield at each look how long it has been, forever; raises when the run is stopped."""
        started, said = time.monotonic(), False
        while True:
            waited_s = time.monotonic() - started
            yield waited_s
            if waited_s > SAY_AFTER_S and not said:
                said = True
                self.session.say(f"waiting up to {timeout_s:g} s for {self.change.address} {what}")
            if self.session.stop.wait(POLL_S):
                raise ConnectorFailure.of(
                    "KO546",
                    f"the change was sent; waiting for it {what} was ended by the interruption",
                    hint="the next plan shows what is left of it",
                )

    def _failure(self, status: ConnectorStatus, known: Scrubber) -> ConnectorFailure:
        """Why it failed: the deepest cause of the first trace, secrets taken out before it is cut."""
        scrub = known.joined(self._live_secrets())
        failed = [(f"task {task.id}", task.trace) for task in status.failed_tasks]
        if status.state is RunState.FAILED:
            failed.insert(0, ("the connector", status.trace))
        what, trace = failed[0]
        others = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
        return ConnectorFailure.of(
            "KO541",
            f"{what} failed: {first_cause(scrub(trace)) or 'the worker gives no trace'}{others}",
            hint="when the cause is gone, apply again: what failed is restarted",
        )

    def _not_in_time(self, goal: _Goal, status: ConnectorStatus | None, task_ids: Collection[int]) -> ConnectorFailure:
        return ConnectorFailure.of(
            "KO542",
            f"not {goal.state.value} within {goal.timeout_s:g} s: {in_words(status, task_ids)}",
            hint=what_to_do(self.name, status),
        )


def _taken_up(
    keys: Sequence[str], expected: Mapping[str, str], tasks: Mapping[int, Mapping[str, str | None]]
) -> bool | None:
    """Whether the tasks' configurations show the new values.

    Tasks get what their connector gives them: a key that none of them has says nothing, and None is the
    answer when no key says anything.
    """
    telling = [
        same_value(key, config[key], expected.get(key)) for config in tasks.values() for key in keys if key in config
    ]
    return all(telling) if telling else None
