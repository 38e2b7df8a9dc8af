"""What in a connector's configuration must not be seen, and how it is kept from being seen.

A key is *sensitive* as a whole (its name, its declared type or a reference says so), or a text holds a
secret *inside* (user information or a query parameter of a URI). Servers quote what they were given, so
their messages are *scrubbed* of every secret value that is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from urllib.parse import quote, quote_plus, unquote

from kafkaops.spec.references import references_in
from kafkaops.spec.secrets import looks_secret

MASK = "***"
PASSWORD = "PASSWORD"  # the name of a type, Kafka's ConfigDef.Type
_MORE_SECRET_NAMES = re.compile(r"jaas|connection\.?string$|^sig$|signature$", re.IGNORECASE)
"""Of connectors and of URIs, beyond what `looks_secret` knows."""
_USER_INFO = re.compile(r"(?<=://)(?P<user>[^\s:/?#@]*)(?P<rest>[^\s?#]*)@")
_RAW_VALUE = r"RAW\(.*?\)(?=&|\s|$)|RAW\{.*?\}(?=&|\s|$)"
"""Camel's way to write a value with any characters."""
_PARAMETERS = (
    re.compile(rf"(?P<before>[?&])(?P<name>[^=&?;\s]+)=(?P<value>{_RAW_VALUE}|[^&\s]*)"),
    re.compile(rf"(?P<before>;)(?P<name>[^=&?;\s]+)=(?P<value>{_RAW_VALUE}|[^&;\s]*)"),
)
_JAAS_PASSWORD = re.compile(r"\bpassword\s*=\s*\"((?:[^\"\\]|\\.)*)\"|\bpassword\s*=\s*'([^']*)'", re.IGNORECASE)
_RAW = re.compile(r"RAW[({](.*)[)}]")
_SHORT = 4
"""Below this length a secret is only replaced where it stands alone: 'a' must not eat every a."""


def is_secret_name(name: str) -> bool:
    """Whether a key of this name looks as if it held a secret."""
    return looks_secret(name) or _MORE_SECRET_NAMES.search(name) is not None


def refers_to_secret(written: str) -> bool:
    """Whether a text of the spec has a reference that may stand for a secret; addresses of the dev cluster do not."""
    return any(reference.scheme != "dev" for reference in references_in(written))


def is_sensitive(key: str, written: str | None = None, type_name: str | None = None) -> bool:
    """Whether a key's value is never shown: by reference, by declared type or by name."""
    return type_name == PASSWORD or is_secret_name(key) or (written is not None and refers_to_secret(written))


_ONLY_A_REFERENCE = re.compile(r":?(RAW[({])?\$\{(env|file|dev):[^{}\n]*\}[)}]?")


def masked_within(text: str) -> str:
    """The text with the secrets inside of its URIs replaced, the rest readable. References are no secrets."""
    return replaced_within(text, lambda _holder, _secret: MASK)


def replaced_within(text: str, replacement: Callable[[str, str], str]) -> str:
    """The text with each secret inside of its URIs replaced by what `replacement` gives for it.

    That is given the secret and what holds it: a parameter's name, `password` or `user` of a URI.
    """

    def user_info(match: re.Match[str]) -> str:
        user, rest = match["user"], match["rest"]
        if _ONLY_A_REFERENCE.fullmatch(rest or user) or rest.startswith("/"):  # RFC 3986: a `/` ends the authority
            return match.group()
        if not rest:
            return f"{replacement('user', user)}@"
        separator = ":" if rest.startswith(":") else ""  # none: a user name that holds an `@` itself
        return f"{user}{separator}{replacement('password', rest.removeprefix(':'))}@"

    def parameter(match: re.Match[str]) -> str:
        name, value = match["name"], match["value"]
        if not is_secret_name(name) or _ONLY_A_REFERENCE.fullmatch(value):
            return match.group()
        return f"{match['before']}{name}={replacement(name, value)}"

    text = _USER_INFO.sub(user_info, text)
    for expression in _PARAMETERS:
        text = expression.sub(parameter, text)
    return text


def secrets_within(text: str) -> Iterator[str]:
    """What `masked_within` hides, and what a JAAS configuration holds."""
    for match in _USER_INFO.finditer(text):
        yield match["rest"].removeprefix(":") or match["user"]
    for match in (found for parameter in _PARAMETERS for found in parameter.finditer(text)):
        if is_secret_name(match["name"]):
            value = match["value"]
            raw = _RAW.fullmatch(value)
            yield raw[1] if raw else value
    for match in _JAAS_PASSWORD.finditer(text):
        yield match[1] or match[2] or ""


def secrets_of(key: str, value: str) -> Iterator[str]:
    """Everything secret about a sensitive key's value: the whole, and the parts a message may quote alone."""
    yield value
    yield from secrets_within(value)
    if "user" in key and ":" in value:  # basic.auth.user.info=name:password
        yield value.partition(":")[2]


class Scrubber:
    """Replaces known secrets in texts that come from elsewhere. Its representation holds none of them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = frozenset(secret for secret in secrets if secret.strip())

    def __call__(self, text: str) -> str:
        """The text without the secrets."""
        return self._regex.sub(MASK, text) if self._secrets else text

    def __repr__(self) -> str:
        return f"Scrubber({len(self._secrets)} secrets)"

    def joined(self, *others: Scrubber) -> Scrubber:
        """One that knows the secrets of all."""
        return Scrubber(self._secrets.union(*(other._secrets for other in others)))

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        """Made when it is first needed: most plans have nothing to scrub. The longest match goes first."""
        forms = {form for secret in self._secrets for form in _forms(secret)}
        return re.compile("|".join(_pattern(form) for form in sorted(forms, key=len, reverse=True)))


def _forms(secret: str) -> Iterator[str]:
    """The forms in which a message may quote a secret: as it is, by line, percent-encoded, as JSON."""
    for part in {secret, secret.strip(), *(line.strip() for line in secret.splitlines())}:
        if part:
            yield from (part, quote(part, safe=""), quote(part), quote_plus(part), unquote(part))
            yield from (json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1])


def _pattern(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _SHORT else rf"(?<!\w){escaped}(?!\w)"
