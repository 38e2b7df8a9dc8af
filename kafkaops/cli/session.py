"""From options to a session: load the spec, build the clients, look at the cluster, check that it is the right one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kafkaops.address import Address, Guard
from kafkaops.cli.terminal import stderr
from kafkaops.errors import PlatformError, UsageError

if TYPE_CHECKING:
    from kafkaops.apply.books import Books
    from kafkaops.clients.confluent_registry import ConfluentRegistry
    from kafkaops.clients.connect import Connect
    from kafkaops.clients.connect_rest import RestConnect
    from kafkaops.clients.kafka import KafkaAdmin
    from kafkaops.clients.ledger import LedgerClients
    from kafkaops.clients.registry import SchemaRegistry
    from kafkaops.devcluster import Endpoints
    from kafkaops.plan.excess import Share
    from kafkaops.resources.kind import Session
    from kafkaops.spec.loaded import LoadedSpec
    from kafkaops.spec.model import Environment
    from kafkaops.spec.references import DevValues, Resolver


@contextmanager
def open_session(
    file: Path,
    environment: str | None,
    allow: Sequence[str] | None = None,
    allow_share: Sequence[str] | None = None,
    throttle: int | None = None,
    targets: Sequence[Address] = (),
) -> Iterator[Session]:
    """A session on one environment, its clients closed afterwards. What `targets` do not need may be down.
    Raises `SpecError` (2), `UsageError` (2), `PlatformError` (1), and `RefusedError` (4) for the wrong cluster.
    """
    from kafkaops.engine import check_cluster
    from kafkaops.plan.seal import KEY_VARIABLE, Seal
    from kafkaops.resources.kind import Session
    from kafkaops.spec.load import load
    from kafkaops.spec.references import Resolver

    allowed, shares = parse_allowed(allow or ()), parse_shares(allow_share or ())
    loaded = load(file, environment)
    where, dev_values = connections(loaded)
    resolver = Resolver(loaded.root, dev_values)
    with clients(where, resolver) as (kafka, registry, connect):
        cluster = kafka.cluster()
        seal = Seal.of(f"{cluster.cluster_id}/{loaded.spec.project}", os.environ.get(KEY_VARIABLE))
        session = Session(
            loaded=loaded,
            kafka=kafka,
            cluster=cluster,
            registry=registry,
            connect=connect,
            resolver=resolver,
            allowed=allowed,
            allowed_shares=shares,
            throttle=throttle,
            targets=tuple(targets),
            say=say,
            seal=seal,
        )
        check_cluster(session)
        yield session


@contextmanager
def clients(
    where: Environment, resolver: Resolver
) -> Iterator[tuple[KafkaAdmin, SchemaRegistry | None, Connect | None]]:
    """The clients of an environment that says where Kafka is, closed afterwards; None where it names no such system."""
    from kafkaops.clients.confluent import connect_kafka

    with ExitStack() as closing:
        assert where.kafka is not None
        kafka = connect_kafka(where.kafka, resolver, say)
        closing.callback(kafka.close)
        registry = _registry(where, resolver) if where.schema_registry else None
        connect = _connect(where, resolver) if where.connect else None
        for client in (registry, connect):
            if client is not None:
                closing.callback(client.close)
        yield kafka, registry, connect


@contextmanager
def ledger_clients(session: Session) -> Iterator[LedgerClients]:
    """The clients of the session's ledger, closed afterwards."""
    from kafkaops.apply.books import owner_of
    from kafkaops.clients.ledger import LedgerClients

    where, _ = connections(session.loaded)
    assert where.kafka is not None
    clients = LedgerClients(where.kafka, session.resolver, owner_of(session).office, session.say)
    try:
        yield clients
    finally:
        clients.close()


@contextmanager
def reading_ledger(session: Session, *, without: bool) -> Iterator[Session]:
    """The session with what the ledger says; without one nothing is deleted because the spec does not name it."""
    from kafkaops.apply.books import look
    from kafkaops.engine import with_ledger

    if without:
        yield session
        return
    with ledger_clients(session) as clients:
        looked = look(session, clients)
        assert looked.ledger is not None
        yield with_ledger(looked, looked.ledger)


@contextmanager
def holding_ledger(session: Session, *, without: bool, timeout_s: float) -> Iterator[tuple[Session, Books | None]]:
    """The session that holds the lock, and its books; without a ledger there is neither."""
    from kafkaops.apply.books import hold
    from kafkaops.engine import with_ledger

    if without:
        say("Without the ledger: no lock is held, nothing is recorded, nothing is deleted by absence")
        yield session, None
        return
    with ledger_clients(session) as clients, hold(session, clients, timeout_s) as books:
        assert books.session.ledger is not None
        held = with_ledger(books.session, books.session.ledger)
        yield held, replace(books, session=held)


def _registry(where: Environment, resolver: Resolver) -> ConfluentRegistry:
    """The registry's client. HTTP is loaded only where something speaks it: that takes a tenth of a second."""
    from kafkaops.clients.confluent_registry import connect_registry

    assert where.schema_registry is not None
    return connect_registry(where.schema_registry, resolver, say)


def _connect(where: Environment, resolver: Resolver) -> RestConnect:
    """Connect's client, as above."""
    from kafkaops.clients.connect_rest import connect_connect

    assert where.connect is not None
    return connect_connect(where.connect, resolver, say)


def parse_allowed(texts: Sequence[str]) -> frozenset[tuple[Guard, Address]]:
    """`delete:topic.x` → (Guard.DELETE, topic.x). Raises `UsageError` (KO901)."""
    return frozenset(_parse_allow(text) for text in texts)


def parse_shares(texts: Sequence[str]) -> frozenset[Share]:
    """`delete:topic` → its share. Raises `UsageError` (KO909)."""
    from kafkaops.plan.excess import Share

    try:
        return frozenset(Share.parse(text) for text in texts)
    except ValueError as error:
        raise UsageError.of("KO909", f"--allow-share: {error}") from None


def parse_targets(texts: Sequence[str] | None) -> tuple[Address, ...]:
    """`topic.x` → its address. Raises `UsageError` (KO902)."""
    try:
        return tuple(Address.parse(text) for text in texts or ())
    except ValueError as error:
        raise UsageError.of("KO902", f"--target: {error}") from None


def parse_timeout(text: str) -> float:
    """`30s` → seconds. Raises `UsageError` (KO914)."""
    from kafkaops.spec.units import milliseconds_of

    try:
        return float(milliseconds_of(text)) / 1_000
    except ValueError as error:
        raise UsageError.of("KO914", f"--lock-timeout {text}: {error}", hint="write 30s, 10m or 0") from None


def parse_throttle(text: str | None) -> int | None:
    """`50MiB/s` → bytes per second; None where the option was not given. Raises `UsageError` (KO925)."""
    from kafkaops.spec.throughput import bytes_per_second_of

    if text is None:
        return None
    try:
        return bytes_per_second_of(text)
    except ValueError as error:
        raise UsageError.of("KO925", f"--throttle: {error}", hint="without it the spec's `placement:` holds") from None


def _parse_allow(text: str) -> tuple[Guard, Address]:
    guard, _, address = text.partition(":")
    try:
        return Guard(guard), Address.parse(address)
    except ValueError:
        raise UsageError.of(
            "KO901",
            f"--allow {text}: write GUARD:KIND.NAME",
            hint=f"guards: {', '.join(Guard)}; for example --allow delete:topic.old-events",
        ) from None


def connections(loaded: LoadedSpec, *, needs_kafka: bool = True) -> tuple[Environment, DevValues | None]:
    """The environment with the addresses it is reached at; those of a dev cluster come from the cluster itself.

    The second value is what `${dev:…}` can name. Raises `UsageError` (KO903) and `PlatformError` (KO904).
    """
    environment, name = loaded.environment, loaded.environment_name
    if environment.dev_cluster is None:
        if environment.kafka is None and needs_kafka:
            raise UsageError.of(
                "KO903",
                f"environment {name} does not say where Kafka is",
                place=loaded.places.of("environments", name),
                hint="give it kafka: {bootstrap_servers: …} or dev_cluster: default",
            )
        return environment, None
    from kafkaops.devcluster import locate

    endpoints = locate(environment.dev_cluster)
    if endpoints is None:
        raise PlatformError.of(
            "KO904",
            f"environment {name} is the dev cluster '{environment.dev_cluster}', which is not up",
            place=loaded.places.of("environments", name, "dev_cluster"),
            hint="kafkaops dev up"
            if environment.dev_cluster == "default"
            else f"kafkaops dev up --name {environment.dev_cluster}",
        )
    return _with_dev_addresses(environment, endpoints), _dev_values(environment.dev_cluster, endpoints)


def _with_dev_addresses(environment: Environment, endpoints: Endpoints) -> Environment:
    from kafkaops.spec.model import HttpConnection, KafkaConnection

    return environment.model_copy(
        update={
            "kafka": environment.kafka or KafkaConnection(bootstrap_servers=endpoints.bootstrap_servers),
            "schema_registry": environment.schema_registry or HttpConnection(url=endpoints.schema_registry_url),
            "connect": environment.connect or HttpConnection(url=endpoints.connect_url),
        }
    )


def _dev_values(name: str, endpoints: Endpoints) -> DevValues:
    """What `${dev:…}` can name."""
    from kafkaops.devcluster import TARGET_OF_KEY
    from kafkaops.spec.references import DevValues

    values = {key: str(value) for key, value in asdict(endpoints).items() if value is not None}
    if endpoints.elasticsearch_url:
        values["elasticsearch_address"] = urlsplit(endpoints.elasticsearch_url).netloc
    values["registry_native_url"] = endpoints.schema_registry_url.replace("/apis/ccompat/v7", "/apis/registry/v2")
    left_out = {key: target.value for key, target in TARGET_OF_KEY.items() if key not in values}
    return DevValues(values, name, left_out)


class _Voice:
    """Says on stderr what a client waits for, once: often several threads wait for the same."""

    def __init__(self) -> None:
        self._lock, self._last = Lock(), ""

    def __call__(self, message: str) -> None:
        with self._lock:
            if message != self._last:
                self._last = message
                stderr().print(message, style="dim", markup=False)


say = _Voice()
