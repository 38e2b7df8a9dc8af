"""Maintenance: resolve `roots.py` with jgo and write artifacts.lock.json.

    python -m kafkaops.devcluster.relock

Downloads everything once (into jgo's own repository cache), so that each file's SHA-256 and size can be
written down. Users never run this: `kafkaops dev up` fetches exactly what the lock says.
"""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kafkaops.devcluster.lockfile import LOCK_PATH, Artifact, render
from kafkaops.devcluster.roots import SETS, ArtifactSet, Root

Coordinates = tuple[str, str, str, str, str]


def relock() -> tuple[Artifact, ...]:
    """Resolve every set and measure every file. Raises whatever jgo raises: nothing is written then."""
    from jgo.maven import MavenContext

    context = MavenContext(timeout=60)
    sets_of: dict[Coordinates, set[str]] = {}
    for artifact_set in SETS:
        for coordinates in _resolve(context, artifact_set):
            sets_of.setdefault(coordinates, set()).add(artifact_set.name)
    with ThreadPoolExecutor(8) as pool:
        measured = pool.map(lambda item: _measure(context, item[0], item[1]), sorted(sets_of.items()))
        return tuple(measured)


def _resolve(context: Any, artifact_set: ArtifactSet) -> set[Coordinates]:
    found = {_coordinates(root) for root in artifact_set.roots if not root.transitive}
    roots = [root for root in artifact_set.roots if root.transitive]
    if roots:
        asked = [context.create_dependency(f"{item.group}:{item.artifact}:{item.version}") for item in roots]
        inputs, transitive = context.resolver.resolve(asked)
        for item in (*inputs, *transitive):
            found.add((item.groupId, item.artifactId, item.version, item.classifier or "", item.type))
    return {item for item in found if not artifact_set.excludes(item[1])}


def _coordinates(root: Root) -> Coordinates:
    return (root.group, root.artifact, root.version, root.classifier, root.packaging)


def _measure(context: Any, coordinates: Coordinates, sets: set[str]) -> Artifact:
    group, name, version, classifier, packaging = coordinates
    component = context.project(group, name).at_version(version)
    path = Path(component.artifact(classifier, packaging).resolve())
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Artifact(group, name, version, classifier, packaging, path.stat().st_size, digest, tuple(sorted(sets)))


def main() -> None:
    """Write the lock and say what changed in size."""
    artifacts = relock()
    LOCK_PATH.write_text(render(artifacts), encoding="utf-8")
    total_mb = sum(item.size for item in artifacts) / 1e6
    sys.stderr.write(f"{len(artifacts)} artifacts, {total_mb:.0f} MB, written to {LOCK_PATH.name}\n")


if __name__ == "__main__":
    main()
