"""From a spec and a live cluster to a plan, in the order in which one reads it.

    read every kind at the same time → diff → order → ask the servers → plan

Doing the plan is `kafkaops.apply.run`. Nothing here knows a kind by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

from kafkaops.address import Address
from kafkaops.errors import RefusedError, UsageError
from kafkaops.plan.model import Change, Difference, Identity, Plan
from kafkaops.plan.order import ordered, selected
from kafkaops.resources.kind import Kind, Session
from kafkaops.resources.kinds import KINDS

T = TypeVar("T")


def make_plan(session: Session, targets: Sequence[Address] = (), kinds: Sequence[Kind[Any]] = KINDS) -> Plan:
    """Read, compare, order and predict. Raises `PlatformError` when anything could not be read whole."""
    _check_targets(targets, kinds)
    concerned = [kind for kind in kinds if kind.concerns(session)]
    snapshots = _at_once([_reader(kind, session) for kind in concerned])
    differences = [kind.diff(session, snapshot) for kind, snapshot in zip(concerned, snapshots, strict=True)]
    chosen = selected((change for found in differences for change in found.changes), targets)
    predicted = _predicted(session, concerned, chosen)
    return Plan(
        project=session.loaded.spec.project,
        environment=session.loaded.environment_name,
        identity=identity_of(session),
        spec_digest=session.loaded.digest,
        changes=ordered(predicted, [kind.name for kind in kinds]),
        observations=tuple(item for found in differences for item in found.observations),
        in_sync=_per_kind(concerned, differences, lambda found: found.in_sync),
        unmanaged=_per_kind(concerned, differences, lambda found: found.unmanaged),
        targets=tuple(targets),
    )


def identity_of(session: Session) -> Identity:
    """Which systems the session talks to."""
    return Identity(
        cluster_id=session.cluster.cluster_id,
        schema_registry_url=session.registry.url if session.registry else None,
        connect_url=session.connect.url if session.connect else None,
    )


def check_cluster(session: Session) -> None:
    """Refuse (KO802, exit 4) a cluster whose id is not the one that the environment pins."""
    pinned = session.loaded.environment.cluster_id
    if pinned and pinned != session.cluster.cluster_id:
        name = session.loaded.environment_name
        raise RefusedError.of(
            "KO802",
            f"environment {name} is cluster {pinned}, but the brokers say {session.cluster.cluster_id}",
            place=session.loaded.places.of("environments", name, "cluster_id"),
            hint="nothing was read further or changed; check the addresses, or the pin if the cluster was rebuilt",
        )


def _check_targets(targets: Sequence[Address], kinds: Sequence[Kind[Any]]) -> None:
    names = [kind.name for kind in kinds]
    for target in targets:
        if target.kind not in names:
            raise UsageError.of(
                "KO803",
                f"--target {target}: there is no kind '{target.kind}'",
                hint=f"kinds: {', '.join(names)}",
            )


def _reader(kind: Kind[Any], session: Session) -> Callable[[], Any]:
    return lambda: kind.read(session)


def _predicted(session: Session, kinds: Sequence[Kind[Any]], changes: Sequence[Change]) -> list[Change]:
    """Each kind asks about its own changes; a change that is blocked already is not asked about."""

    def asking(kind: Kind[Any]) -> Callable[[], list[Change]]:
        own = [change for change in changes if change.address.kind == kind.name]
        open_ones = [change for change in own if not change.blockers]
        blocked = [change for change in own if change.blockers]
        return lambda: [*blocked, *(kind.predict(session, open_ones) if open_ones else ())]

    return [change for answers in _at_once([asking(kind) for kind in kinds]) for change in answers]


def _per_kind(
    kinds: Sequence[Kind[Any]], differences: Sequence[Difference], pick: Callable[[Difference], T]
) -> dict[str, T]:
    return {kind.name: pick(found) for kind, found in zip(kinds, differences, strict=True)}


def _at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Call all at the same time; results in order. The first failure in that order is raised, after all ended."""
    if len(calls) <= 1:
        return [call() for call in calls]
    pool = ThreadPoolExecutor(max_workers=len(calls), thread_name_prefix="read")
    try:
        futures = [pool.submit(call) for call in calls]
        wait(futures)
    except KeyboardInterrupt:
        # Reads may still be waiting for an answer: leave them behind, they change nothing.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return [future.result() for future in futures]
