"""A spec as it was, read far enough to know its subjects and levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from kafkaops.errors import SpecError
from kafkaops.evolution.declared import Default
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


def read_earlier_spec(main_file: Path, environment: str | None) -> EarlierSpec | None:
    """The spec with an environment's overrides, if that had it already; None where it cannot be understood."""
    try:
        root = _overridden(assemble(main_file).root, environment)
    except SpecError:
        return None
    applied = apply_defaults(root)
    kept = applied.with_value({key: member for key, member in applied.members.items() if key in _SECTIONS})
    try:
        spec = Spec.model_validate(kept.plain())
    except ValidationError:
        return None
    return EarlierSpec(spec, Places(WrittenPlaces(kept)), _default(root))


def default_level(main_file: Path, environment: str) -> Default:
    """The default level of a spec that is known to hold."""
    return _default(_overridden(assemble(main_file).root, environment))


def spec_of_texts(texts: Mapping[str, bytes], main_file: str, environment: str | None) -> EarlierSpec | None:
    """The spec that these files make, named as from its folder. They are put into a temporary folder for it."""
    with TemporaryDirectory(prefix="kafkaops-") as folder:
        root = Path(folder)
        for name, content in texts.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return read_earlier_spec(root / main_file, environment)


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
