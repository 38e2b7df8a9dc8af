"""Config values of topics and groups put into Kafka's own text, so that a diff compares like with like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kafkaops.errors import Diagnostic, Severity
from kafkaops.spec.config_keys import ConfigKey, ConfigValueError
from kafkaops.spec.group_configs import FREE_FORM, GROUP_CONFIGS
from kafkaops.spec.references import has_reference
from kafkaops.spec.suggest import nearest
from kafkaops.spec.topic_configs import BROKER_NAMES, REMOVED_NAMES, TOPIC_CONFIGS
from kafkaops.spec.written import Written


@dataclass(frozen=True)
class Catalogue:
    """The configs of one kind of resource and the codes of what can be wrong with them."""

    section: str
    kind: str
    keys: Mapping[str, ConfigKey]
    unknown_code: str
    invalid_code: str
    also_known: frozenset[str] = frozenset()
    other_names: Mapping[str, str] = field(default_factory=dict)
    removed_names: Mapping[str, str] = field(default_factory=dict)


CATALOGUES = (
    Catalogue(
        "topics", "topic", TOPIC_CONFIGS, "KO123", "KO124", other_names=BROKER_NAMES, removed_names=REMOVED_NAMES
    ),
    Catalogue("consumer_groups", "group", GROUP_CONFIGS, "KO125", "KO126", also_known=FREE_FORM),
)


def normalise_configs(root: Written) -> tuple[Written, list[Diagnostic]]:
    """The spec with every config of topics and groups as Kafka writes it, and what is wrong with them.

    Goes before the defaults are applied, so that a default that is wrong is found once.
    """
    members = dict(root.members)
    diagnostics: list[Diagnostic] = []
    defaults = members.get("defaults")
    for catalogue in CATALOGUES:
        normaliser = _Normaliser(catalogue)
        section = members.get(catalogue.section)
        if section is not None and section.members:
            resources = {name: normaliser.resource(name, written) for name, written in section.members.items()}
            members[catalogue.section] = section.with_value(resources)
        default = defaults.members.get(catalogue.section) if defaults else None
        if defaults is not None and default is not None:
            defaults = defaults.with_value({**defaults.members, catalogue.section: normaliser.resource(None, default)})
        diagnostics.extend(normaliser.diagnostics)
    if defaults is not None:
        members["defaults"] = defaults
    return root.with_value(members), diagnostics


@dataclass
class _Normaliser:
    catalogue: Catalogue
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def resource(self, name: str | None, resource: Written) -> Written:
        """One resource, or with None for a name the defaults of its kind."""
        config = resource.members.get("config")
        if config is None or not config.members:
            return resource
        address = f"{self.catalogue.kind}.{name}" if name else None
        texts = {key: self._value(address, key, value) for key, value in config.members.items()}
        return resource.with_value({**resource.members, "config": config.with_value(texts)})

    def _value(self, address: str | None, name: str, written: Written) -> Written:
        key = self.catalogue.keys.get(name)
        if key is None:
            self.diagnostics.extend(self._unknown(address, name, written))
            return written
        value = written.value
        if isinstance(value, dict | None):
            return written  # a mapping is refused with the other types, null removes
        try:
            if isinstance(value, str) and has_reference(value):
                raise ValueError("references are for connectors and environments; write the value")
            return written.with_value(key.kafka_text(written.plain()))
        except ValueError as error:
            code, summary = self.catalogue.invalid_code, f"{name}: {error}"
            hint = error.hint if isinstance(error, ConfigValueError) else None
            self.diagnostics.append(Diagnostic(code, summary, address=address, place=written.place, hint=hint))
            return written

    def _unknown(self, address: str | None, name: str, written: Written) -> Iterator[Diagnostic]:
        catalogue = self.catalogue
        code, place = catalogue.unknown_code, written.key_place
        if name in catalogue.also_known:
            return
        what = f"{catalogue.kind} config '{name}'"
        if name in catalogue.removed_names:
            hint = catalogue.removed_names[name]
            yield Diagnostic(code, f"{what} was removed in Kafka 4.0", address=address, place=place, hint=hint)
            return
        meant = catalogue.other_names.get(name) or nearest(name, catalogue.keys)
        if meant:
            of_brokers = name in catalogue.other_names
            hint = f"a topic calls it {meant}" if of_brokers else f"did you mean '{meant}'?"
            yield Diagnostic(code, f"unknown {what}", address=address, place=place, hint=hint)
            return
        yield Diagnostic(
            code,
            f"unknown {what}",
            severity=Severity.WARNING,
            address=address,
            place=place,
            hint="Kafka 4.3 has none of this name; it is sent as it is, for vendors have more",
        )
