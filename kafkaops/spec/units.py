"""Durations and sizes as people write them, and as Kafka holds them."""

from __future__ import annotations

import re

_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_BYTES = {
    "b": 1,
    "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}  # fmt: skip
_QUANTITY = re.compile(r"\s*(-?\d+)\s*([A-Za-z]*)\s*")


def _quantity(value: object, units: dict[str, int], example: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"write a number or a quantity such as {example}")
    if isinstance(value, int):
        return value
    match = _QUANTITY.fullmatch(value)
    if match is None:
        raise ValueError(f"'{value}' is not a quantity; write a whole number and a unit, such as {example}")
    number, unit = match.groups()
    if not unit:
        return int(number)
    factor = units.get(unit.lower())
    if factor is None:
        raise ValueError(f"'{unit}' is not a unit; use one of {', '.join(units)}")
    return int(number) * factor


def milliseconds_of(value: object) -> int:
    """`7d`, `15m`, `500ms` or a plain number of milliseconds → milliseconds. Raises `ValueError`."""
    return _quantity(value, _MILLISECONDS, "7d, 15m or 500ms")


def bytes_of(value: object) -> int:
    """`1GiB`, `10MB`, `512` → bytes (KiB is 1024, kB is 1000). Raises `ValueError`."""
    return _quantity(value, _BYTES, "1GiB, 10MB or 512")


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
