"""Connectors as a resource kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kafkaops.plan.model import Change, Difference, Outcome
from kafkaops.resources.connectors.apply import apply_connectors
from kafkaops.resources.connectors.diff import diff_connectors
from kafkaops.resources.connectors.model import KIND, ConnectorsSnapshot
from kafkaops.resources.connectors.predict import predict_connectors
from kafkaops.resources.connectors.read import managed_connectors, read_connectors, removals
from kafkaops.resources.kind import Session


class ConnectorKind:
    """`connector.NAME`: configuration, state and tasks of a Kafka Connect connector."""

    name = KIND

    def concerns(self, session: Session) -> bool:
        """Whether the spec declares or removes connectors."""
        spec = session.loaded.spec
        return bool(managed_connectors(spec) or removals(spec))

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
