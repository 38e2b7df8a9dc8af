"""Rates as people write them: `5000/s`, `300/m`, `0.5/s`. Held in records per 1,000 seconds."""

from __future__ import annotations

import re
from decimal import Decimal

from kafkaops.spec.units import shortened

_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
_FACTORS = {"": 1, "k": 1_000, "M": 1_000_000}
_RATE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kM]?)\s*(?:/\s*([a-z]{1,3}))?\s*")
HIGHEST = 100_000_000
"""Records per second beyond which a rate is a slip of the pen."""


def millirate_of(value: object) -> int:
    """`5000/s`, `20k/s`, `300/m` or a plain number of records per second → records per 1,000 s.

    Raises `ValueError` for anything else, for 0, and for what is not a whole number of records in 1,000 s.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("write a rate such as 5000/s")
    text = str(value)
    match = _RATE.fullmatch(text)
    if match is None and isinstance(value, float):  # YAML's 1e+20 is a number as any other
        text = f"{Decimal(repr(float(value))):f}"
        match = _RATE.fullmatch(text)
    written = shortened(text)
    if match is None or (match[3] or "s") not in _SECONDS:
        raise ValueError(f"'{written}' is not a rate; write 5000/s, 20k/s or 300/m")
    amount, seconds = Decimal(match[1]) * _FACTORS[match[2]], _SECONDS[match[3] or "s"]
    if amount == 0:
        raise ValueError("a rate of 0 sends nothing; write at least 0.001/s")
    if amount > HIGHEST * seconds:
        raise ValueError(
            f"'{written}' is more than {HIGHEST:,}/s, where rates end: no producer sends a record every 10 ns"
        )
    millirate, rest = divmod(amount * 1000, seconds)
    if rest or millirate == 0:
        raise ValueError(f"'{written}' is not a whole number of records in 1,000 seconds")
    return int(millirate)


def rate_text(millirate: int) -> str:
    """Records per 1,000 s as `5,000/s`."""
    whole, rest = divmod(millirate, 1000)
    return f"{whole:,}/s" if rest == 0 else f"{Decimal(millirate) / 1000:,}/s"
