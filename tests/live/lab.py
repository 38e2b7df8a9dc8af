"""A small project on the running cluster, its plan and apply in reach, and plain clients to set scenes and check."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from confluent_kafka import Consumer, ConsumerGroupState, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from kafkaops.address import Address
from kafkaops.apply.run import Watcher, run
from kafkaops.cli.session import open_session
from kafkaops.devcluster import Endpoints
from kafkaops.engine import make_plan
from kafkaops.plan.model import Change, Outcome, Plan, Run
from tests.live.making import commit_offsets
from tests.live.project import Project
from tests.wire import KafkaWire


class Silent(Watcher):
    """Watches without a word."""

    def wave_started(self, kind: str, changes: Sequence[Change]) -> None: ...

    def ended(self, change: Change, outcome: Outcome) -> None: ...


class Lab:
    """Specs in, plans and runs out; names carry the test's prefix through `{u}`."""

    def __init__(self, project: Project, prefix: str) -> None:
        self.project = project
        self.prefix = prefix
        self.servers = project.endpoints.bootstrap_servers
        self.admin = AdminClient({"bootstrap.servers": self.servers})
        self.received: list[bytes] = []
        """What consumers received while their group settled."""

    def own(self, text: str) -> str:
        """The text with this test's names."""
        return text.replace("{u}", self.prefix)

    def plan(self, sections: str, environment: str = "") -> Plan:
        """What the spec would change."""
        self.project.write(self.own(sections), environment=environment)
        with open_session(self.project.file, "dev") as session:
            return make_plan(session)

    def apply(self, sections: str, *, between: Callable[[], None] | None = None) -> Run:
        """Plan, let something happen, apply."""
        self.project.write(self.own(sections))
        with open_session(self.project.file, "dev") as session:
            plan = make_plan(session)
            if between is not None:
                between()
            return run(session, plan, Silent())

    def applied(self, sections: str) -> Plan:
        """Apply, expect it to succeed, and give the plan that follows."""
        done = self.apply(sections)
        assert done.succeeded, [outcome.diagnostic for outcome in done.outcomes if outcome.diagnostic]
        return self.plan(sections)

    def change(self, plan: Plan, address: str) -> Change:
        """One change of a plan."""
        wanted = Address.parse(self.own(address))
        return next(change for change in plan.changes if change.address == wanted)

    def produce(self, topic: str, count: int, partition: int = 0) -> None:
        """Write messages."""
        producer = Producer({"bootstrap.servers": self.servers, "linger.ms": 0})
        for number in range(count):
            producer.produce(self.own(topic), value=str(number).encode(), key=b"k", partition=partition)
        assert producer.flush(60) == 0

    def commit(self, group: str, topic: str, offsets: Mapping[int, int]) -> None:
        """Commit offsets for a group without members, by partition."""
        places = [TopicPartition(self.own(topic), partition, offset) for partition, offset in offsets.items()]
        asked = ConsumerGroupTopicPartitions(self.own(group), places)
        commit_offsets(self.admin, asked)

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """What a group has committed on a topic, by partition."""
        asked = ConsumerGroupTopicPartitions(self.own(group))
        (future,) = self.admin.list_consumer_group_offsets([asked]).values()
        found = future.result(timeout=60).topic_partitions
        return {item.partition: item.offset for item in found if item.topic == self.own(topic) and item.offset >= 0}

    @contextlib.contextmanager
    def consuming(self, group: str, topics: Sequence[str], count: int = 1, **config: str) -> Iterator[list[Consumer]]:
        """Members of a group that is stable, whether each got a partition or not."""
        settings = {
            "bootstrap.servers": self.servers,
            "group.id": self.own(group),
            "auto.offset.reset": "latest",
            "enable.auto.commit": False,
            **{key.replace("_", "."): value for key, value in config.items()},
        }
        members = [Consumer(settings) for _ in range(count)]
        try:
            for member in members:
                member.subscribe([self.own(topic) for topic in topics])
            self._settle(self.own(group), members)
            yield members
        finally:
            for member in members:
                member.close()

    def _settle(self, group: str, members: Sequence[Consumer]) -> None:
        """Poll until the group is stable with all its members; what they receive meanwhile goes to `received`."""
        until = time.monotonic() + 90
        while time.monotonic() < until:
            for member in members:
                message = member.poll(0.05)
                if message is not None and not message.error():
                    self.received.append(message.value() or b"")
            seen = self.admin.describe_consumer_groups([group])[group].result(timeout=60)
            assigned = any(member.assignment.topic_partitions for member in seen.members)
            if seen.state is ConsumerGroupState.STABLE and len(seen.members) == len(members) and assigned:
                return
        raise AssertionError(f"group {group} did not settle in time")


def counted(wire: KafkaWire, once: Callable[[], None], most: int) -> Mapping[str, int]:
    """The requests that it costs, by name, upkeep included.

    The end of a log is told by an empty answer, and a slow machine asks once more for it, or asks again for what came
    late: what costs too much is looked at up to three times.
    """
    for _ in range(3):
        wire.reset()
        once()
        if wire.total <= most:
            break
    return wire.counts


@pytest.fixture
def lab(cluster: Endpoints, prefix: str, tmp_path: Path) -> Lab:
    """A lab of this test's own; what carries its prefix is removed afterwards."""
    return Lab(Project(tmp_path, cluster), prefix)
