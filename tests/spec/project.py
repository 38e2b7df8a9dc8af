"""A project in a folder, and loading it."""

from __future__ import annotations

from pathlib import Path

from kafkaops.spec.load import load
from kafkaops.spec.loaded import LoadedSpec

HEAD = "version: 1\nproject: paklog\nenvironments: {dev: {dev_cluster: default}}\n"


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write the files; the path of the main one."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / "topics.yaml"


def loaded(folder: Path, text: str, environment: str | None = None, **files: str) -> LoadedSpec:
    """The spec of a text; other files by name, `__` standing for the slash and `_yaml` for the ending."""
    others = {name.replace("__", "/").replace("_yaml", ".yaml"): content for name, content in files.items()}
    return load(write(folder, {"topics.yaml": text, **others}), environment)
