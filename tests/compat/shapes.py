"""Schemas as Python values, in few words."""

from __future__ import annotations

from typing import Any


def record(*fields: dict[str, Any], name: str = "R", **attributes: Any) -> dict[str, Any]:
    """A record."""
    return {"type": "record", "name": name, "fields": list(fields), **attributes}


def field(name: str, kind: Any, **attributes: Any) -> dict[str, Any]:
    """A field."""
    return {"name": name, "type": kind, **attributes}


def enum(*symbols: str, name: str = "E", **attributes: Any) -> dict[str, Any]:
    """An enum."""
    return {"type": "enum", "name": name, "symbols": list(symbols), **attributes}


def fixed(size: Any, name: str = "F", **attributes: Any) -> dict[str, Any]:
    """A fixed."""
    return {"type": "fixed", "name": name, "size": size, **attributes}


def array(items: Any) -> dict[str, Any]:
    """An array."""
    return {"type": "array", "items": items}


def values(kind: Any) -> dict[str, Any]:
    """A map."""
    return {"type": "map", "values": kind}


def logical(kind: str, name: str, **attributes: Any) -> dict[str, Any]:
    """A primitive with a logical type."""
    return {"type": kind, "logicalType": name, **attributes}
