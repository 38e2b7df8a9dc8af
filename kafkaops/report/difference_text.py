"""The difference between two schemas, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from kafkaops.compat import Incompatibilities
from kafkaops.evolution.compared import Compared
from kafkaops.evolution.difference import Sign
from kafkaops.report.check_text import Paint

_COLOURS = {Sign.ADDED: "green", Sign.REMOVED: "red", Sign.CHANGED: "yellow"}


class ChangeDocument(TypedDict):
    """One change."""

    sign: str
    where: str
    text: str


class DirectionDocument(TypedDict):
    """Whether one side reads the other, and what keeps it from that."""

    compatible: bool
    findings: list[dict[str, object]]


class DifferenceDocument(TypedDict):
    """A whole comparison."""

    format_version: int
    before: str
    after: str
    same_data: bool
    changes: list[ChangeDocument]
    backward: DirectionDocument
    forward: DirectionDocument
    levels: list[str]


def difference_document(compared: Compared) -> DifferenceDocument:
    """The comparison as plain values."""
    return {
        "format_version": 1,
        "before": compared.before,
        "after": compared.after,
        "same_data": compared.canonical_alike,
        "changes": [{"sign": item.sign.value, "where": item.where, "text": item.text} for item in compared.changes],
        "backward": _direction(compared.backward),
        "forward": _direction(compared.forward),
        "levels": list(compared.levels),
    }


def _direction(found: Incompatibilities) -> DirectionDocument:
    return {
        "compatible": found.compatible,
        "findings": [
            {
                "rule": item.kind.value,
                "severity": item.severity.value,
                "message": item.message,
                "fix": item.fix,
                "file": item.location.name,
                "line": item.line,
                "column": item.column,
                "pointer": item.location.pointer,
            }
            for item in found
        ],
    }


def difference_text(compared: Compared, *, colour: bool = False) -> str:
    """The comparison for a terminal."""
    paint = Paint(colour)
    lines = [f"{paint('bold', compared.before)} → {paint('bold', compared.after)}", ""]
    lines += [
        f"  {paint(_COLOURS[item.sign], item.sign.value)} {paint('bold', item.where)}: {item.text}"
        for item in compared.changes
    ]
    if not compared.changes:
        lines.append("  the two say the same")
    lines.append("")
    lines += _told("BACKWARD", "readers with the new schema, records of the old one", compared.backward, paint)
    lines += _told("FORWARD", "readers with the old schema, records of the new one", compared.forward, paint)
    passing = ", ".join(compared.levels) or "NONE alone"
    lines += ["", f"passes under {passing}"]
    if compared.changes and compared.canonical_alike:
        lines.append("data looks the same under both: the canonical forms are equal")
    return "\n".join(lines) + "\n"


def _told(level: str, who: str, found: Incompatibilities, paint: Paint) -> Iterator[str]:
    sign = paint("green", "✓") if found.compatible else paint("red", "✗")
    yield f"{sign} {level}: {who}"
    for item in found:
        colour = "red" if item.severity == "error" else "yellow"
        yield f"    {paint(colour, item.severity.value)} {item.kind.value} at {item.location}: {item.message}"
        yield f"      {paint('cyan', 'hint:')} {item.fix}"
