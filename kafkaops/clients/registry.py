"""The schema registry, Confluent's REST API, as kafkaops sees it."""

from __future__ import annotations

from typing import Protocol


class SchemaRegistry(Protocol):
    """Reads and changes of a schema registry. Every method raises `PlatformError`."""

    url: str
