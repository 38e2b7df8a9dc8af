"""What is declared and known of subjects, and the operations on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from kafkaops.address import Address, Guard
from kafkaops.clients.registry import RegisteredSchema, RegistryState, SchemaType
from kafkaops.errors import Diagnostic, Place
from kafkaops.plan.model import Operation

KIND = "schema"
GLOBAL = Address(KIND, "__GLOBAL")
"""The address of the global compatibility level; the registry's own name for it."""


@dataclass(frozen=True, slots=True, order=True)
class DesiredReference:
    """What another schema is called inside this one, and the subject that holds it."""

    name: str
    subject: str
    version: int | None = None
    """The version meant; None for the newest once this plan has registered it."""


@dataclass(frozen=True, slots=True)
class Use:
    """A topic whose records have the schema, as their key or their value."""

    topic: str
    part: str

    def __str__(self) -> str:
        return f"the {self.part}s of {self.topic}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredSubject:
    """A subject as the spec declares it."""

    subject: str
    file: str
    """The schema's file, as the spec names it."""
    type: SchemaType
    text: str
    references: tuple[DesiredReference, ...] = ()
    level: str | None = None
    """None: not managed."""
    normalize: bool = False
    uses: tuple[Use, ...] = ()
    shared: bool = False
    """Whether other declared subjects refer to it."""
    place: Place | None = None
    allow: tuple[Guard, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    """What is wrong with it by itself."""

    @property
    def address(self) -> Address:
        """`schema.<subject>`."""
        return Address(KIND, self.subject)

    @property
    def pinned(self) -> bool:
        """Whether only what refers to it uses it, by version: then any version will do, not only the newest."""
        return self.shared and not self.uses

    @property
    def is_key(self) -> bool:
        """Whether a topic's keys have this schema."""
        return any(use.part == "key" for use in self.uses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A subject that the spec wants gone."""

    subject: str
    permanent: bool
    place: Place | None = None
    allow: tuple[Guard, ...] = ()

    @property
    def address(self) -> Address:
        """`schema.<subject>`."""
        return Address(KIND, self.subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """Everything that the spec says of the registry."""

    subjects: Mapping[str, DesiredSubject] = field(default_factory=dict)
    """In the spec's order, each after those it refers to where there is no circle."""
    removed: Mapping[str, Removed] = field(default_factory=dict)
    global_level: str | None = None
    global_place: Place | None = None

    @property
    def empty(self) -> bool:
        """Whether it says nothing at all."""
        return not (self.subjects or self.removed or self.global_level)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemasSnapshot:
    """What was seen of the registry."""

    state: RegistryState
    taken_for: Mapping[str, RegisteredSchema] = field(default_factory=dict)
    """Of the declared subjects whose newest version differs: the version that the registry takes for the
    declared schema, where there is one. Registering would give that version's id and change nothing."""
    soft_deleted: frozenset[str] = frozenset()
    """Of the subjects to be removed permanently: those already deleted softly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSubjectCompatibility(Operation):
    """Set a subject's compatibility level. `before` is None where it had none of its own."""

    verb: ClassVar[str] = "set compatibility level"
    subject: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetGlobalCompatibility(Operation):
    """Set the registry's global compatibility level."""

    verb: ClassVar[str] = "set global compatibility level"
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSchema(Operation):
    """Register a version."""

    verb: ClassVar[str] = "register schema"
    subject: str
    type: SchemaType
    text: str
    references: tuple[DesiredReference, ...] = ()
    normalize: bool = False
    after_version: int | None = None
    """The newest version so far; None for a new subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreVersion(RegisterSchema):
    """Make an earlier version the newest again: delete it softly, then register it.

    Registering alone would answer with that version's id and leave the newest as it is.
    """

    verb: ClassVar[str] = "make earlier version the newest"
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSubject(Operation):
    """Delete a subject softly, then permanently if wanted."""

    verb: ClassVar[str] = "delete subject"
    subject: str
    permanent: bool
    soft_deleted: bool = False
    """Whether the soft deletion was done before."""


def registering(operations: tuple[Operation, ...]) -> RegisterSchema | None:
    """The operation that registers a version, if there is one."""
    return next((item for item in operations if isinstance(item, RegisterSchema)), None)
