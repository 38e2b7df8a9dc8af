"""What `kafkaops dev` shows: progress on stderr, addresses and status on stdout."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from kafkaops.cli.terminal import stderr
from kafkaops.devcluster import ClusterStatus, Endpoints, Event, Listener
from kafkaops.devcluster.events import DownloadProgressed, DownloadsPlanned, NodeChanged, Note, Phase
from kafkaops.devcluster.model import NodeCondition

_MB = 1_000_000
_STYLES = {NodeCondition.RUNNING: "green", NodeCondition.DEAD: "bold red", NodeCondition.STOPPED: "yellow"}
_ADDRESS_NAMES = {
    "bootstrap_servers": "Kafka",
    "schema_registry_url": "Schema registry",
    "connect_url": "Connect",
    "mongodb_uri": "MongoDB",
    "elasticsearch_url": "Elasticsearch",
    "s3_endpoint": "S3",
}
_EPHEMERAL = ("mongodb_uri", "elasticsearch_url", "s3_endpoint")


@contextmanager
def progress() -> Iterator[Listener]:
    """Whoever the dev cluster reports to: a live list on a terminal, a line for each event in a pipe."""
    console = stderr()
    if not console.is_terminal:
        yield _Lines(console)
        return
    with _Live(console) as live:
        yield live


class _Lines:
    """A line for each event. Downloads report from several threads."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._files = 0
        self._done = 0

    def __call__(self, event: Event) -> None:
        with self._lock:
            text = self._text(event)
            if text:
                self._console.print(text)

    def _text(self, event: Event) -> str | None:
        match event:
            case DownloadsPlanned(files, size):
                self._files = files
                return f"downloading {files} files, {size / _MB:.0f} MB"
            case DownloadProgressed(artifact, _, size, finished):
                if not finished:
                    return None
                self._done += 1
                return f"[{self._done}/{self._files}] {artifact} {size / _MB:.1f} MB"
            case NodeChanged(node, Phase.READY | Phase.STOPPED as phase, seconds):
                return f"{node} {phase.value} after {seconds:.1f} s"
            case NodeChanged(node, phase, _):
                return f"{node} {phase.value}"
            case Note(text):
                return text


class _Live:
    """A row for each node that is on its way, and one for the downloads."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._downloads = Progress(
            TextColumn("downloading"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
        )
        self._nodes = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._rows: dict[str, TaskID] = {}
        self._download: TaskID | None = None

    def __enter__(self) -> _Live:
        return self

    def __exit__(self, *_: object) -> None:
        self._downloads.stop()
        self._nodes.stop()

    def __call__(self, event: Event) -> None:
        with self._lock:
            match event:
                case DownloadsPlanned(_, size):
                    self._downloads.start()
                    self._download = self._downloads.add_task("", total=size)
                case DownloadProgressed(artifact, received, _, finished) if self._download is not None:
                    shown = "" if finished else artifact
                    self._downloads.update(self._download, advance=received, description=shown)
                case NodeChanged(node, phase, _):
                    self._show_node(node, phase)
                case Note(text):
                    self._console.print(text, style="dim")
                case _:
                    pass

    def _show_node(self, node: str, phase: Phase) -> None:
        if not self._rows:
            self._downloads.stop()
            self._nodes.start()
        if node not in self._rows:
            self._rows[node] = self._nodes.add_task("", total=1)
        ended = phase in {Phase.READY, Phase.STOPPED, Phase.FAILED}
        colour = {Phase.READY: "green", Phase.FAILED: "bold red"}.get(phase, "default")
        description = f"{node:<14} [{colour}]{phase.value}[/]"
        self._nodes.update(self._rows[node], description=description, completed=1 if ended else 0)


def summary(endpoints: Endpoints) -> str:
    """The addresses of a cluster, one a line."""
    lines = []
    for field, label in _ADDRESS_NAMES.items():
        address = getattr(endpoints, field)
        if address is not None:
            note = "  (empty after each start)" if field in _EPHEMERAL else ""
            lines.append(f"{label:<16} {address}{note}")
    return "\n".join(lines)


def status_document(found: ClusterStatus) -> dict[str, object]:
    """The JSON of `dev status`; addresses are null while the cluster is down."""
    addresses = asdict(found.endpoints) if found.endpoints else dict.fromkeys((*_ADDRESS_NAMES, "cluster_id"))
    nodes = [
        {
            "name": node.name,
            "state": node.condition.value,
            "pid": node.pid,
            "port": node.port or None,
            "rss_mb": round(node.rss_bytes / _MB, 1),
            "uptime_s": round(node.uptime_s, 1),
            "ephemeral": node.ephemeral,
            "log": str(node.log),
        }
        for node in found.nodes
    ]
    return {
        "name": found.name,
        "up": found.up,
        "bootstrap_servers": addresses["bootstrap_servers"],
        "schema_registry_url": addresses["schema_registry_url"],
        "connect_url": addresses["connect_url"],
        "cluster_id": addresses["cluster_id"],
        "targets": {field: addresses[field] for field in _EPHEMERAL},
        "data": str(found.data),
        "rss_mb": round(sum(node.rss_bytes for node in found.nodes) / _MB, 1),
        "nodes": nodes,
    }


def print_status(found: ClusterStatus, console: Console) -> None:
    """The same for people."""
    if not found.nodes:
        console.print(f"There is no dev cluster {found.name}; `kafkaops dev up` makes one.")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("node", "state"):
        table.add_column(column)
    for column in ("pid", "port", "RSS MB", "uptime"):
        table.add_column(column, justify="right")
    for node in found.nodes:
        state = Text(node.condition.value, _STYLES[node.condition])
        running = node.condition is NodeCondition.RUNNING
        table.add_row(
            node.name + (" *" if node.ephemeral else ""),
            state,
            str(node.pid) if running else "",
            str(node.port or ""),
            f"{node.rss_bytes / _MB:.0f}" if running else "",
            _duration(node.uptime_s) if running else "",
        )
    console.print(table)
    total_mb = sum(node.rss_bytes for node in found.nodes) / _MB
    up = "up" if found.up else "not up"
    console.print(f"Dev cluster {found.name} is {up}, {total_mb:.0f} MB in all. Data: {found.data}")
    if any(node.ephemeral for node in found.nodes):
        console.print("* ephemeral: empty after each start")
    if found.endpoints:
        console.print()
        console.print(summary(found.endpoints))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"
