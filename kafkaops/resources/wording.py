"""Words that several kinds write, and the documents that they read."""

from __future__ import annotations

from collections.abc import Mapping

from kafkaops.plan.model import Json


def counted(number: int, noun: str) -> str:
    """`1 member`, `1,200 members`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def mapping_of(value: object) -> Mapping[str, Json]:
    """A part of a document of the ledger that is a mapping. Raises `TypeError` where it is none."""
    if not isinstance(value, Mapping):
        raise TypeError(f"a mapping is expected, not {type(value).__name__}")
    return value
