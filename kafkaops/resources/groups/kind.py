"""The consumer group kind: composes reading, comparing, asking and doing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from kafkaops.address import Address
from kafkaops.clients.kafka import GroupPhase
from kafkaops.ledger.records import RecordedChange
from kafkaops.plan.model import Change, Difference, Outcome
from kafkaops.resources.groups import diff, read
from kafkaops.resources.groups.declared import as_declared, declared
from kafkaops.resources.groups.diff import KIND, Wanted
from kafkaops.resources.groups.model import GroupsSnapshot
from kafkaops.resources.kind import Document, Restated, Session, System, Undone


class GroupKind:
    """Consumer groups: start positions, KIP-848 configs, what is expected of them."""

    name = KIND
    system = System.KAFKA
    makes = False  # a group belongs to its consumers; kafkaops says where they start

    def names(self, session: Session) -> Collection[str]:
        """Every group that the spec declares or removes."""
        return session.loaded.spec.consumer_groups.keys() | session.loaded.removals(KIND).keys()

    def needs(self, _session: Session, _names: Collection[str]) -> Collection[str]:
        """The topics that they read."""
        return ("topic",)

    def managed(self, session: Session) -> Collection[str]:
        """The managed groups of the spec."""
        return [name for name, group in session.loaded.spec.consumer_groups.items() if group.managed]

    def declared(self, session: Session) -> Mapping[str, Document]:
        """The managed groups of the spec."""
        return declared(session.loaded)

    def read(self, session: Session) -> GroupsSnapshot:
        """The groups that the spec names: their state, offsets and configs."""
        groups = session.loaded.spec.consumer_groups
        managed = {name: group for name, group in groups.items() if group.managed}
        return read.read(session, managed, list(session.loaded.removals(KIND)), session.dropped_configs(KIND, groups))

    def diff(self, session: Session, snapshot: GroupsSnapshot) -> Difference:
        """Compare. Pure."""
        return diff.diff(_wanted(session), snapshot, session.cluster)

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """Ask the brokers what can be asked."""
        from kafkaops.resources.groups import predict

        return predict.predict(session, changes)

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Do the changes and read them back."""
        from kafkaops.resources.groups import apply

        return apply.apply(session, changes)

    def identities(self, _session: Session, _names: Sequence[str]) -> Mapping[str, str]:
        """Groups have none beside their names."""
        return {}

    def restated(self, session: Session, documents: Mapping[str, Document]) -> Restated:
        """The spec with these groups."""
        from kafkaops.resources.groups import recall

        return recall.restated(session.loaded, documents)

    def seen(self, _session: Session, snapshot: GroupsSnapshot) -> Mapping[str, Document]:
        """The groups that are there."""
        return {
            name: as_declared(state)
            for name, state in snapshot.seen.items()
            if state.view.phase is not GroupPhase.ABSENT
        }

    def undone(self, change: RecordedChange, now: Document | None) -> Undone:
        """See `recall.undone`."""
        from kafkaops.resources.groups import recall

        return recall.undone(change, now)


def _wanted(session: Session) -> Wanted:
    spec, places = session.loaded.spec, session.loaded.places
    removals = session.loaded.removals(KIND)
    allowed = {
        **{name: group.lifecycle.allow for name, group in spec.consumer_groups.items()},
        **{name: item.removal.allow for name, item in removals.items()},
    }
    return Wanted(
        groups=spec.consumer_groups,
        topics=spec.topics,
        services=spec.services,
        removed={name: item.place for name, item in removals.items()},
        places={name: places.of("consumer_groups", name) for name in spec.consumer_groups},
        lifted={name: session.lifted(Address(KIND, name), allow) for name, allow in allowed.items()},
        dropped=session.dropped_configs(KIND, spec.consumer_groups),
    )
