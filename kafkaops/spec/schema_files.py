"""The schema files that a spec names."""

from __future__ import annotations

from pathlib import Path

from kafkaops.errors import Diagnostic, SpecError
from kafkaops.spec.model import Spec
from kafkaops.spec.source import read_text
from kafkaops.spec.written import Written


def read_schema_files(root: Path, spec: Spec, _raw: Written) -> tuple[dict[str, str], list[Diagnostic]]:
    """The texts of all schema files by name, and what is wrong with them."""
    names: list[str] = []
    for topic in spec.topics.values():
        names.extend(binding.schema_file for binding in (topic.key, topic.value) if binding)
    names.extend(binding.schema_file for binding in spec.schemas.subjects.values())
    for pattern in spec.schemas.files:
        names.extend(sorted(file.relative_to(root).as_posix() for file in root.glob(pattern)))
    texts: dict[str, str] = {}
    diagnostics: list[Diagnostic] = []
    for name in dict.fromkeys(names):
        try:
            texts[name] = read_text(root / name, code="KO140")
        except SpecError as error:
            diagnostics.extend(error.diagnostics)
    return texts, diagnostics
