"""The consumer group kind: composes reading, comparing, asking and doing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kafkaops.plan.model import Change, Difference, Outcome
from kafkaops.resources.kind import Session

KIND = "group"


class GroupKind:
    """Consumer groups: start positions, KIP-848 configs, what is expected of them."""

    name = KIND

    def concerns(self, session: Session) -> bool:
        """Whether the spec names a group to look after."""
        return bool(session.loaded.spec.consumer_groups)

    def read(self, session: Session) -> None:
        """Nothing yet."""
        return None

    def diff(self, session: Session, snapshot: None) -> Difference:
        """Nothing to change yet."""
        return Difference()

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """Nothing to ask yet."""
        return changes

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Nothing to do yet."""
        return iter(())
