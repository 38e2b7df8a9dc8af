"""Names: each can be shown (KO114), Connect finds its connectors by it (KO160), what is named is declared (KO130)."""

from __future__ import annotations

from collections.abc import Iterator

from kafkaops.errors import Diagnostic
from kafkaops.spec.checks.context import Context
from kafkaops.spec.suggest import did_you_mean
from kafkaops.spec.units import shortened
from kafkaops.spec.written import Written

LISTS = (
    ("services", "service", "produces"),
    ("services", "service", "consumes"),
    ("consumer_groups", "group", "topics"),
    ("connectors", "connector", "topics"),
)
"""Section, kind and key of each list of topics."""
SINGLE = (
    ("connectors", "connector", "dead_letter_topic", "dead-letter topic"),
    ("loadtests", "loadtest", "topic", "topic"),
)

NAMED = ("services", "consumer_groups", "connectors", "environments", "loadtests")
"""Sections whose names are free; topics have a rule of their own."""
_NOT_IN_PATHS = "/\\%"
"""Connect's REST server answers 400 to a path that holds one of these, even when it is percent-encoded."""


def check(context: Context) -> Iterator[Diagnostic]:
    """Names in themselves, then whether what they name is there."""
    yield from _free_names(context)
    yield from _connector_names(context)
    yield from _foreign_names(context)
    yield from _references(context)


def _free_names(context: Context) -> Iterator[Diagnostic]:
    """A name that is empty, or breaks a line, could pass for another one wherever it is shown."""
    names: list[tuple[str, tuple[str, ...]]] = [
        (name, (section, name)) for section in NAMED for name in context.declared(section)
    ]
    subjects = context.root.at(("schemas", "subjects"))
    names += [(name, ("schemas", "subjects", name)) for name in (subjects.members if subjects else ())]
    for name, path in names:
        if not name.strip():
            yield Diagnostic("KO114", "a name is empty", place=context.key_place(*path))
        elif not name.isprintable():
            unseen = next(character for character in name if not character.isprintable())
            summary = f"the name {shortened(ascii(name))} holds U+{ord(unseen):04X}, which cannot be shown"
            yield Diagnostic("KO114", summary, place=context.key_place(*path), hint="remove the character")


def _connector_names(context: Context) -> Iterator[Diagnostic]:
    """Connect creates such a connector, and then nobody can look at it, steer it or delete it."""
    for name in context.declared("connectors"):
        found = next((character for character in name if character in _NOT_IN_PATHS), None)
        if name in (".", ".."):
            problem = f"a connector cannot be named '{name}'"
        elif found:
            problem = f"a connector's name cannot hold '{found}'"
        else:
            continue
        hint = "Connect would create it, but its REST API could not reach it afterwards"
        yield Diagnostic(
            "KO160", problem, address=f"connector.{name}", place=context.key_place("connectors", name), hint=hint
        )


def _foreign_names(context: Context) -> Iterator[Diagnostic]:
    """What a project that owns prefixes declares begins with one of them; what it does not manage need not."""
    prefixes = context.spec.owns
    spec = context.spec
    named = [
        *(("topics", "topic", name) for name, topic in spec.topics.items() if topic.managed),
        *(("consumer_groups", "group", name) for name, group in spec.consumer_groups.items() if group.managed),
        *(("connectors", "connector", name) for name, connector in spec.connectors.items() if connector.managed),
    ]
    for section, kind, name in named:
        if prefixes and not name.startswith(prefixes):
            yield Diagnostic(
                "KO116",
                f"the name begins with none of the prefixes that the project owns ({', '.join(prefixes)})",
                address=f"{kind}.{name}",
                place=context.key_place(section, name),
                hint="rename it, add a prefix to `owns:`, or set `managed: false` if others look after it",
            )


def _references(context: Context) -> Iterator[Diagnostic]:
    """Topics of services, groups, connectors and load tests; the service of a group.

    Looks at what was written and not at the model, so that names are checked where something else is wrong.
    """
    for section, kind, list_key in LISTS:
        for name, written in context.declared(section).items():
            named = written.members.get(list_key)
            for topic in named.items if named else ():
                yield from _topic(context, f"{kind}.{name}", topic)
    for section, kind, single_key, what in SINGLE:
        for name, written in context.declared(section).items():
            if single_key in written.members:
                yield from _topic(context, f"{kind}.{name}", written.members[single_key], what)
    for name, written in context.declared("loadtests").items():
        topics = written.members.get("topics")
        for topic_name, load in topics.members.items() if topics else ():
            key = Written(topic_name, load.file, load.key_line, load.key_column)
            yield from _topic(context, f"loadtest.{name}", key)
    for name, written in context.declared("consumer_groups").items():
        if "service" in written.members:
            yield from _service(context, name, written.members["service"])


def _topic(context: Context, address: str, topic: Written, what: str = "topic") -> Iterator[Diagnostic]:
    topics = context.declared("topics")
    if not isinstance(topic.value, str) or topic.value in topics:
        return
    hint = did_you_mean(topic.value, topics)
    hint = hint or "declare it under `topics:`, with `managed: false` if others look after it"
    summary = f"the {what} '{topic.value}' is not declared"
    yield Diagnostic("KO130", summary, address=address, place=topic.place, hint=hint)


def _service(context: Context, group: str, service: Written) -> Iterator[Diagnostic]:
    services = context.declared("services")
    if isinstance(service.value, str) and service.value not in services:
        yield Diagnostic(
            "KO130",
            f"the service '{service.value}' is not declared",
            address=f"group.{group}",
            place=service.place,
            hint=did_you_mean(service.value, services) or "declare it under `services:`",
        )
