"""Compatibility levels with Confluent's meaning: which way is read, against how many versions, who upgrades first.

The level in force for a subject is the first of: declared for it in the spec, its own in the registry, the spec's
default, the registry's global one. Without any of them a registry starts with BACKWARD (Confluent's default).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kafkaops.spec.model import Compatibility

TRANSITIVE = frozenset(
    {Compatibility.BACKWARD_TRANSITIVE, Compatibility.FORWARD_TRANSITIVE, Compatibility.FULL_TRANSITIVE}
)
_BACKWARD = frozenset(
    {
        Compatibility.BACKWARD,
        Compatibility.BACKWARD_TRANSITIVE,
        Compatibility.FULL,
        Compatibility.FULL_TRANSITIVE,
    }
)
_FORWARD = frozenset(
    {
        Compatibility.FORWARD,
        Compatibility.FORWARD_TRANSITIVE,
        Compatibility.FULL,
        Compatibility.FULL_TRANSITIVE,
    }
)


class LevelSource(StrEnum):
    """Where a level comes from, in the order in which they count."""

    OPTION = "given on the command line"
    DECLARED = "declared for the subject"
    SUBJECT = "the registry's, for the subject"
    DEFAULT = "declared default"
    GLOBAL = "the registry's global level"
    BUILT_IN = "a registry's own default; none is declared"


@dataclass(frozen=True, slots=True)
class Level:
    """The level in force for a subject, and who says so."""

    value: Compatibility
    source: LevelSource

    @property
    def backward(self) -> bool:
        """Whether readers with the new schema must read what earlier ones wrote."""
        return self.value in _BACKWARD

    @property
    def forward(self) -> bool:
        """Whether readers with earlier schemas must read what the new one writes."""
        return self.value in _FORWARD

    @property
    def transitive(self) -> bool:
        """Whether all versions count, not the newest alone."""
        return self.value in TRANSITIVE

    @property
    def checked(self) -> bool:
        """Whether anything is promised at all."""
        return self.value is not Compatibility.NONE

    def __str__(self) -> str:
        return f"{self.value} ({self.source})"


def effective_level(
    declared: Compatibility | None,
    registry_subject: Compatibility | None,
    default: Compatibility | None,
    registry_global: Compatibility | None,
) -> Level:
    """The level in force, by precedence."""
    candidates = (
        (declared, LevelSource.DECLARED),
        (registry_subject, LevelSource.SUBJECT),
        (default, LevelSource.DEFAULT),
        (registry_global, LevelSource.GLOBAL),
    )
    for value, source in candidates:
        if value is not None:
            return Level(value, source)
    return Level(Compatibility.BACKWARD, LevelSource.BUILT_IN)


def promises(level: Compatibility) -> frozenset[str]:
    """What a level promises, as a set: a level is lower than another if it drops any of these."""
    ways = [way for way, levels in (("backward", _BACKWARD), ("forward", _FORWARD)) if level in levels]
    further = [f"{way} to all" for way in ways] if level in TRANSITIVE else []
    return frozenset([*ways, *further])


def is_lowered(before: Compatibility, after: Compatibility) -> bool:
    """Whether the new level drops a promise that the old one made."""
    return not promises(before) <= promises(after)


def upgrade_order(level: Compatibility) -> str | None:
    """Who has to take a new version first, by what the level promises; None where it promises nothing."""
    backward, forward = level in _BACKWARD, level in _FORWARD
    if backward and forward:
        return "in any order"
    if backward:
        return "consumers first, then producers"
    return "producers first, then consumers" if forward else None
