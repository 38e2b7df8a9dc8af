"""What was read of a cluster, a registry and a Connect: the whole input of an import, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafkaops.address import Address
from kafkaops.clients.connect import SeenConnector
from kafkaops.clients.kafka import ClusterState, Refusal
from kafkaops.clients.registry import RegisteredSchema, RegistryState
from kafkaops.errors import Diagnostic, Severity
from kafkaops.resources.groups.model import GroupState
from kafkaops.resources.topics.model import TopicState


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One look at everything that an import concerns. Connectors' configurations hold secrets."""

    cluster: ClusterState
    topics: Mapping[str, TopicState] = field(default_factory=dict)
    """Topics with their configs."""
    unreadable: Mapping[str, Refusal] = field(default_factory=dict)
    """Topics that can be seen and whose configs cannot be read."""
    moves_unknown: Refusal | None = None
    """Why it is not known which replicas are being moved, where some may be."""
    unseen: Mapping[str, Refusal | None] = field(default_factory=dict)
    """Topics that something names and the listing does not hold: what Kafka said when asked for them by name.

    None: it was there when it was asked for."""
    registry: RegistryState | None = None
    older: Mapping[tuple[str, int], RegisteredSchema] = field(default_factory=dict)
    """Versions before the newest that others refer to, beside those that the bulk read gave."""
    groups: Mapping[str, GroupState] = field(default_factory=dict)
    refused_groups: Mapping[str, Refusal] = field(default_factory=dict)
    """Groups that can be listed and not be described."""
    partly_read_groups: Mapping[str, str] = field(default_factory=dict)
    """Groups of which something could not be read, with what and why."""
    connectors: Mapping[str, SeenConnector] = field(default_factory=dict, repr=False)
    key_types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Per plugin class its keys' declared types; a class that the worker does not know is missing."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why something is left out though it is there."""

    reason: str
    code: str = "KO961"
    severity: Severity = Severity.WARNING


Exclusions = Mapping[Address, Exclusion]


def finding(
    code: str,
    address: Address | str | None,
    summary: str,
    *,
    severity: Severity = Severity.WARNING,
    hint: str | None = None,
    detail: str | None = None,
) -> Diagnostic:
    """Something worth saying of an import."""
    return Diagnostic(code, summary, severity, str(address) if address else None, detail=detail, hint=hint)
