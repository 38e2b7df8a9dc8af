"""Secrets of a connector's settings become references that stand for exactly what was there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafkaops.errors import Diagnostic
from kafkaops.importing.secrets import Extraction, SecretRules, Vault, repeated
from kafkaops.spec.references import Resolver, escaped


def extract(
    key: str, value: str, types: Mapping[str, str] | None = None, rules: SecretRules | None = None
) -> tuple[str, Vault, list[Diagnostic]]:
    vault, suspicions = Vault(), list[Diagnostic]()
    text = Extraction("sink", vault, rules or SecretRules(), types or {}, frozenset({"orders"}), suspicions).written(
        key, value
    )
    assert Resolver(environment=vault.environment).resolve(text) == value
    return text, vault, suspicions


@pytest.mark.parametrize(
    ("key", "value", "written"),
    [
        ("connection.password", "hunter2", "${env:SINK_CONNECTION_PASSWORD}"),
        ("aws.secret.access.key", "x", "${env:SINK_AWS_SECRET_ACCESS_KEY}"),
        ("opaque", "hunter2", "${env:SINK_OPAQUE}"),
        ("connection.uri", "mongodb://u:p@h/db", "mongodb://u:${env:SINK_CONNECTION_URI_PASSWORD}@h/db"),
        ("connection.uri", "mongodb://t0ken@h/db", "mongodb://${env:SINK_CONNECTION_URI_USER}@h/db"),
        ("url", "s3://b?secretKey=RAW(a&b)&region=x", "s3://b?secretKey=RAW(${env:SINK_URL_SECRET_KEY})&region=x"),
        ("url", "jdbc:x://h;user=u;password=p", "jdbc:x://h;user=u;password=${env:SINK_URL_PASSWORD}"),
        ("url", "x://h?password=p&token=t", "x://h?password=${env:SINK_URL_PASSWORD}&token=${env:SINK_URL_TOKEN}"),
        ("connection.password", "${file:/run/s:password}", "$${file:/run/s:password}"),
        ("connection.password", "${vault:kv/x:password}", "${vault:kv/x:password}"),
        ("url", "x://u:${env:P}@h", "x://u:$${env:P}@h"),
        ("connection.password", "", ""),
        ("topic.name", "orders", "orders"),
        ("ssl.keystore.type", "PKCS12", "PKCS12"),
        ("aws.access.key.id", "AKIAIOSFODNN7EXAMPLE", "${env:SINK_AWS_ACCESS_KEY_ID}"),
    ],
)
def test_where_secrets_stand(key: str, value: str, written: str) -> None:
    text, _, suspicions = extract(key, value, {"opaque": "PASSWORD"})
    assert text == written
    assert suspicions == []


def test_jaas_with_a_provided_password_stays_readable() -> None:
    value = 'Plain required username="u" password="${file:/s:p}";'
    assert extract("sasl.jaas.config", value)[0] == escaped(value)
    text, vault, _ = extract("sasl.jaas.config", value.replace("${file:/s:p}", "hunter2"))
    assert text == "${env:SINK_SASL_JAAS_CONFIG}"
    assert vault.kept[0].address == "connector.sink"


def test_an_unknown_random_value_stops_with_its_address_and_the_ways_out() -> None:
    value = "q8Zt3LkVx0Pw7RbYc2Nd"
    _, _, (found,) = extract("custom.thing", value)
    assert (found.code, found.address) == ("KO952", "connector.sink")
    assert "custom.thing" in found.summary and value not in str(found)
    assert "--secret 'sink:custom.thing'" in (found.hint or "")
    text, _, none = extract("custom.thing", value, rules=SecretRules(plain=("sink:custom.*",)))
    assert (text, none) == (value, [])
    text, _, none = extract("custom.thing", value, rules=SecretRules(secret=("*:custom.thing",)))
    assert (text, none) == ("${env:SINK_CUSTOM_THING}", [])


def test_a_secret_that_stands_elsewhere_in_clear_is_found() -> None:
    vault = Vault()
    vault.keep("hunter2-long", "connector.sink", "password", "sink")
    written = {("other", "note"): "try hunter2-long", ("third", "note"): "nothing"}
    (found,) = repeated(vault.kept, written, SecretRules())
    assert (found.address, "hunter2" in str(found)) == ("connector.other", False)
    assert list(repeated(vault.kept, written, SecretRules(plain=("other:note",)))) == []


def test_variables_of_different_settings_differ() -> None:
    vault = Vault()
    variables = [vault.keep("s", "a", "k", *parts) for parts in (("a-b", "c"), ("a", "b.c"), ("1", ""), ("é", ""))]
    assert variables == ["${env:A_B_C}", "${env:A_B_C_2}", "${env:_1}", "${env:SECRET}"]


@given(st.text() | st.lists(st.sampled_from(["$", "${", "env:", "dev:", "file:", "X", "}", "{", " "])).map("".join))
def test_an_escaped_text_is_sent_as_it_is(text: str) -> None:
    assert Resolver(environment={}).resolve(escaped(text)) == text


@settings(max_examples=500)
@given(
    st.lists(
        st.sampled_from(["$", "${", "env:", "file:", "dev:", "}", "A", "{", "://", ":", "@", "?token=", "&", "RAW("])
    )
)
def test_whatever_stands_around_a_secret_stays(parts: list[str]) -> None:
    extract("note", "".join(parts))
    extract("connection.password", "".join(parts))


def test_nothing_of_a_secret_is_in_a_representation() -> None:
    vault = Vault()
    vault.keep("hunter2", "connector.sink", "password", "sink")
    assert "hunter2" not in repr(vault)
