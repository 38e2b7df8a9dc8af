"""The schema kind: composes reading, comparing, asking and doing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from kafkaops.ledger.records import RecordedChange
from kafkaops.plan.model import Change, Difference, Outcome
from kafkaops.resources.kind import Document, Restated, Session, System, Undone
from kafkaops.resources.schemas.declared import as_declared, declared
from kafkaops.resources.schemas.desired import desired
from kafkaops.resources.schemas.model import GLOBAL, KIND, SchemasSnapshot
from kafkaops.resources.wording import mapping_of


class SchemaKind:
    """Subjects of the schema registry: versions, references, compatibility levels, deletion."""

    name = KIND
    system = System.SCHEMA_REGISTRY
    makes = True

    def names(self, session: Session) -> Collection[str]:
        """Every subject that the spec declares or removes, and the global level's name where it is declared."""
        wanted = desired(session.loaded)
        levels = (GLOBAL.name,) if wanted.global_level else ()
        return {*wanted.subjects, *wanted.removed, *levels}

    def needs(self, _session: Session, _names: Collection[str]) -> Collection[str]:
        """Topics: they tell whether the cluster is well."""
        return ("topic",)

    def managed(self, session: Session) -> Collection[str]:
        """The subjects that the spec declares, and the global level's name where it is declared."""
        wanted = desired(session.loaded)
        return {*wanted.subjects, *((GLOBAL.name,) if wanted.global_level else ())}

    def declared(self, session: Session) -> Mapping[str, Document]:
        """The subjects that the spec declares, those of shared types included."""
        return declared(session.loaded)

    def read(self, session: Session) -> SchemasSnapshot:
        """The newest versions and levels of the subjects that the spec names."""
        from kafkaops.resources.schemas import read

        return read.read(session, desired(session.loaded))

    def diff(self, session: Session, snapshot: SchemasSnapshot) -> Difference:
        """Compare. Pure."""
        from kafkaops.resources.schemas import diff

        wanted = desired(session.loaded)
        allowed = {item.address: item.allow for item in wanted.subjects.values()}
        allowed |= {item.address: item.allow for item in wanted.removed.values()}
        allowed[GLOBAL] = ()
        lifted = {address: session.lifted(address, in_spec) for address, in_spec in allowed.items()}
        return diff.diff(wanted, snapshot, lifted)

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """Ask the registry for its verdict, and give our own."""
        from kafkaops.resources.schemas import predict

        return predict.predict(session, changes, desired(session.loaded).subjects)

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Do the changes and verify them."""
        from kafkaops.resources.schemas import apply

        return apply.apply(session, changes)

    def identities(self, _session: Session, _names: Sequence[str]) -> Mapping[str, str]:
        """Subjects have none beside their names."""
        return {}

    def restated(self, session: Session, documents: Mapping[str, Document]) -> Restated:
        """The spec with these subjects. What they refer to is as the ledger tells it, or as the spec declares it."""
        from kafkaops.resources.schemas import recall

        claims = session.ledger.mine if session.ledger else {}
        told = {address.name: claim.declared for address, claim in claims.items() if address.kind == KIND}
        others = {
            **declared(session.loaded),
            **{name: mapping_of(item) for name, item in told.items() if item is not None},
        }
        return recall.restated(session.loaded, documents, others)

    def seen(self, session: Session, snapshot: SchemasSnapshot) -> Mapping[str, Document]:
        """The newest versions and own levels of the subjects that are there, and the global level."""
        wanted, state = desired(session.loaded), snapshot.state
        found: dict[str, Document] = {
            name: as_declared(state.latest.get(name), state.levels.get(name))
            for name in (*wanted.subjects, *wanted.removed)
            if name in state.subjects
        }
        if wanted.global_level is not None and state.global_level is not None:
            found[GLOBAL.name] = {"compatibility": state.global_level}
        return found

    def undone(self, change: RecordedChange, now: Document | None) -> Undone:
        """See `recall.undone`."""
        from kafkaops.resources.schemas import recall

        return recall.undone(change, now)
