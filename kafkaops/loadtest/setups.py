"""What each worker of a run is to do, and whether all of it is under way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import UsageError
from kafkaops.loadtest.fleet import Role
from kafkaops.loadtest.load import Run
from kafkaops.loadtest.messages import ConsumerSetup, ProducerSetup
from kafkaops.loadtest.placement import consumer_partitions, is_pinned, producer_partitions
from kafkaops.loadtest.proof import Source
from kafkaops.loadtest.tally import LoadTally
from kafkaops.loadtest.twin import group_name, twin_name

CALIBRATE_S = 0.5


@dataclass(frozen=True, slots=True)
class Post:
    """A worker to start, the load it belongs to by its number, and a consumer's group."""

    role: Role
    load: int
    group: int
    setup: ProducerSetup | ConsumerSetup


def pinned_loads(run: Run, hosts: int) -> list[bool]:
    """By load: whether each record is read on the host that wrote it."""
    return [is_pinned(load, target.partitions, hosts) for load, target in zip(run.loads, run.targets, strict=True)]


def posts(run: Run, settings: KafkaSettings, hosts: int) -> Iterator[Post]:
    """All workers; of each load the consumers come first."""
    producers = consumers = 0
    for index, pinned in enumerate(pinned_loads(run, hosts)):
        for group in range(run.loads[index].groups):
            for share in range(run.loads[index].consumers):
                consumers += 1
                setup = _consumer(run, settings, index, group, share, consumers, hosts if pinned else None)
                yield Post(Role.CONSUMER, index, group, setup)
        for share in range(run.loads[index].producers):
            producers += 1
            # The first of each host measures what that host can make; the rest would only disturb it.
            calibrate_s = CALIBRATE_S if run.calibrate and producers <= hosts else 0.0
            producer = _producer(run, settings, index, share, producers, hosts if pinned else None, calibrate_s)
            yield Post(Role.PRODUCER, index, 0, producer)


def _consumer(
    run: Run, settings: KafkaSettings, index: int, group: int, share: int, number: int, hosts: int | None
) -> ConsumerSetup:
    load, target = run.loads[index], run.targets[index]
    return ConsumerSetup(
        f"consumer {number}", number, share, run.run, settings, load, target, run.timing, run.seed,
        group=group_name(load.topic, run.identity, group + 1),
        partitions=consumer_partitions(share, load.consumers, target.partitions, hosts) if hosts else (),
    )  # fmt: skip


def _producer(
    run: Run, settings: KafkaSettings, index: int, share: int, number: int, hosts: int | None, calibrate_s: float
) -> ProducerSetup:
    load, target = run.loads[index], run.targets[index]
    return ProducerSetup(
        f"producer {number}", number - 1, share, run.run, settings, load, target, run.timing, run.seed,
        payload=run.payloads[index], calibrate_s=calibrate_s,
        transactional_id=None if load.transaction_ns is None else f"{twin_name(load.topic, run.identity)}-p{number}",
        partitions=producer_partitions(share, target.partitions, hosts) if hosts else (),
    )  # fmt: skip


def read_back(run: Run, tallies: Sequence[LoadTally], hosts: int) -> bool:
    """Whether every group has a first record of every producer, from every partition that it writes to."""
    first = 0
    for tally, pinned in zip(tallies, pinned_loads(run, hosts), strict=True):
        partitions = tally.target.partitions
        for share in range(tally.load.producers):
            own = producer_partitions(share, partitions, hosts) if pinned else range(partitions)
            wanted = {Source(first + share, partition) for partition in own}
            if not all(wanted <= group.probes for group in tally.groups):
                return False
        first += tally.load.producers
    return True


def check_calibration(run: Run, tallies: Sequence[LoadTally]) -> None:
    """Refuse a rate that this machine cannot even hand to the client library. Raises `UsageError` KO002."""
    calibrated = min((ready.calibrated for tally in tallies for ready in tally.readies if ready.calibrated), default=0)
    for load in run.loads:
        if not calibrated or load.schedule is None:
            continue
        each = load.schedule.peak_rate / load.producers
        if each > calibrated:
            raise UsageError.of(
                "KO002",
                f"{each:,.0f} records per second and process are more than this machine can make: "
                f"it was measured at {calibrated:,.0f}",
                address=f"topic.{load.topic}",
                hint="lower the rate, spread it with --producers where there are cores for them, or use --max",
            )
