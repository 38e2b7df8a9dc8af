"""Kafka 4.3's topic configs: types and ranges as the brokers check them (LogConfig, TopicConfig)."""

from __future__ import annotations

from collections.abc import Mapping

from kafkaops.spec.config_keys import INT_MAX, ConfigKey, ConfigKind

_KEYS = (
    ConfigKey("cleanup.policy", ConfigKind.LIST, choices=("delete", "compact")),
    ConfigKey("compression.gzip.level", ConfigKind.WHOLE, -1, 9),
    ConfigKey("compression.lz4.level", ConfigKind.WHOLE, 1, 17),
    ConfigKey(
        "compression.type",
        ConfigKind.CHOICE,
        choices=("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
    ),
    ConfigKey("compression.zstd.level", ConfigKind.WHOLE, -131_072, 22),
    ConfigKey("delete.retention.ms", ConfigKind.MILLISECONDS),
    ConfigKey("file.delete.delay.ms", ConfigKind.MILLISECONDS),
    ConfigKey("flush.messages", ConfigKind.WHOLE, 1),
    ConfigKey("flush.ms", ConfigKind.MILLISECONDS),
    ConfigKey("follower.replication.throttled.replicas", ConfigKind.REPLICAS),
    ConfigKey("index.interval.bytes", ConfigKind.BYTES, 0, INT_MAX),
    ConfigKey("leader.replication.throttled.replicas", ConfigKind.REPLICAS),
    ConfigKey("local.retention.bytes", ConfigKind.BYTES, -2, unlimited=True),
    ConfigKey("local.retention.ms", ConfigKind.MILLISECONDS, -2, unlimited=True),
    ConfigKey("max.compaction.lag.ms", ConfigKind.MILLISECONDS, 1),
    ConfigKey("max.message.bytes", ConfigKind.BYTES, 0, INT_MAX),
    ConfigKey("message.timestamp.after.max.ms", ConfigKind.MILLISECONDS),
    ConfigKey("message.timestamp.before.max.ms", ConfigKind.MILLISECONDS),
    ConfigKey("message.timestamp.type", ConfigKind.CHOICE, choices=("CreateTime", "LogAppendTime")),
    ConfigKey("min.cleanable.dirty.ratio", ConfigKind.DECIMAL, 0, 1),
    ConfigKey("min.compaction.lag.ms", ConfigKind.MILLISECONDS),
    ConfigKey("min.insync.replicas", ConfigKind.WHOLE, 1, INT_MAX),
    ConfigKey("preallocate", ConfigKind.FLAG),
    ConfigKey("remote.log.copy.disable", ConfigKind.FLAG),
    ConfigKey("remote.log.delete.on.disable", ConfigKind.FLAG),
    ConfigKey("remote.storage.enable", ConfigKind.FLAG),
    # The broker takes any negative number for unlimited; one spelling of it is enough.
    ConfigKey("retention.bytes", ConfigKind.BYTES, -1, unlimited=True),
    ConfigKey("retention.ms", ConfigKind.MILLISECONDS, -1, unlimited=True),
    # At least 1 MiB since Kafka 4.0 (KIP-1030).
    ConfigKey("segment.bytes", ConfigKind.BYTES, 1 << 20, INT_MAX),
    ConfigKey("segment.index.bytes", ConfigKind.BYTES, 4, INT_MAX),
    ConfigKey("segment.jitter.ms", ConfigKind.MILLISECONDS),
    ConfigKey("segment.ms", ConfigKind.MILLISECONDS, 1),
    ConfigKey("unclean.leader.election.enable", ConfigKind.FLAG),
)
TOPIC_CONFIGS: Mapping[str, ConfigKey] = {key.name: key for key in _KEYS}

BROKER_NAMES: Mapping[str, str] = {
    "log.cleanup.policy": "cleanup.policy",
    "log.flush.interval.messages": "flush.messages",
    "log.flush.interval.ms": "flush.ms",
    "log.retention.bytes": "retention.bytes",
    "log.retention.ms": "retention.ms",
    "log.retention.hours": "retention.ms",
    "log.retention.minutes": "retention.ms",
    "log.roll.ms": "segment.ms",
    "log.roll.hours": "segment.ms",
    "log.segment.bytes": "segment.bytes",
    "message.max.bytes": "max.message.bytes",
}
"""Brokers' names for the same things, which people write by mistake."""
REMOVED_NAMES: Mapping[str, str] = {
    "message.downconversion.enable": "remove it; brokers convert nothing since then",
    "message.format.version": "remove it; there is one message format since then",
    "message.timestamp.difference.max.ms": ("write message.timestamp.before.max.ms and message.timestamp.after.max.ms"),
}
"""Topic configs that Kafka 4.0 removed, and what to do instead."""
