"""Topic configs by meaning: `1000` and ` 01000` are one value, `compact,delete` is a set."""

from __future__ import annotations

from kafkaops.plan.model import Json, Unit
from kafkaops.spec.config_keys import ConfigKind
from kafkaops.spec.topic_configs import TOPIC_CONFIGS

_UNITS = {ConfigKind.MILLISECONDS: Unit.MILLISECONDS, ConfigKind.BYTES: Unit.BYTES}


def meaning(key: str, text: str) -> object:
    """A value that is equal for texts that Kafka takes for the same. Vendors' own keys go by what they look like."""
    stripped = text.strip()
    known = TOPIC_CONFIGS.get(key)
    match known.kind if known else None:
        case ConfigKind.LIST:
            return frozenset(part.strip().lower() for part in stripped.split(",") if part.strip())
        case ConfigKind.REPLICAS:
            return tuple(part.strip() for part in stripped.split(",") if part.strip())
        case ConfigKind.CHOICE:
            return stripped
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
    if one is None or other is None or one == other:
        return one == other
    return meaning(key, one) == meaning(key, other)


def shown(key: str, text: str | None) -> Json:
    """A value as a report holds it: a number or a truth where the config is one."""
    if text is None:
        return None
    value = meaning(key, text)
    return value if isinstance(value, bool | int | float) else text.strip()


def unit_of(key: str) -> Unit | None:
    """What a config's number counts."""
    known = TOPIC_CONFIGS.get(key)
    return _UNITS.get(known.kind) if known else None
