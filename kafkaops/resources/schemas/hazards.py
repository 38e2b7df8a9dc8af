"""What a change of a subject puts at risk, as far as it can be told without asking. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kafkaops.address import Guard
from kafkaops.clients.registry import RegisteredSchema
from kafkaops.plan.model import Hazard, Risk
from kafkaops.resources.schemas.levels import lowered
from kafkaops.resources.schemas.model import (
    DesiredSubject,
    RegisterSchema,
    RestoreVersion,
    SetSubjectCompatibility,
)


def of_global_level(before: str, after: str) -> tuple[Hazard, ...]:
    """The global level holds for everybody's subjects."""
    text = f"the level becomes {after} for every subject without a level of its own, whoever owns it" + (
        f"; {after} checks less than {before}" if before and lowered(before, after) else ""
    )
    return (Hazard(Risk.DISRUPTIVE, "KO311", text),)


def of_subject(
    subject: DesiredSubject,
    latest: RegisteredSchema | None,
    level: SetSubjectCompatibility | None,
    version: RegisterSchema | None,
) -> tuple[Hazard, ...]:
    """The hazards of one subject's change."""
    return tuple(_hazards(subject, latest, level, version))


def _hazards(
    subject: DesiredSubject,
    latest: RegisteredSchema | None,
    level: SetSubjectCompatibility | None,
    version: RegisterSchema | None,
) -> Iterator[Hazard]:
    if level is not None and level.before is not None and lowered(level.before, level.after):
        yield Hazard(Risk.DISRUPTIVE, "KO310", f"{level.after} checks less than {level.before} did from now on")
    if latest is None or version is None:
        return
    if subject.is_key:
        topics = ", ".join(use.topic for use in subject.uses if use.part == "key")
        yield Hazard(
            Risk.DISRUPTIVE,
            "KO308",
            f"the schema's id is part of a key's bytes: with a new one, the same key can go to another "
            f"partition of {topics}, its order is lost, and compaction keeps both records",
            Guard.DISRUPTIVE,
        )
    if latest.content.type is not subject.type:
        yield Hazard(
            Risk.DISRUPTIVE,
            "KO314",
            f"the subject's schemas were {latest.content.type.value} and become {subject.type.value}: "
            "readers need another deserializer",
            Guard.DISRUPTIVE,
        )
    if isinstance(version, RestoreVersion):
        yield Hazard(Risk.DISRUPTIVE, "KO309", _of_restoring(version))


def _of_restoring(version: RestoreVersion) -> str:
    """What those who use the registry see while an earlier version is made the newest."""
    if version.version == version.after_version:
        meanwhile = "for a moment the version before it, or none, is the newest"
        why = "the registry does not tell the declared schema from it"
    else:
        meanwhile = "ids stay, so that all records stay readable"
        why = "the registry has the declared schema as that version already"
    return (
        f"version {version.version} is deleted softly and registered again as the newest, because {why}; "
        f"clients that ask for that version by number no longer find it; {meanwhile}"
    )
