"""The schema registry, Confluent's REST API, as kafkaops sees it: values and the port.

`confluent_registry.py` implements it for every registry that speaks that API; Apicurio's bulk export is in
`apicurio.py`. Errors beyond those of `http_errors.py`:

KO330  the registry's answer is not one that its API describes
KO331  a 404 that is not the registry's own: the URL is wrong
KO332  the registry refuses: incompatible (409)
KO333  the registry refuses: not a valid schema, level or reference (422)
KO334  a bulk read came back short
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from kafkaops.errors import PlatformError


class SchemaType(StrEnum):
    """A schema's language, in the registry's words."""

    AVRO = "AVRO"
    JSON = "JSON"
    PROTOBUF = "PROTOBUF"


class Mode(StrEnum):
    """What a registry, or one subject of it, lets be registered."""

    READWRITE = "READWRITE"
    READONLY = "READONLY"
    READONLY_OVERRIDE = "READONLY_OVERRIDE"
    IMPORT = "IMPORT"
    FORWARD = "FORWARD"


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """What another schema is called inside this one, and the registered version that it is."""

    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class SchemaContent:
    """What is registered: a text in a language, and what it refers to."""

    text: str
    type: SchemaType = SchemaType.AVRO
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    """One version of a subject."""

    subject: str
    version: int
    id: int
    """The id that a record's frame carries; several versions and subjects may share one."""
    content: SchemaContent
    metadata: tuple[tuple[str, str], ...] = ()
    """Confluent's metadata properties, sorted; a compatibility group goes by one of them."""


@dataclass(frozen=True, slots=True)
class RegistryState:
    """A bulk read, complete for the subjects that were asked for."""

    subjects: frozenset[str]
    """Every subject that is not deleted, asked for or not."""
    latest: Mapping[str, RegisteredSchema]
    """The newest version of every subject asked for that exists; of others perhaps."""
    levels: Mapping[str, str | None]
    """The own compatibility level of the subjects whose level was asked for; None where none is set."""
    global_level: str | None = None
    """Only where it was asked for."""
    versions: Mapping[tuple[str, int], RegisteredSchema] = field(default_factory=dict)
    """Further undeleted versions, where the read gave them anyway."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The registry's answer to a compatibility test. Not every registry gives messages."""

    compatible: bool
    messages: tuple[str, ...] = ()


class RegistryRefusal(PlatformError):
    """The registry understood and refuses (KO332, KO333)."""


class SchemaRegistry(Protocol):
    """Reads and changes of a schema registry. Every method raises `PlatformError`.

    `None` and empty answers mean that the registry itself said "no such subject", never that a read failed.
    A version number or level belongs to a subject as named; contexts are part of a subject's name.
    """

    url: str
    heeds_deleted_referrers: bool
    """Whether a soft-deleted version still holds in place what it refers to (Apicurio) or lets go (Confluent)."""

    def read(
        self, subjects: Collection[str], levels_of: Collection[str] = (), global_level: bool = False
    ) -> RegistryState:
        """Names of all subjects, the latest version of `subjects`, the own levels of `levels_of`.

        In as few requests as the registry allows; where that is one for each subject, it is said.
        """
        ...

    def subjects(self, deleted: bool = False) -> frozenset[str]:
        """The names of all subjects; with `deleted`, of soft-deleted ones too."""
        ...

    def versions(self, subject: str, deleted: bool = False) -> tuple[int, ...]:
        """The subject's version numbers, rising; with `deleted`, soft-deleted ones too."""
        ...

    def version(self, subject: str, version: int | None = None) -> RegisteredSchema | None:
        """One version of a subject, the newest without a number."""
        ...

    def every_version(self, subject: str) -> tuple[RegisteredSchema, ...]:
        """All undeleted versions, oldest first: one request each."""
        ...

    def by_id(self, schema_id: int) -> SchemaContent | None:
        """The schema with an id."""
        ...

    def lookup(self, subject: str, content: SchemaContent, normalize: bool = False) -> RegisteredSchema | None:
        """The undeleted version that the registry takes to be this schema. Raises KO333 if it is invalid."""
        ...

    def register(self, subject: str, content: SchemaContent, normalize: bool = False) -> int:
        """Register and return the id. A schema the subject already has gets no new version.

        Raises `RegistryRefusal`.
        """
        ...

    def test_compatibility(self, subject: str, content: SchemaContent, every_version: bool) -> Verdict | None:
        """Test against the newest version, or every one, under the level in force now.

        None when the subject has no version. Raises KO333 if the registry cannot read the schema, which
        Apicurio says of every schema with references where it does not allow a dry run.
        """
        ...

    def level(self, subject: str | None = None, effective: bool = False) -> str | None:
        """A subject's own level, or with `effective` the one in force for it; the global level without a subject."""
        ...

    def compatibility_group(self, subject: str) -> str | None:
        """The metadata property whose value tells a subject's groups of versions apart, where one is set."""
        ...

    def set_level(self, subject: str | None, level: str) -> None:
        """Set a subject's level, or the global one. The subject need not exist yet."""
        ...

    def unset_level(self, subject: str) -> None:
        """Remove a subject's own level."""
        ...

    def mode(self, subject: str) -> Mode:
        """The mode in force for a subject, which need not exist."""
        ...

    def delete_version(self, subject: str, version: int, permanent: bool = False) -> None:
        """Delete one version; permanently only after softly."""
        ...

    def delete_subject(self, subject: str, permanent: bool = False) -> tuple[int, ...]:
        """Delete a subject's versions and return their numbers; permanently only after softly."""
        ...

    def referrers(self, subject: str, version: int) -> tuple[int, ...]:
        """The ids of the schemas that refer to a version."""
        ...

    def places_of(self, schema_id: int, deleted: bool = False) -> tuple[tuple[str, int], ...]:
        """Every (subject, version) that has an id; with `deleted`, soft-deleted ones too."""
        ...

    def cluster_id(self) -> str | None:
        """What tells this registry from every other; None where it does not say (only Confluent's does)."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
