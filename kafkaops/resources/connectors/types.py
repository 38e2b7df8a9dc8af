"""The declared types of a connector's keys, its converters', transformations' and predicates' among them.

Every plugin tells the types of its own keys (KIP-769). Those of a connector stand in its configuration as they are,
those of the others behind a prefix: `value.converter.`, `transforms.NAME.`, `predicates.NAME.`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kafkaops.clients.connect import Connect
from kafkaops.clients.fan_out import fan_out
from kafkaops.resources.connectors.configuration import CONNECTOR_CLASS, SeenConfig
from kafkaops.resources.connectors.secrets import PASSWORD

KeyTypes = Mapping[str, Mapping[str, str]]
"""By plugin class, the types of its keys. A class that the worker cannot tell of is not in it."""
_CONVERTERS = ("key.converter", "value.converter", "header.converter")
_CHAINS = ("transforms", "predicates")


def plugins_in(config: SeenConfig) -> Iterator[tuple[str, str]]:
    """What a configuration is made of: each plugin's class, and the prefix of its keys."""
    if class_name := config.get(CONNECTOR_CLASS):
        yield class_name, ""
    for key in _CONVERTERS:
        if class_name := config.get(key):
            yield class_name, f"{key}."
    for chain in _CHAINS:
        for alias in (item.strip() for item in (config.get(chain) or "").split(",")):
            if class_name := config.get(f"{chain}.{alias}.type"):
                yield class_name, f"{chain}.{alias}."


def read_key_types(connect: Connect, configs: Iterable[SeenConfig]) -> KeyTypes:
    """Ask the worker for the types of every plugin that is used, one request each."""
    classes = sorted({class_name for config in configs for class_name, _ in plugins_in(config)})
    found = zip(classes, fan_out(connect.key_types, classes), strict=True) if classes else ()
    return {name: types for name, types in found if types is not None}


def types_of(known: KeyTypes, *configs: SeenConfig) -> dict[str, str]:
    """The types of the keys of one connector. Where an older and a newer plugin disagree, PASSWORD wins."""
    merged: dict[str, str] = {}
    for config in configs:
        for class_name, prefix in plugins_in(config):
            for key, type_name in known.get(class_name, {}).items():
                if merged.get(prefix + key) != PASSWORD:
                    merged[prefix + key] = type_name
    return merged
