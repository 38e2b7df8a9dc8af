"""Operations as requests to the admin port, in batches that the controller takes (KAFKA-17870)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from kafkaops.clients.kafka import ConfigAlteration, NewTopic
from kafkaops.resources.topics.model import CreateTopic, GrowPartitions, SetTopicConfigs

T = TypeVar("T")

MAX_RECORDS = 9_000
"""Metadata records in a request. The controller refuses more than 10,000, and writes a few of its own."""
MAX_RESOURCES = 500
"""Resources in a request to alter configs."""


def batches(items: Iterable[T], weight: Callable[[T], int], limit: int) -> Iterator[tuple[T, ...]]:
    """Items in order, as many at a time as weigh no more than the limit; a heavier one goes alone."""
    batch: list[T] = []
    total = 0
    for item in items:
        if batch and total + weight(item) > limit:
            yield tuple(batch)
            batch, total = [], 0
        batch.append(item)
        total += weight(item)
    if batch:
        yield tuple(batch)


def create_batches(steps: Sequence[CreateTopic]) -> Iterator[tuple[CreateTopic, ...]]:
    """Creations by the metadata records that they cost."""
    return batches(steps, lambda step: new_topic(step).records, MAX_RECORDS)


def growth_batches(steps: Sequence[GrowPartitions]) -> Iterator[tuple[GrowPartitions, ...]]:
    """Growths by the partitions that they add."""
    return batches(steps, lambda step: 1 + step.after - step.before, MAX_RECORDS)


def config_batches(steps: Sequence[SetTopicConfigs]) -> Iterator[tuple[SetTopicConfigs, ...]]:
    """Config changes by resources; topics with very many keys count for more."""
    return batches(steps, lambda step: 1 + (len(step.set) + len(step.reset)) // 16, MAX_RESOURCES)


def new_topic(step: CreateTopic) -> NewTopic:
    """The topic that a creation asks for."""
    return NewTopic(step.topic, step.partitions, step.replication_factor, dict(step.config))


def alteration(step: SetTopicConfigs) -> ConfigAlteration:
    """The configs that a change asks for."""
    return ConfigAlteration(step.topic, dict(step.set), step.reset)
