"""The environment that an import writes: the addresses used, credentials as references. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from kafkaops.importing.secrets import Vault
from kafkaops.importing.topics import Section
from kafkaops.importing.yaml_text import YamlValue
from kafkaops.spec.model import Environment, HttpConnection, KafkaConnection
from kafkaops.spec.references import has_reference
from kafkaops.spec.secrets import looks_secret

_FILE_REFERENCE = re.compile(r"(?<!\$)\$\{file:([^{}\n]+)\}")
_SYSTEMS = ("kafka", "schema_registry", "connect")


@dataclass(frozen=True, slots=True)
class Source:
    """Where an import reads from, as the spec it writes is to say it."""

    name: str
    """The environment's name."""
    environment: Environment
    """With credentials as they were given: in clear, or as references."""


def environment_section(source: Source, cluster_id: str, vault: Vault) -> Section:
    """What stands under the environment's name. Every credential in clear becomes a reference."""
    environment = source.environment
    section: Section = {"cluster_id": environment.cluster_id or cluster_id}
    if environment.connect_cluster_id:
        section["connect_cluster_id"] = environment.connect_cluster_id
    if environment.dev_cluster:  # it has another id whenever it is made anew
        pinned: Section = {"cluster_id": environment.cluster_id} if environment.cluster_id else {}
        section = {"dev_cluster": environment.dev_cluster, **pinned}
    for system in _SYSTEMS:
        connection: KafkaConnection | HttpConnection | None = getattr(environment, system)
        if connection is not None:
            section[system] = _connection(system, connection, vault)
    return section


def moved(environment: Environment, root: Path, folder: Path) -> Environment:
    """The environment as a spec in another folder says it: `${file:PATH}` is relative to the spec's own."""

    def elsewhere(match: re.Match[str]) -> str:
        path = Path(match[1]).expanduser()
        return (
            match[0] if path.is_absolute() else f"${{file:{os.path.relpath(root.resolve() / path, folder.resolve())}}}"
        )

    update: dict[str, object] = {}
    for system in _SYSTEMS:
        connection: KafkaConnection | HttpConnection | None = getattr(environment, system)
        if connection is not None:
            texts = {key: value for key, value in connection.model_dump().items() if isinstance(value, str)}
            changed = {key: _FILE_REFERENCE.sub(elsewhere, value) for key, value in texts.items()}
            update[system] = connection.model_copy(update=changed)
    return environment.model_copy(update=update)


def _connection(system: str, connection: KafkaConnection | HttpConnection, vault: Vault) -> Section:
    given: Mapping[str, object] = connection.model_dump(exclude_defaults=True)
    if isinstance(connection, HttpConnection):
        given = {**given, **_split_url(connection)}
    section: Section = {}
    for key, value in given.items():
        if isinstance(value, str) and looks_secret(key) and not has_reference(value):
            section[key] = vault.keep(value, f"environment.{system}", key, system, key.removeprefix("sasl_"))
        else:
            section[key] = _yaml(value)
    return section


def _split_url(connection: HttpConnection) -> dict[str, object]:
    """User name and password of a URL as fields of their own."""
    if has_reference(connection.url):
        return {}
    parts = urlsplit(connection.url)
    if parts.username is None:
        return {}
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    found: dict[str, object] = {"url": bare, "username": unquote(parts.username)}
    if parts.password is not None:
        found["password"] = unquote(parts.password)
    return {key: value for key, value in found.items() if key == "url" or not connection.username}


def _yaml(value: object) -> YamlValue:
    match value:
        case str() | int() | bool():
            return value
        case list() | tuple():
            return [_yaml(item) for item in value]
        case _:
            raise TypeError(type(value))
