"""How single values are shown: with the unit a person thinks in, short enough for a line, never a secret."""

from __future__ import annotations

import json
from itertools import takewhile

from kafkaops.ledger.history import instant
from kafkaops.plan.model import Json

_DURATIONS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))
_SIZES = (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


def human(value: int, unit: str | None) -> str | None:
    """The value in the largest unit that divides it: 604800000 ms → `7d`; None where that says nothing new."""
    scale = {"ms": _DURATIONS, "bytes": _SIZES}.get(unit or "", ())
    for name, size in scale:
        if value >= size and value % size == 0:
            return f"{value // size}{name}"
    return None


def shown(value: Json, unit: str | None = None) -> str:
    """One value on one line: `604800000 (7d)`, `(none)`, JSON for what has structure."""
    match value:
        case None:
            return "(none)"
        case bool():
            return "true" if value else "false"
        case int():
            friendly = human(value, unit)
            return f"{value} ({friendly})" if friendly else str(value)
        case str():
            return value if value.strip() == value and value else json.dumps(value, ensure_ascii=False)
        case _:
            return json.dumps(value, ensure_ascii=False)


def shortened(text: str, width: int, ellipsis: str = "…") -> str:
    """The text cut to `width` characters, marked where it was cut."""
    flat = " ".join(text.split())
    if len(flat) <= width:
        return flat
    return flat[: max(width - len(ellipsis), 1)] + ellipsis


def shortened_pair(before: str, after: str, width: int, ellipsis: str = "…") -> tuple[str, str]:
    """Two texts cut to `width` characters each so that where they first differ can be seen."""
    if max(len(before), len(after)) <= width:
        return before, after
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    start = max(same - width // 3, 0) if same > width * 2 // 3 else 0
    lead = ellipsis if start else ""
    return shortened(lead + before[start:], width, ellipsis), shortened(lead + after[start:], width, ellipsis)


def plural(count: int, singular: str, many: str | None = None) -> str:
    """`1 topic`, `3 topics`."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"


def duration(seconds: float) -> str:
    """A measured time: `0.3 s`, `42 s`, `3 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def when(at: str) -> str:
    """A time of the ledger to the second, in UTC; what is no time as it stands there."""
    found = instant(at)
    return f"{found:%Y-%m-%d %H:%M:%S}" if found else at
