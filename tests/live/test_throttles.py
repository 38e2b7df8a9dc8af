"""Several moves at once on the real brokers: whoever ends leaves the others their throttle, whenever they began."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from confluent_kafka import Producer

from kafkaops.cli.session import open_session
from kafkaops.clients.kafka import Configs, ConfigScope, KafkaAdmin, TopicPartition
from kafkaops.engine import make_plan
from kafkaops.resources.kind import Session
from kafkaops.resources.topics.model import ReassignReplicas
from kafkaops.resources.topics.moving import begin
from kafkaops.resources.topics.settle import step_of
from kafkaops.resources.topics.throttle import unthrottle
from tests.live.lab import Lab, lab
from tests.waiting import shows

pytestmark = [pytest.mark.live, pytest.mark.alone]
__all__ = ["lab"]

SLOW = 64 << 10
"""Bytes per second: under this the copies of a test take as long as it cares."""


def spec(factor: int) -> str:
    names = "".join(f"  {{u}}-{name}: {{partitions: 3, replication_factor: {factor}}}\n" for name in "ab")
    defaults = "defaults: {topics: {config: {min.insync.replicas: 1}}}"
    return f"{defaults}\nplacement: {{throttle: {SLOW}}}\ntopics:\n{names}"


class Meanwhile:
    """The client, with something that happens at the moment when one of its calls is made."""

    def __init__(self, client: KafkaAdmin, call: str, happens: Callable[[], None], scope: ConfigScope | None = None):
        self._client, self._call, self._scope = client, call, scope
        self._happens: Callable[[], None] | None = happens

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)

        def called(*arguments: Any, **named: Any) -> Any:
            happens = self._happens
            if happens is not None and name == self._call and (self._scope is None or arguments[0] is self._scope):
                self._happens = None
                happens()
            return real(*arguments, **named)

        return called


@dataclass
class Scene:
    """Two topics with data, the moves that a plan makes of them, and what the brokers are set to."""

    session: Session
    a: ReassignReplicas
    b: ReassignReplicas

    def on(self, client: Meanwhile) -> Session:
        return replace(self.session, kafka=cast(KafkaAdmin, client))

    def begun(self, step: ReassignReplicas) -> None:
        assert begin(self.session, [step]) == {step.topic: None}

    def rates(self) -> set[str]:
        """Every rate that is set on a broker."""
        found = self.session.kafka.configs(ConfigScope.BROKER, [str(broker) for broker in self.session.cluster.brokers])
        assert all(isinstance(item, Configs) for item in found.values())
        configs = [item.overrides for item in found.values() if isinstance(item, Configs)]
        return {value for item in configs for key, value in item.items() if key.endswith("replication.throttled.rate")}

    def become(self, *rates: int) -> None:
        """Wait until exactly these rates are set."""
        shows(self.rates, set(map(str, rates)))

    def ended(self, step: ReassignReplicas) -> None:
        """What follows the end of a move; for the others it does not matter that it was no real one."""
        self.session.kafka.reassign({TopicPartition(step.topic, index): None for index, _ in step.after})
        assert unthrottle(self.session, [step.topic]) == {}

    def give_up(self) -> None:
        """Cancel both moves, and take everything away."""
        keys = [TopicPartition(step.topic, index) for step in (self.a, self.b) for index, _ in step.after]
        self.session.kafka.reassign(dict.fromkeys(keys))
        unthrottle(self.session, [self.a.topic, self.b.topic])


@pytest.fixture
def scene(lab: Lab) -> Iterator[Scene]:
    assert lab.apply(spec(1)).succeeded
    producer = Producer({"bootstrap.servers": lab.servers})
    for number in range(240):  # 4 MB a partition: a throttle lets the first of them through, and one every 11 s
        producer.produce(lab.own(f"{{u}}-{'ab'[number % 2]}"), os.urandom(100_000), partition=number % 3)
    assert producer.flush(60) == 0
    lab.project.write(lab.own(spec(3)))
    with open_session(lab.project.file, "dev") as session:
        steps = [step_of(change) for change in make_plan(session).changes]
        a, b = (step for step in steps if isinstance(step, ReassignReplicas))
        found = Scene(session, a, b)
        try:
            yield found
        finally:
            found.give_up()


def test_each_move_keeps_its_throttle_however_others_come_and_go(scene: Scene) -> None:
    faster = replace(scene.b, throttle=2 * SLOW)
    scene.begun(scene.a)
    scene.begun(faster)
    scene.become(2 * SLOW)
    assert unthrottle(scene.session, [faster.topic]) == {}
    scene.become(SLOW)  # what the other one was to have
    scene.give_up()
    scene.become()

    # One that begins when the other has looked around and is about to take its own rate away.
    scene.begun(scene.a)
    late = Meanwhile(scene.session.kafka, "alter_configs", lambda: scene.begun(scene.b), ConfigScope.BROKER)
    assert unthrottle(scene.on(late), [scene.a.topic]) == {}
    scene.become(SLOW)
    scene.give_up()
    scene.become()

    # One that has set its rate, and is not listed yet when the other looks around and takes that rate away.
    scene.begun(scene.a)
    early = Meanwhile(scene.session.kafka, "reassign", lambda: scene.ended(scene.a))
    assert begin(scene.on(early), [scene.b]) == {scene.b.topic: None}
    scene.become(SLOW)
