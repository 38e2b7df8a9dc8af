"""Documents as indented JSON."""

from __future__ import annotations

import json


def json_text(document: object) -> str:
    """The document with two spaces for each level, characters as they are, and a line end."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
