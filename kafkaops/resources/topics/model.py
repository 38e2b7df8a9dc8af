"""What is known of topics, and the operations on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from kafkaops.clients.kafka import Configs, TopicPlacement
from kafkaops.plan.model import Operation


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it was seen: its placement and its configs."""

    placement: TopicPlacement
    configs: Configs
    defaults: Mapping[str, str] = field(default_factory=dict)
    """What topics of this cluster inherit: the values that hold again when an override goes."""

    @property
    def partitions(self) -> int:
        """How many partitions it has."""
        return len(self.placement.partitions)

    @property
    def replication_factor(self) -> int:
        """How many replicas its partitions have."""
        return self.placement.replication_factor


@dataclass(frozen=True, slots=True)
class TopicsSnapshot:
    """The topics that the spec names and the cluster has."""

    seen: Mapping[str, TopicState]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTopic(Operation):
    """Make a topic."""

    verb: ClassVar[str] = "create topic"
    topic: str
    partitions: int
    replication_factor: int
    config: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowPartitions(Operation):
    """Add partitions. Keys hash to other partitions from then on; there is no way back."""

    verb: ClassVar[str] = "add partitions"
    topic: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTopicConfigs(Operation):
    """Set configs, and take overrides away so that the brokers' values hold again."""

    verb: ClassVar[str] = "set configs"
    topic: str
    set: tuple[tuple[str, str], ...] = ()
    reset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTopic(Operation):
    """Delete a topic with everything in it, and the offsets that groups committed on it."""

    verb: ClassVar[str] = "delete topic"
    topic: str
