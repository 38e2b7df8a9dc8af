"""A Kafka client's properties file as an environment. The only I/O is reading that file.

Java's format (`java.util.Properties`), with the names of Java's clients or of librdkafka's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from kafkaops.errors import UsageError
from kafkaops.spec.model import Environment
from kafkaops.spec.source import read_text

_NAMES = {
    "bootstrap.servers": "bootstrap_servers",
    "security.protocol": "security_protocol",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.mechanisms": "sasl_mechanism",
    "sasl.username": "sasl_username",
    "sasl.password": "sasl_password",
    "ssl.ca.location": "ssl_ca_location",
    "ssl.certificate.location": "ssl_certificate_location",
    "ssl.key.location": "ssl_key_location",
    "ssl.key.password": "ssl_key_password",
    "request.timeout.ms": "request_timeout",
}
_STORES = ("ssl.truststore", "ssl.keystore")
_REGISTRY_URL = "schema.registry.url"
_REGISTRY_USER = ("basic.auth.user.info", "schema.registry.basic.auth.user.info")
_SEPARATOR = re.compile(r"(?P<key>(?:[^\\=:\s]|\\.)+)\s*[=:\s]\s*(?P<value>.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_JAAS = re.compile(r"\b(?P<key>username|password)\s*=\s*(?P<quote>[\"'])(?P<value>(?:\\.|(?!(?P=quote)).)*)(?P=quote)")


def environment_of(file: Path, bootstrap_servers: str | None = None) -> Environment:
    """The connection that a properties file describes; `bootstrap_servers` go before its own.

    Raises `UsageError` KO954 for what kafkaops' clients cannot use, `SpecError` for a file that cannot be read.
    """
    properties = read_properties(read_text(file, code="KO954"))
    kafka = {ours: properties[theirs] for theirs, ours in _NAMES.items() if theirs in properties}
    kafka.update(_from_jaas(properties.get("sasl.jaas.config", "")))
    kafka.update(_from_stores(file, properties))
    if bootstrap_servers:
        kafka["bootstrap_servers"] = bootstrap_servers
    given: dict[str, object] = {"kafka": kafka} if kafka.get("bootstrap_servers") else {}
    if url := properties.get(_REGISTRY_URL):
        user, _, password = next((properties[key] for key in _REGISTRY_USER if key in properties), "").partition(":")
        given["schema_registry"] = {"url": url, **({"username": user, "password": password} if user else {})}
    if "kafka" not in given:
        raise UsageError.of("KO954", f"{file} has no bootstrap.servers", hint="add them, or give --bootstrap-servers")
    try:
        return Environment.model_validate(given)
    except ValidationError as error:
        field = ".".join(str(step) for step in error.errors(include_url=False, include_input=False)[0]["loc"])
        raise UsageError.of(
            "KO954",
            f"{file}: what it says of {field} is none of what kafkaops' clients speak",
            hint="PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL, with PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
        ) from None


def read_properties(text: str) -> dict[str, str]:
    """Keys and values; the last of a key counts, as in Java."""
    found: dict[str, str] = {}
    for line in _logical_lines(text):
        match = _SEPARATOR.fullmatch(line)
        key, value = (match["key"], match["value"]) if match else (line, "")
        found[_unescaped(key)] = _unescaped(value)
    return found


def _logical_lines(text: str) -> Iterator[str]:
    """Lines with those that they continue in, without comments and empty ones."""
    before = ""
    for raw in text.splitlines():
        line = raw.lstrip(" \t\f")
        if not before and (not line or line[0] in "#!"):
            continue
        backslashes = len(line) - len(line.rstrip("\\"))
        if backslashes % 2:
            before += line[:-1]
            continue
        yield before + line
        before = ""
    if before:
        yield before


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPED.get(code, code)

    return _ESCAPE.sub(character, text)


def _from_jaas(text: str) -> dict[str, str]:
    """User name and password of a PLAIN or SCRAM login module."""
    return {f"sasl_{item['key']}": _ESCAPE.sub(r"\1", item["value"]) for item in _JAAS.finditer(text)}


def _from_stores(file: Path, properties: Mapping[str, str]) -> dict[str, str]:
    """PEM stores as librdkafka names them. Java's own stores are nothing that it can read."""
    found: dict[str, str] = {}
    for store in _STORES:
        location = properties.get(f"{store}.location")
        if location is None:
            continue
        if properties.get(f"{store}.type", "JKS").upper() != "PEM":
            raise UsageError.of(
                "KO954",
                f"{file}: {store}.location is a Java keystore, which kafkaops' clients cannot read",
                hint="export it as PEM and write ssl.ca.location, ssl.certificate.location and ssl.key.location",
            )
        if store == "ssl.truststore":
            found["ssl_ca_location"] = location
        else:
            found |= {"ssl_certificate_location": location, "ssl_key_location": location}
    return found
