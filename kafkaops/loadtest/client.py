"""Settings of the load's own clients: the environment's, ours, the user's. What is shown of them holds no secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kafkaops.clients.kafka_settings import KafkaSettings

Value = str | int | float | bool
Config = dict[str, Value]
_SECRET = re.compile(r"password|secret|token|credential|pem|sasl\.|ssl\.key|oauth|jaas", re.IGNORECASE)
_OWN = frozenset({
    "bootstrap.servers", "client.id", "group.id", "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset",
    "delivery.report.only.error", "error_cb", "stats_cb", "on_delivery", "statistics.interval.ms", "partitioner",
    "enable.partition.eof", "transactional.id",
})  # fmt: skip
"""What a load test depends on and users cannot change."""


TRANSACTIONAL_PRODUCER: Config = {
    "enable.idempotence": True, "message.timeout.ms": 60_000, "transaction.timeout.ms": 60_000,
}  # fmt: skip
"""What a producer with transactions sets otherwise: a record cannot outlive its transaction."""
TRANSACTIONAL_CONSUMER: Config = {"isolation.level": "read_committed", "enable.partition.eof": True}
"""A consumer's; ends of partitions are asked for because the log holds markers between records."""


def refused_properties(names: Mapping[str, str]) -> tuple[str, ...]:
    """Those of the user's properties that a load test sets itself."""
    return tuple(name for name in names if _bare(name) in _OWN)


def producer_defaults(acks: str, compression: str, linger_ms: int, in_flight: int, max_message_bytes: int) -> Config:
    """A producer's settings before the user's own."""
    return {
        "acks": acks,
        "enable.idempotence": acks == "all",
        "linger.ms": linger_ms,
        "compression.type": compression,
        "message.max.bytes": max_message_bytes,
        "batch.size": min(1_000_000, max_message_bytes),
        "batch.num.messages": 10_000,
        # Ours is the cap: the library's own must never be the one that is hit, for it would tear batches apart.
        "queue.buffering.max.messages": in_flight + 100_000,
        "queue.buffering.max.kbytes": 2_097_151,
        "message.timeout.ms": 120_000,
    }


def consumer_defaults(max_message_bytes: int) -> Config:
    """A consumer's settings before the user's own."""
    return {
        "fetch.wait.max.ms": 500,
        "fetch.min.bytes": 1,
        # Four times the library's own: a reader that has fallen behind gains a twentieth, others wait no longer for it.
        "fetch.message.max.bytes": max(4 << 20, max_message_bytes),
        "queued.max.messages.kbytes": 65_536,
        # How long fetching pauses once enough is queued. The library's own second lets a fast reader run dry.
        "fetch.queue.backoff.ms": 10,
        "session.timeout.ms": 45_000,
        "allow.auto.create.topics": False,
    }


def with_user_properties(defaults: Config, properties: Mapping[str, str], side: str) -> Config:
    """`defaults` and the user's properties for one side: bare names, and those written `producer.` or `consumer.`."""
    chosen = dict(defaults)
    other = "consumer." if side == "producer" else "producer."
    for name, value in properties.items():
        if not name.startswith(other):
            chosen[_bare(name)] = value
    return chosen


def producer_settings(config: Mapping[str, Value], every_ack: bool) -> Config:
    """A producer's settings, but for its name and the environment's."""
    return {**config, "delivery.report.only.error": not every_ack, "statistics.interval.ms": 1_000}


def consumer_settings(config: Mapping[str, Value]) -> Config:
    """A consumer's settings, but for its name, its group and the environment's."""
    return {
        **config,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
    }


def producer_client(settings: KafkaSettings, config: Mapping[str, Value], name: str, every_ack: bool) -> Config:
    """Everything that a producer is made with, secrets included."""
    return {**settings.for_confluent(), **producer_settings(config, every_ack), "client.id": name}


def consumer_client(settings: KafkaSettings, config: Mapping[str, Value], name: str, group: str) -> Config:
    """Everything that a consumer is made with, secrets included."""
    return {**settings.for_confluent(), **consumer_settings(config), "client.id": name, "group.id": group}


def is_secret(text: str) -> bool:
    """Whether a property's name, or a text that may quote one with its value, is not for reports."""
    return _SECRET.search(text) is not None


def shown(config: Mapping[str, Value]) -> Config:
    """A client's settings for a report."""
    return {name: value for name, value in sorted(config.items()) if not is_secret(name)}


def _bare(name: str) -> str:
    return name.removeprefix("producer.").removeprefix("consumer.")
