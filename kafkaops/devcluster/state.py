"""The state file: read, written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from kafkaops.devcluster.model import ClusterState, Endpoints, ProcessRef, Target, broker_nodes, endpoints_of
from kafkaops.devcluster.paths import ClusterPaths, cluster_paths
from kafkaops.errors import PlatformError

STATE_FORMAT = 1


def read_state(paths: ClusterPaths) -> ClusterState | None:
    """What is written down about a cluster, or None if there never was one.

    Raises PlatformError for a file that cannot be read or is not ours.
    """
    try:
        text = paths.state_file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PlatformError.of("KO703", f"cannot read {paths.state_file}: {error.strerror}") from error
    try:
        return _parse(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlatformError.of(
            "KO703",
            f"{paths.state_file} is not a state file of this version: {error}",
            hint="`kafkaops dev down --purge` forgets this cluster and removes its data",
        ) from error


def write_state(paths: ClusterPaths, state: ClusterState) -> None:
    """Replace the state file in one step, so that no reader ever sees half of it."""
    document = {
        "format": STATE_FORMAT,
        "name": state.name,
        "cluster_id": state.cluster_id,
        "brokers": state.brokers,
        "targets": [target.value for target in state.targets],
        "ready": state.ready,
        "ports": state.ports,
        "processes": {name: {"pid": ref.pid, "started_at": ref.started_at} for name, ref in state.processes.items()},
    }
    replace_text(paths.state_file, json.dumps(document, indent=2) + "\n")


def replace_text(path: Path, text: str) -> None:
    """Write a file beside its place and move it there, which is atomic on one filesystem."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _parse(document: dict[str, Any]) -> ClusterState:
    if document.get("format") != STATE_FORMAT:
        raise ValueError(f"format {document.get('format')!r}, expected {STATE_FORMAT}")
    return ClusterState(
        name=document["name"],
        cluster_id=document["cluster_id"],
        brokers=int(document["brokers"]),
        targets=tuple(Target(value) for value in document["targets"]),
        ports={name: int(port) for name, port in document["ports"].items()},
        processes={
            name: ProcessRef(int(ref["pid"]), float(ref["started_at"])) for name, ref in document["processes"].items()
        },
        ready=bool(document["ready"]),
    )


def locate(name: str) -> Endpoints | None:
    """The addresses of a cluster that was started and not ended, or None. Reads one small file.

    Cheap on purpose: that a broker's process id exists is checked, that it answers is not.
    Raises PlatformError for an unreadable state file.
    """
    state = read_state(cluster_paths(name))
    if state is None:
        return None
    brokers = [node.name for node in broker_nodes(state.brokers)]
    pids = [state.processes[broker].pid for broker in brokers if broker in state.processes]
    return endpoints_of(state) if any(_exists(pid) for pid in pids) else None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
