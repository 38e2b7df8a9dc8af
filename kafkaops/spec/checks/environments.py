"""An environment says where the systems are that the spec needs (KO180), in a way that can work (KO181)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kafkaops.errors import Diagnostic
from kafkaops.spec.checks.context import Context
from kafkaops.spec.loaded import PathStep
from kafkaops.spec.model import Environment, HttpConnection, KafkaConnection, Spec

_ADDRESS = re.compile(r"(?:[^\s:/@\[\]]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
"""HOST:PORT, or [IPV6]:PORT."""
_URL = re.compile(r"https?://[^/\s]+.*")


def check(context: Context) -> Iterator[Diagnostic]:
    """Kafka always; the registry and Connect when something is declared for them."""
    environment = context.environment
    if environment is None:
        return
    name = context.environment_name or ""
    if environment.dev_cluster is None:
        for key, what in _needed(environment, context.spec):
            yield Diagnostic(
                "KO180",
                f"it does not say where {what} is",
                address=f"environment.{name}",
                place=context.key_place("environments", name),
                hint=f"add `{key}`, or `dev_cluster: NAME` for a cluster on this machine",
            )
    for path, summary, hint in _unworkable(environment):
        yield Diagnostic(
            "KO181",
            summary,
            address=f"environment.{name}",
            place=context.place("environments", name, *path),
            hint=hint,
        )


def _needed(environment: Environment, spec: Spec) -> Iterator[tuple[str, str]]:
    if environment.kafka is None:
        yield "kafka: {bootstrap_servers: HOST:PORT}", "Kafka"
    binds_schemas = spec.schemas.subjects or any(topic.key or topic.value for topic in spec.topics.values())
    if environment.schema_registry is None and binds_schemas:
        yield "schema_registry: {url: https://HOST}", "the schema registry"
    if environment.connect is None and spec.connectors:
        yield "connect: {url: https://HOST}", "Connect"


Finding = tuple[tuple[PathStep, ...], str, str | None]
"""Path below the environment, what is wrong, the way out."""


def _unworkable(environment: Environment) -> Iterator[Finding]:
    if environment.kafka is not None:
        yield from _addresses(environment.kafka)
        yield from _security(environment.kafka)
    for key, connection in (("schema_registry", environment.schema_registry), ("connect", environment.connect)):
        if connection is not None:
            yield from _http(key, connection)


def _addresses(kafka: KafkaConnection) -> Iterator[Finding]:
    servers = kafka.bootstrap_servers
    written: list[tuple[tuple[PathStep, ...], str]]
    if isinstance(servers, str):
        written = [(("kafka", "bootstrap_servers"), servers)]
    else:
        written = [(("kafka", "bootstrap_servers", index), server) for index, server in enumerate(servers)]
        if not servers:
            yield ("kafka", "bootstrap_servers"), "kafka.bootstrap_servers is empty", "name at least one HOST:PORT"
    for path, text in written:
        for server in text.split(","):
            if "${" not in text and not _ADDRESS.fullmatch(server.strip()):
                summary = "a bootstrap server is not HOST:PORT"
                yield path, summary, "such as kafka-1.example:9092, without http:// or a user name"


def _security(kafka: KafkaConnection) -> Iterator[Finding]:
    protocol = kafka.security_protocol
    sasl, tls = protocol.startswith("SASL_"), protocol.endswith("SSL")
    for name in ("sasl_mechanism", "sasl_username", "sasl_password"):
        given = getattr(kafka, name) is not None
        if sasl and not given:
            yield ("kafka",), f"security_protocol {protocol} needs {name}", f"add `{name}:`"
        elif given and not sasl:
            hint = "write security_protocol: SASL_SSL, or remove it"
            yield ("kafka", name), f"{name} has no effect with security_protocol {protocol}", hint
    for name in ("ssl_ca_location", "ssl_certificate_location", "ssl_key_location", "ssl_key_password"):
        if getattr(kafka, name) is not None and not tls:
            hint = "write security_protocol: SSL or SASL_SSL, or remove it"
            yield ("kafka", name), f"{name} has no effect with security_protocol {protocol}", hint
    if (kafka.ssl_certificate_location is None) != (kafka.ssl_key_location is None):
        yield ("kafka",), "ssl_certificate_location and ssl_key_location go together", "add the other"


def _http(key: str, connection: HttpConnection) -> Iterator[Finding]:
    if not connection.url.startswith("${") and not _URL.fullmatch(connection.url):
        yield (key, "url"), f"{key}.url is not a URL", "begin it with http:// or https://"
    if connection.token is not None and connection.username is not None:
        yield (key, "token"), f"{key} has a token and a user name", "a system takes one of them; remove the other"
    if connection.password is not None and connection.username is None:
        yield (key, "password"), f"{key}.password has no user name", "add `username:`"
    if (connection.certificate_location is None) != (connection.key_location is None):
        yield (key,), f"{key}: certificate_location and key_location go together", "add the other"
