"""One plan that has a bit of everything, for the tests of its renderings."""

from __future__ import annotations

from pathlib import Path

from kafkaops.address import Guard
from kafkaops.errors import Diagnostic, Place, Severity
from kafkaops.plan.model import ChangeType, FieldChange, Foresight, Hazard, Plan, Prediction, Risk, Unit
from tests.values import change, plan

WEEK = 604_800_000


def sample_plan() -> Plan:
    """Creates alike, a risky update, a held deletion, a blocked update, a sensitive field, observations."""
    created = [
        change(
            f"topic.{name}-events",
            summary="6 partitions × 3 replicas",
            fields=(
                FieldChange("partitions", None, 6),
                FieldChange("config.retention.ms", None, WEEK, Unit.MILLISECONDS),
            ),
            prediction=Prediction(Foresight.PREDICTED, "the controller would create it"),
        )
        for name in ("wave", "order", "task", "pack", "pick")
    ]
    grown = change(
        "topic.inventory-events",
        ChangeType.UPDATE,
        summary="12 partitions × 3 replicas",
        fields=(FieldChange("partitions", 6, 12),),
        hazards=(
            Hazard(Risk.DISRUPTIVE, "KO210", "records with a key move to other partitions: order per key is lost"),
        ),
    )
    deleted = change(
        "topic.old-events",
        ChangeType.DELETE,
        hazards=(Hazard(Risk.IRREVERSIBLE, "KO211", "deletes up to 1,204 messages", Guard.DELETE),),
        prediction=Prediction(Foresight.NOT_PREDICTABLE, "Kafka has no dry run for deletions"),
    )
    incompatible = change(
        "schema.wave-events-value",
        ChangeType.UPDATE,
        summary="BACKWARD_TRANSITIVE",
        fields=(FieldChange("fields.priority", None, "int", note="added without a default"),),
        blockers=(
            Diagnostic(
                "KO310",
                "incompatible with version 1",
                place=Place(Path("schemas/wave-event.avsc"), 12, 5),
                detail="READER_FIELD_MISSING_DEFAULT_VALUE: priority",
                hint="give priority a default, or make it a union with null",
            ),
        ),
    )
    connector = change(
        "connector.mongodb-sink",
        ChangeType.UPDATE,
        fields=(
            FieldChange("config.connection.uri", None, None, sensitive=True),
            FieldChange("config.database", "paklog", "paklog_events"),
        ),
        requires=("topic.wave-events",),
    )
    return plan(
        *created,
        grown,
        incompatible,
        connector,
        deleted,
        observations=(
            Diagnostic("KO610", "2 of 3 declared instances are members", Severity.INFO, "group.task-service"),
            Diagnostic(
                "KO611", "lag 340 is above max_lag 100", Severity.WARNING, "group.pick-service", hint="add instances"
            ),
        ),
        in_sync={"topic": 3, "group": 2},
        unmanaged={"topic": ("stray",), "group": ()},
    )
