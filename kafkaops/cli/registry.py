"""The schema registry of an environment alone, for commands that need nothing else of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kafkaops.errors import UsageError

if TYPE_CHECKING:
    from kafkaops.clients.registry import SchemaRegistry
    from kafkaops.spec.loaded import LoadedSpec


@contextmanager
def open_registry(loaded: LoadedSpec) -> Iterator[SchemaRegistry]:
    """The registry that the spec's environment names, closed afterwards. Kafka is not asked for anything.

    Raises `UsageError` (2) when the environment names none, `SpecError` (2) for a reference that does not resolve.
    """
    from kafkaops.cli.session import connections, say
    from kafkaops.clients.confluent_registry import connect_registry
    from kafkaops.spec.references import Resolver

    where, dev_values = connections(loaded, needs_kafka=False)
    if where.schema_registry is None:
        raise UsageError.of(
            "KO380",
            f"environment {loaded.environment_name} does not say where the schema registry is",
            place=loaded.places.of("environments", loaded.environment_name),
            hint="give it schema_registry: {url: …} or dev_cluster: default",
        )
    registry = connect_registry(where.schema_registry, Resolver(loaded.root, dev_values), say)
    try:
        yield registry
    finally:
        registry.close()
