"""Client properties, in Java's format, as the connection that they describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from kafkaops.errors import UsageError
from kafkaops.importing.client_properties import environment_of, read_properties

JAVA = """\
# of the Kafka tools
bootstrap.servers = kafka-1:9093,\\
                    kafka-2:9093
security.protocol=SASL_SSL
sasl.mechanism: SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\
  username="ops" password="a\\\\"b=c;d";
ssl.truststore.location=/etc/ca.pem
ssl.truststore.type=PEM
schema.registry.url=https://registry:8081
basic.auth.user.info=ops:p:w
"""


def environment(tmp_path: Path, text: str, servers: str | None = None) -> dict[str, object]:
    file = tmp_path / "client.properties"
    file.write_text(text)
    return environment_of(file, servers).model_dump(exclude_defaults=True)


def test_javas_own_names(tmp_path: Path) -> None:
    assert environment(tmp_path, JAVA) == {
        "kafka": {
            "bootstrap_servers": "kafka-1:9093,kafka-2:9093",
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_username": "ops",
            "sasl_password": 'a"b=c;d',
            "ssl_ca_location": "/etc/ca.pem",
        },
        "schema_registry": {"url": "https://registry:8081", "username": "ops", "password": "p:w"},
    }


def test_librdkafkas_names_and_servers_by_option(tmp_path: Path) -> None:
    text = "sasl.username=u\nsasl.password=p\nsasl.mechanisms=PLAIN\nsecurity.protocol=SASL_PLAINTEXT\n"
    found = environment(tmp_path, text, "other:9092")["kafka"]
    assert found == {
        "bootstrap_servers": "other:9092",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_username": "u",
        "sasl_password": "p",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("security.protocol=SSL\n", "no bootstrap.servers"),
        ("bootstrap.servers=a:1\nssl.truststore.location=/x.jks\n", "Java keystore"),
        ("bootstrap.servers=a:1\nsasl.mechanism=OAUTHBEARER\n", "kafka.sasl_mechanism"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match="KO954") as raised:
        environment(tmp_path, text)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=b", {"a": "b"}),
        ("  a   b c ", {"a": "b c "}),
        ("a\\=b = c", {"a=b": "c"}),
        ("a", {"a": ""}),
        ("! x\n#y\n\n a:\\u00e9\\n", {"a": "é\n"}),
        ("a=1\na=2", {"a": "2"}),
        ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
        ("a=b\\", {"a": "b"}),
    ],
)
def test_the_format_is_javas(text: str, found: dict[str, str]) -> None:
    assert read_properties(text) == found
