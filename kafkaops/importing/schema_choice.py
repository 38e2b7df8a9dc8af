"""Which subjects a spec can hold, and at which version. Pure.

A spec holds one file for a subject, and finds an Avro type by its name. So of a subject that others refer
to by different versions one version is held, and a type that others take is held by one subject: what
would need the other is left out, and said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from kafkaops.address import Address
from kafkaops.clients.registry import RegisteredSchema, RegistryState, SchemaType
from kafkaops.compat import Outline, SchemaError, SchemaText, outline
from kafkaops.errors import Diagnostic
from kafkaops.importing.observed import Exclusions, finding

KIND = "schema"
_ROUNDS = 20


@dataclass(slots=True)
class Choice:
    """The subjects to declare, each with the version that its file holds."""

    held: dict[str, RegisteredSchema] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)

    @property
    def referred(self) -> frozenset[str]:
        """The subjects that others refer to."""
        return frozenset(reference.subject for item in self.held.values() for reference in item.content.references)

    def below(self, subject: str) -> list[SchemaText]:
        """The texts of all that a subject refers to, at whatever depth."""
        found: dict[str, SchemaText] = {}
        waiting = [reference.subject for reference in self.held[subject].content.references]
        while waiting:
            name = waiting.pop()
            item = self.held.get(name)
            if item is not None and name not in found:
                found[name] = SchemaText(item.content.text, name)
                waiting.extend(reference.subject for reference in item.content.references)
        return list(found.values())

    def drop(self, subject: str, why: str, code: str = "KO961") -> None:
        """Leave a subject out, and say why."""
        if self.held.pop(subject, None) is not None:
            self.findings.append(finding(code, Address(KIND, subject), f"left out: {why}"))


Versions = Mapping[tuple[str, int], RegisteredSchema]


def choose(
    registry: RegistryState,
    older: Versions,
    wanted: Collection[str],
    bound: Collection[str],
    exclusions: Exclusions,
) -> Choice:
    """The wanted subjects and what they refer to, as far as a spec can hold them.

    `older` are versions before the newest that are referred to, `bound` the subjects of topics.
    """
    choice = Choice({name: registry.latest[name] for name in sorted(wanted) if name in registry.latest})
    _settle_versions(choice, registry, {**registry.versions, **older}, bound)
    for name in list(choice.held):
        excluded = exclusions.get(Address(KIND, name))
        if excluded is not None:
            choice.drop(name, excluded.reason, excluded.code)
        elif not name.strip() or not name.isprintable():
            choice.drop(name, "a spec does not take its name")
        elif not _encodable(choice.held[name].content.text):
            choice.drop(name, "its text cannot be written as UTF-8")
    _drop_second_definitions(choice)
    _drop_without_references(choice, registry)
    return choice


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _settle_versions(choice: Choice, registry: RegistryState, known: Versions, bound: Collection[str]) -> None:
    """Take in what is referred to, and hold the version that most refer to where no topic needs the newest."""
    for _ in range(_ROUNDS):
        changed = False
        wanted: dict[str, Counter[int]] = {}
        for item in choice.held.values():
            for reference in item.content.references:
                wanted.setdefault(reference.subject, Counter())[reference.version] += 1
        for subject, versions in sorted(wanted.items()):
            version = _version_for(subject, versions, registry.latest, None if subject in bound else known)
            if version is not None and choice.held.get(subject) != version:
                choice.held[subject] = version
                changed = True
        if not changed:
            return


def _version_for(
    subject: str, versions: Counter[int], latest: Mapping[str, RegisteredSchema], known: Versions | None
) -> RegisteredSchema | None:
    newest = latest.get(subject)
    if newest is None or known is None or newest.version in versions:
        return newest
    most = max(versions.items(), key=lambda item: (item[1], item[0]))[0]
    return known.get((subject, most), newest)


def _drop_second_definitions(choice: Choice) -> None:
    """Of subjects that define a type which others take, keep the one that most refer to."""
    outlines = dict(_outlines(choice.held))
    needed = {name for seen in outlines.values() for name in _needs(seen)}
    definers: dict[str, list[str]] = {}
    for subject, seen in outlines.items():
        for name in seen.defines:
            if name in needed:
                definers.setdefault(name, []).append(subject)
    counts = Counter(reference.subject for item in choice.held.values() for reference in item.content.references)
    for name, subjects in sorted(definers.items()):
        there = [subject for subject in subjects if subject in choice.held]
        kept = min(there, key=lambda subject: (-counts[subject], subject), default="")
        for subject in there:
            if subject != kept:
                choice.drop(
                    subject, f"it defines {name} itself, which others take from {kept}; a spec holds a type once"
                )


def _outlines(held: Mapping[str, RegisteredSchema]) -> Iterator[tuple[str, Outline]]:
    for subject, item in held.items():
        if item.content.type is SchemaType.AVRO:
            try:
                yield subject, outline(item.content.text)
            except SchemaError:
                continue  # no schema file either: the loader says so, and it is left out with that


def _needs(seen: Outline) -> Iterator[str]:
    yield from seen.needs
    yield from (name for _, name in seen.fallbacks)


def _drop_without_references(choice: Choice, registry: RegistryState) -> None:
    """Leave out what refers to a version that is not held, and then what refers to that."""
    while True:
        lacking = {name: why for name, item in choice.held.items() if (why := _lack(item, choice, registry))}
        if not lacking:
            return
        for name, why in lacking.items():
            choice.drop(name, why)


def _lack(item: RegisteredSchema, choice: Choice, registry: RegistryState) -> str | None:
    for reference in item.content.references:
        held = choice.held.get(reference.subject)
        if held is None:
            return f"it refers to {reference.subject}, which is left out or not there"
        other = registry.versions.get((reference.subject, reference.version))
        if held.version != reference.version and (other is None or other.content != held.content):
            return (
                f"it refers to version {reference.version} of {reference.subject}, of which the spec holds "
                f"version {held.version}"
            )
    return None
