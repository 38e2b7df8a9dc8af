"""Connectors as files of their own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kafkaops.address import Address
from kafkaops.clients.connect import PluginType, RunState, SeenConnector
from kafkaops.errors import Diagnostic, RefusedError, Severity
from kafkaops.importing.names import Names
from kafkaops.importing.observed import Exclusions, Observed, finding
from kafkaops.importing.secrets import Extraction, SecretRules, Vault, repeated
from kafkaops.importing.selection import Selection, unmatched
from kafkaops.importing.topics import Section, TopicsDraft
from kafkaops.importing.yaml_text import plain_or_text, yaml_text
from kafkaops.resources.connectors.configuration import (
    CONNECTOR_CLASS,
    DEAD_LETTER_TOPIC,
    NAME,
    TASKS_MAX,
    TOPICS,
    TOPICS_REGEX,
    dead_letter_topic_of,
    topics_matching,
    topics_of,
)
from kafkaops.resources.connectors.types import types_of

KIND = "connector"
FOLDER = "connectors"
_FIELDS = frozenset({NAME, CONNECTOR_CLASS, TASKS_MAX, TOPICS, TOPICS_REGEX, DEAD_LETTER_TOPIC})
_TOPIC_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_NOT_IN_NAMES = frozenset("/\\%")
_STATES = {RunState.PAUSED: "paused", RunState.STOPPED: "stopped"}


@dataclass(frozen=True, slots=True)
class ConnectorsDraft:
    """A file for each connector, and what was taken out of them."""

    files: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Connector → file."""
    findings: list[Diagnostic] = field(default_factory=list)


def draft_connectors(
    observed: Observed,
    selection: Selection,
    exclusions: Exclusions,
    topics: TopicsDraft,
    vault: Vault,
    rules: SecretRules,
) -> ConnectorsDraft:
    """The wanted connectors. Raises `RefusedError` KO952 for every value that may be a secret."""
    draft, names = ConnectorsDraft(), Names()
    known = {*observed.cluster.topics, *observed.groups, *observed.connectors}
    known |= observed.registry.subjects if observed.registry else set()
    suspicions: list[Diagnostic] = []
    written: dict[tuple[str, str], str] = {}
    for name, seen in sorted(observed.connectors.items()):
        problem = _problem(name, seen, selection, topics, exclusions)
        if problem is not None:
            draft.findings.append(problem)
            continue
        types = types_of(observed.key_types, seen.config)
        extraction = Extraction(name, vault, rules, types, known, suspicions)
        config = {key: extraction.written(key, value) for key, value in sorted(_settings(seen))}
        written.update({(name, key): text for key, text in config.items()})
        draft.findings.extend(_failing(name, seen))
        for topic in _named(seen):
            topics.name(observed, topic, Address(KIND, name))
        draft.names[name] = names.file(FOLDER, name, ".yaml")
        draft.files[draft.names[name]] = yaml_text(_section(name, seen, config))
    suspicions.extend(repeated(vault.kept, written, rules))
    if suspicions:
        raise RefusedError(suspicions)
    draft.findings.extend(_unused(rules, written))
    return draft


def _settings(seen: SeenConnector) -> Iterator[tuple[str, str]]:
    for key, value in seen.config.items():
        if key not in _FIELDS and value is not None:
            yield key, value


def _named(seen: SeenConnector) -> tuple[str, ...]:
    """The topics that the file names: each has to be declared."""
    dead_letters = dead_letter_topic_of(seen.config)
    return (*topics_of(seen.config), *((dead_letters,) if dead_letters else ()))


def _problem(
    name: str,
    seen: SeenConnector,
    selection: Selection,
    topics: TopicsDraft,
    exclusions: Exclusions,
) -> Diagnostic | None:
    """Why a connector is left out, or None."""
    address = Address(KIND, name)
    if address in exclusions:
        item = exclusions[address]
        return finding(item.code, address, item.reason, severity=item.severity)
    if not selection.everything and not _belongs(seen, topics):
        is_source = seen.type is PluginType.SOURCE
        why = "which topics a source writes is not known" if is_source else "it reads none of the wanted topics"
        return finding("KO962", address, f"left out: {why}", severity=Severity.INFO)
    if _NOT_IN_NAMES.intersection(name) or name.strip() in ("", ".", "..") or not name.isprintable():
        return finding(
            "KO961", address, "left out: a spec does not take its name, nor does Connect's REST API reach it"
        )
    tasks = (seen.config.get(TASKS_MAX) or "1").strip()
    if not seen.config.get(CONNECTOR_CLASS):
        return finding("KO961", address, "left out: its configuration names no connector.class")
    if not tasks.isdecimal() or int(tasks) < 1:
        return finding("KO961", address, f"left out: a spec's tasks_max is a number, and its tasks.max is '{tasks}'")
    strange = [topic for topic in _named(seen) if not _TOPIC_NAME.fullmatch(topic) or topic in (".", "..")]
    if strange:
        return finding("KO961", address, f"left out: '{strange[0]}' is no topic's name")
    twins = [topic for topic in _named(seen) if not topics.takes(topic)]
    if twins:
        return finding(
            "KO961", address, f"left out: a spec cannot hold its topic {twins[0]} beside one named nearly so"
        )
    return None


def _belongs(seen: SeenConnector, topics: TopicsDraft) -> bool:
    read = {*topics_of(seen.config), *topics_matching(seen.config, topics.sections)}
    return not read.isdisjoint(topics.sections)


def _failing(name: str, seen: SeenConnector) -> Iterator[Diagnostic]:
    failed = sum(task.id in seen.task_ids for task in seen.status.failed_tasks)
    if seen.status.state is RunState.FAILED or (failed and seen.status.state is RunState.RUNNING):
        what = f"{failed} of {len(seen.task_ids)} tasks failed" if failed else "it failed"
        yield finding("KO965", Address(KIND, name), f"{what}: plan will say that it is to be restarted")


def _section(name: str, seen: SeenConnector, config: Mapping[str, str]) -> Section:
    section: Section = {"name": name, "class": seen.config[CONNECTOR_CLASS]}
    if topics := topics_of(seen.config):
        section["topics"] = list(topics)
    if seen.config.get(TOPICS_REGEX):
        section["topics_regex"] = seen.config[TOPICS_REGEX]
    section["tasks_max"] = int(seen.config.get(TASKS_MAX) or "1")
    if dead_letters := dead_letter_topic_of(seen.config):
        section["dead_letter_topic"] = dead_letters
    if state := _STATES.get(seen.status.state):
        section["state"] = state
    if config:
        section["config"] = {key: plain_or_text(value) for key, value in config.items()}
    return section


def _unused(rules: SecretRules, written: Mapping[tuple[str, str], str]) -> Iterator[Diagnostic]:
    settings = [f"{connector}:{key}" for connector, key in written]
    for option, patterns in (("--secret", rules.secret), ("--plain", rules.plain)):
        for pattern in unmatched(patterns, settings):
            yield finding("KO967", None, f"{option} {pattern} matches no setting of a connector")
