"""Which settings look as if they held a secret, and how values are shown because of it."""

from __future__ import annotations

import re

from kafkaops.spec.written import Written

_SECRET_WORDS = {
    "password", "passwd", "passphrase", "secret", "secrets", "token", "credential", "credentials",
    "apikey", "accesskey", "secretkey", "privatekey",
}  # fmt: skip
_SECRET_PAIRS = {("api", "key"), ("access", "key"), ("secret", "key"), ("private", "key"), ("sas", "key")}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NOT_SECRET_AFTER = {"location", "file", "path", "type", "provider", "class", "url", "endpoint", "enable"}
_HARMLESS = {"key.converter", "value.converter"}
_USER_INFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:)(?P<secret>[^/\s@]+)@")
_QUERY_SECRET = re.compile(
    r"(?i)\b(?P<name>[a-z0-9_.-]*(?:secret|password|token|accesskey)[a-z0-9_.-]*)=(?P<secret>[^&\s;\"']+)"
)
LONGEST_SHOWN = 60


def looks_secret(key: str) -> bool:
    """Whether a setting of this name holds a secret: `sasl_password`, `aws.secret.access.key`."""
    words = [word.lower() for word in _WORD.findall(key)]
    if not words or words[-1] in _NOT_SECRET_AFTER:
        return False
    if any(word in _SECRET_WORDS for word in words):
        return True
    return any(pair in _SECRET_PAIRS for pair in zip(words, words[1:], strict=False))


def masked(text: str) -> str:
    """A text with the secrets inside URLs hidden: `mongodb://user:***@host`, `…?secretKey=***`."""
    text = _USER_INFO.sub(lambda match: f"{match['scheme']}***@", text)
    return _QUERY_SECRET.sub(lambda match: f"{match['name']}=***", text)


def shown_value(name: str, written: Written) -> str:
    """A value as a message may show it: short, on one line, without secrets."""
    value = written.value
    if isinstance(value, dict | list):
        return written.kind()
    if any(looks_secret(step) for step in (name, *name.split("."))):
        return "***"
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            text = masked(" ".join(value.split()))
            shown = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
            return f"'{shown}'"
        case _:
            return str(value)[:LONGEST_SHOWN]
