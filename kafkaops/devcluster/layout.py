"""Turn verified artifacts into folders that Java programs start from: class paths, plugins, unpacked archives."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import uuid
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from kafkaops.devcluster.download import Store, fetch
from kafkaops.devcluster.events import Listener, Note
from kafkaops.devcluster.lockfile import Artifact, artifacts_of
from kafkaops.devcluster.locking import exclusive
from kafkaops.devcluster.manifests import MANIFESTS, write_manifest_jar
from kafkaops.devcluster.paths import CACHE_VARIABLE, make_writable
from kafkaops.devcluster.state import replace_text
from kafkaops.errors import PlatformError

_LAYOUT_VERSION = "1"
_INDEX = ".index.json"


@dataclass(frozen=True, slots=True)
class Installation:
    """The folder of each set, ready to run from."""

    folders: dict[str, Path]

    def class_path(self, name: str) -> str:
        """Java's wildcard for the jars of a set."""
        return str(self.folders[name] / "*")


def install(sets: Collection[str], cache: Path, listen: Listener) -> Installation:
    """Make those sets available under `cache`, fetching what is missing or damaged.

    Safe when several processes do it at once. Raises PlatformError when the cache cannot be written
    or a file cannot be had.
    """
    if os.pathsep in str(cache):
        raise PlatformError.of(
            "KO702",
            f"the cache folder {cache} cannot hold Java programs: {os.pathsep!r} separates paths in a class path",
            hint=f"set {CACHE_VARIABLE} to another folder",
        )
    make_writable(cache, "cache")
    try:
        with exclusive(cache / ".lock", lambda: listen(Note("waiting for another download to finish"))):
            return _install(sets, cache, listen)
    except OSError as error:
        raise PlatformError.of("KO702", f"cannot write to the cache {cache}: {error.strerror or error}") from error


def _install(sets: Collection[str], cache: Path, listen: Listener) -> Installation:
    store = Store(cache / "artifacts")
    members = {name: artifacts_of([name]) for name in sets}
    folders = {name: cache / "sets" / f"{name}-{_digest(name, members[name])}" for name in sets}
    broken = {name for name in sets if not _is_intact(folders[name])}
    fetch(store, artifacts_of(broken), cache / "staging", listen)
    for name in sorted(broken):
        _assemble(name, members[name], store, folders[name])
    return Installation(folders)


def _digest(name: str, artifacts: Collection[Artifact]) -> str:
    """A name for the exact content of a set, so that another version of kafkaops never mixes with it."""
    parts = [_LAYOUT_VERSION, *sorted(item.sha256 for item in artifacts), repr(MANIFESTS.get(name))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _is_intact(folder: Path) -> bool:
    """Whether every file that was put there still has its size. Some hundred `stat` calls: milliseconds."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        return all((folder / name).stat().st_size == size for name, size in index.items())
    except (OSError, ValueError):
        return False


def _assemble(name: str, artifacts: Collection[Artifact], store: Store, folder: Path) -> None:
    building = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
    building.mkdir(parents=True)
    try:
        for artifact in artifacts:
            source = store.path(artifact)
            if artifact.packaging in {"zip", "tar.gz"}:
                _unpack(source, building)
            else:
                _link(source, building / source.name)
        if name in MANIFESTS:
            write_manifest_jar(building / "service-manifests.jar", MANIFESTS[name])
        _write_index(building)
        shutil.rmtree(folder, ignore_errors=True)
        building.replace(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    for artifact in artifacts:
        # An archive is of no more use once it is unpacked; jars stay, for they are shared between sets.
        if artifact.packaging in {"zip", "tar.gz"}:
            store.path(artifact).unlink()


def _write_index(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    index = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
    replace_text(folder / _INDEX, json.dumps(index))


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # A filesystem without hard links.
        shutil.copyfile(source, target)


def _unpack(archive: Path, folder: Path) -> None:
    """Extract an archive whose content the lock vouches for. A single top folder is left out."""
    if archive.name.endswith(".zip"):
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(folder)
    else:
        with tarfile.open(archive) as tarred:
            tarred.extractall(folder, filter="data")
    entries = list(folder.iterdir())
    if len(entries) == 1 and entries[0].is_dir():
        for entry in list(entries[0].iterdir()):
            entry.replace(folder / entry.name)
        entries[0].rmdir()
