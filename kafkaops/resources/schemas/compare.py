"""Whether what is registered is what is declared, references included. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kafkaops.clients.registry import Reference, RegisteredSchema, RegistryState, SchemaType
from kafkaops.compat import SchemaText
from kafkaops.plan.model import Json
from kafkaops.resources.schemas import avro
from kafkaops.resources.schemas.desired import texts_below
from kafkaops.resources.schemas.model import Desired, DesiredReference, DesiredSubject


@dataclass(frozen=True, slots=True)
class Standing:
    """How a declared subject stands to the registry."""

    latest: RegisteredSchema | None
    holds: RegisteredSchema | None
    """The version that is the declared schema: the newest, or of a type that others refer to, an earlier one."""
    references: tuple[Reference, ...] | None
    """Its references with their versions; None while one of them is still to be registered."""
    docs_only: bool = False
    """It counts as the same though docs differ, because the registry will not tell the two apart."""

    @property
    def same(self) -> bool:
        """Whether nothing is to be registered."""
        return self.holds is not None

    @property
    def is_earlier(self) -> bool:
        """Whether the declared schema is a version before the newest."""
        return self.holds is not None and self.latest is not None and self.holds.version < self.latest.version


def standings(wanted: Desired, state: RegistryState, taken_for: Mapping[str, RegisteredSchema]) -> dict[str, Standing]:
    """The standing of every declared subject, those referred to before those that refer to them."""
    comparison = _Comparison(wanted, state, taken_for)
    for name in wanted.subjects:
        comparison.settle(name)
    return comparison.settled


class _Comparison:
    def __init__(self, wanted: Desired, state: RegistryState, taken_for: Mapping[str, RegisteredSchema]) -> None:
        self.wanted, self.state, self.taken_for = wanted, state, taken_for
        self.settled: dict[str, Standing] = {}
        self.on_the_way: set[str] = set()

    def settle(self, name: str) -> None:
        """Settle a subject after those it refers to; a circle, which the loader refuses, stays unsettled."""
        if name in self.settled or name in self.on_the_way:
            return
        self.on_the_way.add(name)
        subject = self.wanted.subjects[name]
        for reference in subject.references:
            self.settle(reference.subject)
        self.settled[name] = self.standing(subject)

    def standing(self, subject: DesiredSubject) -> Standing:
        latest = self.state.latest.get(subject.subject)
        references = self.references(subject.references)
        if latest is None or references is None:
            return Standing(latest, None, references)
        if self.is_declared(subject, latest):
            return Standing(latest, latest, references)
        taken = self.taken_for.get(subject.subject)
        if taken is None or not self.same_references(subject, taken.content.references):
            return Standing(latest, None, references)
        if taken.version != latest.version and not subject.pinned:
            return Standing(latest, None, references)
        if self.is_declared(subject, taken):
            return Standing(latest, taken, references)
        holds = taken if _same_but_docs(subject, taken) else None
        return Standing(latest, holds, references, docs_only=holds is not None)

    def is_declared(self, subject: DesiredSubject, registered: RegisteredSchema) -> bool:
        """Whether a version is the declared schema, text and references."""
        below = texts_below(subject, self.wanted.subjects)
        return self.same_references(subject, registered.content.references) and same_text(
            subject.type, subject.text, registered, below
        )

    def references(self, references: tuple[DesiredReference, ...]) -> tuple[Reference, ...] | None:
        """References by the versions that are as declared, once all of them are."""
        found = []
        for reference in references:
            other = self.settled.get(reference.subject)
            if other is None or other.holds is None:
                return None
            found.append(Reference(reference.name, reference.subject, other.holds.version))
        return tuple(found)

    def same_references(self, subject: DesiredSubject, registered: tuple[Reference, ...]) -> bool:
        """Whether a version's references are to the same contents; Avro does not care how they are called."""
        if len(subject.references) != len(registered):
            return False
        by_subject = {reference.subject: reference for reference in registered}
        for wanted in subject.references:
            found = by_subject.get(wanted.subject)
            if found is None or not self.as_declared(found):
                return False
            if subject.type is not SchemaType.AVRO and found.name != wanted.name:
                return False
        return True

    def as_declared(self, reference: Reference) -> bool:
        """Whether the version referred to holds what is declared for its subject."""
        holds = self.settled[reference.subject].holds
        if holds is None:
            return False
        if reference.version == holds.version:
            return True
        other = self.state.versions.get((reference.subject, reference.version))
        declared = self.wanted.subjects[reference.subject]
        return (
            other is not None
            and other.content.references == holds.content.references
            and same_text(declared.type, declared.text, other, texts_below(declared, self.wanted.subjects))
        )


def _same_but_docs(subject: DesiredSubject, taken: RegisteredSchema) -> bool:
    """Whether what the registry takes for the declared schema differs from it in nothing that counts.

    Of other languages than Avro we know too little to contradict the registry.
    """
    if subject.type is not taken.content.type:
        return False
    return subject.type is not SchemaType.AVRO or avro.same_but_docs(subject.text, taken.content.text)


def same_text(kind: SchemaType, text: str, registered: RegisteredSchema, below: Sequence[SchemaText] = ()) -> bool:
    """Whether a declared text and a registered one are one schema; `below` is what both refer to."""
    if kind is not registered.content.type:
        return False
    match kind:
        case SchemaType.AVRO:
            return avro.same(text, registered.content.text, below)
        case SchemaType.JSON:
            return _same_json(text, registered.content.text)
        case SchemaType.PROTOBUF:
            # Registries that print Protobuf anew are asked instead: see `taken_for`.
            return text.split() == registered.content.text.split()


def _same_json(one: str, other: str) -> bool:
    try:
        return _exact(json.loads(one)) == _exact(json.loads(other))
    except (ValueError, RecursionError):
        return one == other


def _exact(value: Json) -> str:
    return json.dumps(value, sort_keys=True)
