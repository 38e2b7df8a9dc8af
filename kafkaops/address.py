"""The two words that spec, plan, options and ledger share: a resource's address, and a guard's name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Names one resource in a spec, a plan, an option and the ledger: `topic.wave-events`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `kind.name`; the name itself may hold dots. Raises `ValueError` without a kind or a name."""
        kind, dot, name = text.partition(".")
        if not (kind and dot and name):
            raise ValueError(f"'{text}' is not an address; write KIND.NAME, such as topic.wave-events")
        return cls(kind, name)


class Guard(StrEnum):
    """What holds a risky change back until it is lifted by name: `--allow delete:topic.old-events`."""

    DELETE = "delete"
    DATA_LOSS = "data-loss"
    DISRUPTIVE = "disruptive"
