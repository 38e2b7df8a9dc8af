"""Documents as indented JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping


def json_text(document: Mapping[str, object]) -> str:
    """The document with two spaces for each level, characters as they are, and a line end.

    By pydantic's serializer: the standard library's own is compiled only for JSON without indenting, and ten thousand
    verdicts took it most of a second. It knows halves of surrogate pairs, which stand for bytes of file names that
    are no UTF-8; those go its way.
    """
    from pydantic_core import PydanticSerializationError, to_json

    try:
        return to_json(document, indent=2).decode() + "\n"
    except (UnicodeEncodeError, PydanticSerializationError):
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
