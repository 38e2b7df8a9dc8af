"""What a case by hand consists of.

`kinds` are the kinds that are reported, in order; a pair is compatible if all of them are warnings. `rule` is the rule
that one of the schemas breaks. `sentences` say why the verdict is not Java's, where it is not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from kafkaops.compat import Kind, Rule
from tests.compat.sentences import Sentence

Text = str | dict[str, Any] | list[Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One pair."""

    name: str
    reader: str
    writer: str
    kinds: tuple[Kind, ...] = ()
    rule: Rule | None = None
    sentences: tuple[Sentence, ...] = ()


def case(
    name: str,
    reader: Text,
    writer: Text,
    *kinds: Kind,
    rule: Rule | None = None,
    sentences: tuple[Sentence, ...] = (),
) -> Case:
    """A case whose schemas are JSON values; a text that starts like JSON is taken as it is."""
    return Case(name, _text(reader), _text(writer), kinds, rule, sentences)


def _text(schema: Text) -> str:
    return schema if isinstance(schema, str) and schema[:1] in ('"', "{", "[") else json.dumps(schema)
