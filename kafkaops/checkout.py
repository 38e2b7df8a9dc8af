"""Which commit a spec stands at. For the record only: what git cannot say is left out, and decides nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT_S = 10.0
_FIELDS_BEFORE_PATH = {"1": 8, "2": 9, "u": 10}
"""`git status --porcelain=v2`: how many fields stand before an entry's path."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A commit, and whether the folder differs from it."""

    commit: str
    dirty: bool
    """A tracked file below the folder differs from the commit, or a file of the spec is not tracked."""


def checkout_of(folder: Path, files: Collection[Path] = ()) -> Checkout | None:
    """The commit that is checked out where a folder is; None without git, a repository or a commit.

    `files` are the spec's own: only these make it dirty when git does not track them, so that a saved plan or a log
    beside the spec does not.
    """
    prefix = _git(folder, "rev-parse", "--show-prefix")
    status = _git(folder, "status", "--porcelain=v2", "-z", "--branch", "--untracked-files=all", "--", ".")
    if prefix is None or status is None:
        return None
    entries = list(_entries(status))
    commit = next((text for kind, text in entries if kind == "commit"), "")
    if not commit or commit == "(initial)":
        return None
    below = os.fsdecode(prefix.rstrip(b"\n"))
    own = {os.path.realpath(file) for file in files}
    untracked = (folder / text.removeprefix(below) for kind, text in entries if kind == "untracked")
    tracked = any(kind == "tracked" for kind, _ in entries)
    return Checkout(commit, tracked or any(os.path.realpath(file) in own for file in untracked))


def _entries(status: bytes) -> Iterator[tuple[str, str]]:
    """The commit, tracked files that differ, and untracked files."""
    parts = iter(status.split(b"\0"))
    for part in parts:
        kind, _, rest = part.partition(b" ")
        match kind.decode("ascii", "replace"):
            case "#" if rest.startswith(b"branch.oid "):
                yield "commit", rest.removeprefix(b"branch.oid ").decode()
            case "1" | "2" | "u" as form:
                yield "tracked", os.fsdecode(part.split(b" ", _FIELDS_BEFORE_PATH[form])[-1])
                if form == "2":
                    next(parts, None)  # where it was before it was renamed
            case "?":
                yield "untracked", os.fsdecode(rest)
            case _:
                pass


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git says, or None when it cannot. Programs that a repository's settings name are not started."""
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        ended = subprocess.run(
            ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.stdout if ended.returncode == 0 else None
