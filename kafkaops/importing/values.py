"""Config values as people write them: `604800000` → `7d`, where nothing is lost. Pure."""

from __future__ import annotations

from kafkaops.importing.yaml_text import Number, YamlValue, plain_or_text
from kafkaops.resources.topics.configs import same
from kafkaops.spec.config_keys import ConfigKey, ConfigKind

_MILLISECONDS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))
_BINARY = (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
_DECIMAL = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6))


def config_value(key: ConfigKey | None, text: str) -> YamlValue:
    """The value that a spec writes so that Kafka holds this text, or what means the same.

    Raises `ValueError`, in words that follow the config's name, for a value that the spec refuses.
    """
    if key is None:
        return plain_or_text(text)
    value = _readable(key, text)
    held = key.kafka_text(value.text if isinstance(value, Number) else value)
    if not same(key.name, held, text):
        raise ValueError(f"'{text}' would become '{held}'")
    return value


def _readable(key: ConfigKey, text: str) -> YamlValue:
    stripped = text.strip()
    match key.kind:
        case ConfigKind.MILLISECONDS:
            return _quantity(key, int(stripped), _MILLISECONDS)
        case ConfigKind.BYTES:
            return _quantity(key, int(stripped), _BINARY + _DECIMAL)
        case ConfigKind.WHOLE:
            return int(stripped)
        case ConfigKind.FLAG if stripped.lower() in ("true", "false"):
            return stripped.lower() == "true"
        case ConfigKind.LIST if "," in stripped:
            return [part.strip() for part in stripped.split(",") if part.strip()]
        case _:
            return plain_or_text(stripped)


def _quantity(key: ConfigKey, number: int, units: tuple[tuple[str, int], ...]) -> YamlValue:
    if number == -1 and key.unlimited:
        return "unlimited"
    for unit, factor in units:
        if number > 0 and number % factor == 0:
            return f"{number // factor}{unit}"
    return number
