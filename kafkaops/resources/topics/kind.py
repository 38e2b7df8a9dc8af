"""The topic kind: composes reading, comparing, asking and doing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from kafkaops.address import Address
from kafkaops.clients.kafka import TopicIdentity
from kafkaops.ledger.records import RecordedChange
from kafkaops.plan.model import Change, Difference, Outcome
from kafkaops.resources.kind import Document, Restated, Session, System, Undone
from kafkaops.resources.settling import Underway, Unsettled
from kafkaops.resources.topics import diff, read
from kafkaops.resources.topics.declared import as_declared, declared
from kafkaops.resources.topics.diff import KIND, Wanted
from kafkaops.resources.topics.model import TopicsSnapshot


class TopicKind:
    """Topics: partitions, configs, deletion."""

    name = KIND
    system = System.KAFKA
    makes = True

    def names(self, session: Session) -> Collection[str]:
        """Every topic that the spec declares or removes."""
        return session.loaded.spec.topics.keys() | session.loaded.removals(KIND).keys()

    def needs(self, session: Session, names: Collection[str]) -> Collection[str]:
        """None, but connectors where a topic is to go: those that name it."""
        return () if session.loaded.spec.topics.keys() >= set(names) else ("connector",)

    def managed(self, session: Session) -> Collection[str]:
        """The managed topics of the spec."""
        return [name for name, topic in session.loaded.spec.topics.items() if topic.managed]

    def declared(self, session: Session) -> Mapping[str, Document]:
        """The managed topics of the spec."""
        return declared(session.loaded)

    def read(self, session: Session) -> TopicsSnapshot:
        """Configs of the topics that the spec names and the cluster has."""
        managed = {name: topic for name, topic in session.loaded.spec.topics.items() if topic.managed}
        removed = list(session.loaded.removals(KIND))
        return read.read(session, managed, removed, session.dropped_configs(KIND, managed))

    def diff(self, session: Session, snapshot: TopicsSnapshot) -> Difference:
        """Compare. Pure."""
        return diff.diff(wanted(session), snapshot.seen, session.cluster, snapshot.layout)

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """Ask the brokers, and weigh what would be lost."""
        from kafkaops.resources.topics import predict

        return predict.predict(session, changes)

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Do the changes and verify them."""
        from kafkaops.resources.topics import apply

        return apply.apply(session, changes)

    def identities(self, session: Session, names: Sequence[str]) -> Mapping[str, str]:
        """Topic ids; a topic that is not there has none."""
        answers = session.kafka.topic_identities(names) if names else {}
        return {name: found.topic_id for name, found in answers.items() if isinstance(found, TopicIdentity)}

    def unsettled(self, changes: Sequence[Change]) -> Sequence[Change]:
        """Moves of replicas: the cluster copies after the run has ended."""
        from kafkaops.resources.topics import settle

        return settle.unsettled(changes)

    def underway(self, change: Change) -> Underway | None:
        """A move of replicas that goes on to what is declared."""
        from kafkaops.resources.topics import underway

        return underway.underway(change)

    def settle(
        self, session: Session, changes: Sequence[Change], report: Callable[[Unsettled], None]
    ) -> Iterator[Outcome]:
        """See moves of replicas through."""
        from kafkaops.resources.topics import settle

        return settle.settle(session, changes, report)

    def restated(self, session: Session, documents: Mapping[str, Document]) -> Restated:
        """The spec with these topics."""
        from kafkaops.resources.topics import recall

        return recall.restated(session.loaded, documents)

    def seen(self, _session: Session, snapshot: TopicsSnapshot) -> Mapping[str, Document]:
        """The topics that are there."""
        return {name: as_declared(state) for name, state in snapshot.seen.items()}

    def undone(self, change: RecordedChange, now: Document | None) -> Undone:
        """See `recall.undone`."""
        from kafkaops.resources.topics import recall

        return recall.undone(change, now)


def throttle_of(session: Session) -> int | None:
    """What each broker may send and receive for moving replicas, in bytes per second; None for no limit."""
    return session.throttle if session.throttle is not None else session.loaded.spec.placement.throttle


def wanted(session: Session) -> Wanted:
    """What the spec says of topics."""
    spec, places = session.loaded.spec, session.loaded.places
    removals = session.loaded.removals(KIND)
    allowed = {
        **{name: topic.lifecycle.allow for name, topic in spec.topics.items()},
        **{name: item.removal.allow for name, item in removals.items()},
    }
    return Wanted(
        topics=spec.topics,
        removed={name: item.place for name, item in removals.items()},
        places={name: places.of("topics", name) for name in spec.topics},
        lifted={name: session.lifted(Address(KIND, name), allow) for name, allow in allowed.items()},
        throttle=throttle_of(session),
        dropped=session.dropped_configs(KIND, spec.topics),
    )
