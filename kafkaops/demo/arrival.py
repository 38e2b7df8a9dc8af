"""Writes registry-Avro records to the topics of a spec's sinks and reads them back from the far end.

That a connector says RUNNING proves nothing; that its records arrive does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from kafkaops.clients.confluent_registry import connect_registry
from kafkaops.demo.letters import DeadLetters, Outgoing, send
from kafkaops.demo.records import Example, framed, identity
from kafkaops.demo.routes import Route, routes
from kafkaops.demo.stores import Reader, object_key, reader
from kafkaops.errors import Diagnostic, PlatformError
from kafkaops.resources.kind import silent
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.model import HttpConnection
from kafkaops.spec.references import Resolver

if TYPE_CHECKING:
    from kafkaops.clients.registry import RegisteredSchema, SchemaRegistry
    from kafkaops.devcluster import Endpoints

POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of one topic's records: how many of those sent were found at the far end, and after how long."""

    source: str
    target: str
    expected: int
    arrived: int
    seconds: float


def prove_arrival(
    endpoints: Endpoints,
    loaded: LoadedSpec,
    records: int = 5,
    say: Callable[[str], None] = silent,
    timeout_s: float = 60.0,
) -> tuple[Arrival, ...]:
    """Send `records` to each sink's topic and a poisoned one to the first; wait until all are where they belong.

    The poisoned one belongs into the dead-letter topic. Raises `PlatformError` KO934 when not everything
    arrived within `timeout_s` seconds, with what did.
    """
    ways = routes(loaded)
    run = uuid4().hex[:12]
    with ExitStack() as closing:
        readers = [reader(way, endpoints) for way in ways]
        for each in readers:
            closing.callback(each.close)
        letters = _dead_letters(ways, endpoints, run)
        if letters is not None:
            closing.callback(letters.close)
        outgoing = list(_outgoing(endpoints, loaded, ways, run, records, say))
        poison = [] if letters is None else [letters.poison]
        say(f"sending {len(outgoing)} records and {len(poison)} poisoned")
        send(endpoints.bootstrap_servers, [*outgoing, *poison])
        waits = [
            _Wait(way.topic, way.target, _all_of(each, run, way.topic, records), records)
            for way, each in zip(ways, readers, strict=True)
        ]
        if letters is not None:
            waits.append(_Wait(f"{letters.poison.topic} (poisoned)", letters.topic, letters.arrived, 1))
        return _waited_for(waits, timeout_s)


def _dead_letters(ways: Sequence[Route], endpoints: Endpoints, run: str) -> DeadLetters | None:
    """The dead-letter topic of the first sink that has one, watched from now on."""
    for way in ways:
        if way.dead_letters is not None:
            return DeadLetters(endpoints.bootstrap_servers, way.dead_letters, way.topic, run)
    return None


def _all_of(each: Reader, run: str, topic: str, records: int) -> Callable[[], int]:
    wanted = [identity(run, topic, number) for number in range(records)]
    return lambda: len(each.arrived(wanted))


def _outgoing(
    endpoints: Endpoints,
    loaded: LoadedSpec,
    ways: Sequence[Route],
    run: str,
    records: int,
    say: Callable[[str], None],
) -> Iterator[Outgoing]:
    """The records of every topic, each once however many sinks read it."""
    connection = HttpConnection(url=endpoints.schema_registry_url)
    registry = connect_registry(connection, Resolver(Path(), None), say)
    try:
        for topic in dict.fromkeys(way.topic for way in ways):
            schema = _schema(registry, loaded, topic)
            references = [found.content.text for found in _references(registry, schema)]
            for number in range(records):
                own = identity(run, topic, number)
                example = Example(own, number, int(time.time() * 1000))
                value = framed(schema.id, schema.content.text, references, example)
                # By these headers Camel's sinks write the same record to the same place when it comes again.
                headers = {"CamelHeader.indexId": own, "CamelHeader.CamelAwsS3Key": object_key(own)}
                yield Outgoing(topic, own, value, headers)
    finally:
        registry.close()


def _schema(registry: SchemaRegistry, loaded: LoadedSpec, topic: str) -> RegisteredSchema:
    """The newest registered schema of a topic's values."""
    declared = loaded.spec.topics.get(topic)
    named = declared.value.subject if declared and declared.value else None
    subject = named or f"{topic}-value"
    found = registry.version(subject)
    if found is None:
        raise PlatformError.of(
            "KO933",
            f"topic {topic} has no value schema: the registry knows no subject {subject}",
            hint="kafkaops apply",
        )
    return found


def _references(registry: SchemaRegistry, schema: RegisteredSchema) -> Iterator[RegisteredSchema]:
    """What a schema refers to, each after what it needs itself."""
    for reference in schema.content.references:
        found = registry.version(reference.subject, reference.version)
        if found is not None:
            yield from _references(registry, found)
            yield found


@dataclass
class _Wait:
    """One place where records are expected."""

    source: str
    target: str
    count: Callable[[], int]
    expected: int
    seen: int = 0
    seconds: float = 0.0

    @property
    def over(self) -> bool:
        return self.seen >= self.expected

    def look(self, since: float) -> None:
        """Count, unless everything is there already."""
        if not self.over:
            self.seen = self.count()
            self.seconds = time.monotonic() - since

    def arrival(self) -> Arrival:
        return Arrival(self.source, self.target, self.expected, self.seen, self.seconds)


def _waited_for(waits: Sequence[_Wait], timeout_s: float) -> tuple[Arrival, ...]:
    started = time.monotonic()
    while True:
        for wait in waits:
            wait.look(started)
        if all(wait.over for wait in waits):
            return tuple(wait.arrival() for wait in waits)
        if time.monotonic() - started > timeout_s:
            raise PlatformError(_missing(wait, timeout_s) for wait in waits if not wait.over)
        time.sleep(POLL_S)


def _missing(wait: _Wait, timeout_s: float) -> Diagnostic:
    return Diagnostic(
        "KO934",
        f"{wait.source} → {wait.target}: {wait.seen} of {wait.expected} arrived within {timeout_s:g} s",
        hint="kafkaops connectors list; and the dead-letter topic's headers say why a record was given up",
    )
