"""Topics from the ledger's documents, and how a change of one is taken back. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kafkaops.ledger.records import RecordedChange
from kafkaops.plan.model import ChangeType, Json, Reason, Risk
from kafkaops.resources.kind import Document, Restated, Undone
from kafkaops.resources.wording import mapping_of
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.model import ConfigMode, Topic

_CONFIG = "config."
_LOSES_DATA = frozenset({Risk.DATA_LOSS.value, Risk.IRREVERSIBLE.value})


def restated(loaded: LoadedSpec, documents: Mapping[str, Document]) -> Restated:
    """The spec with these topics. Guards that the spec lifts for one of them stay lifted."""
    topics = {name: _topic(document, loaded.spec.topics.get(name)) for name, document in documents.items()}
    return Restated(replace(loaded, spec=loaded.spec.model_copy(update={"topics": topics})))


def _topic(document: Document, declared: Topic | None) -> Topic:
    return Topic.model_validate(
        {
            "partitions": document["partitions"],
            "replication_factor": document["replication_factor"],
            "config": document["config"],
            "config_mode": document.get("config_mode", ConfigMode.MERGE.value),
            "lifecycle": declared.lifecycle if declared else {},
        }
    )


def undone(change: RecordedChange, now: Document | None) -> Undone:
    """Gone again, made again, or as it is now with the fields that the change touched as they were before it."""
    before = change.before
    match change.type:
        case ChangeType.CREATE:
            return Undone(gone=True)
        case ChangeType.DELETE if before is not None and now is None:
            lost = ("its messages, and the offsets that groups had committed on it",)
            return Undone(document={**mapping_of(before), "config_mode": ConfigMode.EXACT.value}, lost=lost)
        case ChangeType.UPDATE if before is not None and now is not None and change.reason == Reason.ASKED_FOR:
            return Undone(lost=tuple(_lost(change, before, now)))
        case ChangeType.UPDATE if before is not None and now is not None:
            return Undone(document=_put_back(change, before, now), lost=tuple(_lost(change, before, now)))
        case ChangeType.UPDATE:
            return Undone(lost=("it is not there any more",))
        case _:
            return Undone()


def _put_back(change: RecordedChange, before: Mapping[str, object], now: Document) -> Document:
    """Only what the change touched. A key that had no override loses it again, which takes `config_mode: exact`."""
    was = mapping_of(before)
    config, earlier = {**mapping_of(now["config"])}, mapping_of(was["config"])
    document: dict[str, Json] = {**now}
    for item in change.fields:
        if item.path == "replication_factor":
            document["replication_factor"] = was["replication_factor"]
        elif item.path.startswith(_CONFIG):
            key = item.path.removeprefix(_CONFIG)
            config.pop(key, None)
            if key in earlier:
                config[key] = earlier[key]
    return {**document, "config": config, "config_mode": ConfigMode.EXACT.value}


def _lost(change: RecordedChange, before: Mapping[str, object], now: Document) -> Iterator[str]:
    if any(item.path == "partitions" for item in change.fields) and before["partitions"] != now["partitions"]:
        yield f"its number of partitions: they cannot shrink ({now['partitions']} → {before['partitions']})"
    paths = [item.path for item in change.fields]
    if any(path.startswith(("replicas.", "preferred_leaders.")) for path in paths):
        yield "on which brokers its replicas lay"
    if any(path.startswith("leader.") for path in paths):
        yield "which replicas led"
    if any(item.path == "reassignment" and item.after == "cancelled" for item in change.fields):
        yield "the move of replicas that was given up"
    if change.risk in _LOSES_DATA:
        yield "messages that were deleted meanwhile"
