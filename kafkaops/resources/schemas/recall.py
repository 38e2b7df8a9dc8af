"""Subjects from the ledger's documents, and how a change of one is taken back. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kafkaops.ledger.records import RecordedChange
from kafkaops.plan.model import ChangeType, Json
from kafkaops.resources.kind import Document, Restated, Undone
from kafkaops.resources.schemas.model import GLOBAL
from kafkaops.resources.schemas.told import items_of, subject_of, text_of
from kafkaops.resources.wording import mapping_of
from kafkaops.spec.loaded import LoadedSpec

_LEVEL = "compatibility"
_CONTENT = ("type", "text", "references")


def restated(loaded: LoadedSpec, documents: Mapping[str, Document], others: Mapping[str, Document]) -> Restated:
    """The spec with these subjects, and with those of the `others` that they refer to.

    Raises `KeyError`, `TypeError` or `ValueError` for a document of another shape.
    """
    found = dict(documents)
    queue = list(documents.values())
    for document in queue:  # grows while it is walked
        for item in items_of(document, "references"):
            name = text_of(item["subject"])
            if name not in found and name in others:
                found[name] = others[name]
                queue.append(others[name])
    for name, document in found.items():
        if name != GLOBAL.name:
            subject_of(name, document)
    return Restated(replace(loaded, subjects=found))


def undone(change: RecordedChange, now: Document | None) -> Undone:
    """Deleted again, registered again, or its level and its newest version as they were before the change."""
    before = mapping_of(change.before) if change.before is not None else None
    match change.type:
        case ChangeType.CREATE:
            return Undone(gone=True, lost=("its number and ids: if it is registered again, versions count on",))
        case ChangeType.DELETE if before is not None and "text" in before and now is None:
            version = before.get("version")
            lost = (f"its versions up to {version} stay deleted: version {version} is registered again as a new one",)
            return Undone(document=before, lost=lost)
        case ChangeType.DELETE if now is None:
            return Undone(lost=("its versions: they had been deleted softly before, and now are for good",))
        case ChangeType.UPDATE if before is not None and now is not None:
            return Undone(document=_put_back(change, before, now), lost=tuple(_lost(change, before)))
        case ChangeType.UPDATE:
            return Undone(lost=("it is not there any more",))
        case _:
            return Undone()


def _put_back(change: RecordedChange, before: Document, now: Document) -> Document:
    document: dict[str, Json] = {**now, _LEVEL: None}  # a level that was not touched is let be
    if any(item.path == _LEVEL for item in change.fields):
        document[_LEVEL] = before.get(_LEVEL)
    if _content_touched(change) and "text" in before:
        document |= {key: before[key] for key in (*_CONTENT, "version")}
    return document


def _lost(change: RecordedChange, before: Document) -> Iterator[str]:
    if any(item.path == _LEVEL for item in change.fields) and not before.get(_LEVEL):
        yield "that it had no compatibility level of its own: the level stays, the registry offers no way back"
    if _content_touched(change):
        yield "the version that was registered stays in the registry; the earlier schema becomes a new version"


def _content_touched(change: RecordedChange) -> bool:
    return any(item.path != _LEVEL for item in change.fields)
