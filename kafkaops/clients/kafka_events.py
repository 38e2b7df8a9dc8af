"""A topic of events on confluent-kafka: acknowledged by all in-sync replicas before the next wave begins."""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from kafkaops.clients import kafka_errors as errors
from kafkaops.clients.kafka_contact import Heard
from kafkaops.clients.kafka_settings import KafkaSettings, Resolves
from kafkaops.errors import PlatformError
from kafkaops.spec.model import KafkaConnection

_POLL_S = 0.1


def connect_events(connection: KafkaConnection, resolver: Resolves, topic: str) -> KafkaEvents:
    """The events of a topic on the cluster that an environment declares. Nothing is sent yet."""
    return KafkaEvents(KafkaSettings.of(connection, resolver), topic)


class KafkaEvents:
    """See `EventSink`. One caller at a time."""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self.name = f"topic {topic}"
        self._topic, self._settings = topic, settings
        self._heard = Heard()
        self._on_their_way = 0
        self._lost: list[KafkaError] = []
        self._producer: Producer | None = Producer(
            {
                **settings.for_confluent(),
                "acks": "all",
                "enable.idempotence": True,
                "allow.auto.create.topics": False,
                "linger.ms": 0,
                "delivery.timeout.ms": settings.request_timeout_ms,
                "request.timeout.ms": settings.request_timeout_ms,
                "error_cb": self._heard.on_error,
            },
            logger=self._heard.logger,
        )

    def put(self, key: str, line: str) -> None:
        """Send one event. KO841 when it cannot be, or an earlier one was lost."""
        producer = self._open()
        try:
            producer.produce(self._topic, line.encode(), key.encode(), on_delivery=self._delivered)
        except BufferError:  # so many are on their way; when they have arrived, there is room
            self.settle()
            self.put(key, line)
            return
        except KafkaException as error:
            raise self._failed(errors.kafka_error_of(error)) from error
        self._on_their_way += 1
        producer.poll(0)
        self._raise_lost()

    def settle(self) -> None:
        """Wait until every event is acknowledged. KO841 when one is not."""
        producer = self._open()
        # librdkafka ends the wait itself (delivery.timeout.ms); the bound here is for a client that does not.
        until = time.monotonic() + 2 * self._settings.request_timeout_s + 5
        while self._on_their_way and not self._lost and time.monotonic() < until:
            producer.poll(_POLL_S)
        self._raise_lost()
        if self._on_their_way:
            raise self._failed(None)

    def close(self) -> None:
        """Let the connections go."""
        if self._producer is not None:
            self._producer.purge()
            self._producer = None

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._on_their_way -= 1
        if error is not None:
            self._lost.append(error)

    def _open(self) -> Producer:
        assert self._producer is not None, "an event came after the end"
        return self._producer

    def _raise_lost(self) -> None:
        if self._lost:
            raise self._failed(self._lost[0])

    def _failed(self, error: KafkaError | None) -> PlatformError:
        reason = f"{error.str()} ({error.name()})" if error is not None else "it was not acknowledged in time"
        heard = "\n".join(self._heard.reasons())
        return PlatformError.of("KO841", f"audit {self.name} does not take events: {reason}", detail=heard or None)
