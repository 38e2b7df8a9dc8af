"""Which resources an import takes: by kind, and by the names of topics. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from kafkaops.clients.kafka import ClusterState
from kafkaops.spec.protected import owner_of


class Part(StrEnum):
    """What can be imported by itself."""

    TOPICS = "topics"
    SCHEMAS = "schemas"
    GROUPS = "groups"
    CONNECTORS = "connectors"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted. Patterns are of topics; what belongs to topics goes with them."""

    parts: frozenset[Part] = frozenset(Part)
    topics: tuple[str, ...] = ()
    """Patterns with `*`; empty for every topic, and then also for what belongs to none."""
    exclude: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether what belongs to no topic is wanted, too."""
        return not self.topics

    def wants(self, topic: str) -> bool:
        """Whether a topic of this name is wanted."""
        included = not self.topics or any(fnmatchcase(topic, pattern) for pattern in self.topics)
        return included and not self.leaves_out(topic)

    def leaves_out(self, name: str) -> bool:
        """Whether `--exclude` names it."""
        return any(fnmatchcase(name, pattern) for pattern in self.exclude)


def foreign_topics(cluster: ClusterState) -> Mapping[str, str]:
    """Topics of Kafka, Connect, registries and Streams, each with whose it is."""
    found = {name: owner_of(name) for name in cluster.topics}
    internal = {name: "Kafka itself" for name, item in cluster.topics.items() if item.internal}
    return {**internal, **{name: owner for name, owner in found.items() if owner}}


def wanted_topics(cluster: ClusterState, selection: Selection) -> tuple[str, ...]:
    """The topics to import, in order."""
    foreign = foreign_topics(cluster)
    return tuple(sorted(name for name in cluster.topics if name not in foreign and selection.wants(name)))


def unmatched(patterns: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """The patterns that match none of the names."""
    known = tuple(names)
    return tuple(pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in known))
