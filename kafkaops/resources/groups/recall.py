"""Groups from the ledger's documents, and how a change of one is taken back. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kafkaops.ledger.records import RecordedChange
from kafkaops.plan.model import ChangeType
from kafkaops.resources.kind import Document, Restated, Undone
from kafkaops.resources.wording import counted, mapping_of
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.model import ConsumerGroup

_CONFIG = "config."
_COMMITTED = "committed."


def restated(loaded: LoadedSpec, documents: Mapping[str, Document]) -> Restated:
    """The spec with these groups. Guards that the spec lifts for one of them stay lifted."""
    groups = {name: _group(document, loaded.spec.consumer_groups.get(name)) for name, document in documents.items()}
    return Restated(replace(loaded, spec=loaded.spec.model_copy(update={"consumer_groups": groups})))


def _group(document: Document, declared: ConsumerGroup | None) -> ConsumerGroup:
    return ConsumerGroup.model_validate(
        {
            "topics": document["topics"],
            "start_from": document.get("start_from"),
            "config": document["config"],
            "lifecycle": declared.lifecycle if declared else {},
        }
    )


def undone(change: RecordedChange, now: Document | None) -> Undone:
    """Configs can be put back; offsets that were committed are the group's own from then on."""
    match change.type:
        case ChangeType.DELETE:
            committed = mapping_of((change.before or {}).get("committed") or {})
            kept = f" on {counted(len(committed), 'partition')}; history shows them" if committed else ""
            return Undone(lost=(f"its committed offsets{kept}",))
        case ChangeType.CREATE | ChangeType.UPDATE:
            return Undone(document=_put_back(change, now), lost=tuple(_lost(change)))
        case _:
            return Undone()


def _put_back(change: RecordedChange, now: Document | None) -> Document | None:
    """The group with the configs of its own that it had; what it had from the brokers it gets from them again."""
    touched = [item.path.removeprefix(_CONFIG) for item in change.fields if item.path.startswith(_CONFIG)]
    if not (touched and now and now["topics"]):
        return None
    config, earlier = {**mapping_of(now["config"])}, mapping_of((change.before or {}).get("config") or {})
    for key in touched:
        config.pop(key, None)
        config |= {key: earlier[key]} if key in earlier else {}
    return {**now, "config": config}


def _lost(change: RecordedChange) -> Iterator[str]:
    topics = [item.path.removeprefix(_COMMITTED) for item in change.fields if item.path.startswith(_COMMITTED)]
    if topics:
        yield f"start positions that were committed on {', '.join(topics)}: they stay"
