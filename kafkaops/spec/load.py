"""Loading a spec: read, include, override, default, validate, cross-check. The only I/O is reading files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from kafkaops.errors import Diagnostic, Place, Severity, SpecError
from kafkaops.spec.assemble import Assembled, assemble
from kafkaops.spec.checks import cross_check
from kafkaops.spec.checks.context import Context
from kafkaops.spec.collector import paused_collector
from kafkaops.spec.configs import normalise_configs
from kafkaops.spec.defaults import apply_defaults
from kafkaops.spec.environments import choose, override
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.model import Environment
from kafkaops.spec.schema_files import read_schema_files
from kafkaops.spec.shape import fit, fit_defaults
from kafkaops.spec.written import Written


def load(path: Path, environment: str | None) -> LoadedSpec:
    """The spec for one environment (`dev`, or the only one, when None).

    Raises `SpecError` with everything that is wrong, each with its place.
    """
    with paused_collector():
        return load_assembled(assemble(path), environment)


def load_assembled(assembled: Assembled, environment: str | None) -> LoadedSpec:
    """`load` of files that have been read."""
    with paused_collector():
        environments = assembled.root.members.get("environments")
        try:
            name = choose(environments, environment)
        except SpecError as error:
            if environments is not None and environments.members:
                raise
            # Nobody has to say where to look before the rest is looked at.
            raise SpecError((*error.diagnostics, *_build(assembled, None).errors)) from None
        return _build(assembled, name).held()


@dataclass(frozen=True)
class Built:
    """What came of building a spec for one environment, or for none."""

    environment_name: str | None
    loaded: LoadedSpec | None
    """None when something is so wrong that there is no spec to speak of."""
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What keeps it from being used."""
        return tuple(found for found in self.diagnostics if found.severity is Severity.ERROR)

    def held(self) -> LoadedSpec:
        """The spec, if it can be used. Raises `SpecError` with every error."""
        if self.errors or self.loaded is None:
            raise SpecError(self.errors)
        return self.loaded


def build_all(path: Path, environment: str | None) -> tuple[Built, ...]:
    """The spec for the environment named, or for each that it declares and, first, for none.

    Raises `SpecError` when there is nothing to look at: no file, no YAML, no such environment.
    """
    with paused_collector():
        assembled = assemble(path)
        environments = assembled.root.members.get("environments")
        if environment is not None:
            return (_build(assembled, choose(environments, environment)),)
        names = list(environments.members) if environments else []
        return (_build(assembled, None), *(_build(assembled, name) for name in names))


def _build(assembled: Assembled, name: str | None) -> Built:
    diagnostics = list(assembled.diagnostics)
    root = assembled.root
    if name is not None:
        root, doubts = override(root, name)
        diagnostics.extend(doubts)
    diagnostics.extend(fit_defaults(root))
    root, found = normalise_configs(root)
    diagnostics.extend(found)
    default_places = _places_of(root.members.get("defaults"))
    raw = apply_defaults(root)
    spec, found = fit(raw)
    diagnostics.extend(found)
    loaded = None
    if spec is not None:
        context = Context(spec, raw, name)
        diagnostics.extend(cross_check(context))
        files = read_schema_files(assembled.main_file.parent, context)
        diagnostics.extend(files.diagnostics)
        loaded = LoadedSpec(
            root=assembled.main_file.parent.resolve(),
            spec=spec,
            places=context.places,
            environment_name=name or "",
            environment=context.environment or Environment(),
            schema_texts=files.texts,
            digest=_digest(raw, name, files.texts),
            schema_outlines=files.outlines,
        )
    tidy = _tidied(diagnostics, default_places)
    if loaded is not None:
        loaded = replace(loaded, warnings=tuple(item for item in tidy if item.severity is not Severity.ERROR))
    return Built(name, loaded, tidy)


def _places_of(written: Written | None) -> frozenset[Place]:
    """Every place inside a value, keys included."""
    if written is None:
        return frozenset()
    found = {written.place, written.key_place}
    for member in (*written.members.values(), *written.items):
        found |= _places_of(member)
    return frozenset(found)


def _tidied(diagnostics: Iterable[Diagnostic], default_places: frozenset[Place]) -> tuple[Diagnostic, ...]:
    """Each finding once, in the order of the files; what a default does to all is one finding, with a count."""
    kept: dict[object, Diagnostic] = {}
    repeated: dict[object, int] = {}
    for item in diagnostics:
        shared = item.place in default_places
        key: object = (item.code, item.place) if shared else item
        if key not in kept:
            kept[key] = item
        elif shared and kept[key].address != item.address and item.address and kept[key].address:
            repeated[key] = repeated.get(key, 0) + 1
    for key, more in repeated.items():
        note = f"and the same for {more:,} more"
        detail = kept[key].detail
        kept[key] = replace(kept[key], detail=f"{detail}\n{note}" if detail else note)
    return tuple(sorted(kept.values(), key=_position))


def _position(item: Diagnostic) -> tuple[object, ...]:
    if item.place is None:
        return (1, "", 0, 0, item.code)
    return (0, str(item.place.file), item.place.line, item.place.column, item.code)


def _digest(root: Written, environment: str | None, texts: dict[str, str]) -> str:
    merged = root.plain()
    environments = merged.get("environments")
    if isinstance(environments, dict):
        merged["environments"] = {environment: environments.get(environment)}
    schemas = [(name, hashlib.sha256(text.encode()).hexdigest()) for name, text in sorted(texts.items())]
    content = json.dumps([merged, schemas], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
