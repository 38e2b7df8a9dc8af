"""Where the dev cluster keeps things, and a clear word when it may not write there."""

from __future__ import annotations

import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from kafkaops.errors import PlatformError, UsageError

HOME_VARIABLE = "KAFKAOPS_DEV_HOME"
CACHE_VARIABLE = "KAFKAOPS_CACHE_HOME"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class ClusterPaths:
    """The folder of one cluster. It holds all of its data; nothing of it lies elsewhere."""

    root: Path

    @property
    def state_file(self) -> Path:
        """The ports, processes and shape of the cluster, as JSON."""
        return self.root / "devcluster.json"

    @property
    def lock_file(self) -> Path:
        """Held while the cluster is being started or ended. It lies beside `root`, which `--purge` removes."""
        return self.root.with_name(f".{self.root.name}.lock")

    @property
    def logs(self) -> Path:
        """One log file a node."""
        return self.root / "logs"

    def log_file(self, node_name: str) -> Path:
        """The file that receives a node's standard output and error."""
        return self.logs / f"{node_name}.log"

    def node(self, node_name: str) -> Path:
        """A node's own folder: its working directory, with its configuration and data."""
        return self.root / node_name


def home() -> Path:
    """The folder that holds one folder a cluster: `$KAFKAOPS_DEV_HOME`, or a place in the user's data."""
    override = os.environ.get(HOME_VARIABLE)
    return Path(override).expanduser().absolute() if override else user_data_path("kafkaops") / "devcluster"


def cache_home() -> Path:
    """The folder for what was downloaded, shared by all clusters of a user: `$KAFKAOPS_CACHE_HOME` or theirs."""
    override = os.environ.get(CACHE_VARIABLE)
    return Path(override).expanduser().absolute() if override else user_cache_path("kafkaops")


def cluster_paths(name: str) -> ClusterPaths:
    """The paths of the cluster of that name. Raises UsageError for a name that is no plain word."""
    if not _NAME.fullmatch(name):
        raise UsageError.of(
            "KO701",
            f"{name!r} cannot name a dev cluster",
            hint="use up to 40 letters, digits, '-' and '_', beginning with a letter or digit",
        )
    return ClusterPaths(home() / name)


def make_writable(folder: Path, purpose: str) -> None:
    """Create a folder and prove that files can be made in it. Raises PlatformError, naming the way out."""
    probe = folder / f".probe-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        variable = CACHE_VARIABLE if purpose == "cache" else HOME_VARIABLE
        raise PlatformError.of(
            "KO702",
            f"cannot write the {purpose} folder {folder}: {error.strerror or error}",
            hint=f"make it writable, or set {variable} to a folder that is",
        ) from error
