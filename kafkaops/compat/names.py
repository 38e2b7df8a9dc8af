"""Avro's names: which are allowed, and what a name means inside a namespace."""

from __future__ import annotations

from collections.abc import Iterable

from kafkaops.compat.model import PRIMITIVES
from kafkaops.compat.problems import Rule

_MOST_COMPARED = 2_000
"""Among more names none is looked for: it would take long, and mean little."""
NAME_FIX = "start with a letter or `_` and go on with letters, digits and `_`, all of them ASCII"


def name_rule(name: str) -> Rule | None:
    """The rule that a name breaks, if any: of a field, a symbol, a type without its namespace, or a namespace's part.

    The specification has `[A-Za-z_][A-Za-z0-9_]*`; Avro's Java parser takes Unicode's letters and digits too.
    """
    if name.isidentifier() and name.isascii():
        return None
    if not name or any(ord(character) > 0xFFFF for character in name):
        return Rule.INVALID_NAME
    first = name[0].isalpha() or name[0] == "_"
    rest = all(character.isalpha() or character.isdecimal() or character == "_" for character in name)
    return Rule.UNPORTABLE_NAME if first and rest else Rule.INVALID_NAME


def full_name_rule(full: str) -> Rule | None:
    """The rule that a full name breaks, if any."""
    rules = {name_rule(part) for part in full.split(".")}
    if Rule.INVALID_NAME in rules or full in PRIMITIVES:
        return Rule.INVALID_NAME
    if Rule.UNPORTABLE_NAME in rules or full.rpartition(".")[2] in PRIMITIVES:
        return Rule.UNPORTABLE_NAME
    return None


def split_name(full: str) -> tuple[str, str, str]:
    """A name with a dot as full name, short name and namespace; `.A` is `A` of the null namespace, as Java has it."""
    namespace, _, short = full.rpartition(".")
    return (full if namespace else short), short, namespace


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that someone who wrote `name` most likely meant."""
    from difflib import get_close_matches  # only where something is wrong: it costs a start-up milliseconds

    known = list(known)
    if len(known) > _MOST_COMPARED:
        return None
    short = name.rpartition(".")[2]
    same_short = [other for other in known if other.rpartition(".")[2] == short]
    if same_short:
        return same_short[0]
    by_short = {other.rpartition(".")[2]: other for other in known}
    close = [by_short[match] for match in get_close_matches(short, by_short, 1, 0.7)]
    close = close or get_close_matches(name, known, 1, 0.6)  # second: a namespace in common makes any two names alike
    return close[0] if close else None
