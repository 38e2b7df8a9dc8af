"""Earlier versions from a schema registry, each with the references that it was registered with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from threading import Lock

from kafkaops.clients.fan_out import fan_out
from kafkaops.clients.registry import (
    Mode,
    Reference,
    RegisteredSchema,
    RegistryRefusal,
    RegistryState,
    SchemaContent,
    SchemaRegistry,
    SchemaType,
)
from kafkaops.compat import SchemaText
from kafkaops.errors import PlatformError, UsageError
from kafkaops.evolution.baseline import Before, DirectReference, Earlier, Facts, Wanted
from kafkaops.evolution.declared import Language
from kafkaops.evolution.model import RegistryVerdict, Spot, Version
from kafkaops.evolution.movements import language_changed
from kafkaops.spec.model import Compatibility
from kafkaops.spec.suggest import did_you_mean


class RegisteredTexts:
    """Registered versions with the texts below them, each read once."""

    def __init__(self, registry: SchemaRegistry, known: Mapping[tuple[str, int], RegisteredSchema]) -> None:
        self._registry = registry
        self._known = dict(known)
        self._lock = Lock()

    def version(self, registered: RegisteredSchema) -> Version:
        """A version as the checker wants it."""
        return Version(
            f"version {registered.version}",
            registered.content.text,
            tuple(self.references(registered.content.references)),
            dict(registered.metadata),
            registered=True,
        )

    def references(self, references: Iterable[Reference]) -> Iterator[SchemaText]:
        """The texts below a version as they were registered, each once."""
        seen: set[tuple[str, int]] = set()
        waiting = list(references)
        while waiting:
            reference = waiting.pop()
            key = (reference.subject, reference.version)
            if key not in seen:
                seen.add(key)
                found = self._reference(*key)
                yield SchemaText(found.content.text, f"{reference.subject} version {reference.version}")
                waiting.extend(found.content.references)

    def _reference(self, subject: str, number: int) -> RegisteredSchema:
        key = (subject, number)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = self._registry.version(subject, number)
            if known is None:
                raise PlatformError.of(
                    "KO334",
                    f"the schema registry at {self._registry.url} has a reference to version {number} of {subject}, "
                    "and does not have that version",
                    address=f"schema.{subject}",
                )
        with self._lock:
            self._known[key] = known
        return known


def registered_version(registry: SchemaRegistry, subject: str, number: int | None) -> Version:
    """One version of a subject, the newest without a number. Raises `UsageError` KO383 where there is none."""
    found = registry.version(subject, number)
    if found is None:
        names = registry.subjects()
        if subject in names:
            there = ", ".join(map(str, registry.versions(subject)))
            raise UsageError.of("KO383", f"the registry has no version {number} of {subject}", hint=f"it has {there}")
        raise UsageError.of("KO383", f"the registry has no subject {subject}", hint=did_you_mean(subject, names))
    return RegisteredTexts(registry, {}).version(found)


class RegistryBaseline:
    """See `Baseline`. Every method raises `PlatformError` (1) where the registry cannot be read."""

    def __init__(self, registry: SchemaRegistry, environment: str) -> None:
        self._registry = registry
        self._state: RegistryState | None = None
        self._found: dict[str, Earlier] = {}
        self._texts = RegisteredTexts(registry, {})
        self.name = f"the registry of {environment} ({registry.url})"

    def before(self) -> Before:
        """A registry knows subjects and not who declared them."""
        return Before(None)

    def facts(self, subjects: Iterable[str]) -> Mapping[str, Facts]:
        """The levels of all subjects, by one bulk read."""
        names = list(subjects)
        self._state = self._registry.read(names, names, global_level=True)
        state = self._state
        self._texts = RegisteredTexts(self._registry, state.versions)
        return {name: Facts(_level(state.levels.get(name)), _level(state.global_level)) for name in names}

    def prepare(self, wanted: Sequence[Wanted]) -> None:
        """See `Baseline`. Of subjects whose newest version is the schema to the letter nothing more is read."""
        if self._state is None:
            self.facts([each.subject.name for each in wanted])
        found = fan_out(self._earlier, list(wanted))
        self._found = {each.subject.name: earlier for each, earlier in zip(wanted, found, strict=True)}

    def earlier(self, wanted: Sequence[Wanted]) -> Iterator[Earlier]:
        """See `Baseline`: nothing is read that `prepare` has not read."""
        return (self._found[each.subject.name] for each in wanted)

    @property
    def _read(self) -> RegistryState:
        assert self._state is not None
        return self._state

    def _earlier(self, wanted: Wanted) -> Earlier:
        name = wanted.subject.name
        latest = self._read.latest.get(name)
        if latest is None:
            return Earlier(importing=self._is_importing(name), note="the registry has no version of it")
        if latest.content.text == wanted.candidate.text.text and self._same_references(latest, wanted):
            return Earlier(identical=f"version {latest.version}")
        before, now = Language(latest.content.type.value), wanted.subject.language
        if before is not now:
            spot = Spot(wanted.subject.file)
            return Earlier(findings=(language_changed(name, before, now, spot),))
        own = _level(self._read.levels.get(name)) or _level(self._read.global_level)
        return Earlier(
            versions=tuple(self._versions(name, latest)),
            registry=self._verdict(wanted, own),
            registry_level=own,
            importing=self._is_importing(name),
            group=self._registry.compatibility_group(name),
        )

    def _is_importing(self, subject: str) -> bool:
        return self._registry.mode(subject) is Mode.IMPORT

    def _versions(self, subject: str, latest: RegisteredSchema) -> Iterator[Version]:
        """All undeleted versions, the newest first: those that a bulk read gave, or each by itself."""
        numbers = self._registry.versions(subject)
        known = {latest.version: latest}
        known.update({number: item for (name, number), item in self._read.versions.items() if name == subject})
        missing = [number for number in numbers if number not in known]
        read = fan_out(partial(self._registry.version, subject), missing)
        known.update({item.version: item for item in read if item is not None})  # None: deleted meanwhile
        for number in sorted((number for number in numbers if number in known), reverse=True):
            registered = known[number]
            if registered.content.type is SchemaType.AVRO:
                yield self._texts.version(registered)

    def _same_references(self, latest: RegisteredSchema, wanted: Wanted) -> bool:
        registered = sorted(text.text for text in self._texts.references(latest.content.references))
        return registered == sorted(text.text for text in wanted.candidate.references)

    # ---- the registry's own verdict

    def _verdict(self, wanted: Wanted, level: Compatibility | None) -> RegistryVerdict:
        if level is Compatibility.NONE:
            own = self._read.levels.get(wanted.subject.name) is not None
            whose = "its level for the subject" if own else "its global level"
            return RegistryVerdict(None, not_asked=f"{whose} is NONE")
        references = [self._registered(each) for each in wanted.direct]
        for each, reference in zip(wanted.direct, references, strict=True):
            if reference is None:
                return RegistryVerdict(None, not_asked=f"{each.subject} is not registered as it is now")
        content = SchemaContent(
            wanted.candidate.text.text,
            SchemaType(wanted.subject.language.value),
            tuple(reference for reference in references if reference is not None),
        )
        # The registry goes by its own level where that says more than the declared one.
        every = wanted.level.transitive
        try:
            verdict = self._registry.test_compatibility(wanted.subject.name, content, every)
        except RegistryRefusal as error:
            detail = error.diagnostics[0].detail or error.diagnostics[0].summary
            if references or wanted.subject.language is not Language.AVRO:
                return RegistryVerdict(None, not_asked=f"it cannot read the schema: {detail}")
            return RegistryVerdict(False, (detail,))
        if verdict is None:
            return RegistryVerdict(None, not_asked="it has no version of it")
        return RegistryVerdict(verdict.compatible, verdict.messages)

    def _registered(self, reference: DirectReference) -> Reference | None:
        """The newest version of a shared type, if that is what its file says now."""
        latest = self._read.latest.get(reference.subject)
        if latest is None or not _same_json(latest.content.text, reference.text):
            return None
        return Reference(reference.name, reference.subject, latest.version)


def _level(text: str | None) -> Compatibility | None:
    return Compatibility(text) if text is not None and text in Compatibility.__members__ else None


def _same_json(one: str, other: str) -> bool:
    try:
        return one == other or json.loads(one) == json.loads(other)
    except ValueError:
        return False
