"""What Kafka refuses, and what it would wrongly let through: topics and groups."""

from __future__ import annotations

from tests.live.corpus import Case

_TOPIC = "topics:\n  {u}-a: {partitions: 3, replication_factor: 3}\n"


def _changed(**config: str) -> str:
    listed = ", ".join(f"{key.replace('_', '.')}: {value}" for key, value in config.items())
    return f"topics:\n  {{u}}-a: {{partitions: 3, replication_factor: 3, config: {{{listed}}}}}\n"


CASES = (
    # --- what the brokers refuse ---
    Case(
        name="more replicas than brokers",
        spec="topics:\n  {u}-a: {partitions: 1, replication_factor: 4}\n",
        address="topic.{u}-a",
        code="KO203",
    ),
    Case(
        name="more partitions than a request may create",
        spec="topics:\n  {u}-a: {partitions: 20000, replication_factor: 3}\n",
        address="topic.{u}-a",
        code="KO210",
    ),
    Case(
        name="more partitions than a request may add",
        before=_TOPIC,
        spec="topics:\n  {u}-a: {partitions: 20000, replication_factor: 3}\n",
        address="topic.{u}-a",
        code="KO210",
    ),
    Case(
        name="fewer partitions", before=_TOPIC, spec=_TOPIC.replace("3,", "2,", 1), address="topic.{u}-a", code="KO201"
    ),
    Case(
        name="a vendor's config that these brokers do not know",
        spec=_changed(confluent_placement_constraints="x"),
        address="topic.{u}-a",
        code="KO234",
    ),
    Case(
        name="an unknown config on a topic that is there",
        before=_TOPIC,
        spec=_changed(confluent_placement_constraints="x"),
        address="topic.{u}-a",
        code="KO234",
    ),
    Case(
        name="tiered storage where there is none",
        spec=_changed(remote_storage_enable="true"),
        address="topic.{u}-a",
        code="KO235",
    ),
    Case(
        name="compaction lags that contradict what is set already",
        before=_changed(max_compaction_lag_ms="5000"),
        spec=_changed(min_compaction_lag_ms="10000"),
        address="topic.{u}-a",
        code="KO235",
    ),
    Case(
        name="a group's session timeout below the coordinator's minimum",
        before=_TOPIC,
        spec=_TOPIC + "consumer_groups:\n  {u}-g: {topics: ['{u}-a'], config: {consumer.session.timeout.ms: 1000}}\n",
        address="group.{u}-g",
        code="KO621",
    ),
    Case(
        name="a group that has members is deleted",
        spec="removed: [{address: group.connect, allow: [delete]}]",
        address="group.connect",
        code="KO602",
    ),
    # --- what the brokers let through, and should not have ---
    Case(
        name="a replication factor below the min.insync.replicas in force",
        before=_TOPIC,
        spec="topics:\n  {u}-a: {partitions: 3, replication_factor: 1}\n",
        address="topic.{u}-a",
        code="KO264",
    ),
    Case(
        name="the brokers' min.insync.replicas above the replication factor",
        spec="topics:\n  {u}-a: {partitions: 1, replication_factor: 1}\n",
        address="topic.{u}-a",
        code="KO233",
    ),
    Case(
        name="a name that metrics cannot tell from another topic's",
        before="topics:\n  {u}_a: {partitions: 1, replication_factor: 3}\n",
        spec="topics:\n  {u}.a: {partitions: 1, replication_factor: 3}\n",
        address="topic.{u}.a",
        code="KO207",
    ),
    Case(
        name="batches that no segment holds",
        spec=_changed(max_message_bytes="4194304", segment_bytes="2097152"),
        address="topic.{u}-a",
        code="KO209",
    ),
    Case(
        name="batches that no segment holds, on a topic that is there",
        before=_changed(segment_bytes="2097152"),
        spec=_changed(max_message_bytes="4194304", segment_bytes="2097152"),
        address="topic.{u}-a",
        code="KO209",
    ),
    Case(
        name="leaders that lack records",
        before=_TOPIC,
        spec=_changed(unclean_leader_election_enable="true"),
        address="topic.{u}-a",
        code="KO225",
    ),
    Case(
        name="producers' larger batches shut out",
        before=_TOPIC,
        spec=_changed(max_message_bytes="1000"),
        address="topic.{u}-a",
        code="KO224",
    ),
    Case(
        name="a topic is deleted",
        before=_TOPIC,
        spec="removed: [{address: topic.{u}-a}]",
        address="topic.{u}-a",
        code="KO220",
    ),
    Case(
        name="a group's offsets are deleted",
        before=_TOPIC + "consumer_groups:\n  {u}-g: {topics: ['{u}-a'], start_from: earliest}\n",
        spec=_TOPIC + "removed: [{address: group.{u}-g}]",
        address="group.{u}-g",
        code="KO604",
    ),
    Case(
        name="a start position on a topic that nobody makes",
        spec=(
            "topics:\n  {u}-a: {partitions: 3, replication_factor: 3, managed: false}\n"
            "consumer_groups:\n  {u}-g: {topics: ['{u}-a'], start_from: earliest}\n"
            "  {u}-h: {topics: ['{u}-a'], start_from: latest}\n"
        ),
        address="group.{u}-g",
        code="KO601",
    ),
)
