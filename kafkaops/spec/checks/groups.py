"""Instances: of a service or group, against themselves and against the partitions they share out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from kafkaops.errors import Diagnostic, Place, Severity
from kafkaops.spec.checks.context import Context
from kafkaops.spec.model import ConsumerGroup, Instances


def check(context: Context) -> Iterator[Diagnostic]:
    """Contradictions (KO132) and instances that can only idle (KO131)."""
    for name, service in context.spec.services.items():
        yield from _contradictions(context, f"service.{name}", service.instances, ("services", name, "instances"))
    for name, group in context.spec.consumer_groups.items():
        if isinstance(group.instances, Instances):
            path = ("consumer_groups", name, "instances")
            yield from _contradictions(context, f"group.{name}", group.instances, path)
        yield from _surplus(context, name, group)


def _contradictions(
    context: Context, address: str, instances: Instances, path: tuple[str, ...]
) -> Iterator[Diagnostic]:
    written = (("min", instances.min), ("target", instances.target), ("max", instances.max))
    given = [(key, number) for key, number in written if number is not None]
    for (low, smaller), (high, larger) in itertools.pairwise(given):
        if smaller > larger:
            yield Diagnostic(
                "KO132",
                f"instances.{low} ({smaller}) is above instances.{high} ({larger})",
                address=address,
                place=context.place(*path, high),
            )


@dataclass(frozen=True)
class _Ceiling:
    """The most instances a group may have, and where that was written."""

    instances: int
    source: str
    place: Place | None


def _surplus(context: Context, name: str, group: ConsumerGroup) -> Iterator[Diagnostic]:
    """A partition is read by one member at a time: members beyond the partitions have nothing to do."""
    ceiling = _ceiling(context, name, group)
    topics = [context.spec.topics.get(topic) for topic in group.topics]
    if ceiling is None or not all(topics):
        return
    partitions = sum(topic.partitions for topic in topics if topic)
    if ceiling.instances <= partitions:
        return
    surplus = ceiling.instances - partitions
    listed = ", ".join(group.topics)
    yield Diagnostic(
        "KO131",
        f"{ceiling.instances} instances share the {partitions} partitions of {listed}: {surplus} would idle",
        severity=Severity.WARNING,
        address=f"group.{name}",
        place=ceiling.place,
        detail=ceiling.source,
        hint=f"lower the maximum to {partitions}, or give {listed} more partitions",
    )


def _ceiling(context: Context, name: str, group: ConsumerGroup) -> _Ceiling | None:
    """The larger of what the group and its service say."""
    found: list[_Ceiling] = []
    match group.instances:
        case int() as number:
            place = context.place("consumer_groups", name, "instances")
            found.append(_Ceiling(number, f"instances of group {name}", place))
        case Instances(max=int() as number):
            place = context.place("consumer_groups", name, "instances", "max")
            found.append(_Ceiling(number, f"instances.max of group {name}", place))
    service = context.spec.services.get(group.service) if group.service else None
    if service is not None and service.instances.max is not None:
        place = context.place("services", group.service or "", "instances", "max")
        found.append(_Ceiling(service.instances.max, f"instances.max of its service {group.service}", place))
    return max(found, key=lambda ceiling: ceiling.instances, default=None)
