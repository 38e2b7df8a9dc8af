"""A load as it will run: everything decided, nothing left to default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafkaops.loadtest.partitioner import Keys
from kafkaops.loadtest.payload import Payload
from kafkaops.loadtest.proof import Guarantee
from kafkaops.loadtest.schedule import NANOSECONDS, Schedule
from kafkaops.spec.loadtests import Arrivals, LoadTestObjectives, ProducerEngine

SLOT_NS = 100_000_000
"""Counts are kept by tenths of a second, so that a backlog is compared at the same instants on both sides."""
SLOTS_PER_SECOND = NANOSECONDS // SLOT_NS
DRAIN_NS = 30 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class Load:
    """The load on one topic."""

    topic: str
    """As declared; the records go to `Target.name`."""
    schedule: Schedule | None
    """The measured part, without the warm-up; None: closed loop, as fast as records are acked."""
    shape: str
    """The schedule in words."""
    arrivals: Arrivals
    keys: Keys
    producers: int
    consumers: int
    """In each group."""
    groups: int
    in_flight: int
    """Records that one producer may have unacked."""
    consume_cost_ns: int
    every_ack: bool
    """Whether the response of every ack is recorded, or only failures are reported."""
    transaction_ns: int | None = None
    """How long a producer's transactions are open; None: there are none."""
    drain: int | None = None
    """Records of a backlog that is built up, as fast as they are acked, and then read."""
    every_record: bool = False
    """Whether each record is kept by itself, for a file of raw records."""
    engine: ProducerEngine = ProducerEngine.PORTABLE
    """The one that is asked for."""
    producer_config: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    consumer_config: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    @property
    def guarantee(self) -> Guarantee:
        """What the producers' settings promise."""
        acks = str(self.producer_config.get("acks", "all"))
        idempotent = str(self.producer_config.get("enable.idempotence", False)).lower() == "true"
        return Guarantee(acks_all=acks in ("all", "-1"), idempotent=idempotent)


@dataclass(frozen=True, slots=True)
class Timing:
    """When things happen, in nanoseconds from the start."""

    warmup_ns: int
    duration_ns: int
    drain_ns: int = DRAIN_NS
    """How long producers and consumers may take to finish after the last record was due."""

    @property
    def end_ns(self) -> int:
        """The end of the schedule."""
        return self.warmup_ns + self.duration_ns


@dataclass(frozen=True, slots=True)
class Target:
    """The topic that takes the records, and what of it matters to clients."""

    name: str
    partitions: int
    replication_factor: int
    max_message_bytes: int
    config: Mapping[str, str]
    """Its overrides."""
    twin: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One load test."""

    run: int
    """31 bits that no other run's records carry."""
    identity: str
    """The same for people: twelve hexadecimal digits, the first eight of them the time of the start."""
    profile: str | None
    timing: Timing
    loads: tuple[Load, ...]
    payloads: tuple[Payload, ...]
    targets: tuple[Target, ...]
    objectives: LoadTestObjectives
    abort_on_fail: bool
    seed: int
    calibrate: bool = True

    @property
    def drains(self) -> bool:
        """Whether backlogs are built up first and read then."""
        return any(load.drain is not None for load in self.loads)
