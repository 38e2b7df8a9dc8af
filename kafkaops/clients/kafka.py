"""Kafka's admin side as kafkaops sees it: values and the port. `confluent.py` implements it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


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


class KafkaAdmin(Protocol):
    """Reads and changes of a Kafka cluster, in bulk. Every method raises `PlatformError`."""

    def cluster(self) -> ClusterState:
        """One metadata request for everything visible. KO401 when no broker answers within 10 s."""
        ...
