"""Shares of what exists, as people write them: `25%`. Held in hundredths of a percent."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

WHOLE = 10_000
"""100 %."""
_SHARE = re.compile(r"\s*([0-9]{1,3}(?:\.[0-9]{1,2})?)\s*%\s*")
SHARE_SCHEMA: dict[str, Any] = {
    "description": "A share of what exists: 25%.",
    "type": "string",
    "pattern": r"^\s*\d{1,3}(\.\d{1,2})?\s*%\s*$",
}


def share_of(value: object) -> int:
    """`25%`, `2.5%` → hundredths of a percent. Raises `ValueError` for anything else, and above 100 %."""
    match = _SHARE.fullmatch(value) if isinstance(value, str) else None
    share = int(Decimal(match[1]) * 100) if match else WHOLE + 1
    if share > WHOLE:
        raise ValueError("write a share of 0% to 100%, such as 25%")
    return share


def share_text(share: int) -> str:
    """`25 %`."""
    return f"{Decimal(share) / 100:f} %"


def limit_of(value: object) -> object:
    """A limit's short forms, `25%` and `10`, as the long ones. None at all is meant by 0 and `0%`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return value
    if isinstance(value, int):
        return {"count": value, "at_least": 0}
    return {"share": value} if share_of(value) else {"share": value, "at_least": 0}
