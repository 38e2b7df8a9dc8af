"""What is known of topics, and the operations on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from kafkaops.clients.kafka import Configs, Reassignment, Refusal, TopicPartition, TopicPlacement
from kafkaops.plan.model import Operation
from kafkaops.resources.topics.placement import Replicas
from kafkaops.resources.topics.throttle_mark import FOLLOWERS, LEADERS, Mark, mark_of


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it was seen: its placement and its configs."""

    placement: TopicPlacement
    configs: Configs
    defaults: Mapping[str, str] = field(default_factory=dict)
    """What topics of this cluster inherit: the values that hold again when an override goes."""
    moving: Mapping[int, Reassignment] = field(default_factory=dict)
    """Partitions whose replicas are being moved."""

    @property
    def partitions(self) -> int:
        """How many partitions it has."""
        return len(self.placement.partitions)

    @property
    def targets(self) -> tuple[Replicas, ...]:
        """The replicas of each partition, once what is being moved is."""
        return tuple(
            self.moving[index].target if index in self.moving else part.replicas
            for index, part in enumerate(self.placement.partitions)
        )

    @property
    def factors(self) -> frozenset[int]:
        """How many replicas its partitions have, once what is being moved is: one number, unless it was half moved."""
        return frozenset(map(len, self.targets))

    @property
    def replication_factor(self) -> int:
        """How many replicas its partitions have, once what is being moved is; the fewest where they differ."""
        return min(self.factors, default=0)

    @property
    def mark(self) -> Mark | None:
        """What a move by kafkaops left on it."""
        return mark_of(self.configs)

    @property
    def overrides(self) -> Mapping[str, str]:
        """What was set on it by others than kafkaops for a move."""
        if self.mark is None:
            return self.configs.overrides
        return {key: value for key, value in self.configs.overrides.items() if key not in (LEADERS, FOLLOWERS)}


@dataclass(frozen=True, slots=True)
class Copying:
    """How far the move of a topic's replicas is."""

    topic: str
    left: int
    """Partitions that are not done."""
    partitions: int
    """All that the topic has."""
    bytes_left: int | None
    """Estimated from log dirs; None when a broker does not say."""
    ours: bool = False
    """Whether kafkaops began it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is known of replicas beyond their metadata; asked for only where something is moving, or to be moved."""

    racks: Mapping[int, str | None] | None = None
    """Of the brokers that are there; None when nobody needed it."""
    moving: Mapping[TopicPartition, Reassignment] = field(default_factory=dict)
    refused: Refusal | None = None
    """Why the reassignments cannot be looked at."""
    copying: tuple[Copying, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicsSnapshot:
    """The topics that the spec names and the cluster has, and how replicas lie."""

    seen: Mapping[str, TopicState]
    layout: Layout = field(default_factory=Layout)


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
class Move(Operation):
    """What operations on replicas have in common. The cluster copies for as long as it takes (`settle.py`)."""

    topic: str
    before: tuple[tuple[int, Replicas], ...] = ()
    """The partitions that change, with the replicas that have their records."""
    after: tuple[tuple[int, Replicas], ...] = ()
    """The same ones, with the replicas that they are to have."""
    throttle: int | None = None
    """Bytes per second that each broker may send, and receive, for it."""
    then_set: tuple[tuple[str, str], ...] = ()
    """Configs that fit only when the copies are there."""
    then_reset: tuple[str, ...] = ()
    """Overrides that must stay until then."""

    @property
    def copies(self) -> dict[int, tuple[int, ...]]:
        """By partition, the brokers that get a new replica."""
        return {
            partition: tuple(broker for broker in after if broker not in before)
            for (partition, before), (_, after) in zip(self.before, self.after, strict=True)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignReplicas(Move):
    """Begin to move replicas."""

    verb: ClassVar[str] = "reassign replicas"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReplicationFactor(ReassignReplicas):
    """Begin to make replicas, or to take some away."""

    verb: ClassVar[str] = "change replication factor"
    factor_before: int
    factor_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishReassignment(Move):
    """See a move through that kafkaops began earlier; what it names is on its way already."""

    verb: ClassVar[str] = "finish reassignment"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReassignment(Operation):
    """Give up what is being moved of these partitions, and take away what was set for it."""

    verb: ClassVar[str] = "cancel reassignment"
    topic: str
    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectLeaders(Operation):
    """Let the preferred replicas of these partitions lead."""

    verb: ClassVar[str] = "elect leaders"
    topic: str
    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTopic(Operation):
    """Delete a topic with everything in it, and the offsets that groups committed on it."""

    verb: ClassVar[str] = "delete topic"
    topic: str
