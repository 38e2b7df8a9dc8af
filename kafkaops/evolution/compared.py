"""Two schemas side by side: what changed, and who can read whom."""

from __future__ import annotations

from dataclasses import dataclass

from kafkaops import compat
from kafkaops.compat import Incompatibilities, Schema, Side
from kafkaops.evolution.difference import Difference, differences


@dataclass(frozen=True, slots=True)
class Compared:
    """The changes from one schema to another, and the verdict in each direction."""

    before: str
    after: str
    """What the two are called."""
    changes: tuple[Difference, ...]
    backward: Incompatibilities
    """What keeps readers with the new schema from what the old one wrote."""
    forward: Incompatibilities
    """What keeps readers with the old schema from what the new one writes."""
    canonical_alike: bool
    """Whether data looks the same under both (equal Parsing Canonical Forms)."""

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that would let this change pass."""
        found = []
        if self.backward.compatible:
            found.append("BACKWARD")
        if self.forward.compatible:
            found.append("FORWARD")
        return (*found, "FULL") if len(found) == 2 else tuple(found)


def compare(before: Schema, after: Schema, *, strict_logical_types: bool = False) -> Compared:
    """Compare two parsed schemas."""
    return Compared(
        before.name,
        after.name,
        differences(before, after),
        compat.check(after, before, strict_logical_types=strict_logical_types, new=Side.READER),
        compat.check(before, after, strict_logical_types=strict_logical_types, new=Side.WRITER),
        compat.parsing_canonical_form(before) == compat.parsing_canonical_form(after),
    )
