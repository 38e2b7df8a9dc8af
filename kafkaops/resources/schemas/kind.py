"""The schema kind: composes reading, comparing, asking and doing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from kafkaops.plan.model import Change, Difference, Json, Outcome
from kafkaops.resources.kind import Session, System
from kafkaops.resources.schemas import apply, diff, predict, read
from kafkaops.resources.schemas.declared import declared
from kafkaops.resources.schemas.desired import desired
from kafkaops.resources.schemas.model import GLOBAL, KIND, SchemasSnapshot


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

    def declared(self, session: Session) -> Mapping[str, Mapping[str, Json]]:
        """The subjects that the spec declares, those of shared types included."""
        return declared(session.loaded)

    def read(self, session: Session) -> SchemasSnapshot:
        """The newest versions and levels of the subjects that the spec names."""
        return read.read(session, desired(session.loaded))

    def diff(self, session: Session, snapshot: SchemasSnapshot) -> Difference:
        """Compare. Pure."""
        wanted = desired(session.loaded)
        allowed = {item.address: item.allow for item in wanted.subjects.values()}
        allowed |= {item.address: item.allow for item in wanted.removed.values()}
        allowed[GLOBAL] = ()
        lifted = {address: session.lifted(address, in_spec) for address, in_spec in allowed.items()}
        return diff.diff(wanted, snapshot, lifted)

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """Ask the registry for its verdict, and give our own."""
        return predict.predict(session, changes, desired(session.loaded).subjects)

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Do the changes and verify them."""
        return apply.apply(session, changes)

    def identities(self, _session: Session, _names: Sequence[str]) -> Mapping[str, str]:
        """Subjects have none beside their names."""
        return {}
