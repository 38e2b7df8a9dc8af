"""Runs as the ledger tells them, made up for tests."""

from __future__ import annotations

from kafkaops.address import Address
from kafkaops.ledger.model import Owner
from kafkaops.ledger.records import (
    RecordedChange,
    RecordedField,
    RecordedOutcome,
    RunChanges,
    RunEnded,
    RunIntent,
    RunOutcomes,
    RunRecord,
    RunResult,
    RunStarted,
    Story,
    stories,
)

OWNER = Owner("paklog", "production")
GROWN, TUNED, SINK, OLD = (
    Address.parse(text) for text in ("topic.pick-events", "topic.wave-events", "connector.s3-sink", "topic.old-events")
)


def started(
    run: str, at: str, *, changes: int = 4, commit: str | None = None, rollback_of: str | None = None
) -> RunStarted:
    return RunStarted(
        run=run,
        owner=OWNER,
        at=at,
        by="ada",
        host="ci-7",
        pid=4711,
        tool_version="0.1.0",
        plan_digest="d" * 64,
        spec_digest="s" * 64,
        cluster_id="4L6g3nShT-eMCtK--X86sw",
        changes=changes,
        commit=commit,
        rollback_of=rollback_of,
    )


def done(run: str, at: str, *, rollback_of: str | None = None) -> list[RunRecord]:
    """A run of one change that was made."""
    change = RecordedChange(address=TUNED, type="update", reason="differs-from-spec", risk="safe")
    return [
        started(run, at, changes=1, rollback_of=rollback_of),
        RunChanges(run=run, at=at, part=1, parts=1, changes=(change,)),
        RunIntent(run=run, at=at, addresses=(TUNED,)),
        RunOutcomes(run=run, at=at, outcomes=(RecordedOutcome(address=TUNED, state="done"),)),
        RunEnded(run=run, at=at, result=RunResult.DONE, seconds=0.4),
    ]


def eventful(run: str, at: str) -> list[RunRecord]:
    """Four changes: done, failed, begun without a result, not begun."""
    grown = RecordedChange(
        address=GROWN,
        type="update",
        reason="differs-from-spec",
        risk="disruptive",
        summary="12 partitions × 3 replicas",
        fields=(RecordedField(path="partitions", before=6, after=12),),
        hazards=("keys move to other partitions",),
        lifted=("disruptive",),
        before={"partitions": 6, "replication_factor": 3, "config": {}},
    )
    tuned = RecordedChange(
        address=TUNED,
        type="create",
        reason="absent-from-cluster",
        risk="safe",
        summary="6 partitions × 3 replicas",
        fields=(RecordedField(path="config.retention.ms", after=604_800_000, unit="ms"),),
    )
    sink = RecordedChange(
        address=SINK,
        type="update",
        reason="differs-from-spec",
        risk="safe",
        fields=(RecordedField(path="config.aws.secret", sensitive=True, note="changed"),),
    )
    old = RecordedChange(address=OLD, type="delete", reason="absent-from-spec", risk="irreversible")
    outcomes = (
        RecordedOutcome(address=GROWN, state="done", detail="seen on 3 brokers", seconds=0.21),
        RecordedOutcome(address=TUNED, state="failed", code="KO234", problem="the brokers refuse it"),
    )
    return [
        started(run, at, commit="8f14e45fceea167a5a36dedd4bea2543a4b0c7d1+"),
        RunChanges(run=run, at=at, part=1, parts=2, changes=(grown, tuned)),
        RunChanges(run=run, at=at, part=2, parts=2, changes=(sink, old)),
        RunIntent(run=run, at=at, addresses=(GROWN, TUNED, SINK)),
        RunOutcomes(run=run, at=at, outcomes=outcomes),
    ]


def told(*records: list[RunRecord]) -> tuple[Story, ...]:
    return stories([record for part in records for record in part])
