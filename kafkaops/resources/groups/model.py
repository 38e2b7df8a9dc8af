"""What is known of consumer groups, and the operations on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from kafkaops.clients.kafka import Configs, GroupView, TopicPartition
from kafkaops.plan.model import Operation
from kafkaops.spec.model import StartFrom


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group as it was seen."""

    view: GroupView
    committed: Mapping[TopicPartition, int]
    """Committed offsets on the partitions that the spec's topics have now."""
    configs: Configs | None = None
    """Its own configs (KIP-848); None where the spec declares none, so that nobody asked."""


@dataclass(frozen=True, slots=True)
class GroupsSnapshot:
    """The groups that the spec names, and where their topics end."""

    seen: Mapping[str, GroupState]
    ends: Mapping[TopicPartition, int] = field(default_factory=dict)
    """Next offsets of the partitions whose lag matters; one that could not be told is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitStartPosition(Operation):
    """Commit where a group is to start on partitions for which it has no committed offset.

    The offsets themselves are looked up when it is done: the partitions may not exist before.
    """

    verb: ClassVar[str] = "commit start position"
    group: str
    start_from: StartFrom
    partitions: tuple[TopicPartition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetGroupConfigs(Operation):
    """Set a group's own configs (KIP-848), and take away those that this project set and the spec dropped."""

    verb: ClassVar[str] = "set group configs"
    group: str
    set: tuple[tuple[str, str], ...]
    reset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteGroup(Operation):
    """Delete a group with its committed offsets."""

    verb: ClassVar[str] = "delete group"
    group: str
