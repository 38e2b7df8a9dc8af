"""What the dev cluster reports while it works. Whoever calls decides how to show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where a node stands on its way up or down."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class NodeChanged:
    """A node entered a phase; `seconds` is how long the way there took."""

    node: str
    phase: Phase
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class DownloadsPlanned:
    """So many files with so many bytes are about to be fetched."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DownloadProgressed:
    """Some bytes arrived (negative when a broken file is taken back); `finished` ends that file."""

    artifact: str
    bytes: int
    size: int
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the user."""

    text: str


Event = NodeChanged | DownloadsPlanned | DownloadProgressed | Note
Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """A listener for callers that want to hear nothing."""
