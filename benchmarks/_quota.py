"""A quota on what the producers of load tests may write to each broker."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaAdminClient
from kafka.protocol.admin import AlterClientQuotasRequest

from kafkaops.clients.kafka_settings import KafkaSettings

CLIENT = "producer 1"
"""The client id of a load test's first producer."""


@contextmanager
def producer_byte_rate(settings: KafkaSettings, bytes_per_second: int) -> Iterator[None]:
    """Bytes per second that the client may write to each broker. Raises `SystemExit` when it cannot be set.

    A quota outlasts who set it, so SIGTERM ends the benchmark in good order too.
    """
    admin = KafkaAdminClient(**settings.for_kafka_python())
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        _alter(admin, bytes_per_second)
        try:
            yield
        finally:
            _alter(admin, None)
    finally:
        signal.signal(signal.SIGTERM, before)
        admin.close()


def _alter(admin: KafkaAdminClient, bytes_per_second: int | None) -> None:
    """kafka-python has the request and no method for it; brokers pass it on to the controller."""
    entry = AlterClientQuotasRequest.EntryData
    operation = entry.OpData(
        key="producer_byte_rate", value=float(bytes_per_second or 0), remove=bytes_per_second is None
    )
    entity = entry.EntityData(entity_type="client-id", entity_name=CLIENT)
    request = AlterClientQuotasRequest(entries=[entry(entity=[entity], ops=[operation])], validate_only=False)
    response = admin._manager.run(admin._manager.send, request)
    refused = [each.error_message for each in response.entries if each.error_code]
    if refused:
        raise SystemExit(f"the quota cannot be altered: {refused[0]}")
