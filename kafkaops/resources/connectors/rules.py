"""What Connect's own validation misses. Pure: a function of a configuration and of what is around it.

Kafka 4.3.1's validation does not look whether topics exist or replicas fit, passes client overrides and
keys that nobody knows, and lets a connector drop records without a word.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from kafkaops.clients.connect import Plugin, PluginType
from kafkaops.resources.connectors.configuration import (
    DEAD_LETTER_REPLICATION,
    DEAD_LETTER_TOPIC,
    TASKS_MAX,
    TOLERANCE,
    TOPICS,
    TOPICS_REGEX,
    Config,
    dead_letter_topic_of,
    topics_matching,
    topics_of,
)
from kafkaops.spec.suggest import did_you_mean

_CONNECT_REPLICATION = "3"
"""Connect's default for the dead-letter topics that it creates, with one partition."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connector is put into."""

    partitions: Mapping[str, int]
    """Of every topic that is there, or will be when the plan is done."""
    existing: Collection[str]
    brokers: int
    plugins: tuple[Plugin, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's verdict on one key of a configuration."""

    code: str
    key: str
    summary: str
    blocks: bool
    hint: str | None = None
    covers: tuple[str, ...] = ()
    """Further keys that the worker may name for the same reason."""


def find_plugin(class_name: str, plugins: Collection[Plugin]) -> Plugin | None:
    """The plugin that the worker takes for a class: full name, simple name or the name without its kind."""
    wanted = class_name.strip()
    for plugin in plugins:
        if wanted in _names(plugin):
            return plugin
    return None


def _names(plugin: Plugin) -> tuple[str, ...]:
    """The names by which Connect knows a plugin (its PluginUtils.simpleName and prunedName)."""
    simple = re.split(r"[.$]", plugin.class_name)[-1]
    suffixes = {
        PluginType.SINK: ("SinkConnector", "Connector"),
        PluginType.SOURCE: ("SourceConnector", "Connector"),
        PluginType.CONVERTER: ("Converter",),
        PluginType.HEADER_CONVERTER: ("HeaderConverter", "Converter"),
        PluginType.TRANSFORMATION: ("Transformation",),
        PluginType.PREDICATE: ("Predicate",),
    }.get(plugin.type, ())
    pruned = (simple.removesuffix(suffix) for suffix in suffixes if simple.endswith(suffix))
    return (plugin.class_name, simple, *pruned)


def examine(config: Config, kind: PluginType, around: Surroundings) -> Iterator[Finding]:
    """Everything that the rules have to say of a connector's configuration."""
    yield from _classes(config, around.plugins)
    yield from _client_overrides(config)
    if kind is PluginType.SOURCE:
        yield from _without_effect(config)
    elif kind is PluginType.SINK:
        yield from _missing_topics(config, around)
        yield from _surplus_tasks(config, around)
        yield from _dead_letters(config, around)
        yield from _tolerance(config)


_TYPED_KEYS: tuple[tuple[re.Pattern[str], frozenset[PluginType]], ...] = (
    (re.compile(r"(key|value)\.converter"), frozenset({PluginType.CONVERTER})),
    (re.compile(r"header\.converter"), frozenset({PluginType.HEADER_CONVERTER})),
    (re.compile(r"transforms\.[^.]+\.type"), frozenset({PluginType.TRANSFORMATION})),
    (re.compile(r"predicates\.[^.]+\.type"), frozenset({PluginType.PREDICATE})),
)


def _classes(config: Config, plugins: tuple[Plugin, ...]) -> Iterator[Finding]:
    """Converters, transformations and predicates that are not installed."""
    for key, value in sorted(config.items()):
        types = next((types for pattern, types in _TYPED_KEYS if pattern.fullmatch(key)), frozenset())
        # `Flatten$Value`: the nested class of a transformation is listed as it is.
        candidates = [plugin for plugin in plugins if plugin.type in types]
        if not candidates or find_plugin(value, candidates):
            continue
        yield Finding("KO522", key, f"the worker has no class {value}", True, _installed_instead(value, candidates))


def _installed_instead(value: str, candidates: Collection[Plugin]) -> str:
    """The class that was perhaps meant, else the simple names of what is installed."""
    names = sorted({plugin.class_name for plugin in candidates})
    simple = value.rpartition(".")[2]
    twins = [name for name in names if name.rpartition(".")[2] == simple]
    if twins:
        return f"did you mean {twins[0]}?"
    return did_you_mean(value, names) or f"installed: {', '.join(name.rpartition('.')[2] for name in names)}"


_OVERRIDES: Mapping[str, tuple[str, ...]] = {
    "auto.offset.reset": ("earliest", "latest", "none"),
    "isolation.level": ("read_committed", "read_uncommitted"),
    "acks": ("all", "-1", "0", "1"),
    "compression.type": ("none", "gzip", "snappy", "lz4", "zstd"),
    "security.protocol": ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
}
"""Client settings with a few possible values. The worker passes any, and the tasks then fail."""
_OVERRIDE_KEY = re.compile(r"(consumer|producer|admin)\.override\.(?P<setting>.+)")


def _client_overrides(config: Config) -> Iterator[Finding]:
    for key, value in sorted(config.items()):
        match = _OVERRIDE_KEY.fullmatch(key)
        allowed = _OVERRIDES.get(match["setting"]) if match else None
        if allowed is None or value.lower() in (item.lower() for item in allowed) or value.startswith("by_duration:"):
            continue
        suggestion = did_you_mean(value, allowed)
        yield Finding("KO525", key, f"{key} cannot be {value}", True, suggestion or f"one of {', '.join(allowed)}")


_FREE_KEYS = re.compile(
    r"(consumer|producer|admin)\.override\.|(key|value|header)\.converter\.|transforms\.|predicates\."
)
"""Prefixes under which others than the plugin define the keys."""


def unknown_keys(config: Config, known: Collection[str]) -> Iterator[Finding]:
    """Keys that the plugin does not define but that are nearly the name of one it does: misspelt, and ignored."""
    for key in sorted(config.keys() - set(known)):
        if _FREE_KEYS.match(key):
            continue
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.85)
        if close:
            summary = f"the plugin knows no setting {key} and ignores it"
            yield Finding("KO526", key, summary, False, f"did you mean '{close[0]}'?")


def _without_effect(config: Config) -> Iterator[Finding]:
    """Settings of sinks on a source."""
    for key in (TOPICS, TOPICS_REGEX, DEAD_LETTER_TOPIC):
        if config.get(key):
            summary = f"{key} has no effect on a source connector"
            yield Finding("KO521", key, summary, False, "leave it out; a source names its topics in its own settings")


def _missing_topics(config: Config, around: Surroundings) -> Iterator[Finding]:
    for topic in topics_of(config):
        if topic in around.partitions:
            continue
        suggestion = did_you_mean(topic, around.partitions)
        yield Finding(
            "KO517",
            TOPICS,
            f"the topic {topic} is not to be seen on the cluster and not made by this plan",
            True,
            suggestion or "declare it under `topics:`, or give this principal the right to describe it",
        )
    pattern = config.get(TOPICS_REGEX)
    if pattern and not topics_matching(config, around.partitions):
        summary = f"no topic matches {pattern}"
        yield Finding("KO517", TOPICS_REGEX, summary, False, "the expression has to match a topic's whole name")


def _surplus_tasks(config: Config, around: Surroundings) -> Iterator[Finding]:
    topics = {*topics_of(config), *topics_matching(config, around.partitions)}
    known = [around.partitions[topic] for topic in topics if topic in around.partitions]
    tasks = config.get(TASKS_MAX, "1")
    if known and len(known) == len(topics) and tasks.isdigit() and int(tasks) > sum(known):
        surplus = int(tasks) - sum(known)
        idle = "the surplus task idles" if surplus == 1 else f"{surplus} tasks idle"
        summary = f"{tasks} tasks for {sum(known)} partition{'' if sum(known) == 1 else 's'}: {idle}"
        yield Finding("KO518", TASKS_MAX, summary, False, f"lower tasks_max to {sum(known)}, or raise the partitions")


def _dead_letters(config: Config, around: Surroundings) -> Iterator[Finding]:
    """The dead-letter topic: a loop, or made by the worker in a way nobody chose."""
    topic = dead_letter_topic_of(config)
    if topic is None:
        return
    if topic in topics_of(config) or topics_matching(config, (topic,)):
        summary = f"the dead-letter topic {topic} is one of the connector's own: its dead letters come back to it"
        yield Finding(
            "KO515", DEAD_LETTER_TOPIC, summary, True, "name a topic that it does not read", (TOPICS, TOPICS_REGEX)
        )
    replicas = config.get(DEAD_LETTER_REPLICATION, _CONNECT_REPLICATION)
    above = replicas.isdigit() and int(replicas) > around.brokers
    if topic in around.partitions:
        return
    if above:
        summary = (
            f"the worker would create the dead-letter topic {topic} with {replicas} replicas, and the cluster "
            f"has {around.brokers} broker{'' if around.brokers == 1 else 's'}: every task would fail"
        )
        yield Finding("KO516", DEAD_LETTER_REPLICATION, summary, True, f"declare {topic} under `topics:`")
        return
    summary = f"the dead-letter topic {topic} is not declared: the worker creates it, with one partition"
    yield Finding("KO524", DEAD_LETTER_TOPIC, summary, False, f"declare {topic} under `topics:`")


def _tolerance(config: Config) -> Iterator[Finding]:
    """What becomes of a record that cannot be read or converted."""
    tolerant = config.get(TOLERANCE, "none").strip().lower() == "all"
    topic = dead_letter_topic_of(config)
    if topic and not tolerant:
        summary = f"errors.tolerance is none: the first bad record goes to {topic} and stops its task"
        hint = "set errors.tolerance: all to go on, or leave the dead-letter topic out"
        yield Finding("KO519", DEAD_LETTER_TOPIC, summary, False, hint)
    if tolerant and not topic:
        logged = config.get("errors.log.enable", "false").strip().lower() == "true"
        kept = "only logged" if logged else "dropped without a trace"
        summary = f"errors.tolerance is all and there is no dead-letter topic: bad records are {kept}"
        yield Finding("KO520", TOLERANCE, summary, False, "set dead_letter_topic")
