"""Whether planning right after an import would show no change: the kinds' own diffs on what was read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kafkaops.clients.kafka import KafkaAdmin
from kafkaops.clients.registry import RegisteredSchema
from kafkaops.importing.observed import Observed
from kafkaops.plan.model import Change, Reason
from kafkaops.resources.connectors.configuration import resolve_all
from kafkaops.resources.connectors.kind import ConnectorKind
from kafkaops.resources.connectors.read import managed_connectors, snapshot_of
from kafkaops.resources.groups.kind import GroupKind
from kafkaops.resources.groups.model import GroupsSnapshot
from kafkaops.resources.kind import Session
from kafkaops.resources.schemas.kind import SchemaKind
from kafkaops.resources.schemas.model import SchemasSnapshot
from kafkaops.resources.topics.kind import TopicKind
from kafkaops.resources.topics.model import TopicsSnapshot
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.references import Resolver


def changes(
    loaded: LoadedSpec,
    observed: Observed,
    environment: Mapping[str, str],
    pinned: Mapping[str, RegisteredSchema],
    kafka: KafkaAdmin,
) -> tuple[Change, ...]:
    """What a plan of the spec would change on exactly what was read, failed tasks aside: those no spec can hide.

    `environment` has the values of the references. `kafka` is not asked for anything.
    """
    resolver = Resolver(loaded.root, environment=environment)
    session = Session(loaded=loaded, kafka=kafka, cluster=observed.cluster, resolver=resolver)
    found = (
        *TopicKind().diff(session, TopicsSnapshot(observed.topics)).changes,
        *_of_schemas(session, observed, pinned),
        *GroupKind().diff(session, GroupsSnapshot(observed.groups)).changes,
        *_of_connectors(session, observed),
    )
    return tuple(change for change in found if change.reason is not Reason.TASKS_FAILED)


def _of_schemas(session: Session, observed: Observed, pinned: Mapping[str, RegisteredSchema]) -> Iterator[Change]:
    if observed.registry is not None:
        snapshot = SchemasSnapshot(state=observed.registry, taken_for=pinned)
        yield from SchemaKind().diff(session, snapshot).changes


def _of_connectors(session: Session, observed: Observed) -> Iterator[Change]:
    wanted = resolve_all(managed_connectors(session.loaded.spec), session.resolver, session.loaded.places)
    snapshot = snapshot_of(wanted, observed.connectors, observed.key_types)
    yield from ConnectorKind().diff(session, snapshot).changes


def reason_of(change: Change) -> str:
    """Why something cannot be declared: what a plan would change of it."""
    fields = ", ".join(
        f"{item.path} ({'secret' if item.sensitive else f'{item.before} → {item.after}'})" for item in change.fields
    )
    return f"left out: a spec cannot say it so that nothing changes; a plan would change {fields or 'it'}"
