"""Plans and applies during which a system falls silent, hangs up or goes away. Used by tests and by a benchmark."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kafkaops.devcluster import Endpoints
from tests.live.interrupting import converged, ended, scene, start
from tests.live.project import Project
from tests.wire import HttpWire, KafkaWire, Wire

_PATIENT, _IMPATIENT = "request_timeout: 60s", "request_timeout: 4s"


@dataclass(frozen=True, slots=True)
class Wired:
    """A project whose systems are all behind proxies."""

    project: Project
    name: str
    kafka: KafkaWire
    registry: HttpWire
    connect: HttpWire

    def wire(self, system: str) -> Wire:
        """One system's proxy."""
        wires: dict[str, Wire] = {"kafka": self.kafka, "registry": self.registry, "connect": self.connect}
        return wires[system]


@contextmanager
def wired(cluster: Endpoints, folder: Path) -> Iterator[Wired]:
    """The scene of every kind of resource, behind proxies."""
    with ExitStack() as stack:
        kafka = stack.enter_context(KafkaWire(cluster.bootstrap_servers))
        registry_at, connect_at = urlsplit(cluster.schema_registry_url), urlsplit(cluster.connect_url)
        registry = stack.enter_context(HttpWire("127.0.0.1", registry_at.port or 0))
        connect = stack.enter_context(HttpWire("127.0.0.1", connect_at.port or 0))
        project, name = stack.enter_context(scene(cluster, folder))
        behind = dataclasses.replace(
            cluster,
            bootstrap_servers=kafka.bootstrap_servers,
            schema_registry_url=f"http://127.0.0.1:{registry.port}{registry_at.path}",
            connect_url=f"http://127.0.0.1:{connect.port}",
        )
        text = project.file.read_text(encoding="utf-8")
        for real, proxied in (
            (f"bootstrap_servers: '{cluster.bootstrap_servers}'", f"bootstrap_servers: '{behind.bootstrap_servers}'"),
            (f"url: '{cluster.schema_registry_url}'", f"url: '{behind.schema_registry_url}'"),
            (f"url: '{cluster.connect_url}'", f"url: '{behind.connect_url}'"),
        ):
            assert real in text
            text = text.replace(real, f"{proxied}, {_PATIENT}")
        project.file.write_text(text, encoding="utf-8")
        yield Wired(project, name, kafka, registry, connect)


def hang_up(wire: Wire) -> None:
    """Every open connection ends once; new ones are taken."""
    wire.cut()


def go_away(wire: Wire) -> None:
    """Nobody answers there any more."""
    wire.faults.refusing = True
    wire.cut()


def fall_silent(wire: Wire) -> None:
    """Connections stay open, and nothing comes through."""
    wire.faults.freeze()


FAULTS: dict[str, Callable[[Wire], None]] = {"hangs up": hang_up, "goes away": go_away, "falls silent": fall_silent}


@contextmanager
def at_request(wire: Wire, number: int, fault: Callable[[Wire], None]) -> Iterator[None]:
    """Do it when that many requests were counted, upkeep left out; heal when the body has ended."""
    wire.reset()
    wire.when(lambda: wire.total >= number, lambda: fault(wire))
    try:
        yield
    finally:
        wire.never()
        wire.faults.refusing = False
        wire.faults.thaw()


@contextmanager
def impatient(project: Project) -> Iterator[None]:
    """Who falls silent is given up soon. Only where any outcome is right: slow servers are given up, too."""
    text = project.file.read_text(encoding="utf-8")
    project.file.write_text(text.replace(_PATIENT, _IMPATIENT), encoding="utf-8")
    try:
        yield
    finally:
        project.file.write_text(text, encoding="utf-8")


def plan_in_trouble(scene: Wired, system: str, number: int, fault: Callable[[Wire], None]) -> int:
    """A plan of what is all there, with a fault in it: no change and nothing else, or an error that names the cause."""
    with impatient(scene.project), at_request(scene.wire(system), number, fault):
        planned = scene.project.run("plan", "--detailed-exitcode", "--format", "json", timeout_s=150)
    assert planned.code in (0, 1), planned.out + planned.err
    if planned.code == 1:
        assert planned.out == "" and "error[KO" in planned.err and "KO999" not in planned.err, planned.err
    else:
        assert planned.json["changes"] == []
    return planned.code


def apply_in_trouble(scene: Wired, system: str, number: int, fault: Callable[[Wire], None]) -> int:
    """An apply with a fault in it, then one without: everything is there once, and the ledger says so."""
    with impatient(scene.project), at_request(scene.wire(system), number, fault):
        code = ended(start(scene.project))
    said = (scene.project.folder / "apply.out").read_text(encoding="utf-8")
    assert code in (0, 1), (code, said)
    assert "KO999" not in said
    again = scene.project.run("apply", "--yes", "--lock-timeout", "60s", "--format", "json", timeout_s=150)
    assert again.code == 0, again.out + again.err
    converged(scene.project, scene.name)
    return code
