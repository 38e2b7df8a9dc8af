"""Topic configs by meaning: `1000`, `01000` and ` 1000` are one value, `compact,delete` is a set."""

from __future__ import annotations

from kafkaops.plan.model import Json, Unit

_SETS = frozenset({"cleanup.policy"})
_LISTS = frozenset({"leader.replication.throttled.replicas", "follower.replication.throttled.replicas"})
_WORDS = frozenset({"compression.type", "message.timestamp.type"})
_TEXTS = _SETS | _LISTS | _WORDS


def meaning(key: str, text: str) -> object:
    """A value that is equal for texts that Kafka takes for the same."""
    stripped = text.strip()
    if key in _SETS:
        return frozenset(part.strip().lower() for part in stripped.split(",") if part.strip())
    if key in _LISTS:
        return tuple(part.strip() for part in stripped.split(",") if part.strip())
    if key in _WORDS:
        return stripped.casefold() if key == "compression.type" else stripped
    if stripped.casefold() in ("true", "false"):
        return stripped.casefold() == "true"
    number = number_of(stripped)
    return stripped if number is None else number


def number_of(text: str | None) -> int | float | None:
    """The number that a text stands for, or None."""
    if text is None:
        return None
    for parse in (int, float):
        try:
            return parse(text)
        except ValueError:
            continue
    return None


def same(key: str, one: str | None, other: str | None) -> bool:
    """Whether two values of a config mean the same."""
    if one is None or other is None:
        return one is other
    return meaning(key, one) == meaning(key, other)


def shown(key: str, text: str | None) -> Json:
    """A value as a report holds it: a number where the config is one."""
    if text is None:
        return None
    value = meaning(key, text) if key not in _TEXTS else text.strip()
    return value if isinstance(value, bool | int | float | str) else text


def unit_of(key: str) -> Unit | None:
    """What a config's number counts, by Kafka's habit of saying so in the name."""
    if key.endswith(".ms"):
        return Unit.MILLISECONDS
    return Unit.BYTES if key.endswith(".bytes") else None
