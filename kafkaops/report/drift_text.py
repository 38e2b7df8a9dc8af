"""What moved outside, for people: a terminal, a pipe, or Markdown for an issue."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from kafkaops.report.drift_document import DriftDocument, DriftedDocument, moved
from kafkaops.report.grouping import gathered
from kafkaops.report.markdown import code, escaped
from kafkaops.report.values import plural, shortened, shortened_pair, shown, when

_SIGNS = {"changed": ("~", "yellow"), "deleted": ("-", "red"), "recreated": ("±", "magenta")}
_SHOWN = 200
"""Resources in Markdown: a comment has an end."""
_NAMES_SHOWN = 12


def print_drift(document: DriftDocument, console: Console) -> None:
    """Write the report."""
    for line in _lines(document, console.width):
        console.print(line, soft_wrap=True, highlight=False)


def _lines(document: DriftDocument, width: int) -> Iterator[Text]:
    yield Text.assemble(
        ("Drift of ", ""), (document["project"], "bold"), (" in ", ""), (document["environment"], "bold"),
        (f" (cluster {document['cluster_id']})", "dim"),
    )  # fmt: skip
    for item in document["drifted"]:
        yield Text()
        yield from _drifted_lines(item, width)
    for row in gathered(document["observations"]):
        said = row.first
        subject = f"{said['address']}: " if said["address"] else ""
        yield Text()
        yield Text(f"{said['severity']}: {subject}{said['summary']}", style="yellow")
        if row.others:
            yield Text(f"  {row.named(_NAMES_SHOWN)}", style="cyan")
        if said["hint"]:
            yield Text(f"  hint: {said['hint']}", style="cyan")
    yield Text()
    yield Text(summary(document), style="bold red" if document["drifted"] else "bold green")


def _drifted_lines(item: DriftedDocument, width: int) -> Iterator[Text]:
    sign, style = _SIGNS[item["movement"]]
    yield Text.assemble((f"{sign} {item['address']}", f"bold {style}"), f"  {item['movement']}")
    if item["detail"]:
        yield Text(f"    [{item['code']}] {item['detail']}" if item["code"] else f"    {item['detail']}", style=style)
    column = min(max((len(field["path"]) + 2 for field in item["fields"]), default=0), width * 2 // 5)
    for field in item["fields"]:
        path = field["path"].ljust(column - 2) + "  "
        room = max(width - len(path) - 8, 24)
        line = Text("    ").append(path)
        if field["sensitive"]:
            line.append("(sensitive)", style="dim")
        else:
            whole = shown(field["applied"], field["unit"]), shown(field["now"], field["unit"])
            before, after = shortened_pair(*whole, room // 2)
            line.append(before, style="dim").append(" → ").append(after, style="bold")
        yield line.append(f"  {shortened(field['note'], room)}", style="dim") if field["note"] else line
    yield Text(f"    since the last apply at {when(item['applied_at'])} UTC (run {item['applied_by']})", style="dim")


def summary(document: DriftDocument) -> str:
    """`3 of 22 resources moved since the last apply.`"""
    total = sum(document["compared"].values())
    if not document["drifted"]:
        return f"No drift. {plural(total, 'resource')} as applied."
    return f"{len(document['drifted']):,} of {plural(total, 'resource')} moved since the last apply."


def drift_markdown(document: DriftDocument) -> str:
    """The report as Markdown."""
    lines = [f"### kafkaops drift: {document['project']} in {document['environment']}", "", f"**{summary(document)}**"]
    for item in document["drifted"][:_SHOWN]:
        sign, _ = _SIGNS[item["movement"]]
        last = f"since the last apply at {when(item['applied_at'])} UTC, run {code(item['applied_by'])}"
        address = code(f"{sign} {item['address']}")
        lines += ["", f"- {address} {item['movement']} {last}"]
        lines += [f"  - {escaped(item['detail'])}"] if item["detail"] else []
        lines += [f"  - {code(field['path'])}: {code(moved(field))}" for field in item["fields"]]
    if len(document["drifted"]) > _SHOWN:
        lines += ["", f"- … and {len(document['drifted']) - _SHOWN:,} more"]
    for row in gathered(document["observations"]):
        said = row.first
        subject = f"{code(said['address'])}: " if said["address"] else ""
        alike = f" ({escaped(row.named(_NAMES_SHOWN))})" if row.others else ""
        lines += ["", f"- {said['severity']}: {subject}{escaped(said['summary'])}{alike}"]
    return "\n".join(lines) + "\n"
