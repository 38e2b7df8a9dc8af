"""A plan as Markdown for a pull request: risks first, never longer than a comment may be.

GitHub refuses comments above 65,536 characters. What does not fit is taken from the safe changes first, then from
the observations; then risks get one line each, and at last those with the same risk are counted together. No risk
and no blocked change goes unsaid.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from kafkaops.report.document import ChangeDocument, DiagnosticDocument, FieldDocument, PlaceDocument, PlanDocument
from kafkaops.report.grouping import Alike, AlikeFindings, gathered, reason_of, sections
from kafkaops.report.text import SIGNS, summary_line
from kafkaops.report.values import plural, shortened, shown

LIMIT = 65_536
"""GitHub's limit for a comment's body, in characters."""
_VALUE_WIDTH = 80
_NAMES_SHOWN = 20
_BRIEF_WIDTH, _DETAIL_WIDTH = 160, 400
_OBSERVED_ROOM = 8_000
"""What observations may take from the risks' room."""
_SPARE = 400
"""For headings, and for saying that something was left out."""
_WHOLE_PLAN = "*Too many to show whole here: `kafkaops plan`, or `kafkaops show` of the saved plan, shows each.*\n"


def plan_markdown(document: PlanDocument, limit: int = LIMIT) -> str:
    """The plan as Markdown of at most `limit` characters, so long as its risks alone fit."""
    head = [
        f"### kafkaops plan: {document['project']} in {document['environment']}",
        "",
        *([f"Back to before run {code(document['rollback_of'])}", ""] if "rollback_of" in document else []),
        f"**{summary_line(document).plain}**",
        "",
        *_limits(document),
    ]
    risky = [row for row in _rows(document) if row.risky]
    observed = [_observed(row) for row in gathered(document["observations"]) if row.first["severity"] != "info"]
    room = limit - len("\n".join(head)) - _SPARE - min(len("\n".join(observed)), _OBSERVED_ROOM)
    lines = [*head, *(["#### Risks", "", *_risk_lines(risky, room), ""] if risky else [])]
    if observed:
        left = limit - len("\n".join(lines)) - _SPARE
        lines += ["#### Observed", "", *_fitting(observed, left, "more, too many for a comment"), ""]
    text = "\n".join(lines)
    return text + _safe_part(document, limit - len(text))


def _risk_lines(rows: Sequence[Alike], room: int) -> list[str]:
    """Every risk: whole, or if that does not fit in a line, or counted with others of the same risk."""
    whole = [_row(row) for row in rows]
    if _length(whole) <= room:
        return whole
    counts: Counter[str] = Counter()
    turns: dict[int, int] = {}
    for index, row in enumerate(rows):
        turns[index] = counts[_mark(row)]
        counts[_mark(row)] += len(row.changes)
    # What the counts may take is set aside first, so that whatever is not named is counted.
    room -= _length([_counted(number, mark) for mark, number in counts.items()]) + _length([_WHOLE_PLAN])
    named: list[int] = []
    # In turns, so that many of one risk leave room for the few of another.
    for index in sorted(turns, key=lambda index: turns[index]):
        room -= len(_brief(rows[index])) + 1
        if room < 0:
            break
        named.append(index)
        counts[_mark(rows[index])] -= len(rows[index].changes)
    lines = [_brief(rows[index]) for index in sorted(named)]
    return [_WHOLE_PLAN, *lines, *(_counted(number, mark) for mark, number in counts.items() if number)]


def _brief(row: Alike) -> str:
    """One line for a change: what it is, its risk, and what blocks it in words."""
    change = row.first
    why = f": {escaped(shortened(change['blockers'][0]['summary'], _BRIEF_WIDTH))}" if change["blockers"] else ""
    alike = f" and {len(row.others):,} alike" if row.others else ""
    headline = code(f"{SIGNS[change['type']][0]} {change['address']}")
    return f"- {headline}{alike} {_mark(row)}{why}"


def _mark(row: Alike) -> str:
    """A row's risk and the codes that say why, by which rows are counted together."""
    change = row.first
    codes = sorted({item["code"] for item in (*change["hazards"], *change["blockers"], *change["warnings"])})
    return " ".join([*_marks(change), *codes])


def _marks(change: ChangeDocument) -> list[str]:
    marks = [f"**{change['risk']}**"] if change["risk"] != "safe" else []
    return marks + (["**BLOCKED**"] if change["blocked"] else [])


def _counted(number: int, mark: str) -> str:
    return f"- {number:,} more: {mark}"


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _fitting(lines: Sequence[str], room: int, rest: str) -> list[str]:
    """The first lines that fit, and how many do not."""
    kept: list[str] = []
    for index, line in enumerate(lines):
        if len(line) + 1 > room:
            return [*kept, f"- … and {len(lines) - index:,} {rest}"]
        kept.append(line)
        room -= len(line) + 1
    return kept


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
    safe = [row for row in _rows(document) if not row.risky]
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


def _row(row: Alike) -> str:
    change = row.first
    sign, _ = SIGNS[change["type"]]
    headline = code(f"{sign} {change['address']}")
    reason = f"({reason_of(change)})" if reason_of(change) else ""
    said = [headline, change["type"], escaped(change["summary"]), reason, *_marks(change)]
    lines = [f"- {' '.join(part for part in said if part)}"]
    lines += [f"  - {code(item['path'])}: {_difference(item, change['type'])}" for item in change["fields"]]
    lines += [
        f"  - ⚠ {escaped(hazard['text'])}{_lift(row, hazard['guard'], hazard['lifted'])}"
        for hazard in change["hazards"]
    ]
    lines += [f"  - {_finding(item)}" for item in (*change["warnings"], *change["blockers"])]
    if row.others:
        names = ", ".join(code(name) for name in row.others[:_NAMES_SHOWN])
        more = f" and {len(row.others) - _NAMES_SHOWN:,} others" if len(row.others) > _NAMES_SHOWN else ""
        lines.append(f"  - and {len(row.others):,} more alike: {names}{more}")
    return "\n".join(lines)


def _lift(row: Alike, guard: str | None, lifted: bool) -> str:
    if not guard or lifted:
        return ""
    option, each = row.lift(guard)
    return f" (held back until {code(option)}{each})"


def _difference(item: FieldDocument, change_type: str) -> str:
    if item["sensitive"]:
        return "(sensitive)"
    before, after = (shortened(shown(item[side], item["unit"]), _VALUE_WIDTH) for side in ("before", "after"))
    return f"{code(after)}" if change_type == "create" else f"{code(before)} → {code(after)}"


def _finding(item: DiagnosticDocument) -> str:
    subject = f"{code(item['address'])}: " if item["address"] else ""
    place = f" at {code(_where(item['place']))}" if item["place"] else ""
    detail = f": {escaped(shortened(item['detail'], _DETAIL_WIDTH))}" if item["detail"] else ""
    hint = f" *{escaped(item['hint'])}*" if item["hint"] else ""
    return f"{item['severity']} {item['code']} {subject}{escaped(item['summary'])}{place}{detail}{hint}"


def _observed(row: AlikeFindings) -> str:
    alike = f" ({escaped(row.named(_NAMES_SHOWN))})" if row.others else ""
    return f"- {_finding(row.first)}{alike}"


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
