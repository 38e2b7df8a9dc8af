"""What a reader sees first, and what is alike: the arrangement of a plan that text and Markdown share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from kafkaops.plan.model import Risk
from kafkaops.report.document import ChangeDocument

ALIKE_FROM = 4
"""So many changes that differ in nothing but the name are shown as one with a count."""

KIND_TITLES = {"topic": "Topics", "schema": "Schemas", "group": "Consumer groups", "connector": "Connectors"}


@dataclass(frozen=True, slots=True)
class Alike:
    """Changes that differ in their name only; usually there is one."""

    changes: tuple[ChangeDocument, ...]

    @property
    def first(self) -> ChangeDocument:
        """The one that is shown."""
        return self.changes[0]

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
    groups: dict[str, list[ChangeDocument]] = {}
    for change in changes:
        groups.setdefault(_likeness(change), []).append(change)
    rows: list[Alike] = []
    for change in changes:
        group = groups[_likeness(change)]
        if len(group) < ALIKE_FROM:
            rows.append(Alike((change,)))
        elif change is group[0]:
            rows.append(Alike(tuple(group)))
    return tuple(rows)


def _likeness(change: ChangeDocument) -> str:
    """The same text for changes that a reader need not tell apart. A blocked change is like no other."""
    if change["blockers"]:
        return change["address"]
    compared = [change["type"], change["reason"], change["summary"], change["fields"], change["hazards"]]
    return json.dumps([*compared, change["warnings"], change["prediction"]], sort_keys=True)
