"""What is observed of connectors, and what can be done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from kafkaops.clients.connect import SeenConnector
from kafkaops.plan.model import Operation
from kafkaops.resources.connectors.configuration import ResolvedConfig
from kafkaops.resources.connectors.secrets import Scrubber
from kafkaops.spec.model import ConnectorState

KIND = "connector"

WrittenConfig = tuple[tuple[str, str], ...]
"""A flat configuration in key order as the spec writes it, for people, plans and pipes to see.

References stand as references; what the spec holds in clear and must not be seen is masked. What is sent
comes from the spec itself.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateConnector(Operation):
    """Create a connector in its state; one that is to be paused or stopped never starts (KIP-980)."""

    verb: ClassVar[str] = "create connector"
    connector: str
    config: WrittenConfig
    state: ConnectorState
    start_timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PutConnectorConfig(Operation):
    """Replace the whole configuration."""

    verb: ClassVar[str] = "put connector config"
    connector: str
    config: WrittenConfig
    keys: tuple[str, ...]
    """The keys that differ."""
    state: ConnectorState
    start_timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseConnector(Operation):
    """Keep the tasks assigned and idle."""

    verb: ClassVar[str] = "pause connector"
    connector: str
    start_timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeConnector(Operation):
    """Run a connector that was paused or stopped."""

    verb: ClassVar[str] = "resume connector"
    connector: str
    start_timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopConnector(Operation):
    """Shut the tasks down."""

    verb: ClassVar[str] = "stop connector"
    connector: str
    start_timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartFailedTasks(Operation):
    """Restart what failed, the connector itself included."""

    verb: ClassVar[str] = "restart failed tasks"
    connector: str
    tasks: tuple[int, ...]
    state: ConnectorState
    start_timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartConnector(Operation):
    """Restart the connector and all its tasks."""

    verb: ClassVar[str] = "restart connector"
    connector: str
    start_timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteConnector(Operation):
    """Delete a connector. What it committed stays."""

    verb: ClassVar[str] = "delete connector"
    connector: str


@dataclass(frozen=True, slots=True)
class ConnectorsSnapshot:
    """Connect as it was read, beside what the spec wants with its references looked up."""

    seen: Mapping[str, SeenConnector]
    wanted: Mapping[str, ResolvedConfig]
    """The managed connectors of the spec."""
    key_types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Per class of a plugin in a connector that differs: its keys' declared types. Unknown classes are missing."""
    recorded: Mapping[str, ResolvedConfig] = field(default_factory=dict)
    """The references that the ledger says were last applied, and that the spec may not have any more; of those that
    can still be looked up, what they stand for."""
    scrub: Scrubber = field(default_factory=Scrubber, repr=False)
    """Knows every secret of both sides."""
