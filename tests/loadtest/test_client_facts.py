"""What a result says of its clients' settings. The library that is asked is the real one."""

from __future__ import annotations

from dataclasses import replace

from kafkaops.loadtest.client import producer_defaults
from kafkaops.loadtest.client_facts import effective_clients
from tests.loadtest.loads import a_load


def test_the_librarys_own_defaults_and_conclusions_are_in_it() -> None:
    load = a_load(producer_config=producer_defaults("all", "zstd", 7, 1_000, 1_048_588))
    producer = effective_clients(load)["producer"]
    assert producer is not None
    assert producer["queue.buffering.max.ms"] == "7" and producer["compression.codec"] == "zstd"
    assert producer["retry.backoff.ms"] == "100"  # nobody set it
    assert producer["max.in.flight.requests.per.connection"] == "5"  # because of idempotence
    relaxed = effective_clients(replace(load, producer_config=producer_defaults("1", "none", 7, 1_000, 1_048_588)))
    assert relaxed["producer"] is not None
    assert relaxed["producer"]["max.in.flight.requests.per.connection"] == "1000000"


def test_the_login_is_not() -> None:
    load = a_load(producer_config={"sasl.username": "ops", "sasl.password": "hunter2", "ssl.key.password": "hunter2"})
    producer = effective_clients(load)["producer"]
    assert producer is not None
    assert not [name for name in producer if name.startswith(("sasl", "ssl", "security"))]
    assert "hunter2" not in producer.values() and "ops" not in producer.values()


def test_a_consumer_that_is_not_there_has_no_settings() -> None:
    assert effective_clients(a_load(consumers=0))["consumer"] is None
    consumer = effective_clients(a_load())["consumer"]
    assert consumer is not None and consumer["enable.auto.commit"] == "false"


def test_what_the_library_refuses_has_no_settings() -> None:
    assert effective_clients(a_load(producer_config={"no.such.property": 1}))["producer"] is None
