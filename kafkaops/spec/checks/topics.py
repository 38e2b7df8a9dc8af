"""Topics by themselves and beside each other: names, replicas, configs that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kafkaops.errors import Diagnostic, Severity
from kafkaops.spec.checks.context import Context
from kafkaops.spec.model import Topic
from kafkaops.spec.protected import owner_of
from kafkaops.spec.units import shortened

MAX_NAME = 249
_ILLEGAL = re.compile(r"[^a-zA-Z0-9._-]")


def check(context: Context) -> Iterator[Diagnostic]:
    """Names (KO120), metric clashes (KO121), protected topics (KO152), replicas and configs."""
    for name in context.declared("topics"):
        yield from _name(context, name)
    yield from _metric_clashes(context)
    for name, topic in context.spec.topics.items():
        yield from _protected(context, name, topic)
        yield from _replicas(context, name, topic)
        yield from _contradictions(context, name, topic)


def _name(context: Context, name: str) -> Iterator[Diagnostic]:
    """Kafka's own rule (Topic.validate)."""
    illegal = _ILLEGAL.search(name)
    if name in (".", ".."):
        problem, hint = f"a topic cannot be named '{name}'", None
    elif illegal:
        problem = f"'{shortened(name)}' is not a topic name: it holds {_character(illegal.group())}"
        hint = f"letters, digits, '.', '_' and '-' are allowed, such as {_ILLEGAL.sub('-', shortened(name))}"
    elif len(name) > MAX_NAME:
        problem = f"the topic name '{shortened(name)}' has {len(name)} characters"
        hint = f"Kafka allows {MAX_NAME}"
    else:
        return
    yield Diagnostic("KO120", problem, place=context.key_place("topics", name), hint=hint)


def _character(character: str) -> str:
    return {" ": "a space", "\t": "a tab", "\n": "a line break"}.get(character, f"'{character}'")


def _metric_clashes(context: Context) -> Iterator[Diagnostic]:
    """Kafka's metrics write '.' as '_', so that both topics would report as one; brokers refuse the second."""
    first_of: dict[str, str] = {}
    for name in context.declared("topics"):
        first = first_of.setdefault(name.replace(".", "_"), name)
        if first != name:
            yield Diagnostic(
                "KO121",
                f"the name collides with topic.{first}: they differ in '.' and '_' only",
                address=f"topic.{name}",
                place=context.key_place("topics", name),
                detail=f"{first} is at {context.key_place('topics', first)}",
                hint="Kafka's metrics cannot tell them apart; rename one",
            )


def _protected(context: Context, name: str, topic: Topic) -> Iterator[Diagnostic]:
    owner = owner_of(name)
    # Topics of Streams applications are made in advance where the application itself may not.
    if owner is None or not topic.managed or owner == "a Kafka Streams application":
        return
    yield Diagnostic(
        "KO152",
        f"the topic belongs to {owner}",
        address=f"topic.{name}",
        place=context.key_place("topics", name),
        hint="write `managed: false` if it only has to be named here",
    )


def _replicas(context: Context, name: str, topic: Topic) -> Iterator[Diagnostic]:
    minimum = _number(topic, "min.insync.replicas")
    if minimum is None or minimum < topic.replication_factor:
        return
    place = context.place("topics", name, "config", "min.insync.replicas")
    if minimum > topic.replication_factor:
        yield Diagnostic(
            "KO122",
            f"min.insync.replicas ({minimum}) is above the replication factor ({topic.replication_factor})",
            address=f"topic.{name}",
            place=place,
            hint="producers with acks=all could never write; Kafka takes it without a word",
        )
    elif minimum > 1:
        yield Diagnostic(
            "KO127",
            f"min.insync.replicas equals the replication factor ({minimum})",
            severity=Severity.WARNING,
            address=f"topic.{name}",
            place=place,
            hint="one broker down stops every producer with acks=all; lower it by one",
        )


def _contradictions(context: Context, name: str, topic: Topic) -> Iterator[Diagnostic]:
    for low, high in _ORDERED:
        smaller, larger = _number(topic, low), _number(topic, high)
        # -1 is unlimited; -2, of local retention only, is "as the whole".
        if smaller is None or larger is None or larger < 0 or smaller == -2:
            continue
        if smaller > larger or smaller == -1:
            shown = "unlimited" if smaller == -1 else smaller
            yield Diagnostic(
                "KO128",
                f"{low} ({shown}) is above {high} ({larger})",
                address=f"topic.{name}",
                place=context.place("topics", name, "config", low),
            )
    if topic.config.get("remote.storage.enable") == "true" and "compact" in topic.config.get("cleanup.policy", ""):
        yield Diagnostic(
            "KO128",
            "remote storage cannot hold a compacted topic",
            address=f"topic.{name}",
            place=context.place("topics", name, "config", "remote.storage.enable"),
        )


_ORDERED = (
    ("min.compaction.lag.ms", "max.compaction.lag.ms"),
    ("local.retention.ms", "retention.ms"),
    ("local.retention.bytes", "retention.bytes"),
)


def _number(topic: Topic, key: str) -> int | None:
    """A config as a number; None where it is not set, or wrong and reported already."""
    try:
        return int(topic.config[key])
    except (KeyError, ValueError):
        return None
