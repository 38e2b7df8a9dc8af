"""References to secrets and addresses: `${env:NAME}`, `${file:PATH}`, `${dev:KEY}`.

What they stand for is looked up at the last moment, sent, and never kept or shown. Any other `${…}`
(Connect's config providers, Camel's expressions) passes through untouched, and `$${env:NAME}` is the way
to send the text `${env:NAME}` itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kafkaops.errors import Diagnostic, Place, SpecError
from kafkaops.spec.suggest import did_you_mean

_REFERENCE = re.compile(r"(?P<escape>\$?)\$\{(?P<scheme>env|file|dev):(?P<name>[^{}\n]*)(?P<end>\}?)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_SECRET_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference in a text."""

    scheme: str
    name: str
    closed: bool = True

    def __str__(self) -> str:
        return f"${{{self.scheme}:{self.name}{'}' if self.closed else ''}"

    @property
    def problem(self) -> str | None:
        """Why it cannot be a reference, or None."""
        if not self.closed:
            return "the closing '}' is missing"
        if not self.name.strip():
            return "the name is missing"
        if self.name != self.name.strip():
            return "remove the spaces around the name"
        if self.scheme == "env" and not _VARIABLE.fullmatch(self.name):
            return "an environment variable's name has letters, digits and '_' only"
        return None


def references_in(text: str) -> Iterator[Reference]:
    """Every reference in a text, well formed or not; escaped ones are none."""
    for match in _REFERENCE.finditer(text):
        if not match["escape"]:
            yield Reference(match["scheme"], match["name"], bool(match["end"]))


def has_reference(text: str) -> bool:
    """Whether a text holds a reference, which makes it sensitive."""
    return next(references_in(text), None) is not None


def escaped(text: str) -> str:
    """A text as a spec writes it so that exactly this text is sent: nothing in it is a reference."""
    return _REFERENCE.sub(lambda match: f"${match.group()}", text)


@dataclass(frozen=True, slots=True)
class DevValues:
    """What `${dev:KEY}` stands for: the addresses of a dev cluster."""

    values: Mapping[str, str]
    cluster: str = "default"
    left_out: Mapping[str, str] = field(default_factory=dict)
    """By key, the target that the cluster was started without."""

    def missing(self, key: str) -> tuple[str, str]:
        """(why there is no such value, the way out)."""
        target = self.left_out.get(key)
        if target is not None:
            named = "" if self.cluster == "default" else f" --name {self.cluster}"
            return (
                f"the dev cluster {self.cluster} was started without {target}",
                f"kafkaops dev up{named} --targets {target} starts it beside what runs",
            )
        known = f"it has {', '.join(sorted(self.values))}"
        return f"the dev cluster has no '{key}'", known + _nearest(key, self.values)


class Resolver:
    """Looks references up: in the process's environment, in files, in a dev cluster's addresses."""

    def __init__(
        self,
        root: Path = Path(),
        dev: DevValues | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`environment` stands for the process's own where it is given."""
        self._root = root
        self._dev = dev
        self._environment = os.environ if environment is None else environment

    def resolve(self, text: str, place: Place | None = None) -> str:
        """The text with each reference replaced. Raises `SpecError` with all that cannot be, and never a value."""
        problems: dict[Reference, Sequence[Diagnostic]] = {}

        def replaced(match: re.Match[str]) -> str:
            if match["escape"]:
                return match.group()[1:]
            reference = Reference(match["scheme"], match["name"], bool(match["end"]))
            try:
                return self._value(reference, place)
            except SpecError as error:
                problems[reference] = error.diagnostics
                return ""

        found = _REFERENCE.sub(replaced, text)
        if problems:
            raise SpecError([item for diagnostics in problems.values() for item in diagnostics])
        return found

    def _value(self, reference: Reference, place: Place | None) -> str:
        if reference.problem:
            raise SpecError.of("KO171", f"'{reference}': {reference.problem}", place=place)
        match reference.scheme:
            case "env":
                return self._from_environment(reference, place)
            case "file":
                return self._from_file(reference, place)
            case _:
                return self._from_dev_cluster(reference, place)

    def _from_environment(self, reference: Reference, place: Place | None) -> str:
        value = self._environment.get(reference.name)
        if value is None:
            raise SpecError.of(
                "KO172",
                f"{reference}: the environment variable {reference.name} is not set",
                place=place,
                hint=f"set {reference.name}" + _nearest(reference.name, self._environment),
            )
        return value

    def _from_file(self, reference: Reference, place: Place | None) -> str:
        path = self._root / Path(reference.name).expanduser()
        try:
            with path.open("rb") as stream:
                content = stream.read(MAX_SECRET_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "the path is invalid"
            raise SpecError.of("KO173", f"{reference}: {path} cannot be read: {reason}", place=place) from None
        if len(content) > MAX_SECRET_BYTES:
            raise SpecError.of("KO173", f"{reference}: {path} is larger than 1 MiB", place=place)
        try:
            return content.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise SpecError.of("KO173", f"{reference}: {path} is not UTF-8", place=place) from None

    def _from_dev_cluster(self, reference: Reference, place: Place | None) -> str:
        if self._dev is None:
            raise SpecError.of(
                "KO174",
                f"{reference}: this environment has no dev cluster",
                place=place,
                hint="`${dev:…}` works in environments with `dev_cluster:`",
            )
        value = self._dev.values.get(reference.name)
        if value is None:
            why, way_out = self._dev.missing(reference.name)
            raise SpecError.of("KO174", f"{reference}: {why}", place=place, hint=way_out)
        return value


def _nearest(name: str, candidates: Mapping[str, str]) -> str:
    found = did_you_mean(name, (candidate for candidate in candidates if candidate != name))
    return f"; {found}" if found else ""
