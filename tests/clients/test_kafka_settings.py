from __future__ import annotations

from pathlib import Path

import pytest

from kafkaops.clients.confluent import connect_kafka
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import PlatformError, SpecError
from kafkaops.spec.model import KafkaConnection
from kafkaops.spec.references import DevValues, Resolver


def settings(root: Path = Path(), **fields: object) -> KafkaSettings:
    connection = KafkaConnection.model_validate({"bootstrap_servers": "b1:9092", **fields})
    return KafkaSettings.of(connection, Resolver(root, DevValues({"bootstrap_servers": "127.0.0.1:1,127.0.0.1:2"})))


def test_plaintext_for_both_clients() -> None:
    given = settings(bootstrap_servers=["b1:9092", "b2:9092, b3:9092"], request_timeout="5s")
    assert given.for_confluent() == {
        "bootstrap.servers": "b1:9092,b2:9092,b3:9092",
        "client.id": "kafkaops",
        "security.protocol": "PLAINTEXT",
        "socket.timeout.ms": 5_000,
        "reconnect.backoff.max.ms": 1_000,
    }
    assert given.for_kafka_python() == {
        "bootstrap_servers": ["b1:9092", "b2:9092", "b3:9092"],
        "client_id": "kafkaops",
        "security_protocol": "PLAINTEXT",
        "request_timeout_ms": 5_000,
        "reconnect_backoff_max_ms": 1_000,
        "max_in_flight_requests_per_connection": 1_000,
    }


def test_scram_over_tls_for_both_clients(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KAFKA_PASSWORD", "secret")
    (tmp_path / "ca.pem").write_text("x")
    given = settings(
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="ops",
        sasl_password="${env:KAFKA_PASSWORD}",
        ssl_ca_location=str(tmp_path / "ca.pem"),
    )
    assert list(given.problems()) == []
    confluent, python = given.for_confluent(), given.for_kafka_python()
    assert (confluent["sasl.mechanism"], confluent["sasl.username"], confluent["sasl.password"]) == (
        "SCRAM-SHA-512",
        "ops",
        "secret",
    )
    assert (python["sasl_mechanism"], python["sasl_plain_username"], python["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "ops",
        "secret",
    )
    assert confluent["ssl.ca.location"] == python["ssl_cafile"] == str(tmp_path / "ca.pem")
    assert "secret" not in repr(given)


def test_a_dev_clusters_addresses() -> None:
    assert settings(bootstrap_servers="${dev:bootstrap_servers}").bootstrap_servers == ("127.0.0.1:1", "127.0.0.1:2")


def test_a_reference_that_stands_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_PASSWORD", raising=False)
    with pytest.raises(SpecError, match="KAFKA_PASSWORD is not set"):
        settings(sasl_password="${env:KAFKA_PASSWORD}")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"bootstrap_servers": " , "}, "bootstrap_servers is empty"),
        (
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", "sasl_username": "u"},
            "security_protocol SASL_SSL needs sasl_password",
        ),
        ({"sasl_mechanism": "PLAIN"}, "sasl_mechanism is set, but security_protocol is PLAINTEXT"),
        ({"ssl_ca_location": "/nowhere/ca.pem"}, "ssl_ca_location: there is no file /nowhere/ca.pem"),
        ({"ssl_key_location": __file__}, "ssl_certificate_location and ssl_key_location go together"),
    ],
)
def test_settings_that_cannot_be_used(fields: dict[str, object], problem: str) -> None:
    connection = KafkaConnection.model_validate({"bootstrap_servers": "b1:9092", **fields})
    with pytest.raises(PlatformError) as caught:
        connect_kafka(connection, Resolver(Path(), None))
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.detail) == ("KO408", problem)


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    connection = KafkaConnection(
        bootstrap_servers="b1:9092", security_protocol="SSL", ssl_ca_location=str(tmp_path / "ca.pem")
    )
    with pytest.raises(PlatformError) as caught:
        connect_kafka(connection, Resolver(Path(), None))
    assert caught.value.diagnostics[0].code == "KO408"
