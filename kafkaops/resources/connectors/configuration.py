"""A connector's flat configuration: as the spec writes it, as it is sent, and how two are compared."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kafkaops.errors import Diagnostic, SpecError
from kafkaops.resources.connectors.secrets import (
    MASK,
    Scrubber,
    is_sensitive,
    masked_within,
    refers_to_secret,
    secrets_of,
    secrets_within,
)
from kafkaops.spec.loaded import Places
from kafkaops.spec.model import Connector
from kafkaops.spec.references import Resolver, references_in

NAME = "name"
CONNECTOR_CLASS = "connector.class"
TASKS_MAX = "tasks.max"
TOPICS = "topics"
TOPICS_REGEX = "topics.regex"
DEAD_LETTER_TOPIC = "errors.deadletterqueue.topic.name"
DEAD_LETTER_REPLICATION = "errors.deadletterqueue.topic.replication.factor"
TOLERANCE = "errors.tolerance"
GROUP_ID = "consumer.override.group.id"

_DEFAULTS = {TASKS_MAX: "1", TOPICS: "", TOPICS_REGEX: "", DEAD_LETTER_TOPIC: ""}
"""What Connect takes for settings that the spec has fields for, where they are not set (ConnectorConfig)."""

Config = Mapping[str, str]
SeenConfig = Mapping[str, str | None]


def field_keys(connector: Connector) -> dict[str, str]:
    """The settings that the spec names with fields of their own."""
    named = {CONNECTOR_CLASS: connector.connector_class, TASKS_MAX: str(connector.tasks_max)}
    if connector.topics:
        named[TOPICS] = ",".join(connector.topics)
    if connector.topics_regex is not None:
        named[TOPICS_REGEX] = connector.topics_regex
    if connector.dead_letter_topic is not None:
        named[DEAD_LETTER_TOPIC] = connector.dead_letter_topic
    return named


def flat_config(connector: Connector) -> dict[str, str]:
    """The configuration as the spec writes it, references unresolved, `name` left out."""
    return {key: value for key, value in {**connector.config, **field_keys(connector)}.items() if key != NAME}


def topics_of(config: SeenConfig) -> tuple[str, ...]:
    """The topics that a sink's configuration names, in order and once."""
    names = (name.strip() for name in (config.get(TOPICS) or "").split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def topics_matching(config: SeenConfig, names: Iterable[str]) -> tuple[str, ...]:
    """Which of some topics `topics.regex` takes in; Java's expressions that Python cannot read take in none."""
    pattern = config.get(TOPICS_REGEX)
    if not pattern:
        return ()
    try:
        expression = re.compile(pattern)
    except re.error:
        return ()
    return tuple(sorted(name for name in names if expression.fullmatch(name)))


def dead_letter_topic_of(config: SeenConfig) -> str | None:
    """The dead-letter topic, if one is set."""
    return (config.get(DEAD_LETTER_TOPIC) or "").strip() or None


def group_of(name: str, config: SeenConfig) -> str:
    """The consumer group of a sink."""
    return config.get(GROUP_ID) or f"connect-{name}"


@dataclass(frozen=True, slots=True)
class ResolvedConfig:
    """A configuration as written, and as it is sent: the second holds secrets and is never shown."""

    written: Config = field(repr=False)
    sent: Config = field(repr=False)
    scrub: Scrubber = field(repr=False)


def resolved(written: Config, resolver: Resolver, sensitive_keys: Iterable[str] = ()) -> ResolvedConfig:
    """Look the references up. Raises `SpecError` with all of a value that cannot be, and never a value of theirs."""
    sent = {key: resolver.resolve(text) for key, text in written.items()}
    hidden = hidden_keys(written, {}, {}) | frozenset(sensitive_keys)
    return ResolvedConfig(written, sent, Scrubber(_secrets(written, sent, resolver, hidden)))


def _secrets(written: Config, sent: Config, resolver: Resolver, hidden: frozenset[str]) -> Iterator[str]:
    for text in written.values():
        if refers_to_secret(text):
            yield from (resolver.resolve(str(item)) for item in references_in(text) if item.scheme != "dev")
    yield from secrets_in(sent, hidden)


def resolve_all(connectors: Mapping[str, Connector], resolver: Resolver, places: Places) -> dict[str, ResolvedConfig]:
    """Every connector's configuration. Raises `SpecError` with all references that cannot be looked up."""
    found: dict[str, ResolvedConfig] = {}
    problems: list[Diagnostic] = []
    for name, connector in connectors.items():
        written = flat_config(connector)
        failed = False
        for key, text in written.items():
            try:
                resolver.resolve(text, places.of("connectors", name, "config", key))
            except SpecError as error:
                problems.extend(error.diagnostics)
                failed = True
        if not failed:
            found[name] = resolved(written, resolver)
    if problems:
        raise SpecError(problems)
    return found


def at_hand(text: str, resolver: Resolver) -> bool:
    """Whether every reference in a text can be looked up here and now."""
    try:
        resolver.resolve(text)
    except SpecError:
        return False
    return True


def hidden_keys(written: Config, seen: SeenConfig, types: Mapping[str, str]) -> frozenset[str]:
    """The keys of two sides whose values are never shown."""
    keys = written.keys() | seen.keys()
    return frozenset(key for key in keys if is_sensitive(key, written.get(key), types.get(key)))


def secrets_in(config: SeenConfig, hidden: Collection[str]) -> Iterator[str]:
    """The secrets of a configuration in clear text: hidden keys whole, and those inside of other values."""
    for key, value in config.items():
        if value is not None:
            yield from secrets_of(key, value) if key in hidden else secrets_within(value)


def same_value(key: str, one: str | None, other: str | None) -> bool:
    """Whether two values mean the same: the order of topics means nothing, ` 02` is two tasks."""
    if key == TASKS_MAX and one and other and one.strip().isdecimal() and other.strip().isdecimal():
        return int(one) == int(other)
    if key == TOPICS:
        return sorted(topics_of({TOPICS: one})) == sorted(topics_of({TOPICS: other}))
    return one == other


def differing_keys(want: SeenConfig, have: SeenConfig) -> tuple[str, ...]:
    """The keys that are added, changed or removed, in order; `name` is Connect's own.

    A setting that stands at Connect's default on one side and nowhere on the other is the same.
    """
    keys = (want.keys() | have.keys()) - {NAME}
    return tuple(sorted(key for key in keys if not _same_setting(key, want, have)))


def _same_setting(key: str, want: SeenConfig, have: SeenConfig) -> bool:
    if (key in want) != (key in have) and key not in _DEFAULTS:
        return False
    default = _DEFAULTS.get(key)
    return same_value(key, want.get(key, default), have.get(key, default))


def shown(value: str | None, scrub: Scrubber) -> str | None:
    """A value as a person may see it."""
    return None if value is None else scrub(masked_within(value))


def written_for_people(config: ResolvedConfig, hidden: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The configuration as the spec writes it, without the secrets that it holds in clear."""

    def harmless(key: str, text: str) -> str:
        if key in hidden and not refers_to_secret(text):
            return MASK
        return config.scrub(masked_within(text))

    return tuple((key, harmless(key, text)) for key, text in sorted(config.written.items()))
