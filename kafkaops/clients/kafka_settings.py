"""One connection, two clients: `KafkaConnection` turned into the settings of each.

What both must be told is told here and nowhere else, so that they cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from kafkaops.spec.model import KafkaConnection

CLIENT_ID = "kafkaops"


class Resolves(Protocol):
    """Turns the references in a text into what they stand for."""

    def resolve(self, text: str) -> str:
        """The text with its references replaced. Raises `SpecError`."""
        ...


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """A connection whose references are resolved. Secrets are kept out of its `repr`."""

    bootstrap_servers: tuple[str, ...]
    security_protocol: str
    request_timeout_ms: int
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_ca_location: str | None = None
    ssl_certificate_location: str | None = None
    ssl_key_location: str | None = None
    ssl_key_password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, connection: KafkaConnection, resolver: Resolves) -> KafkaSettings:
        """Resolve a connection's references. Raises `SpecError` naming the reference that stands for nothing."""

        def text(value: str | None) -> str | None:
            return None if value is None else resolver.resolve(value)

        servers = connection.bootstrap_servers
        listed = [servers] if isinstance(servers, str) else servers
        return cls(
            bootstrap_servers=tuple(
                part.strip() for item in listed for part in resolver.resolve(item).split(",") if part.strip()
            ),
            security_protocol=connection.security_protocol,
            request_timeout_ms=connection.request_timeout,
            sasl_mechanism=connection.sasl_mechanism,
            sasl_username=text(connection.sasl_username),
            sasl_password=text(connection.sasl_password),
            ssl_ca_location=text(connection.ssl_ca_location),
            ssl_certificate_location=text(connection.ssl_certificate_location),
            ssl_key_location=text(connection.ssl_key_location),
            ssl_key_password=text(connection.ssl_key_password),
        )

    def problems(self) -> Iterator[str]:
        """What makes these settings unusable, before anything is sent. Names fields and files, never secrets."""
        if not self.bootstrap_servers:
            yield "bootstrap_servers is empty"
        sasl = self.security_protocol.startswith("SASL_")
        for name in ("sasl_mechanism", "sasl_username", "sasl_password"):
            if sasl and not getattr(self, name):
                yield f"security_protocol {self.security_protocol} needs {name}"
        if self.sasl_mechanism and not sasl:
            yield f"sasl_mechanism is set, but security_protocol is {self.security_protocol}"
        for name in ("ssl_ca_location", "ssl_certificate_location", "ssl_key_location"):
            path = getattr(self, name)
            if path and not Path(path).is_file():
                yield f"{name}: there is no file {path}"
        if bool(self.ssl_certificate_location) != bool(self.ssl_key_location):
            yield "ssl_certificate_location and ssl_key_location go together"

    @property
    def servers(self) -> str:
        """The bootstrap addresses, for messages."""
        return ", ".join(self.bootstrap_servers)

    @property
    def request_timeout_s(self) -> float:
        """The request timeout in seconds."""
        return self.request_timeout_ms / 1000

    def for_confluent(self) -> dict[str, str | int | float | bool]:
        """The settings in librdkafka's words."""
        given: dict[str, str | int | None] = {
            "bootstrap.servers": ",".join(self.bootstrap_servers),
            "client.id": CLIENT_ID,
            "security.protocol": self.security_protocol,
            "sasl.mechanism": self.sasl_mechanism,
            "sasl.username": self.sasl_username,
            "sasl.password": self.sasl_password,
            "ssl.ca.location": self.ssl_ca_location,
            "ssl.certificate.location": self.ssl_certificate_location,
            "ssl.key.location": self.ssl_key_location,
            "ssl.key.password": self.ssl_key_password,
            "socket.timeout.ms": max(self.request_timeout_ms, 10),
            "reconnect.backoff.max.ms": 1_000,
        }
        return {key: value for key, value in given.items() if value is not None}

    def for_kafka_python(self) -> dict[str, object]:
        """The settings in kafka-python's words."""
        given: dict[str, object] = {
            "bootstrap_servers": list(self.bootstrap_servers),
            "client_id": CLIENT_ID,
            "security_protocol": self.security_protocol,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.sasl_username,
            "sasl_plain_password": self.sasl_password,
            "ssl_cafile": self.ssl_ca_location,
            "ssl_certfile": self.ssl_certificate_location,
            "ssl_keyfile": self.ssl_key_location,
            "ssl_password": self.ssl_key_password,
            "request_timeout_ms": self.request_timeout_ms,
            "reconnect_backoff_max_ms": 1_000,
            # Beyond this a send fails at once instead of waiting its turn.
            "max_in_flight_requests_per_connection": 1_000,
        }
        return {key: value for key, value in given.items() if value is not None}
