"""What a reader sees first, and what is alike: the arrangement of plans and findings that text and Markdown share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kafkaops.plan.model import ChangeType, Reason, Risk
from kafkaops.report.document import ChangeDocument, DiagnosticDocument
from kafkaops.report.values import plural

T = TypeVar("T")
ALIKE_FROM = 4
"""So many changes that differ in nothing but the name are shown as one with a count."""

KIND_TITLES = {"topic": "Topics", "schema": "Schemas", "group": "Consumer groups", "connector": "Connectors"}

_PLAIN = frozenset(
    {(ChangeType.CREATE, Reason.ABSENT_FROM_CLUSTER), (ChangeType.UPDATE, Reason.DIFFERS_FROM_SPEC)}
)  # fmt: skip
"""What `+` and `~` stand for anyway."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Changes that differ in their name only; usually there is one."""

    changes: tuple[ChangeDocument, ...]

    @property
    def first(self) -> ChangeDocument:
        """The one that is shown."""
        return self.changes[0]

    @property
    def risky(self) -> bool:
        """Whether a reader has to look: a risk, a warning, or something that blocks."""
        return self.first["risk"] != "safe" or self.first["blocked"] or bool(self.first["warnings"])

    def lift(self, guard: str) -> tuple[str, str]:
        """The option that lifts a guard, and what to say after it where there is one for each of several."""
        if not self.others:
            return f"--allow {guard}:{self.first['address']}", ""
        return f"--allow {guard}:{self.first['kind']}.NAME", " for each of them"

    @property
    def others(self) -> tuple[str, ...]:
        """The names of the rest."""
        return tuple(change["name"] for change in self.changes[1:])


@dataclass(frozen=True, slots=True)
class Section:
    """One kind's changes, riskiest first."""

    kind: str
    rows: tuple[Alike, ...]

    @property
    def title(self) -> str:
        """The kind in the plural."""
        return title_of(self.kind)


@dataclass(frozen=True, slots=True)
class AlikeFindings:
    """Observations that differ in whom they are about only; usually there is one."""

    findings: tuple[DiagnosticDocument, ...]

    @property
    def first(self) -> DiagnosticDocument:
        """The one that is shown."""
        return self.findings[0]

    @property
    def others(self) -> tuple[str, ...]:
        """The addresses of the rest."""
        return tuple(finding["address"] or "" for finding in self.findings[1:])

    def named(self, shown: int) -> str:
        """`and 3 more alike: topic.b, topic.c and 1 other`, or nothing; with at most so many addresses."""
        if not self.others:
            return ""
        rest = len(self.others) - shown
        more = f" and {plural(rest, 'other')}" if rest > 0 else ""
        return f"and {len(self.others):,} more alike: {', '.join(self.others[:shown])}{more}"


def gathered(findings: Sequence[DiagnosticDocument]) -> tuple[AlikeFindings, ...]:
    """Findings in their order; so many as `ALIKE_FROM` that say the same of different resources are one."""
    likenesses = [_finding_likeness(index, finding) for index, finding in enumerate(findings)]
    return tuple(AlikeFindings(group) for group in _grouped(findings, likenesses))


def _finding_likeness(index: int, finding: DiagnosticDocument) -> str:
    """As of changes. What is about nobody by name is like nothing else."""
    address = finding["address"]
    if address is None:
        return str(index)
    kind, _, name = address.partition(".")
    told = [finding[part] for part in ("code", "severity", "summary", "detail", "hint")]
    return _nameless(json.dumps([kind, *told]), kind, name)


def reason_of(change: ChangeDocument) -> str:
    """Why a change is in the plan, in words; nothing where the sign says it already."""
    if (change["type"], change["reason"]) in _PLAIN:
        return ""
    return change["reason"].replace("-", " ")


def title_of(kind: str) -> str:
    """The heading for a kind; a kind without one of its own is shown by its name."""
    return KIND_TITLES.get(kind, f"{kind.capitalize()}s")


def sections(changes: Sequence[ChangeDocument]) -> tuple[Section, ...]:
    """Sections by kind, the kind with the worst change first, within it the worst change first."""
    by_kind: dict[str, list[ChangeDocument]] = {}
    for change in changes:
        by_kind.setdefault(change["kind"], []).append(change)
    arranged = [Section(kind, _rows(sorted(own, key=_severity))) for kind, own in by_kind.items()]
    return tuple(sorted(arranged, key=lambda section: _severity(section.rows[0].first)))


def _severity(change: ChangeDocument) -> tuple[bool, int]:
    """Sorts blocked before the rest, then by falling risk; sorting is stable, so the plan's order decides ties."""
    return not change["blocked"], -Risk(change["risk"]).rank


def _rows(changes: Sequence[ChangeDocument]) -> tuple[Alike, ...]:
    return tuple(Alike(group) for group in _grouped(changes, [_likeness(change) for change in changes]))


def _grouped(items: Sequence[T], likenesses: Sequence[str]) -> Iterator[tuple[T, ...]]:
    """The items in the order of the first of each group; those of which there are few alike by themselves."""
    groups: dict[str, list[T]] = {}
    for item, likeness in zip(items, likenesses, strict=True):
        groups.setdefault(likeness, []).append(item)
    for item, likeness in zip(items, likenesses, strict=True):
        group = groups[likeness]
        if len(group) < ALIKE_FROM:
            yield (item,)
        elif item is group[0]:
            yield tuple(group)


def _likeness(change: ChangeDocument) -> str:
    """The same text for changes that a reader need not tell apart: they differ in name and line only."""
    compared = [change["type"], change["reason"], change["summary"], change["fields"], change["hazards"]]
    findings = [
        [item["code"], item["severity"], item["summary"], item["detail"], item["hint"]]
        for item in (*change["blockers"], *change["warnings"])
    ]
    text = json.dumps([*compared, findings, change["prediction"], change["blocked"]], sort_keys=True)
    return _nameless(text, change["kind"], change["name"])


def _nameless(text: str, kind: str, name: str) -> str:
    """JSON that may speak of a resource by its name, without that; a part of another word is not its name."""
    name = json.dumps(name)[1:-1]
    whole = rf"(?<![\w.-])(?:{re.escape(kind)}\.)?{re.escape(name)}(?![\w-])"
    return re.sub(whole, "\0", text) if name in text else text
