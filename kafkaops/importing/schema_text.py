"""A registered text as a file: laid out for people where that changes nothing. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from kafkaops.clients.registry import RegisteredSchema, SchemaType
from kafkaops.compat import SchemaText
from kafkaops.evolution.pull import readable
from kafkaops.resources.schemas.compare import same_text


def readable_text(item: RegisteredSchema, below: Sequence[SchemaText]) -> str:
    """The text laid out, or exactly as it is registered where laying it out would change what it says."""
    text, language = item.content.text, item.content.type
    laid_out = readable(text, language)
    if language is SchemaType.PROTOBUF or (_same_tokens(text, laid_out) and same_text(language, laid_out, item, below)):
        return laid_out
    return text


def _same_tokens(one: str, other: str) -> bool:
    """Whether nothing was lost that a JSON reader passes over: a key written twice, digits of a number."""
    try:
        return _exact(one) == _exact(other)
    except (ValueError, RecursionError, InvalidOperation):
        return False


def _exact(text: str) -> object:
    return json.loads(text, parse_float=Decimal, object_pairs_hook=tuple)
