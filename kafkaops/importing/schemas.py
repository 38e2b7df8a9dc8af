"""Subjects as schema files, bindings of topics, and the section `schemas`. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from kafkaops.address import Address
from kafkaops.clients.registry import RegisteredSchema, RegistryState, SchemaType
from kafkaops.errors import Diagnostic, Severity
from kafkaops.importing.names import Names
from kafkaops.importing.observed import Exclusions, Observed, finding
from kafkaops.importing.schema_choice import Choice, choose
from kafkaops.importing.schema_text import readable_text
from kafkaops.importing.selection import Selection, wanted_topics
from kafkaops.importing.topics import Section
from kafkaops.importing.yaml_text import YamlValue
from kafkaops.resources.schemas.desired import full_name_of
from kafkaops.spec.model import Compatibility

KIND = "schema"
FOLDER = "schemas"
_ENDINGS = {SchemaType.AVRO: ".avsc", SchemaType.JSON: ".json", SchemaType.PROTOBUF: ".proto"}
_SIDES = ("key", "value")


@dataclass(frozen=True, slots=True)
class SchemasDraft:
    """What the spec says of the registry."""

    files: dict[str, str] = field(default_factory=dict)
    subjects_of: dict[str, list[str]] = field(default_factory=dict)
    """File → the subjects that hold it."""
    bindings: dict[str, dict[str, Section]] = field(default_factory=dict)
    """Topic → `key` and `value`."""
    subjects: dict[str, Section] = field(default_factory=dict)
    global_level: str | None = None
    pinned: dict[str, RegisteredSchema] = field(default_factory=dict)
    """Of subjects that are held at an earlier version, because what refers to them does: that version."""
    findings: list[Diagnostic] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many subjects are declared."""
        return sum(map(len, self.subjects_of.values()))


def draft_schemas(
    observed: Observed, selection: Selection, exclusions: Exclusions, topics: Iterable[str]
) -> SchemasDraft:
    """The wanted subjects; those of topics bound to them. `topics` are the managed ones of the spec."""
    registry = observed.registry
    if registry is None:
        return SchemasDraft()
    draft = SchemasDraft(global_level=_global_level(registry, selection))
    managed = frozenset(topics)
    wanted = {name for name, item in registry.latest.items() if _wanted(name, item, observed, selection)}
    bound = {name for name in wanted if _topic_of(name, managed)}
    choice = choose(registry, observed.older, wanted, bound, exclusions)
    draft.findings.extend(choice.findings)
    draft.pinned.update({name: item for name, item in choice.held.items() if item.version != _latest(registry, name)})
    files = _files(choice, draft)
    places = _places(choice, managed)
    for subject, item in sorted(choice.held.items()):
        binding = _binding(item, files, registry, draft.findings)
        place = places.get(subject)
        if place is None:
            draft.subjects[subject] = binding
        else:
            topic, side, strategy = place
            own = {"schema": binding["schema"], **strategy, **binding}
            draft.bindings.setdefault(topic, {})[side] = own
    return draft


def _latest(registry: RegistryState, subject: str) -> int:
    return registry.latest[subject].version


def _global_level(registry: RegistryState, selection: Selection) -> str | None:
    level = registry.global_level
    return level if selection.everything and level in Compatibility.__members__ else None


def _topic_of(subject: str, topics: Container[str]) -> tuple[str, str] | None:
    """The topic and the side that a subject is of by TopicNameStrategy."""
    for side in _SIDES:
        topic = subject.removesuffix(f"-{side}")
        if topic != subject and topic in topics:
            return topic, side
    return None


def _wanted(subject: str, item: RegisteredSchema, observed: Observed, selection: Selection) -> bool:
    """Whether a subject is wanted by itself; what it refers to comes with it."""
    if selection.leaves_out(subject):
        return False
    if selection.everything:
        of = _topic_of(subject, observed.cluster.topics)
        return of is None or not selection.leaves_out(of[0])
    chosen = frozenset(wanted_topics(observed.cluster, selection))
    return _topic_of(subject, chosen) is not None or _topic_record(subject, item, chosen) is not None


def _topic_record(subject: str, item: RegisteredSchema, managed: frozenset[str]) -> str | None:
    """The topic that a subject is of by TopicRecordNameStrategy."""
    name = full_name_of(item.content.type, item.content.text)
    topic = subject.removesuffix(f"-{name}") if name else subject
    return topic if topic != subject and topic in managed else None


def _places(choice: Choice, managed: frozenset[str]) -> dict[str, tuple[str, str, Section]]:
    """Subject → topic, side and the naming strategy where it is not the usual one."""
    places: dict[str, tuple[str, str, Section]] = {}
    for subject in choice.held:
        of = _topic_of(subject, managed)
        if of is not None:
            places[subject] = (*of, {})
    taken = {(topic, side) for topic, side, _ in places.values()}
    by_record = {
        subject: topic
        for subject, item in choice.held.items()
        if subject not in places and (topic := _topic_record(subject, item, managed))
    }
    counts = Counter(by_record.values())
    for subject, topic in by_record.items():
        # A topic binds one value; of several records in it none is the value.
        if counts[topic] == 1 and (topic, "value") not in taken:
            places[subject] = (topic, "value", {"subject_name_strategy": "TopicRecordNameStrategy"})
    return places


def _files(choice: Choice, draft: SchemasDraft) -> dict[str, str]:
    """A file for each subject, one for those that hold the same and that nothing refers to."""
    names = Names()
    files: dict[str, str] = {}
    shared: dict[object, str] = {}
    for subject, item in sorted(choice.held.items()):
        content = item.content
        same = None if subject in choice.referred else (content.type, content.text, content.references)
        file = shared.get(same) if same is not None else None
        if file is None:
            file = names.file(FOLDER, subject, _ENDINGS[content.type])
            draft.files[file] = readable_text(item, choice.below(subject))
            if same is not None:
                shared[same] = file
        files[subject] = file
        draft.subjects_of.setdefault(file, []).append(subject)
    return files


def _binding(
    item: RegisteredSchema, files: Mapping[str, str], registry: RegistryState, findings: list[Diagnostic]
) -> Section:
    binding: Section = {"schema": files[item.subject]}
    level = registry.levels.get(item.subject)
    if level in Compatibility.__members__:
        binding["compatibility"] = level
    elif level is not None:
        text = f"its compatibility level '{level}' is none that a spec knows: left unmanaged"
        findings.append(finding("KO963", Address(KIND, item.subject), text))
    if item.content.type is not SchemaType.AVRO and item.content.references:
        references: list[YamlValue] = [
            {"name": reference.name, "schema": files[reference.subject]} for reference in item.content.references
        ]
        binding["references"] = references
    return binding


def default_level(draft: SchemasDraft) -> str | None:
    """The level that most subjects have."""
    bindings = [*draft.subjects.values(), *(item for sides in draft.bindings.values() for item in sides.values())]
    levels = Counter(str(binding["compatibility"]) for binding in bindings if "compatibility" in binding)
    if not levels or len(bindings) < 2:
        return None
    level, count = levels.most_common(1)[0]
    return level if count * 2 > len(bindings) else None


def without_default_level(binding: Section, level: str | None) -> Section:
    """A binding without the default level, and with null where it has none."""
    if level is None:
        return binding
    if binding.get("compatibility") == level:
        return {key: value for key, value in binding.items() if key != "compatibility"}
    return {"compatibility": None, **binding} if "compatibility" not in binding else binding


def said_of_pinned(draft: SchemasDraft) -> Iterable[Diagnostic]:
    """Subjects of which the newest version is not the one that is declared."""
    for subject, item in draft.pinned.items():
        text = f"declared as its version {item.version}, which others refer to; a newer one is registered"
        yield finding("KO963", Address(KIND, subject), text, severity=Severity.INFO)
