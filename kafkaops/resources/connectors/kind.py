"""Connectors as a resource kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from kafkaops.plan.model import Change, Difference, Json, Outcome
from kafkaops.resources.connectors.apply import apply_connectors
from kafkaops.resources.connectors.declared import declared
from kafkaops.resources.connectors.diff import diff_connectors
from kafkaops.resources.connectors.model import KIND, ConnectorsSnapshot
from kafkaops.resources.connectors.predict import predict_connectors
from kafkaops.resources.connectors.read import read_connectors
from kafkaops.resources.kind import Session, System


class ConnectorKind:
    """`connector.NAME`: configuration, state and tasks of a Kafka Connect connector."""

    name = KIND
    system = System.CONNECT
    makes = True

    def names(self, session: Session) -> Collection[str]:
        """Every connector that the spec declares or removes."""
        return session.loaded.spec.connectors.keys() | session.loaded.removals(KIND).keys()

    def declared(self, session: Session) -> Mapping[str, Mapping[str, Json]]:
        """The managed connectors of the spec."""
        return declared(session.loaded)

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

    def identities(self, _session: Session, _names: Sequence[str]) -> Mapping[str, str]:
        """Connectors have none beside their names."""
        return {}
