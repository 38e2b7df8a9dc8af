"""A run's result as one JSON document; every other rendering is made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from kafkaops.loadtest.client import shown
from kafkaops.loadtest.client_facts import effective_clients, versions
from kafkaops.loadtest.disclosures import busy_threads, disclosures, engines
from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.load import SLOT_NS, Load, Run
from kafkaops.loadtest.outcome import Outcome
from kafkaops.loadtest.payload import Payload
from kafkaops.loadtest.proof import Fault, Finding, Proof
from kafkaops.loadtest.slo import PERCENTILES, Measured, Objective, evaluate
from kafkaops.loadtest.stamp import SIZE
from kafkaops.loadtest.tally import LoadTally
from kafkaops.loadtest.usage import host_description
from kafkaops.loadtest.verdict import Judgement, Verdict, judge

FORMAT = "kafkaops-loadtest/1"
Document = dict[str, Any]
_WORST = (Verdict.FAIL, Verdict.PARTIAL, Verdict.HOST_LIMITED, Verdict.GENERATOR_LIMITED, Verdict.PASS)


def result_document(run: Run, outcome: Outcome, cluster: Mapping[str, Any]) -> Document:
    """Judge a run and write everything down. Secrets are left out."""
    loads = [_load_document(run, outcome, index, tally) for index, tally in enumerate(outcome.tallies)]
    verdict = next(each for each in _WORST if any(load["verdict"] == each for load in loads))
    return {
        "format": FORMAT,
        "profile": run.profile,
        "run": run.identity,
        "started_at": datetime.fromtimestamp(outcome.started_at, UTC).isoformat(timespec="milliseconds"),
        "warmup_s": run.timing.warmup_ns / 1e9,
        "duration_s": run.timing.duration_ns / 1e9,
        "seed": run.seed,
        "verdict": verdict.value,
        "reasons": [f"{load['topic']}: {reason}" for load in loads for reason in load["reasons"]],
        "interrupted": outcome.interrupted,
        "objectives_set": bool(run.objectives.model_fields_set),
        "loads": loads,
        "happened": list(outcome.happened),
        "warnings": [str(warning) for warning in outcome.warnings],
        "cluster": dict(cluster),
        "versions": versions(),
        "host": {**host_description(), "busy_share": outcome.host_busy},
        "fleet": _clocks_document(outcome),
    }


def _load_document(run: Run, outcome: Outcome, index: int, tally: LoadTally) -> Document:
    load, target = tally.load, tally.target
    proofs = tally.proofs(outcome.ends[index])
    counts = _fault_counts(proofs, tally)
    drained = _drain_document(outcome, tally)
    objectives = evaluate(
        run.objectives,
        Measured(
            tally.judged_response(),
            tally.throughput,
            tally.highest_backlog(),
            {**counts, "errors": tally.failed},
            _clock_error_ns(outcome, index),
            min((each["records_per_s"] for each in drained or ()), default=None),
        ),
    )
    judgement = _judge(outcome, tally, proofs, objectives)
    return {
        "topic": load.topic,
        "verdict": judgement.verdict.value,
        "reasons": list(judgement.reasons),
        "objectives": [_objective(each) for each in objectives],
        "clock": {
            "one": not outcome.clocks or outcome.pinned[index],
            "error_ms": _clock_error_ns(outcome, index) / 1e6,
        },
        "measured_until_s": tally.end_ns / 1e9,
        "load": _settings_document(load),
        "engine": _engine_document(tally),
        "payload": _payload_document(run.payloads[index], tally),
        "target": {
            **asdict(target),
            "config": dict(target.config),
            "effective_config": dict(sorted((outcome.configs[index] or {}).items())) if outcome.configs else {},
        },
        "clients": {"producer": shown(load.producer_config), "consumer": shown(load.consumer_config)},
        "effective_clients": effective_clients(load),
        "rates": _rates_document(tally),
        "records": _records_document(tally),
        "errors": dict(sorted(tally.errors.items())),
        "events": dict(sorted(tally.events.items())),
        "event_seconds": {name: list(seconds) for name, seconds in sorted(tally.event_seconds.items())},
        "blocked_s": tally.blocked_ns / 1e9,
        "highest_backlog": tally.highest_backlog(),
        "drain": drained,
        "disclosures": [
            *engines(tally),
            *disclosures(load, bool(outcome.pinned) and outcome.pinned[index]),
            *busy_threads(load, tally.service, judgement.verdict),
        ],
        "latency": _latency_document(tally),
        "proof": [_proof(group.name, proof, tally) for group, proof in zip(tally.groups, proofs, strict=False)],
        "groups": [
            {
                "name": group.name,
                "rebalances": group.rebalances,
                "foreign": group.foreign,
                "misplaced": group.misplaced,
                "end_to_end_response": _distribution(group.response, whole=False),
            }
            for group in tally.groups
        ],
        "workers": [asdict(worker) for worker in tally.workers],
        "series": tally.series(),
    }


def _settings_document(load: Load) -> Document:
    return {
        "shape": load.shape,
        "open_loop": load.schedule is not None,
        "arrivals": load.arrivals.value,
        "keys": str(load.keys),
        "producers": load.producers,
        "groups": load.groups,
        "consumers_per_group": load.consumers,
        "consume_cost_ms": load.consume_cost_ns / 1e6,
        "in_flight_cap": load.in_flight,
        "transaction_ms": None if load.transaction_ns is None else load.transaction_ns / 1e6,
        "acks_recorded": "all" if load.every_ack else "errors",
    }


def _engine_document(tally: LoadTally) -> Document:
    """Which engine was asked for, which ran, and why another one did."""
    return {
        "asked": tally.load.engine.value,
        "used": sorted({ready.engine.value for ready in tally.readies}),
        "fell_back": sorted({ready.fell_back for ready in tally.readies if ready.fell_back is not None}),
    }


def _payload_document(payload: Payload, tally: LoadTally) -> Document:
    ready = tally.readies[0] if tally.readies else None
    pool_ratio, fresh_ratio = next((each.ratios for each in tally.readies if each.ratios), (None, None))
    return {
        "kind": payload.kind.value,
        "schema_id": payload.schema_id,
        "mean_bytes": ready.pool_mean_bytes if ready else None,
        "pool_values": ready.pool_values if ready else None,
        "repeats_in_batch": ready.repeats_in_batch if ready else None,
        "pool_ratio": pool_ratio,
        "fresh_ratio": fresh_ratio,
        "wire_ratio": tally.plain_bytes / tally.wire_bytes if tally.wire_bytes else None,
    }


def _rates_document(tally: LoadTally) -> Document:
    return {
        "offered": tally.offered_rate,
        "sent": tally.sent_rate,
        "acked": tally.throughput,
        "calibrated_per_process": next((each.calibrated for each in tally.readies if each.calibrated), None),
    }


def _clock_error_ns(outcome: Outcome, index: int) -> int:
    """How wrong an end-to-end latency may be: nothing where each was taken on one clock."""
    if not outcome.clocks or outcome.pinned[index]:
        return 0
    worst = sorted((clock.error_ns for clock in outcome.clocks), reverse=True)
    return sum(worst[:2])  # the producer's host and the consumer's


def _clocks_document(outcome: Outcome) -> list[Document]:
    return [
        {
            "host": clock.host,
            "offset_ms": clock.before.offset_ns / 1e6,
            "offset_error_ms": clock.before.error_ns / 1e6,
            "drift_ppm": clock.drift_ppm,
            "drift_error_ppm": clock.drift_error_ppm,
            **outcome.hosts.get(clock.host, {}),
        }
        for clock in outcome.clocks
    ]


def _drain_document(outcome: Outcome, tally: LoadTally) -> list[Document] | None:
    """How fast each group read the backlog that had been built up; None where none was."""
    if tally.load.drain is None or outcome.released_ns is None:
        return None
    found = []
    size = tally.readies[0].pool_mean_bytes + SIZE if tally.readies else 0.0
    released = outcome.released_ns // SLOT_NS
    for group in tally.groups:
        records = sum(count for slot, count in group.consumed.items() if slot >= released)
        if group.last_ns is None or not records:
            continue
        seconds = max(group.last_ns - outcome.released_ns, 1) / 1e9
        found.append({
            "group": group.name,
            "records": records,
            "seconds": seconds,
            "records_per_s": records / seconds,
            "bytes_per_s": records * size / seconds,
        })  # fmt: skip
    return found


def _records_document(tally: LoadTally) -> Document:
    return {
        "due": sum(tally.due.values()),
        "sent": sum(tally.sent.values()),
        "acked": sum(tally.acked.values()),
        "unsent": tally.unsent,
        "failed": tally.failed,
    }


def _latency_document(tally: LoadTally) -> Document:
    load = tally.load
    return {
        "schedule_delay": _distribution(tally.delay if load.schedule is not None else Histogram()),
        "ack_service": _distribution(tally.service),
        "ack_response": _distribution(tally.response if load.schedule is not None else Histogram()),
        "end_to_end_response": _distribution(tally.end_to_end()),
    }


def _judge(outcome: Outcome, tally: LoadTally, proofs: Sequence[Proof], objectives: Sequence[Objective]) -> Judgement:
    guarantee = tally.load.guarantee
    violations = sum(guarantee.violations(proof) for proof in proofs)
    violations += sum(group.misplaced for group in tally.groups)
    if not violations and outcome.aborted is not None:
        return Judgement(Verdict.FAIL, (outcome.aborted,))
    interrupted = outcome.interrupted
    unread = sum(proof.unread for proof in proofs)
    if interrupted is None and unread:
        interrupted = f"{unread:,} acked records were not read within {tally.timing.drain_ns / 1e9:g} s of the end"
    return judge(
        violations=violations,
        interrupted=interrupted,
        objectives=objectives,
        own_delay=tally.own_delay if tally.load.schedule is not None else Histogram(),
        response=tally.judged_response(),
        # How fast a backlog is read does not depend on who built it up.
        workers=[each for each in tally.workers if tally.load.drain is None or each.name.startswith("consumer")],
    )


def _fault_counts(proofs: Sequence[Proof], tally: LoadTally) -> dict[str, int | None]:
    """The worst group's faults; None where nothing was read or not everything could be."""
    names = (Fault.LOST, Fault.DUPLICATED, Fault.REORDERED)
    if not proofs or not tally.load.consumers:
        return {name.value: None for name in names}
    counts: dict[str, int | None] = {name.value: max(proof.counts[name] for proof in proofs) for name in names}
    if not all(proof.complete for proof in proofs) and not counts[Fault.LOST.value]:
        counts[Fault.LOST.value] = None
    return counts


def _proof(group: str, proof: Proof, tally: LoadTally) -> Document:
    return {
        "group": group,
        "acked": proof.acked,
        "checked": proof.checked,
        "in_doubt": proof.in_doubt,
        "in_doubt_written": proof.in_doubt_written,
        "redelivered": proof.redelivered,
        "unread": proof.unread,
        "faults": {
            fault.value: {"records": count, "allowed_by": tally.load.guarantee.excuse(fault) if count else None}
            for fault, count in proof.counts.items()
        },
        "findings": [_finding(finding) for finding in proof.findings],
    }


def _finding(finding: Finding) -> Document:
    return {
        "fault": finding.fault.value,
        "producer": finding.source.producer + 1,
        "partition": finding.source.partition,
        "first_sequence": finding.first_sequence,
        "records": finding.count,
        "offset" if finding.fault is not Fault.LOST else "after_offset": finding.offset,
    }


def _objective(objective: Objective) -> Document:
    return {
        "name": objective.name,
        "comparison": objective.comparison.value,
        "limit": objective.limit,
        "measured": objective.measured,
        "unit": objective.unit,
        "error": objective.error,
        "met": objective.met,
    }


def _distribution(histogram: Histogram, *, whole: bool = True) -> Document | None:
    """Percentiles in milliseconds, and the histogram they come from."""
    if histogram.count == 0:
        return None
    assert histogram.minimum is not None and histogram.maximum is not None
    found: Document = {"count": histogram.count, "min": histogram.minimum / 1e6}
    found["mean"] = histogram.total / histogram.count / 1e6
    for name, ppm in PERCENTILES.items():
        value = histogram.percentile(ppm)
        found[name] = None if value is None else value / 1e6
    found["max"] = histogram.maximum / 1e6
    if whole:
        found["histogram"] = histogram.document()
    return found
