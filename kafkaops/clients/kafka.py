"""Kafka's admin side as kafkaops sees it: values and the port. `confluent.py` implements it.

Bulk by shape: every method takes many and answers many. What one item of a batch was refused is a value
(`Refusal`), not an exception; a request that failed as a whole raises `PlatformError`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

_MIN_IN_SYNC = "min.insync.replicas"


@dataclass(frozen=True, slots=True)
class PartitionState:
    """One partition: its leader (None when offline), replicas and in-sync replicas by broker id."""

    leader: int | None
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TopicPlacement:
    """A topic as one metadata request shows it."""

    name: str
    partitions: tuple[PartitionState, ...]
    internal: bool = False

    @property
    def replication_factor(self) -> int:
        """Replicas of the first partition; Kafka allows them to differ while a reassignment runs."""
        return len(self.partitions[0].replicas) if self.partitions else 0


@dataclass(frozen=True, slots=True)
class ClusterState:
    """The cluster as one metadata request shows it: identity, brokers, every visible topic."""

    cluster_id: str
    brokers: Mapping[int, str]
    """Broker id to `host:port`."""
    topics: Mapping[str, TopicPlacement]


@dataclass(frozen=True, slots=True, order=True)
class TopicPartition:
    """One partition of a topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]"


@dataclass(frozen=True, slots=True)
class Reassignment:
    """A partition whose replicas are being moved: all that hold it now, those that come and those that go."""

    replicas: tuple[int, ...]
    adding: tuple[int, ...] = ()
    removing: tuple[int, ...] = ()

    @property
    def target(self) -> tuple[int, ...]:
        """The replicas that will hold it."""
        return tuple(broker for broker in self.replicas if broker not in self.removing)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Kafka said of one item that it would not do: its error's name (`INVALID_CONFIG`) and text."""

    error: str
    text: str

    def __str__(self) -> str:
        return f"{self.text} ({self.error})" if self.text else self.error


Answers = Mapping[str, Refusal | None]
"""Per item asked about: None when it was done (or would be), or why not."""


@dataclass(frozen=True, slots=True)
class Configs:
    """The configs of one topic or group: what was set on it, and what it inherits from the brokers."""

    overrides: Mapping[str, str]
    inherited: Mapping[str, str]
    """Shared by all resources that inherit the same: hundreds of topics cost one mapping."""

    def effective(self, key: str) -> str | None:
        """The value in force; None for a key that Kafka does not know."""
        return self.overrides.get(key, self.inherited.get(key))

    @property
    def all(self) -> Mapping[str, str]:
        """Every value in force."""
        return {**self.inherited, **self.overrides}


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to create."""

    name: str
    partitions: int
    replication_factor: int
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """How many metadata records the controller writes for it; it refuses more than 10,000 at once.

        `min.insync.replicas` costs two, as seen on Kafka 4.3.1, whose eligible leader replicas (KIP-966) hang on it.
        """
        return 1 + self.partitions + len(self.config) + (_MIN_IN_SYNC in self.config)


@dataclass(frozen=True, slots=True)
class ConfigAlteration:
    """Configs to set and to reset on one topic or group; others are left alone."""

    name: str
    set: Mapping[str, str] = field(default_factory=dict)
    reset: tuple[str, ...] = ()


class ConfigScope(StrEnum):
    """Whose configs are meant."""

    TOPIC = "topic"
    GROUP = "group"
    BROKER = "broker"
    """A broker's dynamic configs; its name is its id."""


@dataclass(frozen=True, slots=True)
class TopicIdentity:
    """A topic's id, which no other topic ever had, not even one of the same name."""

    topic_id: str


class Position(StrEnum):
    """An end of a partition's log."""

    EARLIEST = "earliest"
    LATEST = "latest"


class GroupPhase(StrEnum):
    """A group's state, in Kafka's words where one is enough."""

    ABSENT = "absent"
    EMPTY = "empty"
    REBALANCING = "rebalancing"
    STABLE = "stable"
    FOREIGN = "foreign"
    """A share or streams group (KIP-932, KIP-1071): there, and neither client can say more."""

    @property
    def active(self) -> bool:
        """True while its offsets must not be changed from outside: it has members, or is not of consumers."""
        return self in (GroupPhase.REBALANCING, GroupPhase.STABLE, GroupPhase.FOREIGN)


@dataclass(frozen=True, slots=True)
class GroupMember:
    """One member of a group and what it was assigned. `host` as the coordinator saw it."""

    client_id: str
    host: str
    assigned: tuple[TopicPartition, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group as its coordinator describes it.

    `protocol` is `classic` or `consumer` (KIP-848); `purpose` what a classic group is for: `consumer`,
    `connect`, or empty for one that only ever had offsets.
    """

    name: str
    phase: GroupPhase
    protocol: str | None = None
    members: tuple[GroupMember, ...] = ()
    assignor: str | None = None
    purpose: str = "consumer"


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """The volumes of a broker's log directories together, in bytes."""

    total_bytes: int
    usable_bytes: int


class KafkaAdmin(Protocol):
    """Reads and changes of a Kafka cluster, in bulk. Every method raises `PlatformError`."""

    def cluster(self) -> ClusterState:
        """One metadata request for everything visible. KO401 when no broker answers within 10 s."""
        ...

    def configs(self, scope: ConfigScope, names: Sequence[str]) -> Mapping[str, Configs | Refusal]:
        """Configs by name, in chunks; each chunk is reduced as it arrives."""
        ...

    def broker_configs(self, broker: int) -> Mapping[str, str] | Refusal:
        """A broker's effective configs, without sensitive ones. They need rights that topics' do not."""
        ...

    def topic_identities(self, names: Sequence[str]) -> Mapping[str, TopicIdentity | Refusal]:
        """Ask for topics by name: `UNKNOWN_TOPIC_OR_PART` and `TOPIC_AUTHORIZATION_FAILED` are apart here."""
        ...

    def create_topics(self, topics: Sequence[NewTopic], *, validate_only: bool = False) -> Answers:
        """One request; keep it below the controller's limit (`NewTopic.records`)."""
        ...

    def grow_partitions(self, totals: Mapping[str, int], *, validate_only: bool = False) -> Answers:
        """Raise topics to these partition counts, in one request."""
        ...

    def alter_configs(
        self, scope: ConfigScope, alterations: Sequence[ConfigAlteration], *, validate_only: bool = False
    ) -> Answers:
        """Set and reset configs incrementally, in one request."""
        ...

    def delete_topics(self, names: Sequence[str]) -> Answers:
        """Delete topics, in one request. Irreversible."""
        ...

    def offsets(
        self, partitions: Sequence[TopicPartition], position: Position
    ) -> Mapping[TopicPartition, int | Refusal]:
        """First or next offset of each partition, one request for each leader."""
        ...

    def topics_on(self, broker: int, names: Sequence[str]) -> Mapping[str, int] | None:
        """Which of these topics one broker knows, with how many partitions that have a leader.

        None when it does not answer: it is not there just now.
        """
        ...

    def overrides_on(
        self, broker: int, scope: ConfigScope, keys: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Mapping[str, str] | Refusal] | None:
        """Of these keys of each topic or group, those that one broker holds as set on it, in one request.

        None when it does not answer: it is not there just now.
        """
        ...

    def disk_space(self, brokers: Sequence[int]) -> Mapping[int, DiskSpace | None]:
        """By broker; None where it does not say: before Kafka 3.3, without DESCRIBE on the cluster, or not there."""
        ...

    def releases(self, brokers: Sequence[int]) -> Mapping[int, str | None]:
        """By broker, as `4.3`; None where it does not say: before Kafka 3.3, with ZooKeeper, or not there."""
        ...

    def groups(self, names: Sequence[str]) -> Mapping[str, GroupView | Refusal]:
        """Describe groups of either protocol, one request or two for each coordinator."""
        ...

    def all_groups(self) -> Sequence[str]:
        """The names of all groups that the caller may see, one request for each broker."""
        ...

    def committed(self, groups: Mapping[str, Sequence[TopicPartition]]) -> Mapping[str, Mapping[TopicPartition, int]]:
        """Committed offsets of these partitions; one without a commit is not in the answer."""
        ...

    def all_committed(self, groups: Sequence[str]) -> Mapping[str, Mapping[TopicPartition, int] | Refusal]:
        """Every committed offset of these groups, on topics that the caller may see; or why not."""
        ...

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, Refusal | None]:
        """Commit offsets for a group that has no members."""
        ...

    def delete_groups(self, names: Sequence[str]) -> Answers:
        """Delete groups and their committed offsets. Irreversible."""
        ...

    def racks(self) -> Mapping[int, str | None]:
        """Every broker's rack, None where it has none, in one request."""
        ...

    def reassignments(self) -> Mapping[TopicPartition, Reassignment] | Refusal:
        """Every partition whose replicas are being moved, whoever began it, in one request.

        Refused without the right to describe the cluster.
        """
        ...

    def reassign(
        self, targets: Mapping[TopicPartition, tuple[int, ...] | None]
    ) -> Mapping[TopicPartition, Refusal | None]:
        """Begin to move partitions to these replicas, or with None cancel that, in one request.

        A partition that is being moved already is moved to the new target instead.
        """
        ...

    def log_sizes(
        self, partitions: Mapping[int, Sequence[TopicPartition]]
    ) -> Mapping[int, Mapping[TopicPartition, int]]:
        """Bytes on disk of partitions by broker, in a request each. A broker that is not there is left out."""
        ...

    def elect_leaders(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, Refusal | None]:
        """Let the preferred replicas lead; None also for those that lead already. In one request."""
        ...

    def close(self) -> None:
        """Let the connections go. Harmless when called twice."""
        ...
