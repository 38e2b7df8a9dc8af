"""The ledger's runs for people: a table of runs, and one run with every change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from kafkaops.report.history_document import (
    CountsDocument,
    HistoryDocument,
    RecordedChangeDocument,
    RecordedFieldDocument,
    RecordedRunDocument,
    RunEntryDocument,
)
from kafkaops.report.text import RISK_STYLES, SIGNS
from kafkaops.report.values import duration, plural, shortened, shortened_pair, shown, when

_RESULT_STYLES = {"done": "green", "under-way": "cyan", "stopped": "yellow"}
_STATE_STYLES = {"done": "green", "skipped": "yellow", "not-begun": "yellow"}
_GAP = "  "
_COMMIT = 12


def print_history(document: HistoryDocument, console: Console) -> None:
    """Write the list of runs."""
    for line in _list_lines(document):
        console.print(line, soft_wrap=True, highlight=False)


def print_recorded_run(document: RecordedRunDocument, console: Console) -> None:
    """Write one run."""
    for line in _run_lines(document, console.width):
        console.print(line, soft_wrap=True, highlight=False)


def _list_lines(document: HistoryDocument) -> Iterator[Text]:
    whose = f" of {document['project']} in {document['environment']}" if document["project"] else ""
    if not document["ledger"]:
        yield Text("No runs: the cluster has no ledger. The first apply makes it.")
        return
    if not document["runs"]:
        yield Text(f"No runs{whose}.")
    else:
        everybody = document["project"] is None
        rows = [_row(run, everybody) for run in document["runs"]]
        head = ("RUN", "WHEN (UTC)", *(("PROJECT",) if everybody else ()), "WHO", "COMMIT", "RESULT", "CHANGES")
        yield from _table(head, rows, [run["result"] for run in document["runs"]])
    left_out = document["total"] - len(document["runs"])
    if left_out > 0:
        yield Text(f"{plural(left_out, 'older run')} not shown; --limit 0 shows all", style="dim")
    if not document["complete"]:
        yield Text("Older runs are not kept any more: the ledger keeps runs for a time only.", style="dim")


def _row(run: RunEntryDocument, everybody: bool) -> tuple[str, ...]:
    project = f"{run['project']}/{run['environment']}" if run["project"] else "(not kept)"
    changes = _counts(run["changes"]) + (f", rolls back {run['rollback_of']}" if run["rollback_of"] else _by_hand(run))
    return (run["run"], _when(run["started"])[:16], *((project,) if everybody else ()), _who(run), _commit(run),
            run["result"], changes)  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], results: Sequence[str]) -> Iterator[Text]:
    """Columns as wide as they must be. Nothing is cut: a narrow terminal wraps the last one."""
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    yield Text(_line(head, widths), style="bold")
    result = len(head) - 2
    for row, word in zip(rows, results, strict=True):
        line = Text(_line(row, widths))
        start = sum(widths[:result]) + len(_GAP) * result
        line.stylize(_RESULT_STYLES.get(word, "bold red"), start, start + len(word))
        yield line


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True)).rstrip()


def _run_lines(document: RecordedRunDocument, width: int) -> Iterator[Text]:
    run = document["run"]
    style = _RESULT_STYLES.get(run["result"], "bold red")
    yield Text.assemble(("Run ", ""), (run["run"], "bold"), (": ", ""), (run["result"], style))
    if run["started"] is None:
        yield Text("  Its beginning is not kept any more: who ran it, and where, is not known.", style="yellow")
    else:
        yield Text(f"  {run['project']} in {run['environment']} (cluster {run['cluster_id']})")
        seconds = f", {duration(run['seconds'])}" if run["seconds"] is not None else ""
        yield Text(f"  {_who(run)}, {_when(run['started'])} UTC{seconds}, kafkaops {run['tool_version']}")
        if run["commit"]:
            changed = ", with changes that were not committed" if run["dirty"] else ""
            yield Text(f"  spec at commit {run['commit'][:_COMMIT]}{changed}")
    if _by_hand(run):
        yield Text(f"  by hand: kafkaops {run['command']}")
    if run["rollback_of"]:
        yield Text(f"  rolls back run {run['rollback_of']}")
    if run["targets"]:
        yield Text(f"  only {', '.join(run['targets'])}")
    if run["told_by"]:
        yield Text(f"  found interrupted by run {run['told_by']}", style="yellow")
    if run["started"] is not None and not run["whole"]:
        yield Text("  Not every record of it is kept any more.", style="yellow")
    for change in document["changes"]:
        yield from _change_lines(change, width)
    yield Text()
    yield Text(f"{_counts(run['changes'])}.", style="bold")


def _change_lines(change: RecordedChangeDocument, width: int) -> Iterator[Text]:
    sign, style = SIGNS.get(change["type"], ("?", ""))
    yield Text()
    line = Text.assemble((f"{sign} {change['address']}", f"bold {style}"))
    line.append(f"  {change['summary']}" if change["summary"] else "")
    if change["risk"] != "safe":
        line.append(f"  [{change['risk']}]", style=RISK_STYLES.get(change["risk"], ""))
    yield line
    column = min(max((len(item["path"]) + 2 for item in change["fields"]), default=0), width * 2 // 5)
    for item in change["fields"]:
        yield _field_line(item, change["type"], column, width)
    for hazard in change["hazards"]:
        yield Text(f"    ! {hazard}", style=RISK_STYLES.get(change["risk"], ""))
    if change["lifted"]:
        lifted = ", ".join(f"{guard}:{change['address']}" for guard in change["lifted"])
        yield Text(f"    lifted: {lifted}", style="yellow")
    yield _outcome_line(change)


def _outcome_line(change: RecordedChangeDocument) -> Text:
    state = change["state"]
    line = Text("    ").append(state, style=_STATE_STYLES.get(state, "bold red"))
    match state:
        case "unknown":
            return line.append(f": begun at {_when(change['begun'])} UTC and never said to have ended")
        case "not-begun":
            return line
        case _:
            problem = f" [{change['code']}] {change['problem']}" if change["code"] else ""
            detail = f" {change['detail']}" if change["detail"] else ""
            seconds = f"  {duration(change['seconds'])}" if change["seconds"] else ""
            return line.append(f":{problem}{detail}{seconds}" if problem or detail else seconds)


def _field_line(item: RecordedFieldDocument, change_type: str, column: int, width: int) -> Text:
    path = item["path"].ljust(column - 2) + "  "
    room = max(width - len(path) - 4, 24)
    line = Text("    ").append(path, style="dim")
    if item["sensitive"]:
        line.append("(sensitive)", style="dim")
    elif change_type == "create":
        line.append(shortened(shown(item["after"], item["unit"]), room))
    else:
        whole = shown(item["before"], item["unit"]), shown(item["after"], item["unit"])
        before, after = shortened_pair(*whole, room // 2)
        line.append(before, style="dim").append(" → ").append(after)
    return line.append(f"  {item['note']}", style="dim") if item["note"] else line


def _counts(counts: CountsDocument) -> str:
    named = {
        "done": counts["done"],
        "failed": counts["failed"],
        "skipped": counts["skipped"],
        "begun with unknown result": counts["unknown"],
    }
    rest = counts["planned"] - sum(named.values())
    parts = [f"{count:,} {word}" for word, count in (*named.items(), ("not begun", rest)) if count > 0]
    total = plural(counts["planned"], "change")
    if not parts or counts["done"] == counts["planned"]:
        return total if parts or not counts["planned"] else f"{total}, none begun"
    return f"{total}: {', '.join(parts)}"


def _by_hand(run: RunEntryDocument) -> str:
    return f", {run['command']}" if run["command"] not in (None, "apply", "rollback") else ""


def _when(at: str | None) -> str:
    return "(not kept)" if at is None else when(at)


def _who(run: RunEntryDocument) -> str:
    return f"{run['by']}@{run['host']}" if run["by"] else "(not kept)"


def _commit(run: RunEntryDocument) -> str:
    return f"{run['commit'][:_COMMIT]}{'+' if run['dirty'] else ''}" if run["commit"] else "-"
