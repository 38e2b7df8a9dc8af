"""Kafka Connect's REST API as kafkaops sees it: values and the port. `connect_rest.py` implements it.

KO501  Connect stays busy (rebalancing, or no leader yet) for longer than kafkaops waits
KO502  no such connector
KO503  a connector of that name exists already
KO504  the listing of connectors came back short
KO505  the worker refused a connector's configuration
KO506  an answer of Connect does not have the shape that its API documents
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from kafkaops.plan.model import Json

Scrub = Callable[[str], str]
"""Takes secrets out of a text. Required where a server was given secrets and may quote them back."""


class RunState(StrEnum):
    """The state of a connector or a task, in Connect's words."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    FAILED = "FAILED"
    UNASSIGNED = "UNASSIGNED"
    RESTARTING = "RESTARTING"
    DESTROYED = "DESTROYED"


class PluginType(StrEnum):
    """What a plugin is, in the worker's words (KIP-769)."""

    SOURCE = "source"
    SINK = "sink"
    CONVERTER = "converter"
    HEADER_CONVERTER = "header_converter"
    TRANSFORMATION = "transformation"
    PREDICATE = "predicate"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """Who answers: the worker's Kafka version, and the cluster it keeps its state in."""

    version: str
    commit: str
    kafka_cluster_id: str


@dataclass(frozen=True, slots=True, order=True)
class Plugin:
    """One installed plugin."""

    class_name: str
    type: PluginType
    version: str = ""


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """One task. A trace may quote secrets, so it is kept out of the representation."""

    id: int
    state: RunState
    worker: str = ""
    trace: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    """A connector and its tasks as the worker last heard of them, tasks by id."""

    state: RunState
    worker: str = ""
    trace: str = field(default="", repr=False)
    tasks: tuple[TaskStatus, ...] = ()

    @property
    def failed_tasks(self) -> tuple[TaskStatus, ...]:
        """The tasks that failed."""
        return tuple(task for task in self.tasks if task.state is RunState.FAILED)


@dataclass(frozen=True, slots=True)
class SeenConnector:
    """A connector as Connect holds it. The configuration is in clear text, secrets included."""

    name: str
    type: PluginType
    config: Mapping[str, str | None] = field(repr=False)
    status: ConnectorStatus
    task_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigFinding:
    """What the worker says of one key: its declared type (`PASSWORD`, `INT`, …) and its errors."""

    key: str
    type: str | None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """The worker's verdict on a configuration."""

    error_count: int
    findings: tuple[ConfigFinding, ...]

    @property
    def refused(self) -> tuple[ConfigFinding, ...]:
        """The keys with errors."""
        return tuple(finding for finding in self.findings if finding.errors)


class Connect(Protocol):
    """Reads and changes of a Connect cluster. Every method raises `PlatformError`.

    While the workers rebalance (409) a request is waited for, with a bound; then KO501. A connector that
    is not there is KO502 unless a method says otherwise.
    """

    url: str

    def worker(self) -> WorkerInfo:
        """The worker that answers, and which Kafka cluster it belongs to."""
        ...

    def names(self) -> frozenset[str]:
        """The names of all connectors, those without a status among them."""
        ...

    def connectors(self, expected: Sequence[str] = ()) -> Mapping[str, SeenConnector]:
        """Every connector with configuration and status, by name: one request (KIP-465).

        The expanded listing leaves out a connector without a status, be it new or vanishing. `expected`
        names those whose absence would be acted on: it is confirmed by the plain listing. KO504 when the
        two do not agree in time.
        """
        ...

    def config(self, name: str) -> Mapping[str, str | None] | None:
        """One connector's configuration, secrets in clear; None without such a connector."""
        ...

    def status(self, name: str) -> ConnectorStatus | None:
        """State of one connector and its tasks; None when there is none, or none yet."""
        ...

    def task_configs(self, name: str) -> Mapping[int, Mapping[str, str | None]] | None:
        """Each task's configuration by task id; None without such a connector. Holds secrets."""
        ...

    def offsets(self, name: str) -> tuple[Json, ...]:
        """Committed positions (KIP-875): for a sink one entry a partition."""
        ...

    def plugins(self) -> tuple[Plugin, ...]:
        """Everything installed on the worker, converters and transformations included."""
        ...

    def key_types(self, connector_class: str) -> Mapping[str, str] | None:
        """The plugin's own keys and their types; None when the worker does not know the class."""
        ...

    def validate(self, connector_class: str, config: Mapping[str, str], scrub: Scrub) -> Validation:
        """Ask the worker about a configuration; nothing is created. Some plugins connect to their target."""
        ...

    def create(self, name: str, config: Mapping[str, str], initial_state: RunState, scrub: Scrub) -> None:
        """Create a connector; PAUSED or STOPPED never start (KIP-980). KO503 when there is one."""
        ...

    def put_config(self, name: str, config: Mapping[str, str], scrub: Scrub) -> None:
        """Replace a connector's whole configuration."""
        ...

    def pause(self, name: str) -> None:
        """Ask for PAUSED: tasks stay assigned and idle."""
        ...

    def resume(self, name: str) -> None:
        """Ask for RUNNING."""
        ...

    def stop(self, name: str) -> None:
        """Ask for STOPPED: tasks are shut down, their resources released (KIP-875)."""
        ...

    def restart(self, name: str, *, only_failed: bool) -> None:
        """Restart the connector and its tasks, or only what failed (KIP-745). The worker answers at once."""
        ...

    def delete(self, name: str) -> bool:
        """Delete a connector. False when there was none."""
        ...
