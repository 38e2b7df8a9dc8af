"""Subjects in the spec's own words, as the ledger keeps them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kafkaops.clients.registry import RegisteredSchema
from kafkaops.plan.model import Json
from kafkaops.resources.schemas.desired import desired
from kafkaops.resources.schemas.model import GLOBAL
from kafkaops.spec.loaded import LoadedSpec


def declared(loaded: LoadedSpec) -> dict[str, Mapping[str, Json]]:
    """Every subject that the spec declares or implies, and the global level where it is declared."""
    wanted = desired(loaded)
    found: dict[str, Mapping[str, Json]] = {
        name: {
            "type": subject.type.value,
            "file": subject.file,
            "text": subject.text,
            "references": [{"name": item.name, "subject": item.subject} for item in subject.references],
            "compatibility": subject.level,
            "normalize": subject.normalize,
            "uses": [{"topic": use.topic, "part": use.part} for use in subject.uses],
        }
        for name, subject in wanted.subjects.items()
    }
    if wanted.global_level is not None:
        found[GLOBAL.name] = {"compatibility": wanted.global_level}
    return found


def as_declared(latest: RegisteredSchema | None, level: str | None) -> dict[str, Json]:
    """A subject's newest version and own level as they were seen."""
    if latest is None:
        return {"compatibility": level}
    content = latest.content
    return {
        "type": content.type.value,
        "text": content.text,
        "references": [
            {"name": item.name, "subject": item.subject, "version": item.version} for item in content.references
        ],
        "compatibility": level,
        "version": latest.version,
    }
