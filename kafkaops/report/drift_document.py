"""What moved outside as a JSON document, and as JUnit XML made from it for nightly jobs."""

from __future__ import annotations

from collections import Counter
from typing import TypedDict
from xml.etree import ElementTree

from kafkaops.drift import Drifted, DriftReport
from kafkaops.plan.model import FieldChange, Json
from kafkaops.report.document import DiagnosticDocument, diagnostic_document
from kafkaops.report.junit import suite_of, xml_text
from kafkaops.report.values import shown

FORMAT_VERSION = 1


class MovedFieldDocument(TypedDict):
    """One difference. A sensitive one has no values."""

    path: str
    applied: Json
    now: Json
    unit: str | None
    sensitive: bool
    note: str | None


class DriftedDocument(TypedDict):
    """One resource that is not as it was applied."""

    address: str
    movement: str
    """changed, deleted or recreated."""
    code: str | None
    detail: str
    fields: list[MovedFieldDocument]
    applied_at: str
    """It has moved since."""
    applied_by: str


class DriftDocument(TypedDict):
    """What a look at the cluster gave."""

    format_version: int
    project: str
    environment: str
    cluster_id: str
    checked: str
    drifted: list[DriftedDocument]
    compared: dict[str, int]
    resources: list[str]
    """What was compared."""
    observations: list[DiagnosticDocument]


def drift_document(report: DriftReport) -> DriftDocument:
    """A report as JSON."""
    return {
        "format_version": FORMAT_VERSION,
        "project": report.owner.project,
        "environment": report.owner.environment,
        "cluster_id": report.cluster_id,
        "checked": report.checked.isoformat(timespec="seconds"),
        "drifted": [_drifted(item) for item in report.drifted],
        "compared": dict(sorted(Counter(address.kind for address in report.compared).items())),
        "resources": [str(address) for address in report.compared],
        "observations": [diagnostic_document(item) for item in report.observations],
    }


def _drifted(item: Drifted) -> DriftedDocument:
    return {
        "address": str(item.address),
        "movement": item.movement.value,
        "code": item.code,
        "detail": item.detail,
        "fields": [_field(moved) for moved in item.fields],
        "applied_at": item.applied_at,
        "applied_by": item.applied_by,
    }


def _field(item: FieldChange) -> MovedFieldDocument:
    return {
        "path": item.path,
        "applied": item.before,
        "now": item.after,
        "unit": item.unit.value if item.unit else None,
        "sensitive": item.sensitive,
        "note": item.note,
    }


def moved(item: MovedFieldDocument) -> str:
    """`604800000 (7d) → 777600000 (9d)`, or that it moved."""
    note = f" ({item['note']})" if item["note"] else ""
    if item["sensitive"]:
        return f"(sensitive){note}"
    return f"{shown(item['applied'], item['unit'])} → {shown(item['now'], item['unit'])}{note}"


def drift_junit(document: DriftDocument) -> str:
    """A suite with a case for each resource that was compared."""
    drifted = {item["address"]: item for item in document["drifted"]}
    cases = [_case(address, drifted.get(address)) for address in document["resources"]]
    failures = str(len(drifted))
    counts = {"tests": str(len(cases)), "failures": failures, "errors": "0", "skipped": "0"}
    return suite_of(xml_text(f"drift of {document['project']} in {document['environment']}"), cases, counts)


def _case(address: str, drifted: DriftedDocument | None) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"classname": "kafkaops.drift", "name": xml_text(address), "time": "0"})
    if drifted is not None:
        lines = [f"{item['path']}: {moved(item)}" for item in drifted["fields"]]
        told = [*([drifted["detail"]] if drifted["detail"] else []), *lines]
        message = told[0] if len(told) == 1 else f"{drifted['movement']}: {len(lines)} differences"
        failure = ElementTree.SubElement(case, "failure", {"type": drifted["movement"], "message": xml_text(message)})
        last = f"last applied at {drifted['applied_at']} by run {drifted['applied_by']}"
        failure.text = xml_text("\n".join([*told, last]))
    return case
