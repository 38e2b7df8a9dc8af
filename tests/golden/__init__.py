"""Outputs as they were looked at and approved. `KAFKAOPS_GOLDEN=write pytest …` writes them anew: read the diff."""

from __future__ import annotations

import os
from pathlib import Path

_HERE = Path(__file__).parent


def assert_golden(name: str, text: str) -> None:
    """Fail unless the text is the approved one."""
    file = _HERE / name
    if os.environ.get("KAFKAOPS_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), (
        f"{name} differs; if that is meant, write it anew and read the diff"
    )
