"""The topic kind: composes reading, comparing, asking and doing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kafkaops.address import Address
from kafkaops.plan.model import Change, Difference, Outcome
from kafkaops.resources.kind import Session
from kafkaops.resources.topics import apply, diff, predict, read
from kafkaops.resources.topics.diff import KIND, Wanted
from kafkaops.resources.topics.model import TopicsSnapshot
from kafkaops.spec.model import Removal


class TopicKind:
    """Topics: partitions, configs, deletion."""

    name = KIND

    def concerns(self, session: Session) -> bool:
        """Whether the spec names a topic to look after or to delete."""
        return bool(session.loaded.spec.topics or _removals(session))

    def read(self, session: Session) -> TopicsSnapshot:
        """Configs of the topics that the spec names and the cluster has."""
        managed = {name: topic for name, topic in session.loaded.spec.topics.items() if topic.managed}
        return read.read(session, managed, list(_removals(session)))

    def diff(self, session: Session, snapshot: TopicsSnapshot) -> Difference:
        """Compare. Pure."""
        return diff.diff(_wanted(session), snapshot.seen, session.cluster)

    def predict(self, session: Session, changes: Sequence[Change]) -> Sequence[Change]:
        """Ask the brokers, and weigh what would be lost."""
        return predict.predict(session, changes)

    def apply(self, session: Session, changes: Sequence[Change]) -> Iterator[Outcome]:
        """Do the changes and verify them."""
        return apply.apply(session, changes)


def _removals(session: Session) -> Mapping[str, Removal]:
    """The topics that `removed:` says to delete."""
    found = {}
    for removal in session.loaded.spec.removed:
        address = Address.parse(removal.address)
        if address.kind == KIND and removal.action == "delete":
            found[address.name] = removal
    return found


def _wanted(session: Session) -> Wanted:
    spec, places = session.loaded.spec, session.loaded.places
    removals = _removals(session)
    indexes = {removal.address: index for index, removal in enumerate(spec.removed)}
    allowed = {
        **{name: topic.lifecycle.allow for name, topic in spec.topics.items()},
        **{name: removal.allow for name, removal in removals.items()},
    }
    return Wanted(
        topics=spec.topics,
        removed={name: places.of("removed", indexes[removal.address]) for name, removal in removals.items()},
        places={name: places.of("topics", name) for name in spec.topics},
        lifted={name: session.lifted(Address(KIND, name), allow) for name, allow in allowed.items()},
    )
