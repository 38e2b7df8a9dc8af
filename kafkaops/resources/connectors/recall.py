"""Connectors from the ledger's documents, and how a change of one is taken back.

Pure but for looking up whether a reference still stands for something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kafkaops.ledger.records import RecordedChange
from kafkaops.plan.model import ChangeType, Json
from kafkaops.resources.connectors.configuration import CONNECTOR_CLASS, TASKS_MAX, at_hand, flat_config
from kafkaops.resources.connectors.secrets import MASK, refers_to_secret
from kafkaops.resources.kind import Document, Restated, Session, Undone
from kafkaops.resources.wording import mapping_of
from kafkaops.spec.model import Connector

_CONFIG = "config."
_STATE = "state"


def restated(session: Session, documents: Mapping[str, Document]) -> Restated:
    """The spec with these connectors. A value that the document masks is the spec's, if that has the key still."""
    loaded = session.loaded
    connectors: dict[str, Connector] = {}
    untold: dict[str, frozenset[str]] = {}
    for name, document in documents.items():
        declared = loaded.spec.connectors.get(name)
        config = _filled(mapping_of(document["config"]), flat_config(declared) if declared else {}, session)
        connectors[name] = _connector(config, document, declared)
        lacking = frozenset(f"{_CONFIG}{key}" for key, value in config.items() if MASK in value)
        if lacking:
            untold[name] = lacking
    return Restated(replace(loaded, spec=loaded.spec.model_copy(update={"connectors": connectors})), untold)


def _filled(config: Mapping[str, Json], declared: Mapping[str, str], session: Session) -> dict[str, str]:
    """The configuration with secrets by their references; masked where nobody tells them any more."""
    found: dict[str, str] = {}
    for key, value in config.items():
        text, spec = str(value), declared.get(key, MASK)
        lost = refers_to_secret(text) and text != spec and not at_hand(text, session.resolver)
        found[key] = spec if lost or MASK in text else text
    return found


def _connector(config: Mapping[str, str], document: Document, declared: Connector | None) -> Connector:
    """The named fields stay in `config`, under the connector's own names; class and tasks have to be named."""
    rest = {key: value for key, value in config.items() if key not in (CONNECTOR_CLASS, TASKS_MAX)}
    own = {"start_timeout": declared.start_timeout, "lifecycle": declared.lifecycle} if declared else {}
    return Connector.model_validate(
        {
            "class": config[CONNECTOR_CLASS],
            "tasks_max": int(config.get(TASKS_MAX, "1")),
            "state": document[_STATE],
            "config": rest,
            **own,
        }
    )


def undone(change: RecordedChange, now: Document | None) -> Undone:
    """Gone again, made again, or as it is now with the settings that the change touched as they were before it."""
    match change.type:
        case ChangeType.CREATE:
            return Undone(gone=True)
        case ChangeType.DELETE if change.before is not None and now is None:
            return Undone(document=mapping_of(change.before))
        case ChangeType.UPDATE if change.before is not None and now is not None:
            before = mapping_of(change.before)
            return Undone(document=_put_back(change, before, now), lost=tuple(_lost(change, before)))
        case ChangeType.UPDATE:
            return Undone(lost=("it is not there any more",))
        case _:
            return Undone()


def _put_back(change: RecordedChange, before: Document, now: Document) -> Document:
    config, earlier = {**mapping_of(now["config"])}, mapping_of(before["config"])
    for key in _touched(change):
        if key not in earlier:
            config.pop(key, None)
        elif MASK not in str(earlier[key]):
            config[key] = earlier[key]
    state = before[_STATE] if any(item.path == _STATE for item in change.fields) else now[_STATE]
    return {_STATE: state, "config": config}


def _touched(change: RecordedChange) -> Iterator[str]:
    return (item.path.removeprefix(_CONFIG) for item in change.fields if item.path.startswith(_CONFIG))


def _lost(change: RecordedChange, before: Document) -> Iterator[str]:
    earlier = mapping_of(before["config"])
    masked = [key for key in _touched(change) if MASK in str(earlier.get(key, ""))]
    if masked:
        yield f"the earlier value of {', '.join(masked)}: a secret that no reference stands for; it stays as it is"
