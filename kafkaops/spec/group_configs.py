"""Kafka 4.3's group configs (KIP-848, KIP-932, KIP-1071), as the coordinator checks them (GroupConfig)."""

from __future__ import annotations

from collections.abc import Mapping

from kafkaops.spec.config_keys import INT_MAX, ConfigKey, ConfigKind

_KEYS = (
    ConfigKey("consumer.assignment.interval.ms", ConfigKind.MILLISECONDS, 0, INT_MAX),
    ConfigKey("consumer.heartbeat.interval.ms", ConfigKind.MILLISECONDS, 1, INT_MAX),
    ConfigKey("consumer.session.timeout.ms", ConfigKind.MILLISECONDS, 1, INT_MAX),
    ConfigKey("share.assignment.interval.ms", ConfigKind.MILLISECONDS, 0, INT_MAX),
    ConfigKey("share.delivery.count.limit", ConfigKind.WHOLE, 2, INT_MAX),
    ConfigKey("share.heartbeat.interval.ms", ConfigKind.MILLISECONDS, 1, INT_MAX),
    ConfigKey("share.isolation.level", ConfigKind.CHOICE, choices=("read_committed", "read_uncommitted")),
    ConfigKey("share.partition.max.record.locks", ConfigKind.WHOLE, 100, INT_MAX),
    ConfigKey("share.record.lock.duration.ms", ConfigKind.MILLISECONDS, 1000, INT_MAX),
    ConfigKey("share.renew.acknowledge.enable", ConfigKind.FLAG),
    ConfigKey("share.session.timeout.ms", ConfigKind.MILLISECONDS, 1, INT_MAX),
    ConfigKey("streams.assignment.interval.ms", ConfigKind.MILLISECONDS, 0, INT_MAX),
    ConfigKey("streams.heartbeat.interval.ms", ConfigKind.MILLISECONDS, 1, INT_MAX),
    ConfigKey("streams.initial.rebalance.delay.ms", ConfigKind.MILLISECONDS, 0, INT_MAX),
    ConfigKey("streams.num.standby.replicas", ConfigKind.WHOLE, 0, INT_MAX),
    ConfigKey("streams.session.timeout.ms", ConfigKind.MILLISECONDS, 1, INT_MAX),
)
GROUP_CONFIGS: Mapping[str, ConfigKey] = {key.name: key for key in _KEYS}
FREE_FORM = frozenset({"share.auto.offset.reset"})
"""Known, but with a value of its own grammar (`by_duration:PT1H`): left to the coordinator."""
