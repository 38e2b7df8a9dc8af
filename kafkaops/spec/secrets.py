"""Which settings look as if they held a secret, and how values are shown because of it."""

from __future__ import annotations

import itertools
import re

from kafkaops.spec.references import has_reference
from kafkaops.spec.written import Written

LONGEST_SHOWN = 60

_SECRET_WORDS = {
    "password", "passwd", "pwd", "passphrase", "passwords", "secret", "secrets", "token", "tokens",
    "credential", "credentials", "apikey", "accesskey", "secretkey", "privatekey", "jaas",
}  # fmt: skip
_SECRET_PAIRS = {("api", "key"), ("access", "key"), ("secret", "key"), ("private", "key"), ("account", "key")}
_NAMES_ABOUT_SECRETS = {
    "location", "file", "path", "type", "provider", "class", "url", "uri", "endpoint", "enable", "enabled",
    "algorithm", "lifetime", "ms", "seconds", "id", "name", "username", "strategy", "store",
}  # fmt: skip
"""Last words of settings that are about a secret but hold none: `ssl.keystore.type`, `token.endpoint.url`."""
_SECRET_ENDINGS = re.compile(r"(user\.info|authorization|auth(orization)?\.?header|keystore\.key)$", re.IGNORECASE)
"""Settings that hold a secret and have no word for it: `basic.auth.user.info`, `http.authorization.header`."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# A scheme of bounded length: without, a long word without a URL takes time by the square of its length.
_IN_URL = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^/\s:@'\"]*:(?P<user_info>[^/\s@'\"]+)@"
    r"|[?&;](?P<name>[A-Za-z0-9_.-]+)=(?P<parameter>[^&;\s'\"]+)"
)


def looks_secret(key: str) -> bool:
    """Whether a setting of this name holds a secret: `sasl_password`, `aws.secret.access.key`."""
    if _SECRET_ENDINGS.search(key):
        return True
    words = [word.lower() for word in _WORD.findall(key)]
    if not words or words[-1] in _NAMES_ABOUT_SECRETS:
        return False
    if any(word in _SECRET_WORDS for word in words):
        return True
    # A slip of the finger must not show what stands behind the name: `sasl_p:assword`.
    joined = "".join(words)
    return (
        "password" in joined
        or "passphrase" in joined
        or any(pair in _SECRET_PAIRS for pair in itertools.pairwise(words))
    )


def masked_spans(text: str) -> list[tuple[int, int]]:
    """Where URLs in a text hold secrets in clear: `user:SECRET@host`, `?secretKey=SECRET`."""
    spans = []
    for match in _IN_URL.finditer(text):
        group = "user_info" if match["user_info"] else "parameter"
        if (group == "user_info" or looks_secret(match["name"])) and not has_reference(match[group]):
            spans.append(match.span(group))
    return spans


def masked(text: str) -> str:
    """The text with the secrets inside URLs hidden."""
    for start, stop in reversed(masked_spans(text)):
        text = f"{text[:start]}***{text[stop:]}"
    return text


def is_secret(path: str, written: Written) -> bool:
    """Whether a value holds a secret in clear, by the name it stands under."""
    value = written.value
    if value is None or isinstance(value, bool | dict | list):
        return False
    return looks_secret(path) and not has_reference(str(value))


def shown_value(path: str, written: Written) -> str:
    """A value as a message may show it: short, on one line, without secrets. `path` is dotted."""
    value = written.value
    if isinstance(value, dict | list):
        return written.kind()
    if is_secret(path, written):
        return "***"
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            text = masked(" ".join(value.split()))
            return f"'{text}'" if len(text) <= LONGEST_SHOWN else f"'{text[: LONGEST_SHOWN - 1]}…'"
        case _:
            return str(value)[:LONGEST_SHOWN]
