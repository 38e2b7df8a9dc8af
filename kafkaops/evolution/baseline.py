"""An earlier state of a project: which subjects it declared, and the versions that it had of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from kafkaops.evolution.declared import DeclaredSubject, FullName, unknown_name
from kafkaops.evolution.earlier_spec import Bindings
from kafkaops.evolution.levels import Level
from kafkaops.evolution.model import Candidate, Finding, RegistryVerdict, Version
from kafkaops.spec.model import Compatibility


@dataclass(frozen=True, slots=True)
class Earlier:
    """The versions of one subject that were there before."""

    versions: tuple[Version, ...] = ()
    """The newest first; as many as the level asks for."""
    recent: int = 1
    """How many of them a level asks for that is not transitive."""
    former: tuple[Version, ...] = ()
    """Older ones, which the level does not ask for: a schema that is one of them again is not compared."""
    identical: str | None = None
    """The label of a version that is the candidate's text and references to the letter."""
    note: str = ""
    registry: RegistryVerdict | None = None
    """What the registry itself says, where it was asked."""
    registry_level: Compatibility | None = None
    """The level that the registry goes by, which may not be the declared one."""
    importing: bool = False
    """Whether the subject is in IMPORT mode, in which a registry checks nothing."""
    group: str | None = None
    """The metadata property of its compatibility group."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with the versions themselves."""


@dataclass(frozen=True, slots=True)
class DirectReference:
    """A type of another file that a schema names, and the subject that this file is registered under."""

    name: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subject whose earlier versions are asked for."""

    subject: DeclaredSubject
    candidate: Candidate
    level: Level
    direct: tuple[DirectReference, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """The levels that a registry has for a subject."""

    level: Compatibility | None = None
    global_level: Compatibility | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What a baseline says of all subjects together."""

    declared: tuple[DeclaredSubject, ...] | None
    """The subjects that were declared then; None where only schemas are known."""
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    bindings: Bindings | None = None
    """What was bound in each environment; None where only schemas are known."""
    full_name: FullName = unknown_name
    """The names of the types that the files of then declared."""


class Baseline(Protocol):
    """Where earlier versions come from."""

    name: str
    """For people: "git main (merge base 1a2b3c4, tip 5d6e7f8)"."""

    def before(self) -> Before:
        """What was declared."""
        ...

    def facts(self, subjects: Iterable[str]) -> Mapping[str, Facts]:
        """What is set for subjects; those of which nothing is known are left out."""
        ...

    def prepare(self, wanted: Sequence[Wanted]) -> None:
        """Read what the versions of all these subjects have in common."""
        ...

    def earlier(self, wanted: Sequence[Wanted]) -> Iterator[Earlier]:
        """The versions of each of some of the subjects that were prepared for, in their order.

        Several processes may ask, each for its part of the subjects, and let go of one's versions before the next's.
        """
        ...


def git_blob_name(text: str, algorithm: str = "sha1") -> str:
    """The name that git gives a file of this text: the hash of a short header and the content."""
    content = text.encode("utf-8", "surrogateescape")
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Project:
    """The project as it is about to be."""

    root: Path
    spec_file: Path
    """The spec's main file."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The texts of its schema files."""
    environment: str | None = None
    name: str = ""
    """What the spec calls it."""
    topics: frozenset[str] = frozenset()
    """The topics that it declares."""
