"""Downloads, from a Maven repository on this machine that can be made to misbehave."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kafkaops.devcluster import download, layout
from kafkaops.devcluster.download import Store, fetch
from kafkaops.devcluster.events import DownloadProgressed, DownloadsPlanned, Event, Note
from kafkaops.devcluster.layout import install
from kafkaops.devcluster.lockfile import Artifact
from kafkaops.devcluster.locking import exclusive
from kafkaops.errors import PlatformError


class Repository(ThreadingHTTPServer):
    """Serves a folder; `cut` names files of which only the first bytes come, so many times."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(root)))
        self.root = root
        self.asked: list[str] = []
        self.cut: dict[str, int] = {}

    def add(self, name: str, content: bytes, packaging: str = "jar", sets: tuple[str, ...] = ("one",)) -> Artifact:
        digest = hashlib.sha256(content).hexdigest()
        artifact = Artifact("org.example", name, "1.0", "", packaging, len(content), digest, sets)
        path = self.root / artifact.repository_path
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        return artifact

    def times_asked(self, artifact: Artifact) -> int:
        return self.asked.count(f"/{artifact.repository_path}")


class _Handler(SimpleHTTPRequestHandler):
    server: Repository

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        name = self.path.rsplit("/", 1)[-1]
        if self.server.cut.get(name, 0) > 0:
            self.server.cut[name] -= 1
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"only this")
            return
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    (tmp_path / "repository").mkdir()
    server = Repository(tmp_path / "repository")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings = tmp_path / "jgo.conf"
    settings.write_text(f"[repositories]\nmirror = http://127.0.0.1:{server.server_port}\n", encoding="utf-8")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(settings))
    monkeypatch.setattr(download, "_PAUSE_S", 0.0)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache" / "artifacts")


def fetch_all(store: Store, *artifacts: Artifact) -> list[Event]:
    events: list[Event] = []
    fetch(store, artifacts, store.root.parent / "staging", events.append)
    return events


def lock(monkeypatch: pytest.MonkeyPatch, *artifacts: Artifact) -> None:
    monkeypatch.setattr(
        layout, "artifacts_of", lambda sets: tuple(item for item in artifacts if not set(item.sets).isdisjoint(sets))
    )


def test_what_is_missing_is_fetched_once_and_reported(repository: Repository, store: Store) -> None:
    small, large = repository.add("small", b"s"), repository.add("large", b"l" * 3_000_000)
    events = fetch_all(store, small, large)
    assert store.path(large).read_bytes() == b"l" * 3_000_000
    assert events[0] == DownloadsPlanned(2, 3_000_001)
    progressed = [event for event in events if isinstance(event, DownloadProgressed)]
    assert sum(event.bytes for event in progressed) == 3_000_001
    assert {event.artifact for event in progressed if event.finished} == {"small-1.0.jar", "large-1.0.jar"}
    assert fetch_all(store, small, large) == []
    assert repository.times_asked(small) == 1
    assert not (store.root.parent / "staging").exists()


def test_a_download_that_breaks_off_is_tried_again(repository: Repository, store: Store) -> None:
    artifact = repository.add("flaky", b"whole")
    repository.cut["flaky-1.0.jar"] = 2
    fetch_all(store, artifact)
    assert store.path(artifact).read_bytes() == b"whole"
    assert repository.times_asked(artifact) == 3


def test_a_file_that_is_not_what_the_lock_says_never_gets_into_the_store(repository: Repository, store: Store) -> None:
    good = repository.add("good", b"good")
    tampered = replace(repository.add("tampered", b"evil"), sha256=hashlib.sha256(b"fine").hexdigest())
    with pytest.raises(PlatformError) as caught:
        fetch_all(store, good, tampered)
    assert caught.value.diagnostics[0].code == "KO705"
    assert "org.example:tampered 1.0: its SHA-256 is" in str(caught.value)
    assert not store.path(tampered).exists()
    assert repository.times_asked(tampered) == 3


def test_an_artifact_that_is_nowhere_is_named(repository: Repository, store: Store) -> None:
    absent = Artifact("org.example", "absent", "1.0", "", "jar", 1, "0" * 64, ("one",))
    with pytest.raises(PlatformError, match=r"cannot download org\.example:absent 1\.0"):
        fetch_all(store, absent)


def test_no_network_is_an_error_with_a_way_out(repository: Repository, store: Store) -> None:
    artifact = repository.add("a", b"a")
    repository.shutdown()
    repository.server_close()
    with pytest.raises(PlatformError) as caught:
        fetch_all(store, artifact)
    assert caught.value.diagnostics[0].hint is not None
    assert "mirror" in caught.value.diagnostics[0].hint


def test_jars_are_shared_between_sets(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both, only = repository.add("both", b"b", sets=("one", "two")), repository.add("only", b"o", sets=("two",))
    lock(monkeypatch, both, only)
    installed = install({"one", "two"}, tmp_path / "cache", list[Event]().append)
    one, two = installed.folders["one"], installed.folders["two"]
    assert {path.name for path in two.glob("*.jar")} == {"both-1.0.jar", "only-1.0.jar"}
    assert (one / "both-1.0.jar").samefile(two / "both-1.0.jar")
    assert installed.class_path("one") == f"{one}/*"
    assert repository.times_asked(both) == 1


def test_a_damaged_file_is_seen_and_fetched_again(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = repository.add("a", b"whole")
    lock(monkeypatch, artifact)
    folder = install({"one"}, tmp_path / "cache", list[Event]().append).folders["one"]
    (folder / "a-1.0.jar").write_bytes(b"half")
    assert install({"one"}, tmp_path / "cache", list[Event]().append).folders["one"] == folder
    assert (folder / "a-1.0.jar").read_bytes() == b"whole"
    assert repository.times_asked(artifact) == 2
    (folder / "a-1.0.jar").unlink()
    install({"one"}, tmp_path / "cache", list[Event]().append)
    assert (folder / "a-1.0.jar").read_bytes() == b"whole"
    assert repository.times_asked(artifact) == 2, "the store still had it"


@pytest.mark.parametrize("packaging", ["zip", "tar.gz"])
def test_archives_are_unpacked_once_and_checked_each_time(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packaging: str
) -> None:
    artifact = repository.add("big", _archive(packaging), packaging)
    lock(monkeypatch, artifact)
    folder = install({"one"}, tmp_path / "cache", list[Event]().append).folders["one"]
    assert (folder / "lib" / "x.txt").read_bytes() == b"content", "the single top folder is left out"
    assert not list((tmp_path / "cache").rglob(f"*.{packaging}"))
    install({"one"}, tmp_path / "cache", list[Event]().append)
    assert repository.times_asked(artifact) == 1
    (folder / "lib" / "x.txt").unlink()
    install({"one"}, tmp_path / "cache", list[Event]().append)
    assert (folder / "lib" / "x.txt").read_bytes() == b"content"
    assert repository.times_asked(artifact) == 2


def _archive(packaging: str) -> bytes:
    buffer = io.BytesIO()
    if packaging == "zip":
        with zipfile.ZipFile(buffer, "w") as zipped:
            zipped.writestr("big-1.0/lib/x.txt", b"content")
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz") as tarred:
            member = tarfile.TarInfo("big-1.0/lib/x.txt")
            member.size = 7
            tarred.addfile(member, io.BytesIO(b"content"))
    return buffer.getvalue()


def test_a_plugin_without_manifests_gets_them(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(monkeypatch, repository.add("plugin", b"p", sets=("plugin-mongodb",)))
    folder = install({"plugin-mongodb"}, tmp_path / "cache", list[Event]().append).folders["plugin-mongodb"]
    with zipfile.ZipFile(folder / "service-manifests.jar") as jar:
        sinks = jar.read("META-INF/services/org.apache.kafka.connect.sink.SinkConnector")
    assert sinks == b"com.mongodb.kafka.connect.MongoSinkConnector\n"


def test_a_cache_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PlatformError) as caught:
        install({"kafka"}, tmp_path / "file", list[Event]().append)
    assert caught.value.diagnostics[0].code == "KO702"


def test_a_cache_that_java_would_take_for_two_folders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="':' separates paths"):
        install({"kafka"}, tmp_path / "a:b", list[Event]().append)


HOLD = """
import sys, pathlib
from kafkaops.devcluster.locking import exclusive
with exclusive(pathlib.Path(sys.argv[1]), lambda: None):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_lock_is_waited_for_and_freed_by_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    notes: list[Event] = []

    def waits() -> None:
        notes.append(Note("waiting"))
        holder.kill()

    with exclusive(path, waits):
        assert notes == [Note("waiting")]
    holder.communicate()
