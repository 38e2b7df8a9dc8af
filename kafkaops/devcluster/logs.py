"""The nodes' log files: their last lines, and their growth."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from kafkaops.devcluster.paths import cluster_paths
from kafkaops.devcluster.state import read_state
from kafkaops.errors import UsageError

_BLOCK_BYTES = 64 * 1024
_POLL_S = 0.3


def log_files(name: str, node_name: str | None) -> dict[str, Path]:
    """The log files of a cluster's nodes, or of one, by node name.

    Raises UsageError when there is no such cluster or node.
    """
    paths = cluster_paths(name)
    state = read_state(paths)
    if state is None:
        raise UsageError.of("KO709", f"there is no dev cluster {name}", hint="kafkaops dev up")
    names = [node.name for node in state.nodes]
    if node_name is not None and node_name not in names:
        raise UsageError.of("KO709", f"dev cluster {name} has no node {node_name!r}", hint=f"it has {', '.join(names)}")
    return {each: paths.log_file(each) for each in ([node_name] if node_name else names)}


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a file, without reading what is before them; none if there is no such file."""
    try:
        with path.open("rb") as stream:
            position = stream.seek(0, os.SEEK_END)
            content = b""
            while position > 0 and content.count(b"\n") <= lines:
                step = min(_BLOCK_BYTES, position)
                position = stream.seek(position - step)
                content = stream.read(step) + content
    except FileNotFoundError:
        return []
    return content.decode("utf-8", "replace").splitlines()[-lines:] if lines > 0 else []


def follow(paths: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Lines as they are written from now on, each with the name of its file. Ends only with its caller."""
    offsets = {name: path.stat().st_size if path.exists() else 0 for name, path in paths.items()}
    while True:
        for name, path in paths.items():
            offsets[name], lines = _grown(path, offsets[name])
            for line in lines:
                yield name, line
        time.sleep(_POLL_S)


def _grown(path: Path, offset: int) -> tuple[int, list[str]]:
    """The whole lines written after `offset`, and where they end."""
    try:
        with path.open("rb") as stream:
            if stream.seek(0, os.SEEK_END) < offset:
                offset = 0  # rotated
            stream.seek(offset)
            content = stream.read()
    except FileNotFoundError:
        return 0, []
    end = content.rfind(b"\n") + 1
    return offset + end, content[:end].decode("utf-8", "replace").splitlines()
