"""Everything that an import writes, as texts: a function of what was read and of what is wanted. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kafkaops.address import Address
from kafkaops.clients.registry import RegisteredSchema
from kafkaops.errors import Diagnostic
from kafkaops.importing import schemas as schema_files
from kafkaops.importing.connectors import FOLDER as CONNECTORS
from kafkaops.importing.connectors import ConnectorsDraft, draft_connectors
from kafkaops.importing.environment import Source, environment_section
from kafkaops.importing.groups import draft_groups
from kafkaops.importing.observed import Exclusions, Observed
from kafkaops.importing.schemas import SchemasDraft, default_level, draft_schemas, without_default_level
from kafkaops.importing.secrets import Kept, SecretRules, Vault
from kafkaops.importing.selection import Part, Selection
from kafkaops.importing.topics import (
    Section,
    TopicsDraft,
    draft_topics,
    said_of_hidden,
    topic_defaults,
    without_defaults,
)
from kafkaops.importing.yaml_text import yaml_text

SPEC_FILE = "topics.yaml"
ENVIRONMENT_FILE = ".env.example"


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be imported, and how it is to be called."""

    project: str
    source: Source
    selection: Selection = field(default_factory=Selection)
    rules: SecretRules = field(default_factory=SecretRules)


@dataclass(frozen=True, slots=True)
class Draft:
    """The files by name, and what is to be said of them."""

    files: Mapping[str, str]
    holders: Mapping[str, tuple[Address, ...]]
    """File → the resources that are in it; of schema files and connectors' files."""
    findings: tuple[Diagnostic, ...]
    kept: tuple[Kept, ...]
    counts: Mapping[str, int]
    pinned: Mapping[str, RegisteredSchema] = field(default_factory=dict)
    """Subjects declared at an earlier version than the newest."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What the references stand for. Holds secrets."""
        return {item.variable: item.value for item in self.kept}


def draft(observed: Observed, request: Request, exclusions: Exclusions) -> Draft:
    """The files of a spec of what was read. Raises `RefusedError` KO952 for values that may be secrets."""
    selection, vault = request.selection, Vault()
    parts = selection.parts
    environment = environment_section(request.source, observed.cluster.cluster_id, vault)
    topics = draft_topics(observed, selection, exclusions) if Part.TOPICS in parts else TopicsDraft()
    schemas = SchemasDraft()
    if Part.SCHEMAS in parts:
        schemas = draft_schemas(observed, selection, exclusions, topics.sections)
    findings: list[Diagnostic] = []
    if Part.TOPICS in parts and observed.registry is not None:
        findings.extend(said_of_hidden(observed, selection, observed.registry.latest))
    groups: dict[str, Section] = {}
    if Part.GROUPS in parts:
        groups = draft_groups(observed, selection, exclusions, topics, findings)
    connectors = ConnectorsDraft()
    if Part.CONNECTORS in parts:
        connectors = draft_connectors(observed, selection, exclusions, topics, vault, request.rules)
    spec = _spec(request, environment, topics, schemas, groups, bool(connectors.files))
    examples = {ENVIRONMENT_FILE: _example(vault.kept)} if vault.kept else {}
    return Draft(
        files={SPEC_FILE: spec, **schemas.files, **connectors.files, **examples},
        holders={
            **{file: tuple(Address("schema", name) for name in names) for file, names in schemas.subjects_of.items()},
            **{file: (Address("connector", name),) for name, file in connectors.names.items()},
        },
        findings=(
            *topics.findings,
            *schemas.findings,
            *schema_files.said_of_pinned(schemas),
            *findings,
            *connectors.findings,
        ),
        kept=tuple(vault.kept),
        counts={
            "topics": len(topics.sections),
            "subjects": schemas.count,
            "consumer groups": len(groups),
            "connectors": len(connectors.files),
        },
        pinned=schemas.pinned,
    )


def _spec(
    request: Request,
    environment: Section,
    topics: TopicsDraft,
    schemas: SchemasDraft,
    groups: Mapping[str, Section],
    has_connectors: bool,
) -> str:
    """topics.yaml, section by section."""
    defaults, level = topic_defaults(topics), default_level(schemas)
    blocks = ["# Made by kafkaops import of what the cluster had; it is yours from here on.\n"]
    blocks.append(yaml_text({"version": 1, "project": request.project}))
    defaulted: Section = {"topics": defaults} if defaults else {}
    if level:
        defaulted["schemas"] = {"compatibility": level}
    if defaulted:
        blocks.append(yaml_text({"defaults": defaulted}))
    blocks.append(yaml_text({"environments": {request.source.name: environment}}))
    declared = {**topics.sections, **topics.stubs}
    if declared:
        sections: Section = {}
        for name, section in sorted(declared.items()):
            bindings = {
                side: without_default_level(item, level) for side, item in schemas.bindings.get(name, {}).items()
            }
            sections[name] = {**without_defaults(section, defaults), **bindings}
        blocks.append(yaml_text({"topics": sections}))
    if section := _schemas(schemas, level):
        blocks.append(yaml_text({"schemas": section}))
    if groups:
        blocks.append(yaml_text({"consumer_groups": groups}))
    if has_connectors:
        blocks.append(yaml_text({"connectors": f"{CONNECTORS}/*.yaml"}))
    return "\n".join(blocks)


def _schemas(schemas: SchemasDraft, level: str | None) -> Section:
    section: Section = {}
    if schemas.global_level:
        section["global_compatibility"] = schemas.global_level
    if schemas.subjects:
        section["subjects"] = {name: without_default_level(item, level) for name, item in schemas.subjects.items()}
    return section


def _example(kept: list[Kept]) -> str:
    """The variables that must be set, each with what it is for. Without a value, of course."""
    return "".join(_example_lines(kept))


def _example_lines(kept: list[Kept]) -> Iterator[str]:
    yield "# What kafkaops needs set in its environment; fill in a copy, and keep that out of git.\n"
    for item in kept:
        yield f"\n# {item.address}: {item.key}\n{item.variable}=\n"
