"""Seeing what the registry holds, in as few requests as it allows."""

from __future__ import annotations

from kafkaops.clients.fan_out import fan_out
from kafkaops.clients.registry import (
    RegisteredSchema,
    RegistryRefusal,
    RegistryState,
    SchemaContent,
    SchemaRegistry,
)
from kafkaops.errors import UsageError
from kafkaops.resources.kind import Session
from kafkaops.resources.schemas.compare import Standing, standings
from kafkaops.resources.schemas.model import Desired, DesiredSubject, SchemasSnapshot


def read(session: Session, wanted: Desired) -> SchemasSnapshot:
    """The subjects that the spec names, and what the registry takes the changed ones for."""
    registry = registry_of(session)
    state = registry.read(
        [*wanted.subjects, *wanted.removed],
        [name for name, subject in wanted.subjects.items() if subject.level is not None],
        global_level=wanted.global_level is not None,
    )
    gone = [name for name, removed in wanted.removed.items() if removed.permanent]
    hidden = [name for name in gone if name not in state.subjects]
    return SchemasSnapshot(
        state=state,
        taken_for=_lookups(registry, wanted, state),
        soft_deleted=registry.subjects(deleted=True) & set(hidden) if hidden else frozenset(),
    )


def registry_of(session: Session) -> SchemaRegistry:
    """The registry. Raises `UsageError` KO316 when the environment names none."""
    if session.registry is not None:
        return session.registry
    name = session.loaded.environment_name
    raise UsageError.of(
        "KO316",
        f"environment {name} does not say where the schema registry is, and the spec declares schemas",
        place=session.loaded.places.of("environments", name),
        hint="give it schema_registry: {url: …}",
    )


def _lookups(registry: SchemaRegistry, wanted: Desired, state: RegistryState) -> dict[str, RegisteredSchema]:
    """Ask for each subject that differs whether the registry sees a difference; nothing for the others.

    Step by step: what a subject refers to has to be settled before it can be asked about.
    """
    found: dict[str, RegisteredSchema] = {}
    asked: set[str] = set()
    while True:
        settled = standings(wanted, state, found)
        open_ones = [
            (wanted.subjects[name], standing)
            for name, standing in settled.items()
            if name not in asked and _worth_asking(wanted.subjects[name], standing)
        ]
        if not open_ones:
            return found
        asked.update(subject.subject for subject, _ in open_ones)
        for registered in fan_out(lambda item: _lookup(registry, *item), open_ones):
            if registered is not None:
                found[registered.subject] = registered


def _worth_asking(subject: DesiredSubject, standing: Standing) -> bool:
    return (
        standing.latest is not None and not standing.same and standing.references is not None and not subject.problems
    )


def _lookup(registry: SchemaRegistry, subject: DesiredSubject, standing: Standing) -> RegisteredSchema | None:
    content = SchemaContent(subject.text, subject.type, standing.references or ())
    try:
        return registry.lookup(subject.subject, content, subject.normalize)
    except RegistryRefusal:
        return None  # it cannot read the schema; the compatibility test will tell the same, as a blocker
