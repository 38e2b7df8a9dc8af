"""Secrets of connectors → references; what looks like one and is not named so stops the import. Pure.

A value is a secret by its key's declared type (PASSWORD), by its key's name, by standing in the user
information or a secret parameter of a URI, or by its shape. References to Connect's own config providers
(`${file:/run/secrets:password}`) are none: they are kept, escaped where kafkaops would take them for its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from kafkaops.errors import Diagnostic, Severity, SpecError
from kafkaops.importing.entropy import suspicion
from kafkaops.importing.names import Names
from kafkaops.importing.observed import finding
from kafkaops.resources.connectors.secrets import is_sensitive, replaced_within, secrets_within
from kafkaops.spec.references import Resolver, escaped

_ONLY_PROVIDERS = re.compile(r"(?:\s*\$\{[^{}\n]+\}\s*[:,]?)+")
_RAW = re.compile(r"RAW([({])(.*)([)}])", re.DOTALL)
_MARK = "\0{}\0"
_LONG_ENOUGH = 8
"""A shorter secret may well be a word that stands elsewhere for something else."""


@dataclass(frozen=True, slots=True)
class SecretRules:
    """What a caller says of settings, as patterns of CONNECTOR:KEY."""

    secret: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()

    def is_secret(self, connector: str, key: str) -> bool:
        """Whether it is named as a secret."""
        return _matches(self.secret, connector, key)

    def is_plain(self, connector: str, key: str) -> bool:
        """Whether it is named as none."""
        return _matches(self.plain, connector, key)


def _matches(patterns: Iterable[str], connector: str, key: str) -> bool:
    return any(fnmatchcase(f"{connector}:{key}", pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Kept:
    """A reference that must be set, and what it is for."""

    variable: str
    address: str
    key: str
    value: str = field(repr=False)


@dataclass
class Vault:
    """Every secret that was taken out, by the variable that stands for it."""

    names: Names = field(default_factory=Names)
    kept: list[Kept] = field(default_factory=list)

    def keep(self, value: str, address: str, key: str, *parts: str) -> str:
        """The reference that stands for a secret from now on."""
        variable = self.names.variable(*parts)
        self.kept.append(Kept(variable, address, key, value))
        return f"${{env:{variable}}}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What the variables must be set to."""
        return {item.variable: item.value for item in self.kept}


@dataclass(frozen=True)
class Extraction:
    """One connector's configuration being cleared of its secrets."""

    connector: str
    vault: Vault
    rules: SecretRules
    types: Mapping[str, str]
    known_names: Collection[str]
    suspicions: list[Diagnostic]

    @property
    def address(self) -> str:
        """`connector.<name>`."""
        return f"connector.{self.connector}"

    def written(self, key: str, value: str) -> str:
        """The value as the spec writes it: with references for secrets, and nothing else that is taken for one."""
        if not value.strip() or _ONLY_PROVIDERS.fullmatch(value):
            return escaped(value)
        if self.rules.is_secret(self.connector, key):
            return self._whole(key, value)
        plain = self.rules.is_plain(self.connector, key)
        if not plain and is_sensitive(key, None, self.types.get(key)):
            return escaped(value) if _provided(value) else self._whole(key, value)
        marked, taken = self._marked(key, value)
        if not plain:
            suspected = suspicion(marked, self.known_names)
            if suspected is not None and suspected.certain:
                return self._whole(key, value)
            if suspected is not None:
                self._stop(key, suspected.what)
        text = escaped(marked)
        if taken and not _comes_back(text, taken, value):
            return self._whole(key, value)
        for index, (holder, secret) in enumerate(taken):
            if _MARK.format(index) in text:
                reference = self.vault.keep(secret, self.address, key, self.connector, key, holder)
                text = text.replace(_MARK.format(index), reference)
        return text

    def _whole(self, key: str, value: str) -> str:
        return self.vault.keep(value, self.address, key, self.connector, key)

    def _marked(self, key: str, value: str) -> tuple[str, list[tuple[str, str]]]:
        """The value with marks for the secrets inside of its URIs, and those secrets with what holds them."""
        taken: list[tuple[str, str]] = []

        def mark(holder: str, secret: str) -> str:
            # What an expression before this one took out of it goes back in: it is part of this secret.
            for index, (_, before) in enumerate(taken):
                secret = secret.replace(_MARK.format(index), before)
            raw = _RAW.fullmatch(secret)
            inner = raw[2] if raw else secret
            if not inner or _ONLY_PROVIDERS.fullmatch(inner):
                return secret
            taken.append((holder, inner))
            found = _MARK.format(len(taken) - 1)
            return f"RAW{raw[1]}{found}{raw[3]}" if raw else found

        return replaced_within(value, mark), taken

    def _stop(self, key: str, what: str) -> None:
        pattern = f"{self.connector}:{key}"
        self.suspicions.append(
            finding(
                "KO952",
                self.address,
                f"the value of {key} looks like a secret: {what}",
                severity=Severity.ERROR,
                hint=f"--secret '{pattern}' makes it a reference, --plain '{pattern}' writes it as it is",
            )
        )


def _comes_back(text: str, taken: list[tuple[str, str]], value: str) -> bool:
    """Whether references in the place of the marks give exactly the value; half a reference before one may not."""
    for index in range(len(taken)):
        text = text.replace(_MARK.format(index), f"${{env:S{index}}}")
    secrets = {f"S{index}": secret for index, (_, secret) in enumerate(taken)}
    try:
        return Resolver(environment=secrets).resolve(text) == value
    except SpecError:
        return False


def _provided(value: str) -> bool:
    """Whether everything secret about a JAAS configuration or a URI comes from config providers already."""
    found = tuple(secrets_within(value))
    return bool(found) and all(_ONLY_PROVIDERS.fullmatch(secret) for secret in found)


def repeated(kept: Iterable[Kept], written: Mapping[tuple[str, str], str], rules: SecretRules) -> Iterator[Diagnostic]:
    """Values, by connector and key, that hold in clear what is a secret elsewhere."""
    secrets = {item.value: item for item in kept if len(item.value) >= _LONG_ENOUGH and not item.value.isalpha()}
    for (connector, key), text in written.items():
        if rules.is_plain(connector, key):
            continue
        found = next((item for value, item in secrets.items() if value in text), None)
        if found is not None:
            pattern = f"{connector}:{key}"
            yield finding(
                "KO952",
                f"connector.{connector}",
                f"the value of {key} holds the same text as the secret {found.key} of {found.address}",
                severity=Severity.ERROR,
                hint=f"--secret '{pattern}' makes it a reference, --plain '{pattern}' writes it as it is",
            )
