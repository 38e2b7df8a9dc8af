"""What a user is told when there is no Kafka where one should be. The servers here are real sockets, not Kafka."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafkaops.clients import kafka_contact
from kafkaops.clients.confluent import connect_kafka
from kafkaops.errors import Diagnostic, PlatformError
from kafkaops.spec.model import KafkaConnection
from kafkaops.spec.references import Resolver


def told(servers: str, **fields: object) -> Diagnostic:
    connection = KafkaConnection.model_validate({"bootstrap_servers": servers, **fields})
    kafka = connect_kafka(connection, Resolver(Path(), None))
    started = time.monotonic()
    with pytest.raises(PlatformError) as caught:
        kafka.cluster()
    assert time.monotonic() - started < 30, "no answer is waited for longer than the client's own minute"
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@contextlib.contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that answers everything with the same bytes; empty for silence."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.recv(1024)
                if answer:
                    connection.sendall(answer)
                    connection.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_nobody_listens(capfd: pytest.CaptureFixture[str]) -> None:
    first, second = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    diagnostic = told(f"{first},{second}")
    assert diagnostic.code == "KO401"
    assert diagnostic.summary == f"connect to Kafka: no Kafka broker answers at {first}, {second}"
    assert diagnostic.detail is not None
    assert f"{first}: Connect to ipv4#{first} failed: Connection refused" in diagnostic.detail.splitlines()
    assert capfd.readouterr() == ("", "")  # librdkafka keeps its log lines to itself


def test_a_name_that_does_not_resolve() -> None:
    diagnostic = told("no-such-host.invalid:9092")
    assert diagnostic.code == "KO401"
    assert diagnostic.detail is not None
    assert "Failed to resolve 'no-such-host.invalid:9092'" in diagnostic.detail


def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_contact, "CONNECT_TIMEOUT_S", 1.5)
    with answering(b"") as server:
        diagnostic = told(server)
    assert diagnostic.code == "KO401"
    assert server in diagnostic.summary


def test_a_web_servers_port() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as server:
        diagnostic = told(server)
    assert (diagnostic.code, diagnostic.detail) == (
        "KO401",
        "what answers there speaks HTTP: it is another server's port",
    )


def test_a_port_that_hangs_up() -> None:
    with answering(b"\x15\x03\x03\x00\x02\x02\x46") as server:  # a TLS alert
        diagnostic = told(server)
    assert (diagnostic.code, diagnostic.detail) == (
        "KO401",
        "what answers there closes the connection when it is spoken to: a port for TLS, or not Kafka's",
    )
