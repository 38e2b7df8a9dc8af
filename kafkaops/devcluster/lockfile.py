"""The lock: every file the dev cluster needs, by exact coordinates, size and SHA-256."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

LOCK_PATH = Path(__file__).with_name("artifacts.lock.json")
LOCK_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a Maven repository. `size` is in bytes, `sha256` in lower-case hex."""

    group: str
    artifact: str
    version: str
    classifier: str
    packaging: str
    size: int
    sha256: str
    sets: tuple[str, ...]

    @property
    def filename(self) -> str:
        """The file's name in a Maven repository, `name-version[-classifier].packaging`."""
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{classifier}.{self.packaging}"

    @property
    def repository_path(self) -> PurePosixPath:
        """Where the file lies in a Maven repository, relative to its root."""
        return PurePosixPath(*self.group.split("."), self.artifact, self.version, self.filename)

    def __str__(self) -> str:
        return f"{self.artifact} {self.version}"


def parse(text: str) -> tuple[Artifact, ...]:
    """The artifacts of a lock file's text. Raises ValueError for another format of it."""
    document = json.loads(text)
    if document.get("format") != LOCK_FORMAT:
        raise ValueError(f"lock format {document.get('format')!r}, expected {LOCK_FORMAT}")
    return tuple(Artifact(**{**entry, "sets": tuple(entry["sets"])}) for entry in document["artifacts"])


def render(artifacts: Iterable[Artifact]) -> str:
    """The text of a lock file: sorted, one artifact a line, so that a new version is a small difference."""
    lines = []
    for item in sorted(artifacts, key=lambda each: each.repository_path):
        entry = {
            "group": item.group,
            "artifact": item.artifact,
            "version": item.version,
            "classifier": item.classifier,
            "packaging": item.packaging,
            "size": item.size,
            "sha256": item.sha256,
            "sets": sorted(item.sets),
        }
        lines.append("    " + json.dumps(entry))
    return f'{{\n  "format": {LOCK_FORMAT},\n  "artifacts": [\n' + ",\n".join(lines) + "\n  ]\n}\n"


@cache
def locked() -> tuple[Artifact, ...]:
    """The artifacts of the lock that ships with this version of kafkaops."""
    return parse(LOCK_PATH.read_text(encoding="utf-8"))


def artifacts_of(sets: Collection[str]) -> tuple[Artifact, ...]:
    """The locked artifacts that at least one of those sets needs, each once."""
    return tuple(item for item in locked() if not set(item.sets).isdisjoint(sets))
