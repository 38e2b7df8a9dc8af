"""Reassignments and log sizes on kafka-python's connections: its own calls drop the brokers' reasons, or ask in turn.

A mixin of `kafka_wire.Wire`; everything here runs on its network thread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from confluent_kafka import KafkaError
from kafka import errors as vendor
from kafka.protocol.admin import (
    AlterPartitionReassignmentsRequest,
    DescribeLogDirsRequest,
    ListPartitionReassignmentsRequest,
)

from kafkaops.clients.kafka import Reassignment, Refusal, TopicPartition
from kafkaops.clients.kafka_patience import PASSING

NOT_THERE: Final = (
    vendor.NodeNotReadyError,
    vendor.KafkaConnectionError,
    vendor.UnknownBrokerIdError,
    vendor.KafkaTimeoutError,
    vendor.RequestTimedOutError,
)
"""How kafka-python says that a broker is gone: at once, when metadata list it no longer, or by its silence."""
_NO_ERROR: Final = 0
_NO_RIGHT: Final = 31  # CLUSTER_AUTHORIZATION_FAILED
_STORAGE_ERROR: Final = 56  # KAFKA_STORAGE_ERROR: one of several log dirs is offline
_TIMEOUT_MS: Final = 60_000


def refusal(code: int, text: str | None = None) -> Refusal:
    """A protocol error code as a refusal, in librdkafka's names, which the other client uses."""
    error = KafkaError(code)
    return Refusal(error.name(), text or error.str())


class ReplicaCalls:
    """What is asked about the replicas of partitions."""

    _manager: Any
    _controller_id: int | None
    _refresh_controller_id: Any

    async def reassignments(self) -> dict[TopicPartition, Reassignment] | Refusal:
        """Every reassignment in progress, whoever began it; a refusal without the right to know."""
        request = ListPartitionReassignmentsRequest(timeout_ms=_TIMEOUT_MS, topics=None)
        response = await self._of_controller(request)
        if response.error_code == _NO_RIGHT:
            return refusal(response.error_code, response.error_message)
        _raise_for(response.error_code, response.error_message)
        return {
            TopicPartition(topic.name, part.partition_index): Reassignment(
                tuple(part.replicas), tuple(part.adding_replicas), tuple(part.removing_replicas)
            )
            for topic in response.topics
            for part in topic.partitions
        }

    async def reassign(
        self, targets: Mapping[TopicPartition, tuple[int, ...] | None]
    ) -> dict[TopicPartition, Refusal | None]:
        """Begin, change or (None) cancel reassignments; the answer is per partition."""
        topic = AlterPartitionReassignmentsRequest.ReassignableTopic
        by_topic: dict[str, list[Any]] = defaultdict(list)
        for key, replicas in targets.items():
            by_topic[key.topic].append(
                topic.ReassignablePartition(
                    partition_index=key.partition, replicas=None if replicas is None else list(replicas)
                )
            )
        request = AlterPartitionReassignmentsRequest(
            timeout_ms=_TIMEOUT_MS, topics=[topic(name=name, partitions=parts) for name, parts in by_topic.items()]
        )
        response = await self._of_controller(request)
        _raise_for(response.error_code, response.error_message)
        parts = [(item.name, part) for item in response.responses for part in item.partitions]
        for _, part in parts:
            if refusal(part.error_code).error in PASSING:
                _raise_for(part.error_code, part.error_message)
        return {
            TopicPartition(name, part.partition_index): (
                refusal(part.error_code, part.error_message) if part.error_code else None
            )
            for name, part in parts
        }

    async def log_sizes(
        self, partitions: Mapping[int, Sequence[TopicPartition]]
    ) -> dict[int, dict[TopicPartition, int]]:
        """Bytes on disk by broker, all brokers asked at once; one that does not answer is left out."""
        asked = {
            broker: self._manager.call_soon(self._sizes_on, broker, wanted) for broker, wanted in partitions.items()
        }
        found: dict[int, dict[TopicPartition, int]] = {}
        for broker, future in asked.items():
            try:
                found[broker] = await future
            except NOT_THERE:
                continue
        return found

    async def _of_controller(self, request: Any) -> Any:
        """The controller's answer, by way of whichever broker metadata name: its own errors are in it."""
        if self._controller_id is None:
            self._controller_id = await self._refresh_controller_id()
        return await self._manager.send(request, node_id=self._controller_id)

    async def _sizes_on(self, broker: int, wanted: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        topic = DescribeLogDirsRequest.DescribableLogDirTopic
        by_topic: dict[str, list[int]] = defaultdict(list)
        for key in wanted:
            by_topic[key.topic].append(key.partition)
        request = DescribeLogDirsRequest(
            topics=[topic(topic=name, partitions=indexes) for name, indexes in by_topic.items()]
        )
        response = await self._manager.send(request, node_id=broker)
        found: dict[TopicPartition, int] = {}
        for folder in response.results:
            if folder.error_code not in (_NO_ERROR, _STORAGE_ERROR):
                raise vendor.for_code(folder.error_code)()
            for item in folder.topics:
                for part in item.partitions:
                    if not part.is_future_key:
                        found[TopicPartition(item.name, part.partition_index)] = part.partition_size
        return found


def _raise_for(code: int, text: str | None) -> None:
    """Raise kafka-python's error for a code, if it is one."""
    if code:
        raise vendor.for_code(code)(text or "")
