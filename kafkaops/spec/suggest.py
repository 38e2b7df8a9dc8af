"""The nearest valid name to one that is not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate a person most likely meant, or None when nothing is close.

    Case and the separators `-`, `_` and `.` count for little: `minInsyncReplicas` finds
    `min.insync.replicas`.
    """
    by_folded: dict[str, str] = {}
    for candidate in candidates:
        by_folded.setdefault(_folded(candidate), candidate)
    folded = _folded(name)
    if folded in by_folded:
        return by_folded[folded]
    close = difflib.get_close_matches(folded, by_folded, n=1, cutoff=0.72)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """`did you mean 'partitions'?`, or None when nothing is close."""
    found = nearest(name, candidates)
    return f"did you mean '{found}'?" if found else None


def _folded(name: str) -> str:
    return name.casefold().translate(str.maketrans("", "", "-_. "))
