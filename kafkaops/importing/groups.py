"""Consumer groups as the spec's section. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kafkaops.address import Address
from kafkaops.clients.kafka import GroupPhase
from kafkaops.errors import Diagnostic, Severity
from kafkaops.importing.names import listed
from kafkaops.importing.observed import Exclusions, Observed, finding
from kafkaops.importing.selection import Selection, foreign_topics
from kafkaops.importing.topics import Section, TopicsDraft
from kafkaops.importing.values import config_value
from kafkaops.importing.yaml_text import YamlValue
from kafkaops.resources.connectors.configuration import group_of
from kafkaops.resources.groups.model import GroupState
from kafkaops.resources.wording import counted
from kafkaops.spec.group_configs import FREE_FORM, GROUP_CONFIGS
from kafkaops.spec.suggest import nearest

KIND = "group"
_OWN = "_kafkaops"


def draft_groups(
    observed: Observed,
    selection: Selection,
    exclusions: Exclusions,
    topics: TopicsDraft,
    findings: list[Diagnostic],
) -> dict[str, Section]:
    """The groups that have committed offsets on, or members that read, topics which can be declared."""
    sections: dict[str, Section] = {}
    sinks = {group_of(name, seen.config): name for name, seen in observed.connectors.items()}
    passed: dict[str, list[str]] = {}
    for name, state in sorted(observed.groups.items()):
        address = Address(KIND, name)
        why = _not_ours(name, state, sinks)
        if why is not None:
            passed.setdefault(why, []).append(name)
            continue
        if address in exclusions:
            item = exclusions[address]
            findings.append(finding(item.code, address, item.reason, severity=item.severity))
            continue
        known, hidden = _topics(state, observed)
        known = {topic for topic in known if topics.takes(topic)}
        if not selection.everything and known.isdisjoint(topics.sections):
            continue
        findings.extend(_incomplete(address, hidden, observed))
        if not name.strip() or not name.isprintable():
            findings.append(finding("KO961", address, "left out: a spec does not take its name"))
        elif not known:
            text = "left out: it has no committed offset on a topic that can be declared, and no member that reads one"
            findings.append(finding("KO960" if hidden else "KO962", address, text, severity=Severity.INFO))
        else:
            for topic in sorted(known):
                topics.name(observed, topic, address)
            sections[name] = _section(address, state, known, findings)
    findings.extend(_passed(passed))
    findings.extend(_refused(observed))
    return sections


def _not_ours(name: str, state: GroupState, sinks: dict[str, str]) -> str | None:
    """What a group is that no spec declares; None for an ordinary one. Empty: nothing worth saying."""
    if name in sinks:
        return "Connect's sinks"
    if name.startswith(_OWN):
        return "kafkaops itself"
    if state.view.phase is GroupPhase.FOREIGN:
        return "share or streams consumers, which a spec does not know"
    if state.view.purpose not in ("consumer", ""):
        return "Connect's workers" if state.view.purpose == "connect" else f"the kind '{state.view.purpose}'"
    return None


def _topics(state: GroupState, observed: Observed) -> tuple[set[str], set[str]]:
    """The topics that a group reads: ordinary ones that are there, and those that cannot be seen."""
    assigned = {part.topic for member in state.view.members for part in member.assigned}
    named = assigned | {part.topic for part in state.committed}
    foreign = foreign_topics(observed.cluster)
    visible = named & observed.cluster.topics.keys()
    return {name for name in visible if name not in foreign}, named - observed.cluster.topics.keys()


def _incomplete(address: Address, hidden: set[str], observed: Observed) -> Iterator[Diagnostic]:
    if hidden:
        text = f"it reads topics that cannot be seen, which are left out of it: {listed(hidden)}"
        yield finding("KO960", address, text, hint="grant this principal Describe on them and import again")
    if address.name in observed.partly_read_groups:
        yield finding("KO960", address, observed.partly_read_groups[address.name])


def _section(address: Address, state: GroupState, known: set[str], findings: list[Diagnostic]) -> Section:
    section: Section = {"topics": sorted(known)}
    if state.view.protocol == "consumer":
        section["protocol"] = "consumer"
    config: dict[str, YamlValue] = {}
    for key, text in sorted((state.configs.overrides if state.configs else {}).items()):
        try:
            if key not in GROUP_CONFIGS and key not in FREE_FORM and (meant := nearest(key, GROUP_CONFIGS)):
                raise ValueError(f"no config of Kafka's, and nearly {meant}")
            config[key] = _value(key, text)
        except ValueError as error:
            text = f"{key}: {error}; a spec does not take that, so it is left unmanaged"
            findings.append(finding("KO963", address, text))
    if config:
        section["config"] = config
    return section


def _value(key: str, text: str) -> YamlValue:
    known = GROUP_CONFIGS.get(key)
    value = config_value(known, text)
    if known is not None and known.kafka_text(value) != text.strip():
        raise ValueError(f"'{text}' is not as a spec writes it")  # group configs are compared as texts
    return value


def _passed(passed: dict[str, list[str]]) -> Iterator[Diagnostic]:
    for why, names in sorted(passed.items()):
        text = f"{counted(len(names), 'group')} of {why} left out: {listed(names)}"
        yield finding("KO962", None, text, severity=Severity.INFO)


def _refused(observed: Observed) -> Iterator[Diagnostic]:
    for name, refusal in sorted(observed.refused_groups.items()):
        hint = "grant this principal Describe on the group and import again"
        yield finding("KO960", Address(KIND, name), f"left out: it cannot be read: {refusal}", hint=hint)
