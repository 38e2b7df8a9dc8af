"""What a load is not like a real service's, in sentences that stand in its report. Pure."""

from __future__ import annotations

from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.load import Load
from kafkaops.loadtest.partitioner import KeyMode
from kafkaops.loadtest.tally import LoadTally
from kafkaops.loadtest.verdict import Verdict
from kafkaops.spec.loadtests import ProducerEngine

LOOK_MS = 0.3
"""How long at least between two looks of a producer at its schedule."""


def disclosures(load: Load, pinned: bool) -> tuple[str, ...]:
    """What a reader of the figures should know."""
    found = []
    if load.keys.mode in (KeyMode.UNIFORM, KeyMode.ZIPF):
        found.append(
            f"keys {load.keys}: partitions are those that Kafka's default partitioner gives such keys; the "
            "records' own keys are stamps of 24 bytes"
        )
    if load.schedule is None:
        found.append("records for one partition are handed over together, as many as there is room for")
    else:
        found.append(
            f"records that fall due within {LOOK_MS:g} ms and go to one partition are handed over in one call: batches "
            "are a little fuller than those of a service that sends one by one, and across partitions order is not kept"
        )
    if load.schedule is None and load.drain is None:
        found.append("closed loop: latencies are service times, a stall holds back the load that would show it")
    if pinned:
        found.append("each host reads the partitions that it writes, so that a latency is taken on one clock")
    if load.transaction_ns is not None:
        found.append("an ack is the broker's; a record is consumed once its transaction is committed")
    return tuple(found)


def busy_threads(load: Load, service: Histogram, verdict: Verdict) -> tuple[str, ...]:
    """Where the cores went that were missing, if acks took longer than batches linger.

    librdkafka (2.16, `rd_kafka_toppar_producer_serve`): an idempotent producer has one batch of a partition under way,
    as its limit of five counts records. When the next one is due meanwhile, the thread asks again without a pause. A
    record waits for half of a linger, in the middle, and an ack's service includes that.
    """
    median_ns = service.percentile(500_000)
    linger_ms = float(load.producer_config.get("linger.ms", 5))
    if verdict not in (Verdict.GENERATOR_LIMITED, Verdict.HOST_LIMITED) or not load.guarantee.idempotent:
        return ()
    if median_ns is None or median_ns <= 1.5 * linger_ms * 1e6:
        return ()
    return (
        f"half of the acks took {median_ns / 1e6:.3g} ms or more, so that batches are under way for longer than they "
        f"linger (linger.ms={linger_ms:g}): the client's threads wait busily for them; a longer linger leaves the "
        "cores to others",
    )


def engines(tally: LoadTally) -> tuple[str, ...]:
    """Which engine handed records over, where it is not simply the usual one."""
    direct = [ready.worker for ready in tally.readies if ready.engine is ProducerEngine.DIRECT]
    if not direct:
        return fall_backs(tally)
    who = "" if len(direct) == len(tally.readies) else f" of {', '.join(sorted(direct))}"
    return (f"the direct engine handed over the records{who}", *fall_backs(tally))


def fall_backs(tally: LoadTally) -> tuple[str, ...]:
    """Why producers did not use the engine that was asked for; each reason once."""
    reasons = sorted({ready.fell_back for ready in tally.readies if ready.fell_back is not None})
    return tuple(f"the {tally.load.engine} engine is not used, the portable one is: {reason}" for reason in reasons)
