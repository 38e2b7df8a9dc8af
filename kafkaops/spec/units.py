"""Durations and sizes as people write them, and as Kafka holds them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_BYTES = {
    "B": 1,
    "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
    "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}  # fmt: skip
DURATION_SCHEMA: dict[str, Any] = {
    "description": "A duration: 7d, 15m, 500ms, or a number of milliseconds.",
    "anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\s*-?\d+(\.\d+)?\s*([mM][sS]|[sSmMhHdDwW])?\s*$"}],
}
SIZE_SCHEMA: dict[str, Any] = {
    "description": "A size: 1GiB, 10MB, or a number of bytes.",
    "anyOf": [
        {"type": "integer"},
        {"type": "string", "pattern": r"^\s*-?\d+(\.\d+)?\s*([kKmMgGtT][iI]?)?[bB]?\s*$"},
    ],
}
RATE_SCHEMA: dict[str, Any] = {
    "description": "A rate: 5000/s, 20k/s, 300/m, or a number of records per second.",
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*[kM]?\s*(/\s*(s|sec|m|min|h))?\s*$"},
    ],
}
_SCALAR_SCHEMA = {"type": ["string", "number", "boolean"]}
CONFIG_VALUE_SCHEMA: dict[str, Any] = {
    "anyOf": [_SCALAR_SCHEMA, {"type": "array", "items": _SCALAR_SCHEMA}],
}
"""What editors are told; the functions below decide."""

_QUANTITY = re.compile(r"\s*([-+]?[0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([A-Za-zµ]{0,20})\s*")
DURATION_EXAMPLE = "7d, 15m or 500ms"
SIZE_EXAMPLE = "1GiB, 10MB or 512"


def milliseconds_of(value: object) -> int:
    """`7d`, `1.5h`, `500ms` or a plain number of milliseconds → milliseconds. Raises `ValueError`."""
    return _quantity(value, _MILLISECONDS, f"a duration such as {DURATION_EXAMPLE}")


def bytes_of(value: object) -> int:
    """`1GiB`, `10MB`, `512` → bytes (KiB is 1024, kB is 1000). Raises `ValueError`."""
    return _quantity(value, _BYTES, f"a size such as {SIZE_EXAMPLE}")


def _quantity(value: object, units: dict[str, int], wanted: str) -> int:
    """The messages continue 'retention.ms: …'."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"write {wanted}")
    if isinstance(value, int):
        return value
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        raise ValueError(f"'{shortened(str(value))}' is not {wanted}")
    number, unit = match.groups()
    exact = Decimal(number) * (_factor(unit, units) if unit else 1)
    if exact != exact.to_integral_value():
        smallest = next(iter(units))
        raise ValueError(f"'{value}' is not a whole number of {smallest}; write {wanted}")
    return int(exact)


def _factor(unit: str, units: dict[str, int]) -> int:
    by_lower_case = {name.lower(): factor for name, factor in units.items()}
    factor = by_lower_case.get(unit.lower())
    if factor is None:
        raise ValueError(f"'{unit}' is not a unit; use {', '.join(list(units)[:-1])} or {list(units)[-1]}")
    return factor


def shortened(text: str, longest: int = 40) -> str:
    """A text cut to what fits into a message."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def config_text(value: object) -> str:
    """A YAML scalar or list → the text a Kafka config holds. Raises `ValueError` for null and mappings."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case list() | tuple():
            return ",".join(config_text(item) for item in value)
        case _:
            raise ValueError("write a text, a number, true, false or a list of them")
