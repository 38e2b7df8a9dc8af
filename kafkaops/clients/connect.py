"""Kafka Connect's REST API as kafkaops sees it."""

from __future__ import annotations

from typing import Protocol


class Connect(Protocol):
    """Reads and changes of a Connect cluster. Every method raises `PlatformError`."""

    url: str
