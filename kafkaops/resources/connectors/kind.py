"""Connectors as a resource kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from kafkaops.plan.model import Change, Difference, Outcome
from kafkaops.resources.connectors.apply import apply_connectors
from kafkaops.resources.connectors.diff import diff_connectors
from kafkaops.resources.connectors.model import KIND, ConnectorsSnapshot
from kafkaops.resources.connectors.predict import predict_connectors
from kafkaops.resources.connectors.read import read_connectors
from kafkaops.resources.kind import Session, System


class ConnectorKind:
    """`connector.NAME`: configuration, state and tasks of a Kafka Connect connector."""

    name = KIND
    system = System.CONNECT

    def names(self, session: Session) -> Collection[str]:
        """Every connector that the spec declares or removes."""
        return session.loaded.spec.connectors.keys() | session.loaded.removals(KIND).keys()

    def read(self, session: Session) -> ConnectorsSnapshot:
        """See `read_connectors`."""
        return read_connectors(session)

    def diff(self, session: Session, snapshot: ConnectorsSnapshot) -> Difference:
        """See `diff_connectors`."""
        return diff_connectors(session, snapshot)

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """See `predict_connectors`."""
        return predict_connectors(session, changes)

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """See `apply_connectors`."""
        return apply_connectors(session, changes)
