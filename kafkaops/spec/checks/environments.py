"""An environment says where the systems are that the spec needs (KO180)."""

from __future__ import annotations

from collections.abc import Iterator

from kafkaops.errors import Diagnostic
from kafkaops.spec.checks.context import Context
from kafkaops.spec.model import Environment, Spec


def check(context: Context) -> Iterator[Diagnostic]:
    """Kafka always; the registry and Connect when something is declared for them."""
    environment = context.environment
    if environment is None or environment.dev_cluster is not None:
        return
    name = context.environment_name or ""
    place = context.key_place("environments", name)
    for key, what in _needed(environment, context.spec):
        yield Diagnostic(
            "KO180",
            f"it does not say where {what} is",
            address=f"environment.{name}",
            place=place,
            hint=f"add `{key}`, or `dev_cluster: NAME` for a cluster on this machine",
        )


def _needed(environment: Environment, spec: Spec) -> Iterator[tuple[str, str]]:
    if environment.kafka is None:
        yield "kafka: {bootstrap_servers: HOST:PORT}", "Kafka"
    binds_schemas = spec.schemas.subjects or any(topic.key or topic.value for topic in spec.topics.values())
    if environment.schema_registry is None and binds_schemas:
        yield "schema_registry: {url: https://HOST}", "the schema registry"
    if environment.connect is None and spec.connectors:
        yield "connect: {url: https://HOST}", "Connect"
