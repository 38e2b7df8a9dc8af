"""Fetch locked artifacts into the user's cache: in parallel, verified, each file whole or not there."""

from __future__ import annotations

import hashlib
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafkaops.devcluster.events import DownloadProgressed, DownloadsPlanned, Listener
from kafkaops.devcluster.lockfile import Artifact
from kafkaops.errors import PlatformError

_PARALLEL = 8
_TRIES = 3
_PAUSE_S = 1.0
_TIMEOUT_S = 60
# jgo reports every 8 KiB; passing that on would make the report slower than the download.
_REPORT_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Store:
    """The verified files, laid out as a Maven repository."""

    root: Path

    def path(self, artifact: Artifact) -> Path:
        """Where an artifact is, or will be."""
        return self.root / artifact.repository_path

    def has(self, artifact: Artifact) -> bool:
        """Whether the file is there with its locked size; its SHA-256 was checked when it came."""
        path = self.path(artifact)
        return path.is_file() and path.stat().st_size == artifact.size


class Cancelled(Exception):
    """Another download failed, or the user interrupted: stop as well."""


def fetch(store: Store, artifacts: Sequence[Artifact], staging: Path, listen: Listener) -> None:
    """Download what the store lacks. The caller holds the cache's lock.

    Raises PlatformError naming the artifact that could not be had. What arrived before stays.
    """
    missing = [artifact for artifact in artifacts if not store.has(artifact)]
    if not missing:
        return
    listen(DownloadsPlanned(len(missing), sum(artifact.size for artifact in missing)))
    # What an interrupted run left; the lock guarantees that nobody writes there now.
    shutil.rmtree(staging, ignore_errors=True)
    stop = threading.Event()
    # The largest first, so that none of them is left to run alone at the end.
    missing.sort(key=lambda artifact: -artifact.size)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        futures = [pool.submit(_fetch_one, store, artifact, staging, listen, stop) for artifact in missing]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            # After a failure or Ctrl-C the others end at their next block of bytes.
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
    for future in done:
        future.result()
    shutil.rmtree(staging, ignore_errors=True)


def _fetch_one(store: Store, artifact: Artifact, staging: Path, listen: Listener, stop: threading.Event) -> None:
    problem = ""
    for attempt in range(_TRIES):
        if stop.wait(attempt * _PAUSE_S):
            raise Cancelled
        folder = staging / uuid.uuid4().hex
        arrived = _Arrival(artifact, listen, stop)
        try:
            path = _download(artifact, folder, arrived.watch)
            problem = _mismatch(path, artifact)
            if not problem:
                target = store.path(artifact)
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
                listen(DownloadProgressed(artifact.filename, artifact.size - arrived.bytes, artifact.size, True))
                return
        except (OSError, RuntimeError) as error:  # requests' exceptions are OSErrors; jgo raises RuntimeError
            problem = _one_line(error)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        listen(DownloadProgressed(artifact.filename, -arrived.bytes, artifact.size))
    raise PlatformError.of(
        "KO705",
        f"cannot download {artifact.group}:{artifact}: {problem}",
        hint="a mirror is set in jgo's own configuration, section [repositories]; then run it again, "
        "what has arrived is kept",
    )


def _download(artifact: Artifact, folder: Path, watch: Callable[[str, int], Any]) -> Path:
    """Fetch one file into an empty folder. jgo writes in place: hence the folder of its own."""
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext, PythonResolver

    repositories = GlobalSettings.load().repositories or None
    context = MavenContext(
        resolver=PythonResolver(progress_callback=watch),
        repo_cache=folder,
        remote_repos=repositories,
        timeout=_TIMEOUT_S,
    )
    component = context.project(artifact.group, artifact.artifact).at_version(artifact.version)
    return Path(component.artifact(artifact.classifier, artifact.packaging).resolve())


class _Arrival:
    """Counts one file's bytes and passes them on in larger steps."""

    def __init__(self, artifact: Artifact, listen: Listener, stop: threading.Event) -> None:
        self.bytes = 0
        self._artifact = artifact
        self._listen = listen
        self._stop = stop

    @contextmanager
    def watch(self, filename: str, size: int) -> Iterator[Callable[[int], None]]:
        """jgo's progress callback."""
        pending = 0

        def update(count: int) -> None:
            nonlocal pending
            if self._stop.is_set():
                raise Cancelled
            pending += count
            if pending >= _REPORT_BYTES:
                self.bytes += pending
                self._listen(DownloadProgressed(self._artifact.filename, pending, self._artifact.size))
                pending = 0

        yield update


def _mismatch(path: Path, artifact: Artifact) -> str:
    size = path.stat().st_size
    if size != artifact.size:
        return f"{size} bytes arrived, the lock says {artifact.size}"
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != artifact.sha256:
        return f"its SHA-256 is {digest}, the lock says {artifact.sha256}"
    return ""


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else text[:297] + "…"
