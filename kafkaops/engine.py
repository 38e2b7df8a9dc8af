"""From a spec and a live cluster to a plan, in the order in which one reads it.

    read every kind at the same time → diff → order → ask the servers → plan

Doing the plan is `kafkaops.apply.run`. Nothing here knows a kind by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any, TypeVar

from kafkaops.address import Address
from kafkaops.checkout import checkout_of
from kafkaops.errors import Diagnostic, RefusedError, UsageError
from kafkaops.ledger.model import Claim, Ledger
from kafkaops.ledger.ownership import (
    Owned,
    Spoken,
    adoption_note,
    dropped,
    recreated,
    refuse_foreign_prefixes,
    with_ownership,
)
from kafkaops.plan.limits import excesses
from kafkaops.plan.model import Change, ChangeType, Difference, Identity, Plan
from kafkaops.plan.order import ordered, selected
from kafkaops.resources.health import Health, held_while_unwell
from kafkaops.resources.identities import identities_of
from kafkaops.resources.kind import Kind, Session, System
from kafkaops.resources.kinds import KINDS
from kafkaops.spec.collector import paused_collector
from kafkaops.spec.suggest import did_you_mean

T = TypeVar("T")


def make_plan(session: Session, targets: Sequence[Address] = (), kinds: Sequence[Kind[Any]] = KINDS) -> Plan:
    """Read, compare, order and predict. Raises `PlatformError` when anything could not be read whole."""
    # A client makes an object of every config of every topic; none of them is in a cycle.
    with paused_collector():
        return _make_plan(replace(session, targets=tuple(targets)), targets, kinds)


def _make_plan(session: Session, targets: Sequence[Address], kinds: Sequence[Kind[Any]]) -> Plan:
    names = {kind.name: kind.names(session) for kind in kinds}
    let_go = session.loaded.forgotten()
    for address in targets:
        if address not in let_go:
            _check_known("--target", address, names)
    for _, address in sorted(session.allowed):
        _check_known("--allow", address, names)
    for share in sorted(session.allowed_shares):
        _check_kind(f"--allow-share {share}", share.kind, names)
    read = needed(session, targets, kinds)
    concerned = [kind for kind in read if names[kind.name]]
    systems = frozenset(kind.system for kind in concerned)
    recorded = _recorded(session, names, targets)
    *snapshots, identity, checkout, identities = _at_once(
        [
            *(_reader(kind, session) for kind in concerned),
            lambda: identity_of(session, systems),
            lambda: checkout_of(session.loaded.root, session.loaded.files),
            lambda: identities_of(session, recorded, concerned),
        ]
    )
    differences = [kind.diff(session, snapshot) for kind, snapshot in zip(concerned, snapshots, strict=True)]
    owned = _owned(session, [change for found in differences for change in found.changes], read)
    ailment, unwell = _ailment(session, differences)
    chosen = [held_while_unwell(change, ailment) for change in selected(owned.changes, targets)]
    adoptable = tuple(address for address in owned.adoptable if not targets or address in targets)
    predicted = _predicted(session, concerned, chosen)
    existing = _per_kind(concerned, differences, _existing)
    return Plan(
        project=session.loaded.spec.project,
        environment=session.loaded.environment_name,
        identity=identity,
        spec_digest=session.loaded.digest,
        changes=ordered(predicted, [kind.name for kind in kinds]),
        observations=(
            *session.notes,
            *unwell,
            *adoption_note(adoptable, sum(found.in_sync for found in differences)),
            *recreated(recorded, identities),
            *(item for found in differences for item in found.observations),
        ),
        in_sync=_per_kind(concerned, differences, lambda found: found.in_sync),
        unmanaged=_per_kind(concerned, differences, lambda found: found.unmanaged),
        targets=tuple(targets),
        allowed=tuple(sorted(session.allowed)),
        allowed_shares=tuple(sorted(session.allowed_shares)),
        excesses=excesses(predicted, existing, session.loaded.spec.limits, session.allowed_shares),
        checkout=checkout,
        seal=session.seal.kind,
        adoptable=adoptable,
        throttle=session.throttle,
    )


def needed(session: Session, targets: Sequence[Address], kinds: Sequence[Kind[Any]] = KINDS) -> Sequence[Kind[Any]]:
    """The kinds that a plan of these targets reads: theirs, and those of what they may need. All without targets.

    Of the others nothing is concluded: neither that they are as declared nor that they are not there.
    """
    if not targets:
        return kinds
    by_name = {kind.name: kind for kind in kinds}
    found: set[str] = set()
    queue = [address.kind for address in targets]
    while queue:
        name = queue.pop()
        if name in by_name and name not in found:
            found.add(name)
            own = [address.name for address in targets if address.kind == name]
            queue.extend(by_name[name].needs(session, own))
    return [kind for kind in kinds if kind.name in found]


def _recorded(
    session: Session, names: Mapping[str, Collection[str]], targets: Sequence[Address]
) -> Mapping[Address, Claim]:
    """Of what the spec speaks of, what the ledger knows by an identity."""
    return {
        address: claim
        for address, claim in (session.ledger.mine.items() if session.ledger else ())
        if claim.identity and address.name in names.get(address.kind, ()) and (not targets or address in targets)
    }


def _ailment(session: Session, differences: Sequence[Difference]) -> tuple[str, Sequence[Diagnostic]]:
    """What ails the cluster, by the kind that looks, which says so itself; else by the first look at the cluster."""
    found = next((item.ailment for item in differences if item.ailment is not None), None)
    if found is not None:
        return found, ()
    health = Health.of(session.cluster)
    return health.summary, health.observations()


def compared(session: Session, kinds: Sequence[Kind[Any]]) -> list[Difference]:
    """Read these kinds at the same time and compare, without asking the servers about any change."""
    snapshots = _at_once([_reader(kind, session) for kind in kinds])
    return [kind.diff(session, snapshot) for kind, snapshot in zip(kinds, snapshots, strict=True)]


def with_ledger(session: Session, ledger: Ledger, kinds: Sequence[Kind[Any]] = KINDS) -> Session:
    """The session that knows who holds what: what this project made and the spec dropped is to be deleted.

    Raises `RefusedError` (KO873, exit 4) when the spec claims names that are another project's.
    """
    loaded = session.loaded
    refuse_foreign_prefixes(ledger, loaded.spec.owns, loaded.places.of("owns"))
    gone = dropped(ledger, _spoken(session, kinds), [kind.name for kind in kinds])
    return replace(session, ledger=ledger, loaded=replace(loaded, dropped=gone))


def _spoken(session: Session, kinds: Sequence[Kind[Any]]) -> Spoken:
    return Spoken(
        declared={Address(kind.name, name) for kind in kinds for name in kind.managed(session)},
        named={Address(kind.name, name) for kind in kinds for name in kind.names(session)},
        forgotten=session.loaded.forgotten(),
    )


def _owned(session: Session, changes: Sequence[Change], kinds: Sequence[Kind[Any]]) -> Owned:
    if session.ledger is None:
        return Owned(changes=tuple(changes), adoptable=())
    return with_ownership(
        changes, session.ledger, _spoken(session, kinds), session.loaded.dropped, [kind.name for kind in kinds]
    )


def identity_of(session: Session, systems: Collection[System]) -> Identity:
    """Which systems the session talks to. Only those named are asked: one request each."""
    registry, connect = session.registry, session.connect
    worker = connect.worker() if connect and System.CONNECT in systems else None
    return Identity(
        cluster_id=session.cluster.cluster_id,
        schema_registry_url=registry.url if registry else None,
        schema_registry_id=registry.cluster_id() if registry and System.SCHEMA_REGISTRY in systems else None,
        connect_url=connect.url if connect else None,
        connect_cluster_id=worker.kafka_cluster_id if worker else None,
    )


def check_cluster(session: Session, kinds: Sequence[Kind[Any]] = KINDS) -> None:
    """Refuse (KO802, exit 4) a cluster, a registry or a Connect whose id is not what the environment pins.

    What the session's targets do not need is not asked for anything, nor for its id.
    """
    environment = session.loaded.environment
    systems = {kind.system for kind in needed(session, session.targets, kinds)}
    _check_pin(session, "cluster_id", environment.cluster_id, "the brokers answer", session.cluster.cluster_id)
    if environment.connect_cluster_id and session.connect is not None and System.CONNECT in systems:
        worker = session.connect.worker()
        _check_pin(
            session, "connect_cluster_id", environment.connect_cluster_id, "Connect answers", worker.kafka_cluster_id
        )
    if environment.schema_registry_id and session.registry is not None and System.SCHEMA_REGISTRY in systems:
        found = session.registry.cluster_id() or "no id"
        _check_pin(session, "schema_registry_id", environment.schema_registry_id, "the registry answers", found)


def _check_pin(session: Session, key: str, pinned: str | None, who: str, found: str) -> None:
    name = session.loaded.environment_name
    if pinned and pinned != found:
        raise RefusedError.of(
            "KO802",
            f"environment {name} is cluster {pinned}, but {who} for {found}",
            place=session.loaded.places.of("environments", name, key),
            hint="nothing more was read or changed; check the addresses, or the pin if the cluster was rebuilt",
        )


def _check_known(option: str, address: Address, names: Mapping[str, Collection[str]]) -> None:
    """Raise `UsageError` (KO803, KO810) for an address that the spec does not speak of: a typo must not pass."""
    _check_kind(f"{option} {address}", address.kind, names)
    if address.name not in names[address.kind]:
        raise UsageError.of(
            "KO810",
            f"{option} {address}: the spec neither declares nor removes it",
            hint=did_you_mean(address.name, names[address.kind]),
        )


def _check_kind(option: str, kind: str, names: Mapping[str, Collection[str]]) -> None:
    if kind not in names:
        raise UsageError.of("KO803", f"{option}: there is no kind '{kind}'", hint=f"kinds: {', '.join(names)}")


def _reader(kind: Kind[Any], session: Session) -> Callable[[], Any]:
    return lambda: kind.read(session)


def _predicted(session: Session, kinds: Sequence[Kind[Any]], changes: Sequence[Change]) -> list[Change]:
    """Each kind asks about its own changes; a change that is blocked already is not asked about."""

    def asking(kind: Kind[Any]) -> Callable[[], list[Change]]:
        own = [change for change in changes if change.address.kind == kind.name]
        open_ones = [change for change in own if not change.blockers and change.operations]
        blocked = [change for change in own if change.blockers or not change.operations]
        return lambda: [*blocked, *(kind.predict(session, open_ones) if open_ones else ())]

    known = {kind.name for kind in kinds}
    unread = [change for change in changes if change.address.kind not in known]  # let go, and of no concern otherwise
    return [*unread, *(change for answers in _at_once([asking(kind) for kind in kinds]) for change in answers)]


def _per_kind(
    kinds: Sequence[Kind[Any]], differences: Sequence[Difference], pick: Callable[[Difference], T]
) -> dict[str, T]:
    return {kind.name: pick(found) for kind, found in zip(kinds, differences, strict=True)}


def _existing(found: Difference) -> int:
    """How many resources of a kind are there, of those that the spec speaks of."""
    return found.in_sync + sum(change.type is not ChangeType.CREATE for change in found.changes)


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
