"""Specs, registries and the effect of a plan on a registry, as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kafkaops.clients.registry import (
    Reference,
    RegisteredSchema,
    RegistryState,
    SchemaContent,
    SchemaType,
)
from kafkaops.compat import SchemaText
from kafkaops.plan.model import Change, Difference, Operation
from kafkaops.plan.order import ordered
from kafkaops.resources.schemas.compare import same_text, standings
from kafkaops.resources.schemas.desired import desired
from kafkaops.resources.schemas.diff import diff
from kafkaops.resources.schemas.model import (
    DeleteSubject,
    Desired,
    RegisterSchema,
    RestoreVersion,
    SchemasSnapshot,
    SetGlobalCompatibility,
    SetSubjectCompatibility,
)
from kafkaops.spec.loaded import LoadedSpec, Places
from kafkaops.spec.model import Environment, Spec


def loaded(sections: Mapping[str, object], files: Mapping[str, object]) -> LoadedSpec:
    """A spec as loading would give it. Files are texts or JSON."""
    texts = {name: text if isinstance(text, str) else json.dumps(text) for name, text in files.items()}
    return LoadedSpec(
        root=Path("/project"),
        spec=Spec.model_validate({"version": 1, "project": "test", **sections}),
        places=Places({}),
        environment_name="dev",
        environment=Environment(),
        schema_texts=texts,
        digest="",
    )


def wanted(sections: Mapping[str, object], files: Mapping[str, object]) -> Desired:
    return desired(loaded(sections, files))


def topic(**bindings: object) -> dict[str, object]:
    return {"partitions": 1, "replication_factor": 1, **bindings}


def a_field(name: str, kind: object = "string", **more: object) -> dict[str, object]:
    return {"name": name, "type": kind, **more}


def a_record(name: str, *fields: Mapping[str, object], **more: object) -> dict[str, object]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


@dataclass
class Held:
    """What a registry holds, and what becomes of it: the effect of operations as the API documents it."""

    versions: dict[str, list[RegisteredSchema]] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)
    global_level: str = "BACKWARD"
    next_version: dict[str, int] = field(default_factory=dict)

    def register(
        self,
        subject: str,
        text: object,
        references: tuple[Reference, ...] = (),
        kind: SchemaType = SchemaType.AVRO,
    ) -> None:
        """A schema that the subject has already changes nothing."""
        content = SchemaContent(text if isinstance(text, str) else json.dumps(text), kind, references)
        if self.find(subject, content) is not None:
            return
        number = self.next_version.get(subject, 1)
        self.next_version[subject] = number + 1
        schema_id = hash(content) % 1_000_000
        self.versions.setdefault(subject, []).append(RegisteredSchema(subject, number, schema_id, content))

    def find(self, subject: str, content: SchemaContent) -> RegisteredSchema | None:
        """The version that is this schema, as a registry with a fair notion of that would say."""
        for registered in self.versions.get(subject, []):
            below = [version.content.text for version in self.below(content)]
            if registered.content.references == content.references and same_text(
                content.type, content.text, registered, [SchemaText(item) for item in below]
            ):
                return registered
        return None

    def below(self, content: SchemaContent) -> list[RegisteredSchema]:
        return [
            version
            for reference in content.references
            for version in self.versions.get(reference.subject, [])
            if version.version == reference.version
        ]

    def state(self) -> RegistryState:
        there = {subject: versions for subject, versions in self.versions.items() if versions}
        return RegistryState(
            subjects=frozenset(there),
            latest={subject: versions[-1] for subject, versions in there.items()},
            levels=dict(self.levels),
            global_level=self.global_level,
            versions={(item.subject, item.version): item for each in there.values() for item in each},
        )

    def seen_for(self, want: Desired) -> SchemasSnapshot:
        """What reading would give: the lookups of what differs, step by step."""
        state, taken = self.state(), dict[str, RegisteredSchema]()
        while True:
            found = dict(taken)
            for name, standing in standings(want, state, taken).items():
                subject = want.subjects[name]
                if standing.latest and not standing.same and standing.references is not None:
                    content = SchemaContent(subject.text, subject.type, standing.references)
                    registered = self.find(name, content)
                    if registered is not None:
                        found[name] = registered
            if found == taken:
                return SchemasSnapshot(state=state, taken_for=taken)
            taken = found

    def diff(self, want: Desired) -> Difference:
        return diff(want, self.seen_for(want), {})

    def do(self, changes: tuple[Change, ...]) -> None:
        """The effect of a plan on the registry."""
        for change in ordered(changes, ["schema"]):
            for operation in change.operations:
                self.do_one(operation)

    def do_one(self, operation: Operation) -> None:
        match operation:
            case SetGlobalCompatibility():
                self.global_level = operation.after
            case SetSubjectCompatibility():
                self.levels[operation.subject] = operation.after
            case RegisterSchema():
                if isinstance(operation, RestoreVersion):
                    kept = [item for item in self.versions[operation.subject] if item.version != operation.version]
                    self.versions[operation.subject] = kept
                references = tuple(
                    Reference(item.name, item.subject, item.version or self.versions[item.subject][-1].version)
                    for item in operation.references
                )
                self.register(operation.subject, operation.text, references, operation.type)
            case DeleteSubject():
                self.versions[operation.subject] = []
