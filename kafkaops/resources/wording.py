"""Words that several kinds write."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`1 member`, `1,200 members`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
