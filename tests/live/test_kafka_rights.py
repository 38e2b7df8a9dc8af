"""What a principal may not see is not absent, and what a quota slows down is not failed. On a broker with passwords."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclOperation,
    ResourceType,
)
from confluent_kafka.admin import NewTopic as PlainTopic
from kafka import KafkaAdminClient
from kafka.protocol.admin import AlterClientQuotasRequest

from kafkaops.apply.run import run
from kafkaops.cli.session import open_session
from kafkaops.clients.confluent import connect_kafka
from kafkaops.clients.kafka import NewTopic
from kafkaops.engine import make_plan
from kafkaops.errors import PlatformError
from kafkaops.plan.model import Change
from kafkaops.spec.references import Resolver
from tests.live.lab import Silent
from tests.live.rights import CLUSTER, TOPIC, Scene, scene
from tests.live.secured_broker import ADMIN, OPS, PASSWORD, SecuredBroker

pytestmark = pytest.mark.live

__all__ = ["scene"]


def codes(changes: tuple[Change, ...]) -> list[list[str]]:
    return [[blocker.code for blocker in change.blockers] for change in changes]


def test_a_wrong_password_is_said_at_once(broker: SecuredBroker) -> None:
    took: list[float] = []
    while not took or (took[-1] > 5 and len(took) < 3):  # a machine that stands still does so once, and not each time
        kafka = connect_kafka(broker.connection(password="wrong-horse"), Resolver())
        started = time.monotonic()
        with pytest.raises(PlatformError) as caught:
            kafka.cluster()
        took.append(time.monotonic() - started)
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == "KO402"
        assert "wrong-horse" not in str(caught.value)
        kafka.close()
    assert took[-1] < 5, f"{took} s, where a broker that does not answer is waited for 10 s"


def test_another_mechanism_is_said_at_once(broker: SecuredBroker) -> None:
    kafka = connect_kafka(broker.connection(sasl_mechanism="SCRAM-SHA-512"), Resolver())
    with pytest.raises(PlatformError) as caught:
        kafka.cluster()
    assert caught.value.diagnostics[0].code == "KO409"


def test_a_topic_that_exists_unseen_is_never_created(scene: Scene) -> None:
    scene.topic("unseen")
    scene.allow(*CLUSTER, AclOperation.CREATE)
    changes = scene.changes(TOPIC.format(t="unseen"))
    assert codes(changes) == [["KO231"]]
    assert changes[0].blockers[0].summary == "it exists, but this principal may not see it"


def test_without_the_right_to_create_nothing_is_concluded(scene: Scene) -> None:
    scene.topic("dark")
    assert codes(scene.changes(TOPIC.format(t="dark") + "  absent: {partitions: 1, replication_factor: 1}\n")) == [
        ["KO232"],
        ["KO232"],
    ]


def test_configs_that_may_not_be_read_end_the_plan(scene: Scene) -> None:
    scene.topic("shy")
    scene.allow(ResourceType.TOPIC, "shy", AclOperation.DESCRIBE)
    with pytest.raises(PlatformError) as caught:
        scene.changes(TOPIC.format(t="shy"))
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.address) == ("KO230", "topic.shy")


def test_a_change_that_may_not_be_made_is_blocked(scene: Scene) -> None:
    scene.topic("fixed")
    scene.allow(ResourceType.TOPIC, "fixed", AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS)
    wanted = "topics:\n  fixed: {partitions: 1, replication_factor: 1, config: {retention.ms: 30d}}\n"
    assert codes(scene.changes(wanted)) == [["KO237"]]
    assert scene.changes(TOPIC.format(t="fixed")) == ()


def test_a_group_that_may_not_be_read_ends_the_plan(scene: Scene) -> None:
    scene.topic("read")
    scene.allow(ResourceType.TOPIC, "read", AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS)
    with pytest.raises(PlatformError) as caught:
        scene.changes(TOPIC.format(t="read") + "consumer_groups:\n  g: {topics: [read], start_from: earliest}\n")
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.address) == ("KO630", "group.g")


@pytest.fixture
def mutation_rate(broker: SecuredBroker) -> Iterator[Callable[[float | None], None]]:
    """Sets `controller_mutation_rate` for `ops` (KIP-599)."""
    client = KafkaAdminClient(
        bootstrap_servers=broker.server,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_plain_username=ADMIN,
        sasl_plain_password=PASSWORD,
    )

    def limit(rate: float | None) -> None:
        entry = AlterClientQuotasRequest.EntryData
        request = AlterClientQuotasRequest(
            entries=[
                entry(
                    entity=[entry.EntityData(entity_type="user", entity_name=OPS)],
                    ops=[entry.OpData(key="controller_mutation_rate", value=rate or 0.0, remove=rate is None)],
                )
            ],
            validate_only=False,
        )

        async def ask() -> int:
            response = await client._manager.send(request)
            return int(response.entries[0].error_code)

        assert client._manager.run(ask) == 0
        time.sleep(0.5)  # the broker does not tell when it goes by it

    yield limit
    limit(None)
    client.close()


def test_what_is_throttled_is_waited_for(
    scene: Scene, mutation_rate: Callable[[float | None], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Thirty topics, by a principal that has used up its quota for several seconds."""
    scene.allow(*CLUSTER, AclOperation.CREATE, AclOperation.DESCRIBE)
    scene.allow(ResourceType.TOPIC, "*", AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS, AclOperation.CREATE)
    names = [f"slow-{number:02}" for number in range(30)]
    scene.write("topics:\n" + "".join(f"  {name}: {{partitions: 1, replication_factor: 1}}\n" for name in names))
    with open_session(scene.file, "dev") as session:
        plan = make_plan(session)
        mutation_rate(4.0)
        refused = session.kafka.create_topics([NewTopic(f"fast-{index}", 1, 1) for index in range(56)])
        assert set(refused.values()) == {None}
        capsys.readouterr()
        # At once: the quota comes back with time, of which the start of a process takes more than one knows.
        done = run(session, plan, Silent())
    assert done.succeeded, [outcome.diagnostic for outcome in done.outcomes if outcome.diagnostic]
    said = " ".join(capsys.readouterr().err.split())
    assert "Kafka's quota throttles this principal: going on in " in said
    assert set(names) <= scene.admin.list_topics(timeout=60).topics.keys()


def test_the_scene_is_what_it_seems(scene: Scene) -> None:
    with pytest.raises(KafkaException) as caught:
        scene.admin.create_topics([PlainTopic("x" * 300, 1, 1)])["x" * 300].result(timeout=20)
    assert caught.value.args[0].code() == KafkaError.TOPIC_EXCEPTION
