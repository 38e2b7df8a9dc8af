"""A schema check for a terminal: each finding with its line of the schema, a caret and the way out.

Written without rich, whose import would take a fifth of the time of a whole check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kafkaops.errors import Severity
from kafkaops.evolution.model import CheckResult, Finding, Spot, State, SubjectResult
from kafkaops.report.check_places import place_of, shown_file
from kafkaops.report.schema_excerpt import SCHEMA_ENDINGS, schema_excerpt

_COLOURS = {"red": "31", "yellow": "33", "cyan": "36", "green": "32", "bold": "1", "dim": "2"}
_SEVERITY_COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_SIGNS = {
    State.COMPATIBLE: ("✓", "green"),
    State.IDENTICAL: ("=", "dim"),
    State.NEW: ("+", "green"),
    State.NOT_CHECKED: ("?", "yellow"),
    State.INCOMPATIBLE: ("✗", "red"),
    State.REMOVED: ("-", "red"),
    State.CLEAN: ("✓", "green"),
    State.BROKEN: ("✗", "red"),
}
_SILENT = frozenset({State.IDENTICAL, State.CLEAN})
_VERSIONS_SHOWN = 4
_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours, or none."""

    colour: bool

    def __call__(self, name: str, text: str) -> str:
        """The text in a colour."""
        return f"\x1b[{_COLOURS[name]}m{text}\x1b[0m" if self.colour and text else text


def check_text(result: CheckResult, *, colour: bool = False, verbose: bool = False) -> str:
    """The whole report. What is unchanged is only counted, unless `verbose`."""
    paint = Paint(colour)
    lines = [f"{paint('bold', result.project)} against {result.against}", ""]
    lines += [paint("dim", f"note: {note}") for note in result.notes]
    for finding in result.general:
        lines += [*finding_lines(finding, result.root, paint), ""]
    for subject in result.subjects:
        if verbose or subject.findings or subject.state not in _SILENT:
            lines += _subject(subject, result.root, paint)
    lines.append(summary(result, paint))
    return "\n".join(lines) + "\n"


def summary(result: CheckResult, paint: Paint) -> str:
    """One line: how many subjects, and what came of them."""
    counts = [f"{result.count(state):,} {state.value}" for state in State if result.count(state)]
    suppressed = sum(finding.suppressed is not None for finding in result.findings())
    if suppressed:
        counts.append(f"{suppressed:,} {'finding' if suppressed == 1 else 'findings'} suppressed")
    total = len(result.subjects)
    verdict = paint("green" if result.ok else "red", result.verdict)
    return f"{total:,} {'subject' if total == 1 else 'subjects'}: {', '.join(counts) or 'nothing to check'} → {verdict}"


def _subject(subject: SubjectResult, root: Path, paint: Paint) -> Iterator[str]:
    sign, colour = _SIGNS[subject.state] if subject.ok else _SIGNS[State.INCOMPATIBLE]
    head = f"{paint(colour, sign)} {paint('bold', subject.subject)} {subject.state.value}"
    if subject.level is not None:
        head += paint("dim", f", {subject.level}")
    yield head
    about = [f"compared with {listed(subject.compared, _VERSIONS_SHOWN)}"] if subject.compared else []
    about += [subject.note] if subject.note else []
    if about:
        yield paint("dim", f"  {'; '.join(about)}")
    yield from (f"  {line}" for line in _registry(subject))
    for finding in subject.findings:
        yield from (f"  {line}" for line in finding_lines(finding, root, paint))
    if subject.state in (State.INCOMPATIBLE, State.REMOVED, State.COMPATIBLE):
        yield from (f"  {line}" for line in _affected(subject))
    yield ""


def _registry(subject: SubjectResult) -> Iterator[str]:
    verdict = subject.registry
    if verdict is None:
        return
    if verdict.compatible is None:
        yield f"registry: not asked, {verdict.not_asked}"
    else:
        said = f": {'; '.join(verdict.messages)}" if verdict.messages else ""
        yield f"registry: {'compatible' if verdict.compatible else 'incompatible'}{said}"


def _affected(subject: SubjectResult) -> Iterator[str]:
    affected = subject.affected
    if affected.topics:
        topics = listed(affected.topics, _NAMES_SHOWN)
        producers = listed(affected.producers, _NAMES_SHOWN) or "nobody in the spec"
        consumers = listed(affected.consumers, _NAMES_SHOWN) or "nobody in the spec"
        yield f"affected: {topics}, produced by {producers}, consumed by {consumers}"
    if subject.order and subject.level:
        yield f"upgrade under {subject.level.value}: {subject.order}"


def finding_lines(finding: Finding, root: Path, paint: Paint) -> Iterator[str]:
    """A finding with its place, the line it is about, and the way out."""
    severity = finding.severity
    head = paint(_SEVERITY_COLOUR[severity], f"{severity.value}[{finding.code}]")
    yield f"{head} {paint('bold', finding.rule)}: {finding.message}"
    if finding.spot:
        yield paint("dim", f"  at {shown_file(root, finding.spot.file)}:{finding.spot.line}:{finding.spot.column}")
        yield from (paint("cyan", f"  {line}") for line in excerpt_lines(root, finding.spot))
    if finding.fix:
        yield f"  {paint('cyan', 'hint:')} {finding.fix}"
    if len(finding.against) > 1:
        yield paint("dim", f"  also against {listed(finding.against[1:], _VERSIONS_SHOWN)}")
    if finding.suppressed:
        yield paint("yellow", f"  suppressed until {finding.suppressed.until}: {finding.suppressed.reason}")


def excerpt_lines(root: Path, spot: Spot) -> list[str]:
    """The line of the file, and below it what is meant, underlined; nothing if the file is not there."""
    if spot.file.endswith(SCHEMA_ENDINGS):
        return schema_excerpt(root / spot.file, spot)
    from kafkaops.spec.excerpt import excerpt  # which hides the secrets that a spec may hold

    found = excerpt(place_of(root, spot))
    return found.split("\n") if found else []


def listed(names: tuple[str, ...], limit: int) -> str:
    """Names with commas, cut where there are many."""
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[:limit])} and {len(names) - limit:,} more"
