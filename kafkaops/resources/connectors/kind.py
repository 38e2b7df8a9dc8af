"""Connectors as a resource kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kafkaops.ledger.records import RecordedChange
from kafkaops.plan.model import Change, Difference, Outcome
from kafkaops.resources.connectors.configuration import SeenConfig, flat_config
from kafkaops.resources.connectors.declared import as_declared, declared
from kafkaops.resources.connectors.model import KIND, ConnectorsSnapshot
from kafkaops.resources.connectors.read import managed_connectors, read_connectors, types_for
from kafkaops.resources.connectors.types import KeyTypes, read_key_types
from kafkaops.resources.kind import Document, Restated, Session, System, Undone


class ConnectorKind:
    """`connector.NAME`: configuration, state and tasks of a Kafka Connect connector."""

    name = KIND
    system = System.CONNECT
    makes = True

    def names(self, session: Session) -> Collection[str]:
        """Every connector that the spec declares or removes."""
        return session.loaded.spec.connectors.keys() | session.loaded.removals(KIND).keys()

    def needs(self, _session: Session, _names: Collection[str]) -> Collection[str]:
        """The topics that they read, and the schemas of those."""
        return ("topic", "schema")

    def managed(self, session: Session) -> Collection[str]:
        """The managed connectors of the spec."""
        return managed_connectors(session.loaded.spec).keys()

    def declared(self, session: Session) -> Mapping[str, Document]:
        """The managed connectors of the spec. The worker says which of their settings are passwords."""
        connectors = managed_connectors(session.loaded.spec)
        written = {name: flat_config(connector) for name, connector in connectors.items()}
        known = _key_types(session, written.values())
        return {name: declared(connector, written[name], known) for name, connector in connectors.items()}

    def read(self, session: Session) -> ConnectorsSnapshot:
        """See `read_connectors`."""
        return read_connectors(session)

    def diff(self, session: Session, snapshot: ConnectorsSnapshot) -> Difference:
        """See `diff_connectors`."""
        from kafkaops.resources.connectors.diff import diff_connectors

        return diff_connectors(session, snapshot)

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """See `predict_connectors`."""
        from kafkaops.resources.connectors.predict import predict_connectors

        return predict_connectors(session, changes)

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """See `apply_connectors`."""
        from kafkaops.resources.connectors.apply import apply_connectors

        return apply_connectors(session, changes)

    def identities(self, _session: Session, _names: Sequence[str]) -> Mapping[str, str]:
        """Connectors have none beside their names."""
        return {}

    def restated(self, session: Session, documents: Mapping[str, Document]) -> Restated:
        """See `recall.restated`."""
        from kafkaops.resources.connectors import recall

        return recall.restated(session, documents)

    def seen(self, session: Session, snapshot: ConnectorsSnapshot) -> Mapping[str, Document]:
        """The connectors that are there; secrets by the references of the spec and of what was last applied."""
        found: dict[str, Document] = {}
        named = {name: have for name, have in snapshot.seen.items() if name in self.names(session)}
        # Those of connectors that are as declared were not asked for when they were read.
        known = {**_key_types(session, [have.config for have in named.values()]), **snapshot.key_types}
        for name, have in named.items():
            sources = [source[name] for source in (snapshot.wanted, snapshot.recorded) if name in source]
            types = types_for(known, snapshot.wanted.get(name), have)
            found[name] = as_declared(have, sources, types, snapshot.scrub)
        return found

    def undone(self, change: RecordedChange, now: Document | None) -> Undone:
        """See `recall.undone`."""
        from kafkaops.resources.connectors import recall

        return recall.undone(change, now)


def _key_types(session: Session, configs: Iterable[SeenConfig]) -> KeyTypes:
    """The types of the keys of all plugins in these; none where the environment has no Connect to ask."""
    return read_key_types(session.connect, configs) if session.connect else {}
