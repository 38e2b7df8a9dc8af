"""What changing a connector puts at risk, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kafkaops.address import Guard
from kafkaops.clients.connect import PluginType, RunState, SeenConnector
from kafkaops.plan.model import Hazard, Risk
from kafkaops.resources.connectors.configuration import (
    CONNECTOR_CLASS,
    TOPICS_REGEX,
    group_of,
    topics_of,
)
from kafkaops.spec.model import ConnectorState

_ACTIVE = frozenset({RunState.RUNNING, RunState.UNASSIGNED, RunState.RESTARTING})


def update_hazards(
    name: str, want: Mapping[str, str], have: SeenConnector, keys: Collection[str], state: ConnectorState
) -> tuple[Hazard, ...]:
    """The risks of bringing a connector to a configuration (of which `keys` differ) and a state."""
    active = have.status.state in _ACTIVE
    if active and state is not ConnectorState.RUNNING:
        return (*_halt(name, have, state), *_meaning(name, want, have, keys))
    if active and keys:
        return (*_restart(have), *_meaning(name, want, have, keys))
    return tuple(_meaning(name, want, have, keys))


def _disruptive(code: str, text: str) -> Hazard:
    return Hazard(Risk.DISRUPTIVE, code, text)


def _restart(have: SeenConnector) -> Iterator[Hazard]:
    count = len(have.task_ids) - len(have.status.failed_tasks)
    if count <= 0:
        return
    tasks = "its task restarts" if count == 1 else f"its {count} tasks restart"
    twice = ", and records since the last commit may be delivered twice" if have.type is PluginType.SINK else ""
    yield _disruptive("KO531", f"{tasks}: delivery pauses meanwhile{twice}")


def _halt(name: str, have: SeenConnector, state: ConnectorState) -> Iterator[Hazard]:
    text = f"delivery ends until it runs again ({state.value})"
    if have.type is PluginType.SINK and state is ConnectorState.STOPPED:
        text += (
            f"; the group {group_of(name, have.config)} is empty from then on, and its committed offsets expire "
            "after the brokers' offsets.retention.minutes"
        )
    yield _disruptive("KO535", text)


def _meaning(name: str, want: Mapping[str, str], have: SeenConnector, keys: Collection[str]) -> Iterator[Hazard]:
    """Differences that change what is delivered, and not only how."""
    if CONNECTOR_CLASS in keys:
        before = have.config.get(CONNECTOR_CLASS) or "none"
        kept = f"it goes on from the offsets of group {group_of(name, want)}"
        if have.type is PluginType.SOURCE:
            kept = "it may not understand the source offsets of the old one"
        text = f"another plugin takes over from {before}: {kept}, and what was delivered stays as it is"
        yield _disruptive("KO532", text)
    if have.type is not PluginType.SINK:
        return
    groups = group_of(name, have.config), group_of(name, want)
    if groups[0] != groups[1]:
        text = (
            f"the group changes from {groups[0]} to {groups[1]}: it starts anew by auto.offset.reset, not where it was"
        )
        yield _disruptive("KO536", text)
    lost = [topic for topic in topics_of(have.config) if topic not in topics_of(want)]
    if lost and not want.get(TOPICS_REGEX):
        text = (
            f"{', '.join(lost)} {'is' if len(lost) == 1 else 'are'} no longer delivered; the offsets that "
            f"{groups[0]} committed there stay until they expire"
        )
        yield _disruptive("KO533", text)


def deletion_hazards(have: SeenConnector) -> tuple[Hazard, ...]:
    """The risk of deleting a connector: held back until it is allowed by name."""
    if have.type is PluginType.SOURCE:
        text = (
            "delivery ends; its source offsets stay in Connect's offsets topic, so that a connector of the same "
            "name goes on where this one ended"
        )
    else:
        text = (
            f"delivery ends; the group {group_of(have.name, have.config)} and its committed offsets stay until they "
            "expire, so that a connector of the same name goes on where this one ended"
        )
    return (Hazard(Risk.DISRUPTIVE, "KO534", text, Guard.DELETE),)
