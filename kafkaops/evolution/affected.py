"""Who produces and who consumes what a subject's schema is for. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from kafkaops.evolution.declared import DeclaredSubject
from kafkaops.evolution.model import Affected
from kafkaops.spec.model import Connector, Spec


class Readers:
    """Producers and consumers of topics, as the spec has them."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._producers: dict[str, list[str]] = {}
        self._consumers: dict[str, list[str]] = {}
        for topic, name in _pairs(spec):
            self._consumers.setdefault(topic, []).append(name)
        for name, service in spec.services.items():
            for topic in service.produces:
                self._producers.setdefault(topic, []).append(name)

    def of(self, topics: Collection[str]) -> Affected:
        """Everybody who writes or reads one of the topics."""
        return Affected(
            tuple(topics),
            _each(topics, self._producers),
            _each(topics, self._consumers),
        )

    def of_subject(self, subject: DeclaredSubject) -> Affected:
        """Everybody who writes or reads the topics of a subject."""
        return self.of(subject.topics)


def _each(topics: Collection[str], by_topic: dict[str, list[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for topic in topics for name in by_topic.get(topic, ())))


def _pairs(spec: Spec) -> Iterator[tuple[str, str]]:
    """(topic, consumer): services, groups that no service claims, connectors."""
    for name, service in spec.services.items():
        for topic in service.consumes:
            yield topic, name
    for name, group in spec.consumer_groups.items():
        for topic in group.topics:
            yield topic, group.service or f"group {name}"
    for name, connector in spec.connectors.items():
        for topic in _topics(connector, spec):
            yield topic, f"connector {name}"


def _topics(connector: Connector, spec: Spec) -> Iterator[str]:
    yield from connector.topics
    if connector.topics_regex:
        try:
            pattern = re.compile(connector.topics_regex)
        except re.error:
            return  # Java's own syntax; Connect judges it
        yield from (topic for topic in spec.topics if pattern.fullmatch(topic))
