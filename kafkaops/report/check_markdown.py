"""A schema check as Markdown for a pull request's comment: what breaks first, never longer than a comment may be.

GitHub refuses comments above 65,536 characters. What does not fit is counted: errors are the last to go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kafkaops.evolution.model import CheckResult, Finding, State, SubjectResult
from kafkaops.report.check_places import shown_file
from kafkaops.report.check_text import Paint, excerpt_lines, listed, summary
from kafkaops.report.markdown import LIMIT, code, escaped

_ROOM_FOR_END = 200
_NAMES_SHOWN = 8


def check_markdown(result: CheckResult, limit: int = LIMIT) -> str:
    """The result as Markdown of at most `limit` characters."""
    text = "\n".join(_head(result))
    left = 0
    for block in _blocks(result):
        if left or len(text) + len(block) > limit - _ROOM_FOR_END:
            left += 1
        else:
            text += block
    if left:
        text += f"\n*… and {left:,} more, too many for a comment: run `kafkaops schemas check`.*\n"
    return text


def _head(result: CheckResult) -> Iterator[str]:
    sign = "✅" if result.ok else "❌"
    yield f"### {sign} kafkaops schemas: {escaped(result.project)}"
    yield ""
    yield f"{escaped(summary(result, Paint(colour=False)))}, compared with {escaped(result.against)}"
    yield ""
    for note in result.notes:
        yield f"> {escaped(note)}"
        yield ""


def _blocks(result: CheckResult) -> Iterator[str]:
    """The parts of the comment, each whole or left out; what counts first."""
    broken = [subject for subject in result.subjects if not subject.ok]
    for finding in _by_weight(result.general):
        yield _finding(finding, result) + "\n"
    for subject in broken:
        yield _subject(subject, result)
    for subject in result.subjects:
        if subject.ok and (subject.findings or subject.state not in (State.IDENTICAL, State.COMPATIBLE, State.CLEAN)):
            yield _subject(subject, result)
    passed = [each.subject for each in result.subjects if each.state is State.COMPATIBLE and not each.findings]
    if passed:
        names = ", ".join(code(name) for name in passed[: _NAMES_SHOWN * 5])
        yield f"\nChanged and compatible: {names}{' …' if len(passed) > _NAMES_SHOWN * 5 else ''}\n"


def _by_weight(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: not finding.counts)


def _subject(subject: SubjectResult, result: CheckResult) -> str:
    level = f" · {subject.level}" if subject.level else ""
    lines = [f"\n#### {code(subject.subject)}: {subject.state.value}{level}", ""]
    about = [f"compared with {listed(subject.compared, 4)}"] if subject.compared else []
    about += [subject.note] if subject.note else []
    if about:
        lines += [escaped("; ".join(about)), ""]
    lines += [_finding(finding, result) for finding in _by_weight(subject.findings)]
    if not subject.ok:
        lines += ["", *_affected(subject)]
    return "\n".join(lines) + "\n"


def _affected(subject: SubjectResult) -> Iterator[str]:
    affected = subject.affected
    if affected.topics:
        producers = listed(affected.producers, _NAMES_SHOWN) or "nobody in the spec"
        consumers = listed(affected.consumers, _NAMES_SHOWN) or "nobody in the spec"
        topics = listed(affected.topics, _NAMES_SHOWN)
        yield escaped(f"Affected: {topics}, produced by {producers}, consumed by {consumers}.")
    if subject.order and subject.level:
        yield f"Upgrade under {subject.level.value}: {subject.order}."


def _finding(finding: Finding, result: CheckResult) -> str:
    lines = [f"- **{finding.severity.value}** `{finding.rule}` ({finding.code}): {escaped(finding.message)}"]
    if finding.spot:
        spot = finding.spot
        lines.append(f"  {code(f'{shown_file(result.root, spot.file)}:{spot.line}')}")
        source = excerpt_lines(result.root, spot)
        fence = "`" * max(3, 1 + max((line.count("`") for line in source), default=0))
        lines += [f"  {fence}", *(f"  {line}" for line in source), f"  {fence}"] if source else []
    if finding.fix:
        lines.append(f"  *Hint:* {escaped(finding.fix)}")
    if len(finding.against) > 1:
        lines.append(f"  Also against {escaped(listed(finding.against[1:], 4))}.")
    if finding.suppressed:
        lines.append(f"  Suppressed until {finding.suppressed.until.isoformat()}: {escaped(finding.suppressed.reason)}")
    return "\n".join(lines)
