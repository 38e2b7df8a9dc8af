"""What loading a spec gives: the spec, where each of its values stands, and the files it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kafkaops.address import Address
from kafkaops.compat import Outline
from kafkaops.errors import Diagnostic, Place
from kafkaops.spec.model import Environment, Removal, Spec

PathStep = str | int
"""One step into the spec: a mapping's key or a list's index."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where each value of the merged spec was written. An override's place is the override's."""

    by_path: Mapping[tuple[PathStep, ...], Place]

    def of(self, *path: PathStep) -> Place | None:
        """The place of a value, or of the nearest thing around it that was written down."""
        for length in range(len(path), 0, -1):
            place = self.by_path.get(path[:length])
            if place is not None:
                return place
        return None


@dataclass(frozen=True, slots=True)
class NamedRemoval:
    """An entry of `removed:` that asks for a deletion, with the name it asks for and where it stands."""

    name: str
    removal: Removal
    place: Place | None
    implied: bool = False
    """True for what the spec only stopped to declare."""


@dataclass(frozen=True, slots=True)
class LoadedSpec:
    """A spec that holds together, for one environment. Loading did all the reading: diffs do none."""

    root: Path
    """The folder of the spec's main file; file names in the spec are relative to it."""
    spec: Spec
    places: Places
    environment_name: str
    environment: Environment
    schema_texts: Mapping[str, str]
    """Text of every schema file that is used, by its name as the spec writes it (POSIX, relative to root)."""
    digest: str
    """sha256 over the merged spec and the schema texts, in hexadecimal. References count as written."""
    warnings: tuple[Diagnostic, ...] = field(default=())
    dropped: frozenset[Address] = frozenset()
    """What this project made and the spec no longer speaks of: deleted as if it were named for removal."""
    schema_outlines: Mapping[str, Outline] = field(default_factory=dict)
    """What the Avro files say of names, so that nobody reads them for that again."""
    subjects: Mapping[str, Mapping[str, object]] | None = None
    """Subjects as the ledger tells them, instead of those that follow from the spec's files."""

    @property
    def files(self) -> frozenset[Path]:
        """The files that it consists of, schemas included."""
        written = {place.file for place in self.places.by_path.values()}
        return frozenset(written | {self.root / name for name in self.schema_texts})

    def removals(self, kind: str) -> Mapping[str, NamedRemoval]:
        """The resources of one kind that are to be deleted, by name."""
        found = {
            address.name: NamedRemoval(address.name, Removal(address=str(address)), None, implied=True)
            for address in sorted(self.dropped)
            if address.kind == kind
        }
        for index, removal in enumerate(self.spec.removed):
            address = Address.parse(removal.address)
            if address.kind == kind and removal.action == "delete":
                found[address.name] = NamedRemoval(address.name, removal, self.places.of("removed", index))
        return found

    def forgotten(self) -> Mapping[Address, Place | None]:
        """The resources that are to be let go without being touched."""
        return {
            Address.parse(removal.address): self.places.of("removed", index)
            for index, removal in enumerate(self.spec.removed)
            if removal.action == "forget"
        }
