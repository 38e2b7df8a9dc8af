"""A plan as Markdown for a pull request: risks first, never longer than a comment may be.

GitHub refuses comments above 65,536 characters. What does not fit is cut from the safe changes and said;
risks and blocked changes are never cut.
"""

from __future__ import annotations

import re

from kafkaops.report.document import ChangeDocument, DiagnosticDocument, FieldDocument, PlaceDocument, PlanDocument
from kafkaops.report.grouping import Alike, sections
from kafkaops.report.text import SIGNS, summary_line
from kafkaops.report.values import plural, shortened, shown

LIMIT = 65_536
"""GitHub's limit for a comment's body, in characters."""
_VALUE_WIDTH = 80
_NAMES_SHOWN = 20


def plan_markdown(document: PlanDocument, limit: int = LIMIT) -> str:
    """The plan as Markdown of at most `limit` characters, so long as its risks alone fit."""
    head = [
        f"### kafkaops plan: {document['project']} in {document['environment']}",
        "",
        f"**{summary_line(document).plain}**",
        "",
        *_limits(document),
    ]
    risky = [_row(row) for row in _rows(document) if _is_risky(row)]
    observed = [f"- {_finding(item)}" for item in document["observations"] if item["severity"] != "info"]
    tail = ["#### Observed", "", *observed, ""] if observed else []
    text = "\n".join([*head, *(["#### Risks", "", *risky, ""] if risky else []), *tail])
    return text + _safe_part(document, limit - len(text))


def _limits(document: PlanDocument) -> list[str]:
    """Where the plan goes beyond the spec's limits."""
    lines = [
        f"- ⚠ {escaped(item['text'])}: {'lifted by' if item['lifted'] else '**REFUSED** as a whole until'} "
        + code(f"--allow-share {item['limit']}:{item['kind']}")
        for item in document["limits"]
    ]
    return [*lines, ""] if lines else []


def _safe_part(document: PlanDocument, room: int) -> str:
    """The safe changes as a foldable list, as many as there is room for."""
    safe = [row for row in _rows(document) if not _is_risky(row)]
    if not safe:
        return ""
    opening = f"\n<details><summary>{plural(sum(len(row.changes) for row in safe), 'safe change')}</summary>\n\n"
    closing = "\n</details>\n"
    room -= len(opening) + len(closing) + 80
    lines: list[str] = []
    for index, row in enumerate(safe):
        line = _row(row)
        if len(line) + 1 > room:
            left = sum(len(other.changes) for other in safe[index:])
            lines.append(f"- … and {plural(left, 'more safe change')}, too many for a comment")
            break
        lines.append(line)
        room -= len(line) + 1
    return opening + "\n".join(lines) + closing


def _rows(document: PlanDocument) -> list[Alike]:
    return [row for section in sections(document["changes"]) for row in section.rows]


def _is_risky(row: Alike) -> bool:
    return row.first["risk"] != "safe" or row.first["blocked"] or bool(row.first["warnings"])


def _row(row: Alike) -> str:
    change = row.first
    sign, _ = SIGNS[change["type"]]
    headline = code(f"{sign} {change['address']}")
    marks = [f"**{change['risk']}**"] if change["risk"] != "safe" else []
    marks += ["**BLOCKED**"] if change["blocked"] else []
    lines = [f"- {headline} {change['type']} {escaped(change['summary'])} {' '.join(marks)}".rstrip()]
    lines += [f"  - {code(item['path'])}: {_difference(item, change['type'])}" for item in change["fields"]]
    lines += [
        f"  - ⚠ {escaped(hazard['text'])}{_lift(change, hazard['guard'], hazard['lifted'])}"
        for hazard in change["hazards"]
    ]
    lines += [f"  - {_finding(item)}" for item in (*change["warnings"], *change["blockers"])]
    if row.others:
        names = ", ".join(code(name) for name in row.others[:_NAMES_SHOWN])
        more = f" and {len(row.others) - _NAMES_SHOWN:,} others" if len(row.others) > _NAMES_SHOWN else ""
        lines.append(f"  - and {len(row.others):,} more alike: {names}{more}")
    return "\n".join(lines)


def _lift(change: ChangeDocument, guard: str | None, lifted: bool) -> str:
    option = code(f"--allow {guard}:{change['address']}")
    return f" (held back until {option})" if guard and not lifted else ""


def _difference(item: FieldDocument, change_type: str) -> str:
    if item["sensitive"]:
        return "(sensitive)"
    before, after = (shortened(shown(item[side], item["unit"]), _VALUE_WIDTH) for side in ("before", "after"))
    return f"{code(after)}" if change_type == "create" else f"{code(before)} → {code(after)}"


def _finding(item: DiagnosticDocument) -> str:
    subject = f"{code(item['address'])}: " if item["address"] else ""
    place = f" at {code(_where(item['place']))}" if item["place"] else ""
    hint = f" *{escaped(item['hint'])}*" if item["hint"] else ""
    return f"{item['severity']} {item['code']} {subject}{escaped(item['summary'])}{place}{hint}"


def _where(place: PlaceDocument) -> str:
    return f"{place['file']}:{place['line']}"


def code(text: str) -> str:
    """Inline code that backticks in the text cannot leave."""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def escaped(text: str) -> str:
    """Text in which nothing is markup: names in a spec may hold anything."""
    escaped = "".join(f"\\{character}" if character in r"\`*_[]<>|#" else character for character in text)
    return " ".join(escaped.split())
