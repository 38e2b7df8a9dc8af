"""Throughput as people write it: `50MiB/s`. Held in bytes per second."""

from __future__ import annotations

from typing import Any

from kafkaops.spec.units import bytes_of, shortened

THROUGHPUT_SCHEMA: dict[str, Any] = {
    "description": "Bytes per second: 50MiB/s, 10MB/s, or a number.",
    "anyOf": [
        {"type": "integer", "minimum": 1024},
        {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*([kKmMgGtT][iI]?)?[bB]?\s*(/\s*(s|sec))?\s*$"},
    ],
}
"""What editors are told; the function below decides."""
LEAST = 1024
"""Bytes per second below which a limit is a slip of the pen: nothing would ever be copied."""
HIGHEST = 1 << 40
_PER_SECOND = ("/s", "/sec")


def bytes_per_second_of(value: object) -> int:
    """`50MiB/s`, `10MB` or a plain number of bytes per second → bytes per second. Raises `ValueError`."""
    size = value
    if isinstance(value, str):
        head, slash, unit = value.partition("/")
        if slash and f"/{unit.strip()}" not in _PER_SECOND:
            raise ValueError(f"'{shortened(value)}' is not a throughput; write 50MiB/s")
        size = head
    try:
        found = bytes_of(size)
    except ValueError as error:
        raise ValueError(f"'{shortened(str(value))}' is not a throughput; write 50MiB/s") from error
    if found < LEAST:
        raise ValueError(f"{found} bytes per second would take for ever; write at least 1KiB/s")
    if found > HIGHEST:
        raise ValueError(f"{found} bytes per second is more than 1TiB/s; leave it out for no limit")
    return found


def throughput_text(bytes_per_second: int) -> str:
    """Bytes per second as `50 MiB/s`."""
    return f"{size_text(bytes_per_second)}/s"


def size_text(size: int) -> str:
    """A size as a person reads it: `12.3 MiB`, `512 B`."""
    amount, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount == int(amount) else f"{amount:.1f} {unit}"
