"""Whatever a resource names must be declared: topics and services (KO130)."""

from __future__ import annotations

from collections.abc import Iterator

from kafkaops.errors import Diagnostic
from kafkaops.spec.checks.context import Context
from kafkaops.spec.loaded import PathStep
from kafkaops.spec.suggest import did_you_mean


def check(context: Context) -> Iterator[Diagnostic]:
    """Topics of services, groups and connectors; the service of a group."""
    spec = context.spec
    for name, service in spec.services.items():
        for side in ("produces", "consumes"):
            for index, topic in enumerate(getattr(service, side)):
                yield from _topic(context, f"service.{name}", topic, ("services", name, side, index))
    for name, group in spec.consumer_groups.items():
        for index, topic in enumerate(group.topics):
            yield from _topic(context, f"group.{name}", topic, ("consumer_groups", name, "topics", index))
        if group.service is not None:
            yield from _service(context, name, group.service)
    for name, connector in spec.connectors.items():
        for index, topic in enumerate(connector.topics):
            yield from _topic(context, f"connector.{name}", topic, ("connectors", name, "topics", index))
        if connector.dead_letter_topic is not None:
            path = ("connectors", name, "dead_letter_topic")
            yield from _topic(context, f"connector.{name}", connector.dead_letter_topic, path, "dead-letter topic")
    for name, test in spec.loadtests.items():
        if test.topic is not None:
            yield from _topic(context, f"loadtest.{name}", test.topic, ("loadtests", name, "topic"))
        for topic in test.topics:
            yield from _topic(context, f"loadtest.{name}", topic, ("loadtests", name, "topics", topic))


def _topic(
    context: Context, address: str, topic: str, path: tuple[PathStep, ...], what: str = "topic"
) -> Iterator[Diagnostic]:
    topics = context.declared("topics")
    if topic in topics:
        return
    hint = did_you_mean(topic, topics) or "declare it under `topics:`, with `managed: false` if others look after it"
    place = context.place(*path)
    yield Diagnostic("KO130", f"the {what} '{topic}' is not declared", address=address, place=place, hint=hint)


def _service(context: Context, group: str, service: str) -> Iterator[Diagnostic]:
    services = context.declared("services")
    if service not in services:
        yield Diagnostic(
            "KO130",
            f"the service '{service}' is not declared",
            address=f"group.{group}",
            place=context.place("consumer_groups", group, "service"),
            hint=did_you_mean(service, services) or "declare it under `services:`",
        )
