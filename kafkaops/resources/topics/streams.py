"""Kafka Streams applications whose topics must keep their number of partitions: told by their internal topics. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

_SUFFIXES = ("-changelog", "-repartition")


def applications(groups: Iterable[str], topics: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The groups that are Streams applications by their internal topics (`APPLICATION-STORE-changelog`), and those.

    An application's id is its group's name (Kafka Streams, `application.id`). Where one id begins with another, a
    topic is the longer one's.
    """
    internal = sorted(name for name in topics if name.endswith(_SUFFIXES))
    if not internal:
        return {}
    known = sorted(groups, key=len, reverse=True)
    found: dict[str, list[str]] = {}
    for name in internal:
        owner = next((group for group in known if name.startswith(f"{group}-")), None)
        if owner is not None:
            found.setdefault(owner, []).append(name)
    return {group: tuple(names) for group, names in found.items()}


def has_internal_topics(topics: Collection[str]) -> bool:
    """Whether any Streams application keeps state on the cluster: without, nobody needs to be asked."""
    return any(name.endswith(_SUFFIXES) for name in topics)
