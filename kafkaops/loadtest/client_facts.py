"""What a result says of the client library: versions, and what the clients' settings come to."""

from __future__ import annotations

import confluent_kafka
from confluent_kafka import KafkaException

from kafkaops import __version__
from kafkaops.loadtest.client import Config, consumer_settings, is_secret, producer_settings
from kafkaops.loadtest.librdkafka import Kind, Unavailable, effective
from kafkaops.loadtest.load import Load

_NOT_SETTINGS = (
    "_cb", "enabled_events", "builtin.features", "default_topic_conf", "internal.", "test.", "client.",
    "sasl.", "ssl.", "security.", "enable.ssl.", "enable.sasl.", "enable_sasl_queue",
)  # fmt: skip
"""Beginnings and ends of what is left out: functions, what the library is made with, clients' names, and the login."""


def versions() -> dict[str, str]:
    """Ours, the client's, and that of the library below it."""
    return {
        "kafkaops": __version__,
        "confluent-kafka": confluent_kafka.__version__,
        "librdkafka": str(confluent_kafka.libversion()[0]),
    }


def effective_clients(load: Load) -> dict[str, dict[str, str] | None]:
    """Every property in force in a load's producers and consumers, but for the login.

    None where the library cannot be asked, or refuses what the client in its process is made with.
    """
    return {
        "producer": _effective(producer_settings(load.producer_config, load.every_ack), Kind.PRODUCER),
        "consumer": _effective(consumer_settings(load.consumer_config), Kind.CONSUMER) if load.consumers else None,
    }


def _effective(config: Config, kind: Kind) -> dict[str, str] | None:
    try:
        found = effective({name: value for name, value in config.items() if not is_secret(name)}, kind)
    except (Unavailable, KafkaException):
        return None
    return {
        name: value
        for name, value in sorted(found.items())
        if not is_secret(name) and not name.startswith(_NOT_SETTINGS) and not name.endswith(_NOT_SETTINGS)
    }
