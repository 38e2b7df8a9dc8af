"""Logical types: which a type validly carries."""

from __future__ import annotations

from typing import Final

from kafkaops.compat.jsontext import Json
from kafkaops.compat.model import Fixed, Node, Type

_ON: Final = {
    "date": ("int",),
    "time-millis": ("int",),
    "time-micros": ("long",),
    "timestamp-millis": ("long",),
    "timestamp-micros": ("long",),
    "timestamp-nanos": ("long",),
    "local-timestamp-millis": ("long",),
    "local-timestamp-micros": ("long",),
    "local-timestamp-nanos": ("long",),
    "uuid": ("string", "fixed"),
    "duration": ("fixed",),
    "decimal": ("bytes", "fixed"),
    "big-decimal": ("bytes",),
}
"""The types that each logical type of the specification annotates."""
_FIXED_SIZE: Final = {"uuid": 16, "duration": 12}


def logical_type(node: Type) -> str | None:
    """A type's logical type, its parameters included, as `decimal(9, 2)`; None if it has none that is valid.

    The specification has an invalid one ignored. One that it does not know may mean something to somebody, and counts.
    """
    if not isinstance(node, Node) or "logicalType" not in node.json:
        return None
    name = node.json["logicalType"]
    if not isinstance(name, str):
        return None
    if name not in _ON:
        return name
    if node.kind not in _ON[name]:
        return None
    if isinstance(node, Fixed) and node.size != _FIXED_SIZE.get(name, node.size):
        return None
    return _decimal(node) if name == "decimal" else name


def _decimal(node: Node) -> str | None:
    precision, scale = node.json.get("precision"), node.json.get("scale", 0)
    if not _is_integer(precision) or not _is_integer(scale):
        return None
    assert isinstance(precision, int) and isinstance(scale, int)
    if isinstance(node, Fixed) and precision > _most_digits(node.size):
        return None
    return f"decimal({precision}, {scale})" if precision > 0 and 0 <= scale <= precision else None


def _is_integer(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _most_digits(size: int) -> int:
    """floor(log10(2^(8·size − 1) − 1)), and without end for sizes whose answer no precision reaches."""
    if size == 0:
        return 0
    return len(str(2 ** (8 * size - 1) - 1)) - 1 if size < 1_000 else size
