"""The shape of load tests in the spec. Field descriptions end up in the published JSON Schema."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
)

from kafkaops.spec.fields import Bytes, ConfigValue, Count, Flag, Milliseconds, Model, Rate
from kafkaops.spec.units import config_text

_SHORTEST_MS = 1_000


class Arrivals(StrEnum):
    """How records are spread over time at a given rate."""

    EVEN = "even"
    POISSON = "poisson"


class ProducerEngine(StrEnum):
    """What hands a load test's records to Kafka."""

    PORTABLE = "portable"
    """confluent-kafka's Python interface."""
    DIRECT = "direct"
    """The C interface of the librdkafka in confluent-kafka's wheel, where it can be used."""


class LoadTestRamp(Model):
    """A rate that changes evenly over the whole duration."""

    from_rate: Rate = Field(alias="from", description="The rate at the start, such as 1000/s.")
    to_rate: Rate = Field(alias="to", description="The rate at the end.")


class LoadTestObjectives(Model):
    """What a load test must reach. Latencies count from the intended time, to consumption where it is consumed."""

    p50: Milliseconds | None = Field(default=None, ge=0)
    p90: Milliseconds | None = Field(default=None, ge=0)
    p95: Milliseconds | None = Field(default=None, ge=0)
    p99: Milliseconds | None = Field(default=None, ge=0)
    p99_9: Milliseconds | None = Field(default=None, ge=0)
    p99_99: Milliseconds | None = Field(default=None, ge=0)
    max: Milliseconds | None = Field(default=None, ge=0)
    throughput: Rate | None = Field(default=None, description="Acked records, at least; such as 5000/s.")
    drain: Rate | None = Field(default=None, description="Records of a backlog read by each group, at least.")
    backlog: Count | None = Field(default=None, ge=0, description="Records that a group may be behind, at most.")
    lost: Count | None = Field(default=None, ge=0)
    duplicated: Count | None = Field(default=None, ge=0)
    reordered: Count | None = Field(default=None, ge=0)
    errors: Count | None = Field(default=None, ge=0, description="Records that were not acked, at most.")


class LoadTestLoad(Model):
    """The load on one topic. What is absent is the profile's, and then the command's default."""

    rate: Rate | None = Field(default=None, description="Records per second, such as 5000/s or 20k/s.")
    ramp: LoadTestRamp | None = None
    steps: tuple[Rate, ...] = Field(default=(), description="Rates, each for an equal part of the duration.")
    max_rate: Flag | None = Field(
        default=None, alias="max", description="As fast as the cluster takes them; latencies are service times only."
    )
    drain: Count | None = Field(
        default=None, ge=1, description="Build up a backlog of so many records, then measure how fast it is read."
    )
    arrivals: Arrivals | None = None
    payload: str | None = Field(
        default=None, description="avro (from the registered schema), bytes, or a file of samples, one a line."
    )
    size: Bytes | None = Field(default=None, ge=1, description="Bytes of a value, on average.")
    keys: str | None = Field(default=None, description="round-robin, sticky, uniform:KEYS or zipf:KEYS:EXPONENT.")
    producers: Count | None = Field(default=None, ge=1, le=64, description="Producer processes.")
    consumers: Count | None = Field(default=None, ge=0, le=64, description="Consumer processes in each group.")
    groups: Count | None = Field(default=None, ge=1, le=16, description="Consumer groups; each reads everything.")
    acks: Annotated[Literal["all", "0", "1"], BeforeValidator(config_text)] | None = None
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] | None = None
    linger: Milliseconds | None = Field(default=None, ge=0)
    transactions: Milliseconds | None = Field(
        default=None, ge=1, description="Produce in transactions, each open so long; consumers read what is committed."
    )
    consume_cost: Milliseconds | None = Field(
        default=None, ge=0, description="Work that a consumer does for each record; without it a backlog means little."
    )
    in_flight: Count | None = Field(default=None, ge=1, description="Records a producer may have unacked.")
    engine: ProducerEngine | None = Field(
        default=None, description="portable, or direct: less processor time for each record, where it can be used."
    )
    client: dict[str, ConfigValue] = Field(
        default={}, description="Further client properties; producer.NAME and consumer.NAME for one side only."
    )


def _measurable(milliseconds: int) -> int:
    if milliseconds < _SHORTEST_MS:
        raise ValueError("at least 1s is measured")
    return milliseconds


class LoadTest(LoadTestLoad):
    """A load test: what is sent where, for how long, and what it must reach."""

    topic: str | None = Field(default=None, description="The topic whose twin takes the load.")
    topics: dict[str, LoadTestLoad] = Field(default={}, description="Several topics at once, each with its own load.")
    duration: Annotated[Milliseconds, AfterValidator(_measurable)] = Field(
        default=60_000, description="How long is measured; a second at least."
    )
    warmup: Milliseconds = Field(default=10_000, ge=0, description="Sent before that and not measured.")
    slo: LoadTestObjectives = LoadTestObjectives()
    abort_on_fail: Flag = Field(default=False, description="End at once when an objective cannot be met any more.")
    seed: Count = Field(default=1, ge=0, description="Makes payloads, keys and Poisson arrivals repeatable.")
    description: str | None = None
