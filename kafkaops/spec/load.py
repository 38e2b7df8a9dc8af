"""Loading a spec: read, include, override, default, validate, cross-check. The only I/O is reading files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from kafkaops.errors import Diagnostic, Severity, SpecError
from kafkaops.spec.assemble import Assembled, assemble
from kafkaops.spec.defaults import apply_defaults
from kafkaops.spec.environments import choose, override
from kafkaops.spec.loaded import LoadedSpec, Places
from kafkaops.spec.model import Environment, Spec
from kafkaops.spec.schema_files import read_schema_files
from kafkaops.spec.shape import diagnostics_of
from kafkaops.spec.written import Written, WrittenPlaces


def load(path: Path, environment: str | None) -> LoadedSpec:
    """The spec for one environment (`dev`, or the only one, when None).

    Raises `SpecError` with everything that is wrong, each with its place.
    """
    assembled = assemble(path)
    name = choose(assembled.root.members.get("environments"), environment)
    built = _build(path, assembled, name)
    return built.held()


@dataclass(frozen=True)
class Built:
    """What came of building a spec for one environment; `loaded` is there unless something is wrong."""

    loaded: LoadedSpec | None
    diagnostics: tuple[Diagnostic, ...]

    def held(self) -> LoadedSpec:
        """The spec. Raises `SpecError` when there are errors."""
        errors = [found for found in self.diagnostics if found.severity is Severity.ERROR]
        if errors or self.loaded is None:
            raise SpecError(_sorted(errors))
        return self.loaded


def _sorted(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    return sorted(dict.fromkeys(diagnostics), key=lambda found: (found.place is None, found.place, found.code))


def _build(path: Path, assembled: Assembled, name: str) -> Built:
    diagnostics = list(assembled.diagnostics)
    root, doubts = override(assembled.root, name)
    diagnostics.extend(doubts)
    root = apply_defaults(root)
    raw = _without_file_keys(root)
    try:
        spec = Spec.model_validate(raw.plain())
    except ValidationError as error:
        diagnostics.extend(diagnostics_of(error, Spec, raw))
        return Built(None, tuple(_sorted(diagnostics)))
    texts, found = read_schema_files(path.parent, spec, raw)
    diagnostics.extend(found)
    loaded = LoadedSpec(
        root=path.parent.resolve(),
        spec=spec,
        places=Places(WrittenPlaces(raw)),
        environment_name=name,
        environment=spec.environments.get(name, Environment()),
        schema_texts=texts,
        digest=_digest(raw, name, texts),
        warnings=tuple(_sorted(found for found in diagnostics if found.severity is not Severity.ERROR)),
    )
    return Built(loaded, tuple(_sorted(diagnostics)))


def _without_file_keys(root: Written) -> Written:
    return root.with_value({key: member for key, member in root.members.items() if key != "include"})


def _digest(root: Written, environment: str, texts: dict[str, str]) -> str:
    merged = root.plain()
    environments = merged.get("environments") or {}
    merged["environments"] = {environment: environments.get(environment)}
    content = json.dumps([merged, sorted(texts.items())], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()
