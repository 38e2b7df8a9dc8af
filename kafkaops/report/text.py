"""Plans and runs for people: a terminal of any width, or a pipe without colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from kafkaops.report.document import ChangeDocument, FieldDocument, PlanDocument, RunDocument
from kafkaops.report.grouping import Alike, gathered, reason_of, sections
from kafkaops.report.values import duration, plural, shortened, shortened_pair, shown
from kafkaops.spec.throughput import throughput_text

SIGNS = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "replace": ("±", "magenta"),
    "delete": ("-", "red"),
    "adopt": ("=", "cyan"),
    "forget": ("·", "cyan"),
}
RISK_STYLES = {"safe": "dim", "disruptive": "yellow", "data-loss": "bold red", "irreversible": "bold red"}
_VERBS = ("create", "update", "replace", "delete", "adopt", "forget")
_NAMES_SHOWN, _RISKY_NAMES_SHOWN = 12, 60


def print_plan(document: PlanDocument, console: Console) -> None:
    """Write the whole plan to the console."""
    for line in _plan_lines(document, console.width):
        console.print(line, soft_wrap=True, highlight=False)


def print_run(document: RunDocument, console: Console) -> None:
    """Write how each change ended that did not simply succeed, and the count."""
    for line in _run_lines(document):
        console.print(line, soft_wrap=True, highlight=False)


def _plan_lines(document: PlanDocument, width: int) -> Iterator[Text]:
    identity = document["identity"]
    yield Text.assemble(
        ("Plan for ", ""), (document["project"], "bold"), (" in ", ""), (document["environment"], "bold"),
        (f" (cluster {identity['cluster_id']})", "dim"),
    )  # fmt: skip
    if "rollback_of" in document:
        yield Text(f"Back to before run {document['rollback_of']}", style="dim")
    if "throttle" in document:
        yield Text(f"Throttle: {throughput_text(document['throttle'])}", style="dim")
    if git := document["git"]:
        changed = ", with changes that are not committed" if git["dirty"] else ""
        yield Text(f"Spec at commit {git['commit'][:12]}{changed}", style="dim")
    if document["allowed"]:
        yield Text(f"Lifted: {', '.join(document['allowed'])}", style="yellow")
    for limit in document["limits"]:
        lift = f"lifted by --allow-share {limit['limit']}:{limit['kind']}"
        state = lift if limit["lifted"] else f"REFUSED as a whole until --allow-share {limit['limit']}:{limit['kind']}"
        yield Text(f"! {limit['text']}: {state}", style="yellow" if limit["lifted"] else "bold red")
    for section in sections(document["changes"]):
        yield Text()
        yield Text(section.title, style="bold underline")
        for row in section.rows:
            yield from _row_lines(row, width)
    yield from _observation_lines(document, width)
    yield Text()
    yield summary_line(document)


def _row_lines(row: Alike, width: int) -> Iterator[Text]:
    change = row.first
    yield from _headlines(change, width)
    column = min(max((len(item["path"]) + 2 for item in change["fields"]), default=0), width * 2 // 5)
    for item in change["fields"]:
        yield from _field_lines(item, change["type"], column, width)
    for hazard in change["hazards"]:
        yield from _wrapped("! ", hazard["text"], RISK_STYLES[hazard["risk"]], width)
    for warning in change["warnings"]:
        yield from _finding_lines("warning: ", warning["summary"], warning["hint"], "yellow", width)
    for blocker in change["blockers"]:
        place = (
            f" ({blocker['place']['file']}:{blocker['place']['line']}:{blocker['place']['column']})"
            if blocker["place"]
            else ""
        )
        yield from _finding_lines(
            f"blocked [{blocker['code']}]: ",
            blocker["summary"] + place,
            blocker["hint"],
            "bold red",
            width,
            blocker["detail"],
        )
    held = sorted({hazard["guard"] for hazard in change["hazards"] if hazard["guard"] and not hazard["lifted"]})
    for guard in held:
        yield from _wrapped("", f"held back until {''.join(row.lift(guard))}", "bold red", width)
    if change["prediction"]["foresight"] == "not-predictable":
        yield from _wrapped("", f"not predictable: {change['prediction']['detail']}", "dim", width)
    if row.others:
        room = _NAMES_SHOWN if change["risk"] == "safe" and not change["blocked"] else _RISKY_NAMES_SHOWN
        names = ", ".join(row.others[:room])
        more = len(row.others) - room
        text = f"and {plural(len(row.others), 'more', 'more')} alike: {names}" + (
            f" and {more:,} others" if more > 0 else ""
        )
        yield from _wrapped("", text, "cyan", width)


def _headlines(change: ChangeDocument, width: int) -> Iterator[Text]:
    """What it is, in a line; the summary stands below where it would not fit."""
    sign, style = SIGNS[change["type"]]
    reason = reason_of(change)
    said = "  ".join(part for part in (change["summary"], f"({reason})" if reason else "") if part)
    marks = Text()
    if change["risk"] != "safe":
        marks.append(f"  [{change['risk']}]", style=RISK_STYLES[change["risk"]])
    if change["blocked"]:
        marks.append("  BLOCKED", style="bold red")
    line = Text.assemble(("  "), (f"{sign} ", f"bold {style}"), (change["address"], f"bold {style}"))
    fits = len(line) + 2 + len(said) + len(marks) <= width
    if said and fits:
        line.append(f"  {said}")
    yield line.append(marks)
    if said and not fits:
        yield from _wrapped("", said, "", width)


def _field_lines(item: FieldDocument, change_type: str, column: int, width: int) -> Iterator[Text]:
    """A difference in a line; its note stands below where it would not fit."""
    path = item["path"].ljust(column - 2) + "  "
    room = max(width - len(path) - 6, 24)
    line = Text("      ").append(path, style="dim" if change_type == "create" else "")
    if item["sensitive"]:
        line.append("(sensitive)", style="dim")
    elif change_type == "create":
        line.append(shortened(shown(item["after"], item["unit"]), room))
    else:
        whole = shown(item["before"], item["unit"]), shown(item["after"], item["unit"])
        before, after = shortened_pair(*whole, room // 2)
        line.append(before, style="dim").append(" → ").append(after, style="bold")
    note = item["note"] or ""
    if note and len(line) + 2 + len(note) <= width:
        line.append(f"  {note}", style="dim")
        note = ""
    yield line
    if note:
        yield from _wrapped("  ", note, "dim", width)


def _finding_lines(
    label: str, summary: str, hint: str | None, style: str, width: int, detail: str | None = None
) -> Iterator[Text]:
    yield from _wrapped(label, summary, style, width)
    for part in (detail or "").splitlines():
        yield from _wrapped("  ", part, "", width)
    if hint:
        yield from _wrapped("  hint: ", hint, "cyan", width)


def _wrapped(label: str, text: str, style: str, width: int) -> Iterator[Text]:
    """The text under its change, wrapped to the width with a hanging indent."""
    indent = "      "
    wrapped = textwrap.wrap(
        label + text,
        max(width - 1, 40),
        initial_indent=indent,
        subsequent_indent=indent + " " * len(label.lstrip() and "  "),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in wrapped:
        yield Text(line, style=style)


def _observation_lines(document: PlanDocument, width: int) -> Iterator[Text]:
    if document["observations"]:
        yield Text()
        yield Text("Observed", style="bold underline")
    for row in gathered(document["observations"]):
        item = row.first
        style = {"warning": "yellow", "error": "red"}.get(item["severity"], "dim")
        subject = f"{item['address']}: " if item["address"] else ""
        yield from _wrapped(
            f"{item['severity']}: " if item["severity"] != "info" else "", subject + item["summary"], style, width
        )
        if row.others:
            yield from _wrapped("  and ", row.named(_NAMES_SHOWN).removeprefix("and "), "cyan", width)
        if item["hint"]:
            yield from _wrapped("  hint: ", item["hint"], "cyan", width)


def summary_line(document: PlanDocument) -> Text:
    """The last line: what would be done, what is blocked, what is as declared."""
    summary = document["summary"]
    in_sync = sum(summary["in_sync"].values())
    unmanaged = sum(summary["unmanaged"].values())
    if not document["changes"]:
        line = Text("No changes.", style="bold green").append(f" {plural(in_sync, 'resource')} as declared", style="")
    else:
        counts = [f"{summary['changes'][verb]:,} to {verb}" for verb in _VERBS if verb in summary["changes"]]
        line = Text("Plan: ", style="bold").append(", ".join(counts))
        if summary["blocked"]:
            line.append(f"; {summary['blocked']:,} blocked", style="bold red")
        if any(not limit["lifted"] for limit in document["limits"]):
            line.append("; beyond its limits", style="bold red")
        line.append(f"; {in_sync:,} as declared")
    if unmanaged:
        line.append(f", {unmanaged:,} unmanaged", style="dim")
    return line.append(".")


def _run_lines(document: RunDocument) -> Iterator[Text]:
    for outcome in document["outcomes"]:
        if outcome["state"] == "done":
            continue
        style = "bold red" if outcome["state"] == "failed" else "yellow"
        found = outcome["diagnostic"]
        said = f"  [{found['code']}] {' '.join(found['summary'].split())}" if found else ""
        yield Text(f"{outcome['state']}  {outcome['address']}{said}", style=style)
        for part in (found["detail"] or "").splitlines() if found else ():
            yield Text(f"    {part}")
        if found and found["hint"]:
            yield Text(f"    hint: {found['hint']}", style="cyan")
    for problem in document["problems"]:
        yield Text(f"error[{problem['code']}] {problem['summary']}", style="bold red")
        for part in (problem["detail"] or "").splitlines():
            yield Text(f"    {part}")
        if problem["hint"]:
            yield Text(f"    hint: {problem['hint']}", style="cyan")
    summary = document["summary"]
    if document["adopted"]:
        yield Text(f"{plural(len(document['adopted']), 'resource')} adopted: recorded in the ledger as they are.")
    parts = [plural(summary["done"], "change") + " applied and verified"]
    parts += [f"{summary[state]:,} {state}" for state in ("failed", "skipped") if summary[state]]
    text = ", ".join(parts) + f" in {duration(document['seconds'])}"
    text += "; stopped on request" if document["interrupted"] else ""
    text += f" (run {document['run']})." if document["run"] else "."
    yield Text(text, style="bold green" if document["succeeded"] else "bold red")
