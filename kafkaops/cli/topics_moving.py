"""`kafkaops topics reassignments`."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from rich.live import Live
from rich.table import Table

from kafkaops.cli.options import DataFormat
from kafkaops.cli.session import open_session
from kafkaops.cli.terminal import stdout, write_json
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.reassignments import Moving, reassignments
from kafkaops.spec.throughput import size_text, throughput_text

_LOOK_S = 1.0
_NONE = "no reassignment in progress"


def reassignments_command(file: Path, environment: str | None, format_: DataFormat, *, watch: bool) -> None:
    """Show what is being moved, once or until nothing is."""
    with open_session(file, environment) as session:
        if watch and format_ is DataFormat.TEXT:
            _watch(session)
            return
        found = reassignments(session)
        while watch and found:
            time.sleep(_LOOK_S)
            found = reassignments(session)
    if format_ is DataFormat.JSON:
        write_json({"format_version": 1, "reassignments": [_document(item) for item in found]})
    elif found:
        stdout().print(_table(found))
    else:
        stdout().print(_NONE)


def _watch(session: Session) -> None:
    """On a terminal one table that changes; in a pipe a line for each topic that moved on."""
    console = stdout()
    if console.is_terminal:
        with Live(console=console, transient=True, auto_refresh=False) as live:
            while found := reassignments(session):
                live.update(_table(found), refresh=True)
                time.sleep(_LOOK_S)
    else:
        said: dict[str, str] = {}
        while found := reassignments(session):
            for item in found:
                line = f"{item.copying.topic}: {_left(item)} left, {_size(item)} to copy"
                if said.get(item.copying.topic) != line:
                    console.print(line)
                    said[item.copying.topic] = line
            time.sleep(_LOOK_S)
    console.print(_NONE)


def _table(found: Iterable[Moving]) -> Table:
    table = Table("topic", "partitions left", "to copy", "to brokers", "throttle", "begun by", box=None)
    table.columns[0].overflow = "fold"
    for item in found:
        mark = item.mark
        table.add_row(
            item.copying.topic,
            _left(item),
            _size(item),
            ", ".join(map(str, item.gaining)),
            throughput_text(mark.rate_kib * 1024) if mark and mark.rate_kib else "",
            "kafkaops" if mark else "somebody else",
        )
    return table


def _left(item: Moving) -> str:
    return f"{item.copying.left} of {item.copying.partitions}"


def _size(item: Moving) -> str:
    return "unknown" if item.copying.bytes_left is None else f"about {size_text(item.copying.bytes_left)}"


def _document(item: Moving) -> dict[str, object]:
    mark = item.mark
    return {
        "topic": item.copying.topic,
        "partitions_left": item.copying.left,
        "partitions": item.copying.partitions,
        "bytes_left": item.copying.bytes_left,
        "begun_by_kafkaops": mark is not None,
        "throttle_bytes_per_second": mark.rate_kib * 1024 if mark and mark.rate_kib else None,
        "moves": [
            {"partition": index, "target": move.target, "adding": move.adding, "removing": move.removing}
            for index, move in item.moves.items()
        ],
    }
