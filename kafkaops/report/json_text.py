"""Documents as indented JSON."""

from __future__ import annotations

import json


def json_text(document: object) -> str:
    """The document with two spaces for each level, characters as they are, and a line end.

    By pydantic's serializer, to the letter what the standard library writes, which takes eight times as long: its own
    is compiled only for JSON without indenting. It knows halves of surrogate pairs, which stand for bytes of file
    names that are no UTF-8; those go its way.
    """
    from pydantic_core import PydanticSerializationError, to_json

    try:
        return to_json(document, indent=2).decode() + "\n"
    except (UnicodeEncodeError, PydanticSerializationError):
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
