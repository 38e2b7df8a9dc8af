"""Topics made, changed and removed past kafkaops, and every broker knows of it before a test goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType
from kafka import KafkaAdminClient, TopicPartition

from tests.waiting import shows, until

_LIMIT_S = 60.0


def make_topics(servers: str, *topics: NewTopic) -> None:
    """Create them, and wait until each broker shows them: each learns of them by itself, and a plan may ask any."""
    admin = AdminClient({"bootstrap.servers": servers})
    for future in admin.create_topics(list(topics)).values():
        future.result(timeout=_LIMIT_S)
    names = {topic.topic for topic in topics}
    _everywhere(servers, f"{names} to be there", lambda admin: names <= _topics(admin))


def await_gone(servers: str, *names: str) -> None:
    """Wait until no broker shows these topics any more, which were deleted."""
    _everywhere(servers, f"{names} to be gone", lambda admin: _topics(admin).isdisjoint(names))


def remove_topics(servers: str, *names: str) -> None:
    """Delete them."""
    admin = AdminClient({"bootstrap.servers": servers})
    for future in admin.delete_topics(list(names)).values():
        future.result(timeout=_LIMIT_S)
    await_gone(servers, *names)


def set_configs(servers: str, topic: str, configs: Mapping[str, str]) -> None:
    """Set configs of a topic."""
    entries = [ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in configs.items()]
    admin = AdminClient({"bootstrap.servers": servers})
    altered = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin.incremental_alter_configs([altered])[altered].result(timeout=_LIMIT_S)

    def shown(admin: AdminClient) -> bool:
        resource = ConfigResource(ResourceType.TOPIC, topic)
        found = admin.describe_configs([resource])[resource].result(timeout=_LIMIT_S)
        return all(found[key].value == value for key, value in configs.items())

    _everywhere(servers, f"{configs} on {topic}", shown)


def commit_offsets(admin: AdminClient, asked: ConsumerGroupTopicPartitions) -> None:
    """Commit for a group without members; a coordinator that does not know the topics yet says so of each partition."""

    def refused() -> list[TopicPartition]:
        (future,) = admin.alter_consumer_group_offsets([asked]).values()
        return [place for place in future.result(timeout=_LIMIT_S).topic_partitions if place.error]

    shows(refused, [], _LIMIT_S)


def prefer_another_replica(servers: str, topic: str, partition: int = 0) -> None:
    """Order a partition's replicas so that another one than the leader is preferred."""
    client = KafkaAdminClient(bootstrap_servers=servers)
    moved = TopicPartition(topic, partition)
    try:
        (found,) = client.describe_topics([topic])
        (part,) = (part for part in found["partitions"] if part["partition_index"] == partition)
        leader, others = part["leader_id"], [each for each in part["replica_nodes"] if each != part["leader_id"]]
        client.alter_partition_reassignments({moved: [*others, leader]})
        until(lambda: not client.list_partition_reassignments([moved]), f"the end of {moved}'s reassignment")
    finally:
        client.close()


def _topics(admin: AdminClient) -> set[str]:
    return set(admin.list_topics(timeout=_LIMIT_S).topics)


def _everywhere(servers: str, what: str, holds: Callable[[AdminClient], bool]) -> None:
    for server in servers.split(","):
        # A new client each time asks the one broker that it knows.
        until(partial(_holds_at, server, holds), f"on {server}: {what}", _LIMIT_S)


def _holds_at(server: str, holds: Callable[[AdminClient], bool]) -> bool:
    return holds(AdminClient({"bootstrap.servers": server}))
