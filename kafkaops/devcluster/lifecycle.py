"""Up and down: the decisions. What runs is compared with what should, and the difference is made good."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from kafkaops.devcluster.commands import sets_for
from kafkaops.devcluster.events import Listener, NodeChanged, Note, Phase
from kafkaops.devcluster.kafka_nodes import new_cluster_id
from kafkaops.devcluster.launch import Launch, PortTakenError
from kafkaops.devcluster.layout import install
from kafkaops.devcluster.locking import exclusive
from kafkaops.devcluster.model import (
    DEFAULT_BROKERS,
    ClusterState,
    Endpoints,
    Node,
    NodeKind,
    Target,
    endpoints_of,
    ordered_targets,
    port_names,
)
from kafkaops.devcluster.paths import HOME_VARIABLE, ClusterPaths, cache_home, cluster_paths, home, make_writable
from kafkaops.devcluster.ports import choose
from kafkaops.devcluster.processes import end, is_running
from kafkaops.devcluster.state import read_state, write_state
from kafkaops.errors import PlatformError, RefusedError, UsageError

_END_WAIT_S = 30.0


def up(
    name: str,
    brokers: int | None,
    targets: Collection[Target] | None,
    listen: Listener,
    timeout_s: float,
) -> Endpoints:
    """See `kafkaops.devcluster.up`."""
    paths = cluster_paths(name)
    with _locked(paths, listen):
        state = _wanted(paths, name, brokers, targets)
        if _is_up(state):
            listen(Note(f"dev cluster {name} is already up"))
            return endpoints_of(state)
        files = install(sets_for(state.nodes), cache_home(), listen)
        state = _with_ports(state, paths, listen)
        try:
            state = Launch(state, paths, files, listen).run(state.nodes, timeout_s)
        except PortTakenError:
            listen(Note("another program took a port meanwhile: trying again with other ports"))
            state = _with_ports(read_state(paths) or state, paths, listen)
            state = Launch(state, paths, files, listen).run(state.nodes, timeout_s)
        return endpoints_of(state)


def down(name: str, purge: bool, listen: Listener) -> None:
    """See `kafkaops.devcluster.down`."""
    paths = cluster_paths(name)
    if not paths.root.exists():
        listen(Note(f"there is no dev cluster {name}"))
        return
    with _locked(paths, listen):
        state = _readable_state(paths, purge, listen)
        if state is None and not purge:
            listen(Note(f"there is no dev cluster {name}"))
        if state is not None:
            _end_all(state, paths, listen)
        if purge:
            _purge(paths)
            listen(Note(f"removed {paths.root}"))


def start_node(name: str, node_name: str, listen: Listener, timeout_s: float) -> None:
    """See `kafkaops.devcluster.start_node`."""
    paths = cluster_paths(name)
    with _locked(paths, listen):
        state, node = _existing(paths, name, node_name)
        files = install(sets_for([node]), cache_home(), listen)
        Launch(state, paths, files, listen).run([node], timeout_s)
        state = read_state(paths) or state
        write_state(paths, replace(state, ready=_all_running(state)))


def stop_node(name: str, node_name: str, listen: Listener) -> None:
    """See `kafkaops.devcluster.stop_node`."""
    paths = cluster_paths(name)
    with _locked(paths, listen):
        state, node = _existing(paths, name, node_name)
        _end_nodes(state, paths, [node], listen)


@contextmanager
def _locked(paths: ClusterPaths, listen: Listener) -> Iterator[None]:
    make_writable(home(), "data")
    with exclusive(paths.lock_file, lambda: listen(Note("waiting for another command on this cluster"))):
        yield


def _existing(paths: ClusterPaths, name: str, node_name: str) -> tuple[ClusterState, Node]:
    state = read_state(paths)
    if state is None:
        raise UsageError.of("KO709", f"there is no dev cluster {name}", hint="kafkaops dev up")
    node = next((each for each in state.nodes if each.name == node_name), None)
    if node is None:
        names = ", ".join(each.name for each in state.nodes)
        raise UsageError.of("KO709", f"dev cluster {name} has no node {node_name!r}", hint=f"it has {names}")
    return state, node


def _wanted(paths: ClusterPaths, name: str, brokers: int | None, targets: Collection[Target] | None) -> ClusterState:
    """The state with the shape that is asked for; what is not asked for stays as it was."""
    before = read_state(paths)
    if before is None:
        _refuse_foreign_folder(paths)
        make_writable(paths.root, "data")
        return ClusterState(
            name=name,
            cluster_id=new_cluster_id(),
            brokers=DEFAULT_BROKERS if brokers is None else brokers,
            targets=ordered_targets(tuple(Target) if targets is None else targets),
        )
    if brokers is not None and brokers != before.brokers:
        raise UsageError.of(
            "KO710",
            f"dev cluster {name} was made with {before.brokers} broker{'s' * (before.brokers != 1)}, not {brokers}",
            hint=f"another cluster: --name; or a new one: kafkaops dev down --name {name} --purge",
        )
    if targets is None:
        return before
    running = [target for target in before.targets if is_running(before.processes.get(target.value))]
    return replace(before, targets=ordered_targets({*targets, *running}))


def _refuse_foreign_folder(paths: ClusterPaths) -> None:
    """A folder with someone else's files must not become ours, for `--purge` would remove it."""
    if paths.root.is_dir() and any(paths.root.iterdir()):
        raise RefusedError.of(
            "KO711",
            f"{paths.root} is not empty and holds no dev cluster",
            hint=f"choose another --name, or another folder by {HOME_VARIABLE}",
        )


def _all_running(state: ClusterState) -> bool:
    return all(is_running(state.processes.get(node.name)) for node in state.nodes)


def _is_up(state: ClusterState) -> bool:
    return state.ready and _all_running(state)


def _with_ports(state: ClusterState, paths: ClusterPaths, listen: Listener) -> ClusterState:
    """Choose ports for the nodes that must be started; brokers move together.

    Every broker's configuration names the controllers of all, and Connect's names the brokers: when one
    of those ports is taken by another program, all of them are ended and started again.
    """
    running = [node for node in state.nodes if is_running(state.processes.get(node.name))]
    chosen = _choose(state, running)
    core = [node for node in state.nodes if node.kind in {NodeKind.BROKER, NodeKind.CONNECT}]
    moved = [name for name in port_names(core) if state.ports.get(name) not in {None, chosen[name]}]
    broker_moved = [name for name in moved if name.startswith(NodeKind.BROKER.value)]
    if broker_moved and any(node in core for node in running):
        listen(Note(f"the port of {', '.join(broker_moved)} is taken: all brokers start again"))
        state = _end_nodes(state, paths, [node for node in core if node in running], listen)
        chosen = _choose(state, [node for node in running if node not in core])
    return replace(state, ports={**state.ports, **chosen})


def _choose(state: ClusterState, running: Sequence[Node]) -> dict[str, int]:
    kept = {name: state.ports[name] for name in port_names(running)}
    names = [name for name in port_names(state.nodes) if name not in kept]
    return {**kept, **choose(names, state.ports, kept.values())}


def _end_all(state: ClusterState, paths: ClusterPaths, listen: Listener) -> None:
    """End Connect and the others first, so that they can say goodbye to the brokers; the brokers last."""
    others = [node for node in state.nodes if node.kind is not NodeKind.BROKER]
    brokers = [node for node in state.nodes if node.kind is NodeKind.BROKER]
    state = _end_nodes(state, paths, others, listen)
    _end_nodes(state, paths, brokers, listen)
    for node in others:
        if node.kind.is_target:
            shutil.rmtree(paths.node(node.name), ignore_errors=True)


def _end_nodes(state: ClusterState, paths: ClusterPaths, nodes: Sequence[Node], listen: Listener) -> ClusterState:
    refs = {node.name: state.processes[node.name] for node in nodes if node.name in state.processes}
    running = [name for name, ref in refs.items() if is_running(ref)]
    for name in running:
        listen(NodeChanged(name, Phase.STOPPING))
    began = time.monotonic()
    killed = end(tuple(refs.values()), _END_WAIT_S)
    for name in running:
        listen(NodeChanged(name, Phase.STOPPED, time.monotonic() - began))
        if refs[name] in killed:
            listen(Note(f"{name} did not end in {_END_WAIT_S:.0f} s and was killed"))
    left = {name: ref for name, ref in state.processes.items() if name not in refs}
    state = replace(state, processes=left, ready=False)
    write_state(paths, state)
    return state


def _readable_state(paths: ClusterPaths, purge: bool, listen: Listener) -> ClusterState | None:
    try:
        return read_state(paths)
    except PlatformError:
        if not purge:
            raise
    listen(Note("its state file cannot be read: processes that may still run are not known and not ended"))
    return None


def _purge(paths: ClusterPaths) -> None:
    """Remove the cluster's folder, which `up` made or took over empty. Never follows a link out of it."""
    if not paths.state_file.exists() and any(paths.root.iterdir()):
        raise RefusedError.of("KO711", f"{paths.root} holds no dev cluster, so nothing was removed")
    shutil.rmtree(paths.root)
