"""A spec as it was, read far enough to know its subjects and levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from kafkaops.errors import SpecError
from kafkaops.evolution.declared import Default
from kafkaops.evolution.git import Repository
from kafkaops.spec.assemble import assemble
from kafkaops.spec.defaults import apply_defaults
from kafkaops.spec.environments import override
from kafkaops.spec.loaded import Places
from kafkaops.spec.model import Compatibility, Spec
from kafkaops.spec.written import Written, WrittenPlaces

SPEC_ENDINGS = (".yaml", ".yml")
_SECTIONS = ("version", "project", "topics", "schemas", "services", "consumer_groups")
"""What says something of subjects; the rest of an earlier spec may be wrong as it likes."""


@dataclass(frozen=True, slots=True)
class EarlierSpec:
    """A spec without cross-checks and schema texts."""

    spec: Spec
    places: Places
    default: Default


class Bindings:
    """What a spec binds in each of its environments, read when it is asked for."""

    def __init__(self, root: Written) -> None:
        self._root = root

    @cached_property
    def environments(self) -> Mapping[str, Written]:
        """The environments by name."""
        found = self._root.members.get("environments")
        return found.members if found is not None else {}

    @cached_property
    def differing(self) -> frozenset[str]:
        """The environments whose overrides touch schemas: in the others what is bound is bound everywhere."""
        return frozenset(name for name, written in self.environments.items() if _touches_schemas(written))

    def of(self, environment: str | None) -> EarlierSpec | None:
        """The spec with an environment's overrides, if it is known; None where that cannot be understood."""
        try:
            root = _overridden(self._root, environment)
        except SpecError:
            return None
        applied = apply_defaults(root)
        kept = applied.with_value({key: member for key, member in applied.members.items() if key in _SECTIONS})
        try:
            spec = Spec.model_validate(kept.plain())
        except ValidationError:
            return None
        return EarlierSpec(spec, Places(WrittenPlaces(kept)), _default(root))

    def default(self, environment: str) -> Default:
        """The default level in an environment of a spec that is known to hold."""
        return _default(_overridden(self._root, environment))


def read_bindings(main_file: Path) -> Bindings:
    """The bindings of a spec on disk. Raises `SpecError` where its files are no YAML."""
    return Bindings(assemble(main_file).root)


def bindings_in(repository: Repository, tree: Mapping[str, str], main_file: str) -> Bindings | None:
    """The bindings of the spec in a tree, blobs by path; None where there is none, or none that is YAML."""
    names = {path: blob for path, blob in tree.items() if path.endswith(SPEC_ENDINGS)}
    if main_file not in names:
        return None
    blobs = repository.blobs(names.values())
    return _bindings_of_texts({path: blobs[blob] for path, blob in names.items()}, main_file)


def _bindings_of_texts(texts: Mapping[str, bytes], main_file: str) -> Bindings | None:
    """The bindings of the spec that these files make, named as from its folder; None where they are no YAML.

    They are put into a temporary folder for it.
    """
    with TemporaryDirectory(prefix="kafkaops-") as folder:
        root = Path(folder)
        for name, content in texts.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        try:
            return read_bindings(root / main_file)
        except SpecError:
            return None


def _touches_schemas(environment: Written) -> bool:
    overrides = environment.members.get("overrides")
    if overrides is None:
        return False
    topics = overrides.members.get("topics")
    defaults = overrides.members.get("defaults")
    bound = any({"key", "value"} & topic.members.keys() for topic in (topics.members.values() if topics else ()))
    return bound or "schemas" in overrides.members or (defaults is not None and "schemas" in defaults.members)


def _overridden(root: Written, environment: str | None) -> Written:
    environments = root.members.get("environments")
    if environment is None or environments is None or environment not in environments.members:
        return root
    return override(root, environment)[0]


def _default(root: Written) -> Default:
    found: Written | None = root
    for step in ("defaults", "schemas", "compatibility"):
        found = found.members.get(step) if found else None
    if found is None or found.value not in set(Compatibility):
        return Default()
    return Default(Compatibility(str(found.value)), found.place)
