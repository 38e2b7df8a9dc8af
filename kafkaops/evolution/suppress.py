"""Findings that the spec says not to count, with a reason and until a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase

from kafkaops.errors import Place, Severity
from kafkaops.evolution.model import Finding, Rule, Spot, Suppressed
from kafkaops.evolution.rules import ALL_RULES
from kafkaops.spec.suggest import did_you_mean

_ABOUT_SUPPRESSIONS = frozenset({Rule.SUPPRESSION_EXPIRED.value, Rule.SUPPRESSION_UNUSED.value})


@dataclass(frozen=True, slots=True)
class Suppression:
    """One entry of `schemas.suppressions`."""

    subject: str
    """A subject's name, or a pattern with `*`."""
    rule: str
    reason: str
    until: date
    """The last day on which it counts."""
    path: str | None = None
    """Only findings at this JSON Pointer of the schema, or below it."""
    place: Place | None = None

    def matches(self, finding: Finding) -> bool:
        """Whether it is about this finding."""
        if finding.rule != self.rule or not fnmatchcase(finding.subject or "", self.subject):
            return False
        if self.path is None:
            return True
        pointer = finding.spot.pointer if finding.spot else ""
        return pointer == self.path or pointer.startswith(f"{self.path.rstrip('/')}/")


class Suppressions:
    """All entries, and which of them have been used."""

    def __init__(self, entries: Sequence[Suppression], today: date) -> None:
        self._entries = entries
        self._today = today
        self._used: set[Suppression] = set()

    def applied(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings, those suppressed marked as such; an entry that has expired suppresses nothing."""
        return tuple(self._applied(finding) for finding in findings)

    def _applied(self, finding: Finding) -> Finding:
        if finding.rule in _ABOUT_SUPPRESSIONS:
            return finding
        entries = [entry for entry in self._entries if entry.matches(finding)]
        self._used.update(entries)
        current = next((entry for entry in entries if entry.until >= self._today), None)
        return replace(finding, suppressed=Suppressed(current.reason, current.until)) if current else finding

    def about_themselves(self) -> tuple[Finding, ...]:
        """Entries that have expired, and those that matched nothing. To be asked last."""
        return tuple(found for entry in self._entries if (found := self._about(entry)) is not None)

    def _about(self, entry: Suppression) -> Finding | None:
        spot = Spot(str(entry.place.file), entry.place.line, entry.place.column) if entry.place else None
        what = f"the suppression of {entry.rule} for {entry.subject}"
        if entry not in self._used and entry.rule not in ALL_RULES:
            message, fix = (
                f"{what} names no rule",
                did_you_mean(entry.rule, ALL_RULES) or "docs/schema-checks.md has them",
            )
            return Finding(
                rule=Rule.SUPPRESSION_UNUSED,
                code="KO358",
                severity=Severity.WARNING,
                message=message,
                fix=fix,
                spot=spot,
            )
        if entry not in self._used:
            return Finding(
                rule=Rule.SUPPRESSION_UNUSED,
                code="KO358",
                severity=Severity.WARNING,
                message=f"{what} suppresses nothing",
                fix="take it out of the spec",
                spot=spot,
            )
        if entry.until < self._today:
            return Finding(
                rule=Rule.SUPPRESSION_EXPIRED,
                code="KO357",
                severity=Severity.WARNING,
                message=f"{what} expired on {entry.until.isoformat()}, and what it was about counts again",
                fix="mend the schema, or give it another day with a reason that still holds",
                spot=spot,
            )
        return None
