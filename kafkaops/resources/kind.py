"""The shape every resource kind has, so that the engine knows none of them by name.

A kind turns the spec and what it reads into changes, tells what the servers would say, and does them:

    read (bulk I/O) → diff (pure) → predict (I/O, touches nothing) → apply (I/O, verified)

`docs/guides/add-a-resource-kind.md` walks through adding one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

from kafkaops.address import Address, Guard
from kafkaops.clients.connect import Connect
from kafkaops.clients.kafka import ClusterState, KafkaAdmin
from kafkaops.clients.registry import SchemaRegistry
from kafkaops.errors import Diagnostic
from kafkaops.ledger.model import Ledger
from kafkaops.ledger.records import RecordedChange
from kafkaops.plan.excess import Share
from kafkaops.plan.model import Change, Difference, Json, Outcome
from kafkaops.plan.seal import Seal
from kafkaops.resources.stopping import StopSignal
from kafkaops.spec.loaded import LoadedSpec
from kafkaops.spec.references import Resolver

SnapshotT = TypeVar("SnapshotT")
Document = Mapping[str, Json]
"""One resource in the spec's own words, as the ledger keeps it: references as such, other secrets masked."""


class Configured(Protocol):
    """A declared resource that has configs."""

    @property
    def config(self) -> Mapping[str, str]:
        """By Kafka's names."""
        ...


class System(StrEnum):
    """A system whose identity a plan records when a kind of it is concerned."""

    KAFKA = "Kafka"
    SCHEMA_REGISTRY = "the schema registry"
    CONNECT = "Kafka Connect"


def silent(_message: str) -> None:
    """The reporter of a caller that shows no progress."""


@dataclass(frozen=True)
class Session:
    """One command's hold on one environment: the spec, the clients, and the cluster as first seen."""

    loaded: LoadedSpec
    kafka: KafkaAdmin
    cluster: ClusterState
    """From the one metadata request that every command starts with; identity is checked by then."""
    registry: SchemaRegistry | None = None
    connect: Connect | None = None
    resolver: Resolver = field(default_factory=Resolver)
    """Turns `${env:…}`, `${file:…}` and `${dev:…}` into what they stand for, at the last moment."""
    allowed: frozenset[tuple[Guard, Address]] = frozenset()
    """What `--allow` lifted."""
    allowed_shares: frozenset[Share] = frozenset()
    """What `--allow-share` lifted."""
    throttle: int | None = None
    """Bytes per second, as `--throttle` said; the spec's `placement:` holds otherwise."""
    targets: tuple[Address, ...] = ()
    """What `--target` named; empty for the whole spec."""
    say: Callable[[str], None] = field(default=silent)
    """Tells the user what is being waited for; goes to stderr."""
    stop: StopSignal = field(default_factory=StopSignal)
    """Set by the first Ctrl-C during apply: finish the batch in flight, then yield the rest as skipped."""
    seal: Seal = field(default_factory=Seal)
    """Digests secrets for the plan."""
    ledger: Ledger | None = None
    """Who holds what, as the cluster's ledger says; None when it is not looked at."""
    notes: tuple[Diagnostic, ...] = ()
    """What is worth saying of the ledger; the plan shows it."""

    def removing(self, kind: str) -> frozenset[str]:
        """The names of one kind that this plan deletes if they are there: so others need not wait for leave."""
        names = self.loaded.removals(kind)
        return frozenset(name for name in names if not self.targets or Address(kind, name) in self.targets)

    def dropped_configs(self, kind: str, declared: Mapping[str, Configured]) -> dict[str, frozenset[str]]:
        """Per resource the config keys that this project last applied and the spec does not name any more."""
        found: dict[str, frozenset[str]] = {}
        for name, resource in declared.items() if self.ledger else ():
            claim = self.ledger.mine.get(Address(kind, name)) if self.ledger else None
            applied = (claim.declared or {}).get("config") if claim else None
            keys = applied.keys() - resource.config.keys() if isinstance(applied, Mapping) else frozenset()
            if keys:
                found[name] = frozenset(keys)
        return found

    def lifted(self, address: Address, in_spec: Sequence[Guard] = ()) -> frozenset[Guard]:
        """The guards lifted for one resource, by option or in the spec."""
        return frozenset(in_spec) | {guard for guard, lifted in self.allowed if lifted == address}


@dataclass(frozen=True, slots=True)
class Restated:
    """A spec whose resources of a kind come from documents instead of its files."""

    loaded: LoadedSpec
    untold: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By name: the fields' paths whose values neither the document nor the spec tells any more, secrets all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """How a change that was made is taken back."""

    document: Document | None = None
    """The resource as it is to be; None where there is nothing to do or it is to go."""
    gone: bool = False
    """Whether it is to go: it was not there before."""
    lost: tuple[str, ...] = ()
    """What cannot come back, in words."""


class Kind(Protocol[SnapshotT]):
    """One resource kind. `name` is the address prefix; kinds are ordered in `kinds.py`."""

    name: str
    system: System
    """Where it lives."""
    makes: bool
    """Whether what this kind creates is this project's own from then on, to be deleted when the spec drops it."""

    def names(self, session: Session) -> Collection[str]:
        """Every resource of this kind that the spec speaks of. Where there is none, nothing is read."""
        ...

    def needs(self, session: Session, names: Collection[str]) -> Collection[str]:
        """The kinds that must be read as well, where a plan is for these resources only: those of what their changes
        may require, and of what is asked about them. Of resources that others need, `names` is empty.
        """
        ...

    def managed(self, session: Session) -> Collection[str]:
        """The names of the resources that the spec declares and that are not unmanaged."""
        ...

    def declared(self, session: Session) -> Mapping[str, Document]:
        """Every managed resource that the spec declares, as the ledger keeps it: the spec's own words, no secrets.

        A server may be asked what is secret. Raises `PlatformError` when it cannot be.
        """
        ...

    def read(self, session: Session) -> SnapshotT:
        """Observe what is there, in bulk. Raises `PlatformError` rather than return less than everything."""
        ...

    def diff(self, session: Session, snapshot: SnapshotT) -> Difference:
        """Compare. Pure: of the session it uses the spec, the cluster as first seen and what is allowed."""
        ...

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """Ask the servers about the changes without touching anything, and weigh what would be lost."""
        ...

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Do the changes, none of which depends on another, and yield each as it is verified.

        Yields exactly one outcome for each change; a failure is an outcome, never an exception.
        """
        ...

    def identities(self, session: Session, names: Sequence[str]) -> Mapping[str, str]:
        """What no other resource of the same name ever had, such as a topic's id; nothing where there is no such."""
        ...

    def restated(self, session: Session, documents: Mapping[str, Document]) -> Restated:
        """The session's spec with these resources of this kind and no others; secrets by their references.

        `restated(declared())` is compared as the spec itself. Raises `ValueError`, `KeyError` or `TypeError` for a
        document of another shape.
        """
        ...

    def seen(self, session: Session, snapshot: SnapshotT) -> Mapping[str, Document]:
        """What is there of the resources that the spec names, in the spec's words, no secrets.

        Of the servers only what is secret may be asked. Raises `PlatformError` when that cannot be.
        """
        ...

    def undone(self, change: RecordedChange, now: Document | None) -> Undone:
        """How to take a change back; `now` is the resource as it is, None where it is absent. Pure."""
        ...
