"""What goes beyond the limits of how much one plan may do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

LIMITS = ("delete", "change")
"""The limits that a spec sets, each for all kinds."""


@dataclass(frozen=True, slots=True, order=True)
class Share:
    """What `--allow-share` names: `delete:topic`."""

    limit: str
    kind: str

    def __str__(self) -> str:
        return f"{self.limit}:{self.kind}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `delete:topic`. Raises `ValueError` for what is none."""
        limit, _, kind = text.partition(":")
        if limit not in LIMITS or not kind:
            raise ValueError(f"'{text}' names no limit and kind, such as delete:topic")
        return cls(limit, kind)


@dataclass(frozen=True, slots=True)
class Excess:
    """More of one kind is deleted or changed than one plan may."""

    share: Share
    count: int
    existing: int
    """How many resources of the kind are there, of those that the spec speaks of."""
    limit: str
    """In words: `30 %`, `100`."""
    lifted: bool

    @property
    def text(self) -> str:
        """`deletes 4 of 9 topics (limit 30 %)`."""
        many = "" if self.existing == 1 else "s"
        return f"{self.share.limit}s {self.count:,} of {self.existing:,} {self.share.kind}{many} (limit {self.limit})"
