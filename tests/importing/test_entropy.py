"""What looks like a secret, and above all what does not."""

from __future__ import annotations

import base64
import random
import secrets
import string
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.importing.entropy import is_random, suspicion

HARMLESS = [
    "com.mongodb.kafka.connect.sink.processor.id.strategy.PartialValueStrategy",
    "com.mongodb.kafka.connect.sink.writemodel.strategy.ReplaceOneBusinessKeyStrategy",
    "org.apache.camel.kafkaconnector.transforms.SchemaAndStructToJsonTransform",
    "io.confluent.connect.avro.AvroConverter",
    "https://schema-registry.eu-west-1.paklog.example:8443/apis/registry/v2?group=default",
    "jdbc:postgresql://db-1.internal.paklog.example:5432/warehouse?currentSchema=public&sslmode=verify-full",
    "aws2-s3://paklog-external-events?region=us-east-1&keyName=$simple{date:now:yyyyMMddHHmmssSSS}-$simple{exchangeId}.json",
    "'year'=YYYY/'month'=MM/'day'=dd/'hour'=HH/'minute'=mm",
    "yyyyMMddHHmmssSSSSSSXXX",
    "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSXXXXX",
    r"^(?:[a-z0-9]+-){2,4}events(?:\.v[0-9]+)?$",
    r"(?<database>[a-zA-Z_][a-zA-Z0-9_]*)\.(?<table>[a-zA-Z_][a-zA-Z0-9_]*)",
    "SELECT event_id, wave_id, occurred_at FROM wave_events WHERE occurred_at > ? ORDER BY event_id",
    "3f2b8c1e-9d47-4a6b-8f10-2c5e7a9b0d13",
    "orders-3f2b8c1e-9d47-4a6b-8f10-2c5e7a9b0d13-changes",
    "/opt/kafka/connect/plugins/confluentinc-kafka-connect-jdbc-10.7.4/lib",
    "arn:aws:iam::123456789012:role/paklog-connect-s3-writer",
    "projects/paklog-production-123456/secrets/connect/versions/latest",
    "1700000000000,1700000000001,1700000000002",
    "transforms.unwrap.delete.handling.mode",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256",
    "SCHEMA_AND_VALUE_CONVERTER_FACTORY_BEAN",
    "warehouse_management_system_wave_planning_v2_production",
    '{"$set": {"processed": true, "at": "$$NOW"}, "$unset": {"temporary": ""}}',
    "kafka-1.paklog.example:9093,kafka-2.paklog.example:9093,kafka-3.paklog.example:9093",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "00000000000000000000000000000000",
    "",
]
FOUND = [
    ("AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
    ("prefix AKIAIOSFODNN7EXAMPLE suffix", "an AWS access key"),
    ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None),
    ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "a GitHub token"),
    ("glpat-xYz12AbC34dEf56gHi78", "a GitLab token"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P", "a JSON web token"),
    ("5f4dcc3b5aa765d61d8327deb882cf99", None),
    ("q8Zt3LkVx0Pw7RbYc2Nd", None),
    ("key=q8Zt3LkVx0Pw7RbYc2NdTf5G", None),
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_people_write_is_no_secret(text: str) -> None:
    assert suspicion(text) is None


@pytest.mark.parametrize(("text", "what"), FOUND)
def test_what_machines_draw_is_suspected(text: str, what: str | None) -> None:
    found = suspicion(text)
    assert found is not None
    assert found.certain == (what is not None)
    assert what is None or found.what == what
    assert text[:8] not in found.what


def test_known_names_are_harmless() -> None:
    name = "q8Zt3LkVx0Pw7RbYc2Nd"
    assert suspicion(f"{name},other", {name}) is None


@given(st.uuids())
def test_a_uuid_is_an_identifier(value: UUID) -> None:
    assert suspicion(f"topic-{value}") is None


WORDS = ("wave", "order", "pick", "pack", "event", "sink", "Source", "Table", "value", "Key", "region")


@given(st.lists(st.sampled_from(WORDS), min_size=3))
def test_words_are_no_secret_however_they_are_joined(words: list[str]) -> None:
    for joint in ("-", "_", "", "."):
        assert suspicion(joint.join(words)) is None
    assert suspicion("".join(word.capitalize() for word in words)) is None


@pytest.mark.parametrize(
    "draw",
    [
        lambda size: base64.b64encode(secrets.token_bytes(size)).decode(),
        lambda size: secrets.token_urlsafe(size),
        lambda size: secrets.token_hex(size),
        lambda size: "".join(random.choices(string.ascii_letters + string.digits, k=2 * size)),
    ],
    ids=["base64", "base64url", "hexadecimal", "letters and digits"],
)
def test_nearly_every_random_key_is_seen(draw: object) -> None:
    assert callable(draw)
    missed = sum(suspicion(draw(24)) is None for _ in range(2_000))
    assert missed <= 40


def test_short_texts_are_not_judged() -> None:
    assert not is_random("q8Zt3LkVx0Pw7Rb")
