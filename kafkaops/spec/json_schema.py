"""The JSON Schema (draft 2020-12) of the files a person writes: before includes, overrides and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from kafkaops.spec.checks.removals import SECTION_OF_KIND
from kafkaops.spec.checks.topics import MAX_NAME
from kafkaops.spec.config_keys import ConfigKey, ConfigKind
from kafkaops.spec.environments import OVERRIDABLE
from kafkaops.spec.group_configs import GROUP_CONFIGS
from kafkaops.spec.model import Defaults, Spec
from kafkaops.spec.shares import SHARE_SCHEMA
from kafkaops.spec.topic_configs import TOPIC_CONFIGS
from kafkaops.spec.units import CONFIG_VALUE_SCHEMA, DURATION_SCHEMA, SIZE_SCHEMA

JsonSchema = dict[str, Any]

_GLOBS: JsonSchema = {
    "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string", "minLength": 1}}]
}
_FROM_DEFAULTS = {"Topic": ("partitions", "replication_factor")}
"""Required by the model, but `defaults:` may supply them."""
_MAIN_FILE_ONLY = ("version", "project", "defaults", "limits")


def spec_schema() -> JsonSchema:
    """The schema of a spec's main file. `$defs` also has those of included files and of connector files."""
    _, generated = models_json_schema([(Spec, "validation"), (Defaults, "validation")], by_alias=True)
    definitions: JsonSchema = generated["$defs"]
    main = definitions.pop("Spec")
    for name, supplied in _FROM_DEFAULTS.items():
        required = [key for key in definitions[name]["required"] if key not in supplied]
        definitions[name]["required"] = required
        if not required:
            del definitions[name]["required"]
    _configs(definitions)
    _sections(main, definitions)
    _without_noise(main)
    _without_noise(definitions)
    definitions["IncludedFile"] = _included(main)
    definitions["ConnectorFile"] = _connector_file(definitions["Connector"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "kafkaops spec",
        **{key: value for key, value in main.items() if key != "title"},
        "description": "The main file of a kafkaops spec, usually topics.yaml.",
        "$defs": dict(sorted(definitions.items())),
    }


def _without_noise(schema: object) -> None:
    """Take out what helps nobody: titles made of keys, defaults that are empty."""
    if isinstance(schema, list):
        for item in schema:
            _without_noise(item)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("title"), str):
        del schema["title"]
    if schema.get("default", True) in ({}, [], None) or isinstance(schema.get("default"), dict):
        del schema["default"]
    for member in schema.values():
        _without_noise(member)


def _sections(main: JsonSchema, definitions: JsonSchema) -> None:
    """What is written differently from what it becomes."""
    properties = main["properties"]
    properties["include"] = {
        "description": "Globs of further files, relative to this one; their sections are merged into the spec.",
        **_GLOBS,
    }
    properties["defaults"] = {"$ref": "#/$defs/Defaults"}
    named = properties["connectors"]
    named.pop("default", None)
    properties["connectors"] = {
        "description": "Connectors by name, or globs of files that hold one connector each.",
        "anyOf": [*_GLOBS["anyOf"], named],
    }
    topics = properties["topics"]
    topics["propertyNames"] = {"pattern": rf"^[a-zA-Z0-9._-]{{1,{MAX_NAME}}}$"}
    for section in ("topics", "services"):  # `wave-events:` alone takes everything from the defaults
        resource = properties[section]["additionalProperties"]
        properties[section]["additionalProperties"] = {"anyOf": [resource, {"type": "null"}]}
    definitions["Environment"]["properties"]["overrides"] = {
        "description": definitions["Environment"]["properties"]["overrides"]["description"],
        "type": "object",
        "properties": {section: {} for section in OVERRIDABLE},
        "additionalProperties": False,
    }
    for limit in definitions["Limits"]["properties"].values():  # `25%` or `10`
        limit["anyOf"] = [SHARE_SCHEMA, {"type": "integer", "minimum": 0}, {"$ref": limit.pop("$ref")}]
    kinds = "|".join(SECTION_OF_KIND)
    definitions["Removal"]["properties"]["address"]["pattern"] = rf"^({kinds})\..+$"


def _configs(definitions: JsonSchema) -> None:
    """Config names to choose from, with the values each takes; null removes a default."""
    for name, keys in (
        ("Topic", TOPIC_CONFIGS),
        ("TopicDefaults", TOPIC_CONFIGS),
        ("ConsumerGroup", GROUP_CONFIGS),
        ("GroupDefaults", GROUP_CONFIGS),
        ("Connector", {}),
        ("ConnectorDefaults", {}),
    ):
        config = definitions[name]["properties"]["config"]
        config["additionalProperties"] = _or_null(CONFIG_VALUE_SCHEMA)
        if keys:
            config["properties"] = {key: _or_null(_value_schema(known)) for key, known in keys.items()}


def _or_null(schema: Mapping[str, Any]) -> JsonSchema:
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}], **_described(schema)}


def _described(schema: Mapping[str, Any]) -> JsonSchema:
    return {"description": schema["description"]} if "description" in schema else {}


def _value_schema(key: ConfigKey) -> JsonSchema:
    match key.kind:
        case ConfigKind.MILLISECONDS:
            return _unlimited(key, DURATION_SCHEMA)
        case ConfigKind.BYTES:
            return _unlimited(key, SIZE_SCHEMA)
        case ConfigKind.WHOLE:
            return {"anyOf": [{"type": "integer", "minimum": key.minimum, "maximum": key.maximum}, _DIGITS]}
        case ConfigKind.DECIMAL:
            return {"anyOf": [{"type": "number", "minimum": key.minimum, "maximum": key.maximum}, _DIGITS]}
        case ConfigKind.FLAG:
            return {"enum": [True, False, "true", "false"]}
        case ConfigKind.CHOICE:
            return {"enum": list(key.choices)}
        case ConfigKind.LIST:
            return {"anyOf": [{"type": "string"}, {"type": "array", "items": {"enum": list(key.choices)}}]}
        case ConfigKind.REPLICAS:
            return {"type": "string"}


_DIGITS: JsonSchema = {"type": "string", "pattern": r"^\s*-?[0-9.]+\s*$"}


def _unlimited(key: ConfigKey, schema: JsonSchema) -> JsonSchema:
    return {**schema, "anyOf": [*schema["anyOf"], {"const": "unlimited"}]} if key.unlimited else schema


def _included(main: JsonSchema) -> JsonSchema:
    """A file that `include:` names: version is allowed, project and defaults belong into the main file."""
    properties = {key: value for key, value in main["properties"].items() if key not in _MAIN_FILE_ONLY}
    return {
        "title": "kafkaops spec, included file",
        "type": "object",
        "properties": {"version": main["properties"]["version"], **properties},
        "additionalProperties": False,
    }


def _connector_file(connector: JsonSchema) -> JsonSchema:
    """A file that `connectors:` names: one connector, and its name."""
    name = {"type": "string", "minLength": 1, "description": "The connector's name."}
    return {
        **connector,
        "title": "kafkaops connector",
        "properties": {"name": name, **connector["properties"]},
        "required": ["name", *connector.get("required", [])],
    }
