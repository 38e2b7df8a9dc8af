"""The subjects that a spec declares, now or as it was: which file, which topic, which level. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from kafkaops.errors import Place
from kafkaops.spec.loaded import Places
from kafkaops.spec.model import Compatibility, SchemaBinding, Spec, SubjectNameStrategy

FullName = Callable[[str], str | None]
"""From a schema file, as the spec names it, to the full name of the type it declares."""
SpecPath = tuple[str, ...]


def unknown_name(file: str) -> str | None:
    """A `FullName` where no file is known."""
    return None


class Language(StrEnum):
    """A schema's language, in the registry's words."""

    AVRO = "AVRO"
    JSON = "JSON"
    PROTOBUF = "PROTOBUF"


_LANGUAGES = {".json": Language.JSON, ".proto": Language.PROTOBUF}


def language_of(file: str) -> Language:
    """The language by the file's ending."""
    return _LANGUAGES.get(posixpath.splitext(file)[1], Language.AVRO)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSubject:
    """A subject as a spec declares it."""

    name: str
    file: str
    """As the spec names it: POSIX, relative to the project's root."""
    path: SpecPath
    """Where in the spec: `("topics", TOPIC, "value")`, `("schemas", "subjects", NAME)`."""
    topics: tuple[str, ...] = ()
    """The topics whose records carry it."""
    is_key: bool = False
    level: Compatibility | None = None
    """Declared for it or by default; `level_is_default` tells."""
    level_is_default: bool = False
    strategy: SubjectNameStrategy = SubjectNameStrategy.TOPIC
    place: Place | None = None
    """Where the spec names the file."""
    level_place: Place | None = None
    """Where its level is written, for it or as the default."""

    @property
    def language(self) -> Language:
        """The schema's language."""
        return language_of(self.file)

    @property
    def is_value(self) -> bool:
        """Whether records of a topic carry it as their value."""
        return bool(self.topics) and not self.is_key


@dataclass(frozen=True, slots=True)
class Default:
    """The compatibility level in `defaults: schemas:`, and where it is written."""

    level: Compatibility | None = None
    place: Place | None = None


def declared_subjects(
    spec: Spec, full_name: FullName, places: Places | None = None, default: Default = Default()
) -> tuple[DeclaredSubject, ...]:
    """Every subject that topics and `schemas.subjects` bind, in the spec's order.

    A subject that several topics bind, as record names do, is one, with all its topics.
    """
    found: dict[str, DeclaredSubject] = {}
    for subject in (*_of_topics(spec, full_name, places, default), *_of_section(spec, places, default)):
        known = found.get(subject.name)
        found[subject.name] = subject if known is None else _merged(known, subject)
    return tuple(found.values())


def _of_topics(spec: Spec, full_name: FullName, places: Places | None, default: Default) -> Iterator[DeclaredSubject]:
    for topic, declared in spec.topics.items():
        for part, binding in (("key", declared.key), ("value", declared.value)):
            if binding is not None:
                name = subject_name(topic, part, binding, full_name)
                yield _subject(name, ("topics", topic, part), binding, places, default, topic)


def _of_section(spec: Spec, places: Places | None, default: Default) -> Iterator[DeclaredSubject]:
    for name, binding in spec.schemas.subjects.items():
        yield _subject(binding.subject or name, ("schemas", "subjects", name), binding, places, default, None)


def subject_name(topic: str, part: str, binding: SchemaBinding, full_name: FullName) -> str:
    """The subject that the serializers use, by the naming strategy; without a record's name the topic has to do."""
    if binding.subject is not None:
        return binding.subject
    strategy = binding.subject_name_strategy
    if strategy in (SubjectNameStrategy.RECORD, SubjectNameStrategy.TOPIC_RECORD):
        record = full_name(binding.schema_file)
        if record:
            return record if strategy is SubjectNameStrategy.RECORD else f"{topic}-{record}"
    return f"{topic}-{part}"


def _subject(
    name: str, path: SpecPath, binding: SchemaBinding, places: Places | None, default: Default, topic: str | None
) -> DeclaredSubject:
    return DeclaredSubject(
        name=name,
        file=binding.schema_file,
        path=path,
        topics=(topic,) if topic else (),
        is_key=path[-1] == "key" and topic is not None,
        level=binding.compatibility,
        level_is_default=_is_default(binding, path, places, default),
        strategy=binding.subject_name_strategy or SubjectNameStrategy.TOPIC,
        place=places.of(*path, "schema") if places else None,
        level_place=places.of(*path, "compatibility") if places else None,
    )


def _is_default(binding: SchemaBinding, path: SpecPath, places: Places | None, default: Default) -> bool:
    """Defaults have been put under each binding; what they wrote still stands where the defaults are."""
    if binding.compatibility is None or default.level is None:
        return False
    if places is None or default.place is None:
        return binding.compatibility is default.level
    return places.of(*path, "compatibility") == default.place


def _merged(known: DeclaredSubject, again: DeclaredSubject) -> DeclaredSubject:
    own = known if known.level is not None and not known.level_is_default else again
    return DeclaredSubject(
        name=known.name,
        file=known.file,
        path=known.path,
        topics=known.topics + again.topics,
        is_key=known.is_key or again.is_key,
        level=own.level,
        level_is_default=own.level_is_default,
        strategy=known.strategy,
        place=known.place,
        level_place=own.level_place,
    )
