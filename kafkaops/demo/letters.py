"""Sending the demo's records, and watching a dead-letter topic for the poisoned one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kafkaops.errors import PlatformError

FLUSH_S = 30.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to send."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def _client(bootstrap_servers: str) -> dict[str, str | int | float | bool | None]:
    """Settings of every client: errors come back as values, so the library need not print its own."""
    return {"bootstrap.servers": bootstrap_servers, "log_level": 2}


def send(bootstrap_servers: str, records: Sequence[Outgoing]) -> None:
    """Send everything and wait until every broker that has to has it. Raises `PlatformError` KO935 if not."""
    from confluent_kafka import KafkaError, Message, Producer

    refused: list[str] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            refused.append(error.str())

    producer = Producer({**_client(bootstrap_servers), "acks": "all", "enable.idempotence": True})
    for record in records:
        producer.produce(
            record.topic,
            record.value,
            record.key,
            on_delivery=delivered,
            headers=[(name, value.encode()) for name, value in record.headers.items()],
        )
    left = producer.flush(FLUSH_S)
    if left or refused:
        reason = refused[0] if refused else f"no answer within {FLUSH_S:g} s"
        count = left + len(refused)
        raise PlatformError.of("KO935", f"Kafka did not take {count} of {len(records)} records: {reason}")


class DeadLetters:
    """A dead-letter topic, watched from its end at the time of making for one poisoned record."""

    def __init__(self, bootstrap_servers: str, topic: str, source: str, run: str) -> None:
        """`source` is the topic that the poison goes into; `run` makes it this run's own."""
        from confluent_kafka import Consumer, KafkaException, TopicPartition

        self.topic = topic
        self.poison = Outgoing(source, f"poison-{run}", f"poison of run {run}: no Avro".encode())
        self._consumer = Consumer(
            {**_client(bootstrap_servers), "group.id": f"kafkaops-demo-{run}", "enable.auto.commit": False}
        )
        self._seen = False
        try:
            partitions = self._consumer.list_topics(topic, timeout=10).topics[topic].partitions
            ends = [
                self._consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
                for number in partitions
            ]
        except KafkaException as error:
            self._consumer.close()
            raise PlatformError.of(
                "KO935", f"the dead-letter topic {topic} cannot be read: {error.args[0].str()}"
            ) from error
        self._consumer.assign(
            [TopicPartition(topic, number, end) for number, end in zip(partitions, ends, strict=True)]
        )

    def arrived(self) -> int:
        """1 once the poisoned record came, byte for byte."""
        while not self._seen:
            messages = self._consumer.consume(100, timeout=0.1)
            if not messages:
                break
            self._seen = any(message.error() is None and message.value() == self.poison.value for message in messages)
        return int(self._seen)

    def close(self) -> None:
        """Leave."""
        self._consumer.close()
