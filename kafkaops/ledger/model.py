"""What the ledger says: claims, the run that is open, and the records of runs.

The ledger is two topics of one partition each. *Claims* is compacted and holds the present: who holds which
resource, which prefixes a project owns, and which run is open. *Runs* is kept for a time and holds the past.
Everything in it is public: secrets are there as references or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kafkaops.address import Address

CLAIMS = "__kafkaops_claims"
RUNS = "__kafkaops_runs"


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """A project in one environment: the same project may live twice on one cluster, under different names."""

    project: str
    environment: str

    def __str__(self) -> str:
        return f"{self.project} (environment {self.environment})"

    @property
    def office(self) -> str:
        """The group that elects, and the transactional id that fences, for this owner."""
        return f"kafkaops.{self.project}.{self.environment}"


class Origin(StrEnum):
    """How a resource came to be this project's."""

    MADE = "made"
    """kafkaops created it: dropped from the spec it is deleted, guards permitting."""
    ADOPTED = "adopted"
    """It was there before: dropped from the spec it is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One resource held by one owner."""

    owner: Owner
    address: Address
    origin: Origin
    settled: bool
    """False between the intent to hold it and the end of the run that does. A settled claim stands above any other."""
    run: str
    """The run that last changed it."""
    at: str
    """When, ISO 8601 with offset."""
    since: str
    """When it was first claimed."""
    identity: str | None = None
    """What no other resource of the same name ever had: a topic's id."""
    declared: Mapping[str, object] | None = None
    """What the spec said of it when it was last applied; None until then."""
    offset: int = -1
    """Where it stands in the log, -1 before it is written. Of two claims that are not settled the earlier stands."""

    def stands_before(self, other: Claim) -> bool:
        """Whether this claim of a resource wins against another owner's."""
        if self.settled is not other.settled:
            return self.settled
        return self.offset < other.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixClaim:
    """A prefix of names that belongs to one owner, whatever the kind."""

    owner: Owner
    prefix: str
    run: str
    at: str
    offset: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """The run of an owner that began and has not said that it ended."""

    owner: Owner
    run: str
    by: str
    host: str
    pid: int
    at: str
    runs_offset: int | None = None
    """From where on the runs topic holds its records; None: unknown, read from the start."""
    left: OpenRun | None = None
    """An interrupted run that this one does not complete: it does a part of it, or something else. Open again after."""

    def with_left(self) -> Iterator[OpenRun]:
        """This run, and those that were interrupted before and are not completed by it."""
        run: OpenRun | None = self
        while run is not None:
            yield run
            run = run.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The claims topic as one owner sees it."""

    owner: Owner
    mine: Mapping[Address, Claim] = field(default_factory=dict)
    others: Mapping[Address, Claim] = field(default_factory=dict)
    """For each address that other owners claim, the claim that stands."""
    prefixes: tuple[PrefixClaim, ...] = ()
    open_run: OpenRun | None = None
    exists: bool = True
    """False where the cluster has no ledger yet."""

    @property
    def empty(self) -> bool:
        """True when it knows nothing of this owner."""
        return not (self.mine or self.open_run or any(item.owner == self.owner for item in self.prefixes))

    def rival(self, address: Address) -> Claim | PrefixClaim | None:
        """Another owner's claim of the resource, or of its prefix, that stands above ours.

        What is held already stays held, whoever claims its prefix later.
        """
        other = self.others.get(address)
        own = self.mine.get(address)
        if other is not None and (own is None or other.stands_before(own)):
            return other
        if own is not None and own.settled:
            return None
        return next(
            (item for item in self.prefixes if item.owner != self.owner and address.name.startswith(item.prefix)),
            None,
        )

    def overlapping(self, prefixes: Iterable[str]) -> Mapping[str, PrefixClaim]:
        """For each of these prefixes another owner's prefix that it overlaps."""
        theirs = [item for item in self.prefixes if item.owner != self.owner]
        found: dict[str, PrefixClaim] = {}
        for prefix in prefixes:
            rival = next(
                (item for item in theirs if prefix.startswith(item.prefix) or item.prefix.startswith(prefix)), None
            )
            if rival is not None:
                found[prefix] = rival
        return found

    def covered(self, prefixes: Iterable[str]) -> Mapping[str, tuple[Claim, ...]]:
        """For each of these prefixes that this owner does not have yet, what others hold that begins with it."""
        held = {item.prefix for item in self.prefixes if item.owner == self.owner}
        found = {
            prefix: tuple(claim for address, claim in sorted(self.others.items()) if address.name.startswith(prefix))
            for prefix in prefixes
            if prefix not in held
        }
        return {prefix: claims for prefix, claims in found.items() if claims}
