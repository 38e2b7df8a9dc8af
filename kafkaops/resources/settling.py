"""What goes on after a run: some changes are only begun by it, and the cluster takes its time.

A kind that has such changes is `Settling`. Whoever ran the plan calls it afterwards (`kafkaops.apply.settle`), when
nothing is held any more that others wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from kafkaops.errors import Diagnostic
from kafkaops.plan.model import Change, Outcome
from kafkaops.resources.kind import Session


@dataclass(frozen=True, slots=True)
class Unsettled:
    """How far the cluster is: what is left, in pieces and in bytes (None when nobody knows)."""

    what: str
    """The pieces: `partitions`."""
    left: int
    total: int
    bytes_left: int | None
    note: str = ""
    """Why it does not go on, when it does not."""


@dataclass(frozen=True, slots=True)
class Underway:
    """What of a difference is no drift: kafkaops has begun to make it good, and the cluster goes on with it."""

    paths: frozenset[str]
    """Of the fields that tell of it."""
    said: Diagnostic


@runtime_checkable
class Settling(Protocol):
    """A kind that sees changes through which a run has begun."""

    name: str

    def unsettled(self, changes: Sequence[Change]) -> Sequence[Change]:
        """Those of the changes that are not over when they are done."""
        ...

    def underway(self, change: Change) -> Underway | None:
        """What of a change to how it was declared is on its way already, begun by kafkaops; None where nothing is."""
        ...

    def settle(
        self, session: Session, changes: Sequence[Change], report: Callable[[Unsettled], None]
    ) -> Iterator[Outcome]:
        """Wait, do what comes after, clean up; yield one outcome for each change, as it is over.

        `session.stop` ends the waiting, not the cleaning up. Raises nothing that `KafkaopsError` is the base of.
        """
        ...
