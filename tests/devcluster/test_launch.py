"""What a start does about nodes that are dead, or dying, when it begins. The processes are real, the nodes are not."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from kafkaops.devcluster import launch
from kafkaops.devcluster.events import silent
from kafkaops.devcluster.layout import Installation
from kafkaops.devcluster.model import ClusterState, Node, ProcessRef
from kafkaops.devcluster.paths import HOME_VARIABLE, ClusterPaths, cluster_paths
from kafkaops.devcluster.processes import Command, end, is_running, spawn
from kafkaops.errors import PlatformError

SLEEP = ("sleep", "600")


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterPaths:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    found = cluster_paths("one")
    found.root.mkdir(parents=True)
    return found


@pytest.fixture
def started(paths: ClusterPaths, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ClusterState]]:
    """Start the cluster of this state; a node answers when its process is not the one that `old` names."""
    final: list[ClusterState] = []

    def start(state: ClusterState, argv: tuple[str, ...] = SLEEP) -> ClusterState:
        old = dict(state.processes)

        class Probe:
            def __init__(self, now: ClusterState) -> None: ...

            def answers(self, node: Node) -> bool:
                return run.state.processes[node.name] != old.get(node.name)

            def close(self) -> None: ...

        monkeypatch.setattr(launch, "Probe", Probe)
        monkeypatch.setattr(launch, "format_storage", lambda *_: None)
        monkeypatch.setattr(launch, "command_for", lambda *_: Command(argv, paths.root))
        run = launch.Launch(state, paths, Installation.__new__(Installation), silent)
        final.append(state)
        final.append(run.run(state.nodes, timeout_s=100))
        return final[-1]

    yield start
    end([ref for state in final for ref in state.processes.values()], 30)


def killed(paths: ClusterPaths, *, after_s: float = 0) -> ProcessRef:
    """A process that is dead, or will be after some seconds."""
    ref = spawn(Command(("sleep", str(after_s)) if after_s else SLEEP, paths.root), paths.log_file("old"))
    if not after_s:
        os.kill(ref.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(ref.pid)], timeout=60)
    return ref


def state_with(ref: ProcessRef) -> ClusterState:
    bare = ClusterState("one", "id", 1, ())
    names = [node.name for node in bare.nodes]
    assert {"broker-1", "connect"} <= set(names)
    return ClusterState("one", "id", 1, (), processes=dict.fromkeys(names, ref))


def test_after_a_power_cut_everything_starts(paths: ClusterPaths, started: Callable[..., ClusterState]) -> None:
    """Connect waits for the brokers; the process of it that is written down is long dead, and not its end."""
    state = started(state_with(killed(paths)))
    assert state.ready
    assert all(is_running(state.processes[node.name]) for node in state.nodes)


def test_what_ends_while_it_is_waited_for_starts_again(
    paths: ClusterPaths, started: Callable[..., ClusterState]
) -> None:
    state = started(state_with(killed(paths, after_s=0.5)))
    assert state.ready
    assert all(is_running(state.processes[node.name]) for node in state.nodes)


def test_what_ends_right_after_its_start_is_an_error(paths: ClusterPaths, started: Callable[..., ClusterState]) -> None:
    with pytest.raises(PlatformError) as caught:
        started(state_with(killed(paths)), ("false",))
    assert caught.value.diagnostics[0].code == "KO708"
    assert "ended right after its start" in caught.value.diagnostics[0].summary
