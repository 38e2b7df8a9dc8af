"""How much of what exists one plan may delete or change: a pass of its own over the changes. Pure.

Guards look at one resource; this looks at the plan. A wrong branch, a glob that matches nothing any more or a mangled
default shows as many changes that are each in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from kafkaops.plan.excess import Excess, Share
from kafkaops.plan.model import Change, ChangeType
from kafkaops.spec.model import Limit, Limits
from kafkaops.spec.shares import WHOLE, share_text

_COUNTED = {
    "delete": frozenset({ChangeType.DELETE, ChangeType.REPLACE}),
    "change": frozenset({ChangeType.UPDATE, ChangeType.REPLACE}),
}


def excesses(
    changes: Sequence[Change], existing: Mapping[str, int], limits: Limits, lifted: Collection[Share]
) -> tuple[Excess, ...]:
    """Where the changes go beyond the limits. `existing` counts, per kind, what is there of what the spec names."""
    return tuple(_excesses(changes, existing, limits, lifted))


def _excesses(
    changes: Sequence[Change], existing: Mapping[str, int], limits: Limits, lifted: Collection[Share]
) -> Iterator[Excess]:
    for name, limit in (("delete", limits.delete), ("change", limits.change)):
        counts = Counter(change.address.kind for change in changes if change.type in _COUNTED[name])
        for kind, count in sorted(counts.items()):
            there = max(existing.get(kind, 0), count)
            if count > limit.at_least and (exceeded := _exceeded(count, there, limit)):
                share = Share(name, kind)
                yield Excess(share, count, there, exceeded, share in lifted)


def _exceeded(count: int, existing: int, limit: Limit) -> str:
    """The limit that is exceeded, in words; empty where none is."""
    if limit.share is not None and count * WHOLE > existing * limit.share:
        return share_text(limit.share)
    return f"{limit.count:,}" if limit.count is not None and count > limit.count else ""
