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
    same: bool
    """The newest version is the declared schema."""
    references: tuple[Reference, ...] | None
    """Its references with their versions; None while one of them is still to be registered."""
    docs_only: bool = False
    """It counts as the same though docs differ, because the registry will not tell the two apart."""


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
            return Standing(latest, False, references)
        if not self.same_references(subject, latest.content.references):
            return Standing(latest, False, references)
        below = texts_below(subject, self.wanted.subjects)
        if same_text(subject.type, subject.text, latest, below):
            return Standing(latest, True, references)
        taken = self.taken_for.get(subject.subject)
        docs_only = (
            taken is not None
            and taken.version == latest.version
            and subject.type is latest.content.type
            and (subject.type is not SchemaType.AVRO or avro.same_but_docs(subject.text, latest.content.text))
        )
        return Standing(latest, docs_only, references, docs_only)

    def references(self, references: tuple[DesiredReference, ...]) -> tuple[Reference, ...] | None:
        """References by the newest versions of their subjects, once those are as declared."""
        found = []
        for reference in references:
            other = self.settled.get(reference.subject)
            if other is None or not other.same or other.latest is None:
                return None
            found.append(Reference(reference.name, reference.subject, other.latest.version))
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
        other = self.settled[reference.subject]
        if not other.same or other.latest is None:
            return False
        if reference.version == other.latest.version:
            return True
        older = self.state.versions.get((reference.subject, reference.version))
        declared = self.wanted.subjects[reference.subject]
        return (
            older is not None
            and older.content.references == other.latest.content.references
            and same_text(declared.type, declared.text, older, texts_below(declared, self.wanted.subjects))
        )


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
