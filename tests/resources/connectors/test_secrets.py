from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.resources.connectors.secrets import (
    MASK,
    Scrubber,
    is_sensitive,
    masked_within,
    refers_to_secret,
    secrets_of,
    secrets_within,
)


@pytest.mark.parametrize(
    ("key", "sensitive"),
    [
        ("connection.password", True),
        ("ssl.keystore.password", True),
        ("ssl.keystore.key", True),
        ("aws.secret.access.key", True),
        ("s3.secretKey", True),
        ("api.key", True),
        ("sasl.jaas.config", True),
        ("consumer.override.sasl.jaas.config", True),
        ("basic.auth.user.info", True),
        ("github.token", True),
        ("azure.connection.string", True),
        ("http.authorization", True),
        ("authorization.header", True),
        ("http.auth.header", True),
        ("authorization.type", False),
        ("ssl.keystore.location", False),
        ("key.converter", False),
        ("document.id.strategy", False),
        ("topics", False),
        ("collection", False),
    ],
)
def test_names(key: str, sensitive: bool) -> None:
    assert is_sensitive(key) is sensitive


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ("${env:TOKEN}", True),
        ("prefix-${file:secrets/x}-suffix", True),
        ("${dev:mongodb_uri}", False),
        ("${dev:mongodb_uri}?p=${env:P}", True),
        ("$${env:TOKEN}", False),
        ("${vault:secret/data:key}", False),
        ("plain", False),
    ],
)
def test_references(written: str, secret: bool) -> None:
    assert refers_to_secret(written) is secret
    assert is_sensitive("topics", written) is secret


def test_declared_type() -> None:
    assert is_sensitive("connection.uri", type_name="PASSWORD")
    assert not is_sensitive("connection.uri", type_name="STRING")


INSIDE = [
    ("mongodb://user:pa55word@host:27017/db", "mongodb://user:***@host:27017/db", ["pa55word"]),
    ("mongodb://user:p@ss/word@host/db", "mongodb://user:***@host/db", ["p@ss/word"]),
    ("https://ghp_abcdef@github.example/x", "https://***@github.example/x", ["ghp_abcdef"]),
    ("https://host/path?token=abc&x=1", "https://host/path?token=***&x=1", ["abc"]),
    (
        "aws2-s3://b?accessKey=AK1&secretKey=RAW(a&b(c)d)&region=us-east-1",
        "aws2-s3://b?accessKey=***&secretKey=***&region=us-east-1",
        ["AK1", "a&b(c)d"],
    ),
    ("jdbc:sqlserver://h;user=u;password=pw1234", "jdbc:sqlserver://h;user=u;password=***", ["pw1234"]),
    ("http://h/?secretKey=a;b&x=1", "http://h/?secretKey=***&x=1", ["a;b"]),
    ("elasticsearch-rest://es?hostAddresses=h:1&indexName=i", None, []),
    ("plain text, no URI", None, []),
]


@pytest.mark.parametrize(("text", "shown", "secrets"), INSIDE)
def test_inside_of_uris(text: str, shown: str | None, secrets: list[str]) -> None:
    assert masked_within(text) == (shown or text)
    assert list(secrets_within(text)) == secrets


def test_parts_of_secrets_that_may_be_quoted_alone() -> None:
    jaas = 'org.X required username="u" password="in-jaas";'
    assert list(secrets_of("sasl.jaas.config", jaas)) == [jaas, "in-jaas"]
    assert "part" in list(secrets_of("basic.auth.user.info", "name:part"))


def test_scrubbing_quoted_forms() -> None:
    secret = 'p"w/ d&ä'
    scrub = Scrubber([secret])
    for form in (secret, quote(secret, safe=""), quote(secret), json.dumps(secret)):
        assert MASK in scrub(f"failed with {form}!")
        assert secret not in scrub(f"failed with {form}!")


def test_scrubbing_a_line_of_a_key() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----"
    assert "hkiG9w0BAQEFAASC" not in Scrubber([key])("bad base64 near hkiG9w0BAQEFAASC")


def test_short_secrets_only_where_they_stand_alone() -> None:
    scrub = Scrubber(["dev", " ", ""])
    assert scrub("accessKey dev refused on device") == "accessKey *** refused on device"


def test_nothing_to_scrub() -> None:
    assert Scrubber()("as it was") == "as it was"


def test_it_does_not_show_what_it_knows() -> None:
    scrub = Scrubber(["tell-no-one"]).joined(Scrubber(["nor-this"]))
    assert "tell" not in repr(scrub)
    assert scrub("tell-no-one nor-this") == f"{MASK} {MASK}"


@given(
    secrets=st.lists(st.text(min_size=4).filter(lambda text: len(text.strip()) >= 4), min_size=1, max_size=4),
    texts=st.lists(st.text(), min_size=1, max_size=4),
)
def test_no_secret_survives(secrets: list[str], texts: list[str]) -> None:
    message = "".join(f"{text} {secret}" for text, secret in zip(texts, secrets, strict=False))
    scrubbed = Scrubber(secrets)(message)
    kept = scrubbed.replace(MASK, "\0")
    for secret in secrets[: len(texts)]:
        assert secret not in kept
