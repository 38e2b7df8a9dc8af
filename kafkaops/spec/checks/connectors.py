"""Connectors: topics given once, settings given once, and no endless dead letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kafkaops.errors import Diagnostic, Severity
from kafkaops.spec.checks.context import Context
from kafkaops.spec.model import Connector
from kafkaops.spec.written import Written

FIELD_OF_SETTING = {
    "connector.class": "class",
    "tasks.max": "tasks_max",
    "topics": "topics",
    "topics.regex": "topics_regex",
    "errors.deadletterqueue.topic.name": "dead_letter_topic",
}
"""Settings of Connect that the spec has a field for."""


def check(context: Context) -> Iterator[Diagnostic]:
    """KO160 to KO163."""
    for name, written in context.declared("connectors").items():
        config = written.members.get("config")
        for setting, value in config.members.items() if config else ():
            yield from _setting(name, setting, value)
    for name, connector in context.spec.connectors.items():
        yield from _topics(context, name, connector)
        yield from _dead_letters(context, name, connector)


def _setting(name: str, setting: str, value: Written) -> Iterator[Diagnostic]:
    address, place = f"connector.{name}", value.key_place
    field = FIELD_OF_SETTING.get(setting)
    if field:
        hint = f"write it as `{field}:` beside `config:`"
        yield Diagnostic("KO162", f"'{setting}' does not belong into config", address=address, place=place, hint=hint)
    elif setting == "name":
        hint = f"remove it: the connector is called {name}"
        yield Diagnostic("KO160", "'name' does not belong into config", address=address, place=place, hint=hint)


def _topics(context: Context, name: str, connector: Connector) -> Iterator[Diagnostic]:
    address = f"connector.{name}"
    if connector.topics and connector.topics_regex is not None:
        yield Diagnostic(
            "KO161",
            "topics and topics_regex are both given",
            address=address,
            place=context.key_place("connectors", name, "topics_regex"),
            hint="Connect takes one of them; remove the other",
        )
    in_config = {"topics", "topics.regex"} & connector.config.keys()
    is_sink = "sink" in connector.connector_class.rpartition(".")[2].lower()
    if is_sink and not connector.topics and connector.topics_regex is None and not in_config:
        yield Diagnostic(
            "KO161",
            "a sink needs topics",
            address=address,
            place=context.key_place("connectors", name),
            hint="write `topics: [TOPIC]`",
        )
    if connector.topics_regex is not None:
        yield from _pattern(context, name, connector.topics_regex)


def _pattern(context: Context, name: str, pattern: str) -> Iterator[Diagnostic]:
    """Java's grammar is a little wider than Python's; what Python cannot read is left to Connect."""
    try:
        compiled = re.compile(pattern)
    except re.error:
        return
    if not any(compiled.fullmatch(topic) for topic in context.declared("topics")):
        yield Diagnostic(
            "KO130",
            f"topics_regex '{pattern}' matches no declared topic",
            severity=Severity.WARNING,
            address=f"connector.{name}",
            place=context.place("connectors", name, "topics_regex"),
            hint="the pattern has to match a topic's whole name",
        )


def _dead_letters(context: Context, name: str, connector: Connector) -> Iterator[Diagnostic]:
    if connector.dead_letter_topic is not None and connector.dead_letter_topic in connector.topics:
        yield Diagnostic(
            "KO163",
            f"the connector reads its own dead-letter topic '{connector.dead_letter_topic}'",
            address=f"connector.{name}",
            place=context.place("connectors", name, "dead_letter_topic"),
            hint="each dead letter would come back and fail again; name another topic, or null for none",
        )
