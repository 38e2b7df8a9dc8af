"""Subjects as the ledger's documents tell them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kafkaops.clients.registry import SchemaType
from kafkaops.plan.model import Json
from kafkaops.resources.schemas.model import GLOBAL, Desired, DesiredReference, DesiredSubject, Use
from kafkaops.resources.wording import mapping_of

LEVEL = "compatibility"


def desired_as_told(documents: Mapping[str, Mapping[str, object]]) -> Desired:
    """What documents say of the registry, subjects and the global level."""
    level = documents.get(GLOBAL.name, {}).get(LEVEL)
    return Desired(
        subjects={name: subject_of(name, document) for name, document in documents.items() if name != GLOBAL.name},
        global_level=text_of(level) if level else None,
    )


def subject_of(name: str, document: Mapping[str, object]) -> DesiredSubject:
    """A subject as a document tells it. Raises `KeyError`, `TypeError` or `ValueError` where it tells none."""
    level = document.get(LEVEL)
    return DesiredSubject(
        subject=name,
        file=text_of(document.get("file") or f"version {document.get('version')}"),
        type=SchemaType(text_of(document["type"])),
        text=text_of(document["text"]),
        references=tuple(
            DesiredReference(text_of(item["name"]), text_of(item["subject"]))
            for item in items_of(document, "references")
        ),
        level=text_of(level) if level is not None else None,
        normalize=document.get("normalize") is True,
        uses=tuple(Use(text_of(item["topic"]), text_of(item["part"])) for item in items_of(document, "uses")),
    )


def items_of(document: Mapping[str, object], key: str) -> Iterator[Mapping[str, Json]]:
    """The mappings in a list of a document; none where the list is not there. Raises `TypeError`."""
    value = document.get(key) or []
    if not isinstance(value, list | tuple):
        raise TypeError(f"a list is expected, not {type(value).__name__}")
    return map(mapping_of, value)


def text_of(value: object) -> str:
    """A text of a document. Raises `TypeError`."""
    if not isinstance(value, str):
        raise TypeError(f"a text is expected, not {type(value).__name__}")
    return value
