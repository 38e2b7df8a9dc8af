"""What a cross-check looks at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kafkaops.errors import Place
from kafkaops.spec.loaded import PathStep, Places
from kafkaops.spec.model import Environment, Spec
from kafkaops.spec.written import Written, WrittenPlaces


@dataclass(frozen=True)
class Context:
    """The spec for one environment, and the text it came from.

    Resources that do not fit the model are left out of `spec` but not of `root`: their names are declared.
    """

    spec: Spec
    root: Written
    environment_name: str | None

    @cached_property
    def places(self) -> Places:
        """Where everything was written."""
        return Places(WrittenPlaces(self.root))

    def place(self, *path: PathStep) -> Place | None:
        """Where a value was written, or what is around it."""
        return self.places.of(*path)

    def key_place(self, *path: PathStep) -> Place | None:
        """Where a value's key was written."""
        found = self.root.at(path)
        return found.key_place if found else self.place(*path)

    def declared(self, section: str) -> dict[str, Written]:
        """The names that a section declares, with what was written under them."""
        written = self.root.members.get(section)
        return written.members if written else {}

    @property
    def environment(self) -> Environment | None:
        """The environment that the spec is for; None for the spec as such."""
        return self.spec.environments.get(self.environment_name) if self.environment_name else None
