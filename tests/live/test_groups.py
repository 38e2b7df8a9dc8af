"""Consumer groups on the real cluster: started where declared, looked at, never set back."""

from __future__ import annotations

import dataclasses
import time

import pytest
from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as ConfluentTopicPartition
from confluent_kafka.admin import ConfigResource, ResourceType

from kafkaops.cli.session import open_session
from kafkaops.clients.confluent import connect_kafka
from kafkaops.clients.kafka import Configs, ConfigScope, GroupPhase, GroupView, TopicPartition
from kafkaops.plan.model import Change, Foresight, OutcomeState
from kafkaops.spec.model import KafkaConnection
from kafkaops.spec.references import Resolver
from tests.live.lab import Lab, counted, lab
from tests.waiting import until
from tests.wire import KafkaWire

pytestmark = pytest.mark.live
__all__ = ["lab"]

TOPIC = "topics:\n  {u}-a: {partitions: 2, replication_factor: 3, config: {min.insync.replicas: 2}}\n"
GROUP = TOPIC + "consumer_groups:\n  {u}-g: {topics: ['{u}-a'], start_from: earliest, max_lag: 3}\n"
LATEST = GROUP.replace("earliest", "latest")


def group_change(changes: tuple[Change, ...]) -> list[Change]:
    return [change for change in changes if change.address.kind == "group"]


def read(consumer: Consumer, count: int) -> list[bytes]:
    """The next messages, in order of arrival."""
    found: list[bytes] = []
    until = time.monotonic() + 60
    while len(found) < count and time.monotonic() < until:
        message = consumer.poll(0.2)
        if message is not None and not message.error():
            found.append(message.value() or b"")
    return found


def test_topic_and_group_in_one_plan_and_nothing_is_skipped(lab: Lab) -> None:
    plan = lab.plan(GROUP)
    (change,) = group_change(plan.changes)
    assert [str(address) for address in change.requires] == [lab.own("topic.{u}-a")]
    assert change.prediction.foresight is Foresight.NOT_PREDICTABLE
    assert lab.applied(GROUP).empty
    assert lab.committed("{u}-g", "{u}-a") == {0: 0, 1: 0}
    lab.produce("{u}-a", 3)  # before the first start; the consumer would begin at the end by itself
    with lab.consuming("{u}-g", ["{u}-a"], auto_offset_reset="latest") as (consumer,):
        assert lab.received + read(consumer, 3 - len(lab.received)) == [b"0", b"1", b"2"]


def test_from_the_end(lab: Lab) -> None:
    assert lab.applied(TOPIC).empty
    lab.produce("{u}-a", 4, partition=1)
    assert lab.applied(LATEST).empty
    assert lab.committed("{u}-g", "{u}-a") == {0: 0, 1: 4}


def test_from_the_beginning_of_what_is_left(lab: Lab) -> None:
    assert lab.applied(TOPIC).empty
    lab.produce("{u}-a", 5)
    before = ConfluentTopicPartition(lab.own("{u}-a"), 0, 3)
    for future in lab.admin.delete_records([before]).values():
        future.result(timeout=20)
    assert lab.applied(GROUP).empty
    assert lab.committed("{u}-g", "{u}-a") == {0: 3, 1: 0}


def test_progress_is_never_set_back(lab: Lab) -> None:
    assert lab.applied(TOPIC).empty
    lab.produce("{u}-a", 5)
    lab.commit("{u}-g", "{u}-a", {0: 2})
    (change,) = group_change(lab.plan(LATEST).changes)
    assert [(field.path, field.after, field.note) for field in change.fields] == [
        (lab.own("committed.{u}-a"), "earliest", "1 partition without a committed offset")
    ]
    assert lab.applied(LATEST).empty
    assert lab.committed("{u}-g", "{u}-a") == {0: 2, 1: 0}


def test_what_was_committed_since_the_plan_stays(lab: Lab) -> None:
    assert lab.applied(TOPIC).empty
    lab.produce("{u}-a", 5)
    done = lab.apply(LATEST, between=lambda: lab.commit("{u}-g", "{u}-a", {0: 2}))
    assert done.succeeded
    assert lab.committed("{u}-g", "{u}-a") == {0: 2, 1: 0}


def test_grown_partitions_start_at_their_beginning(lab: Lab) -> None:
    assert lab.applied(LATEST).empty
    grown = LATEST.replace("partitions: 2", "partitions: 4")
    done = lab.apply(grown)
    assert done.succeeded, [outcome.diagnostic for outcome in done.outcomes]
    assert [outcome.address.kind for outcome in done.outcomes] == ["topic", "group"]
    assert lab.committed("{u}-g", "{u}-a") == {0: 0, 1: 0, 2: 0, 3: 0}
    assert lab.plan(grown).empty


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_running_group_is_looked_at_and_left_alone(lab: Lab, protocol: str) -> None:
    assert lab.applied(TOPIC).empty
    lab.produce("{u}-a", 9)
    lab.commit("{u}-g", "{u}-a", {0: 1})
    spec = TOPIC + (
        "  {u}-b: {partitions: 1, replication_factor: 3}\n"
        "consumer_groups:\n"
        "  {u}-g: {topics: ['{u}-a', '{u}-b'], start_from: earliest, max_lag: 3, instances: 5, protocol: consumer}\n"
    )
    with lab.consuming("{u}-g", ["{u}-a"], count=3, group_protocol=protocol):
        plan = lab.plan(spec)
        with open_session(lab.project.file, "dev") as session:
            view = session.kafka.groups([lab.own("{u}-g")])[lab.own("{u}-g")]
        blocked = group_change(lab.plan("removed: [{address: group.{u}-g, allow: [delete]}]").changes)
    assert isinstance(view, GroupView)
    assert (view.phase, view.protocol, len(view.members)) == (GroupPhase.STABLE, protocol, 3)
    assert group_change(plan.changes) == []
    said = {item.code: item.summary for item in plan.observations if item.address == lab.own("group.{u}-g")}
    assert said.pop("KO610") == "3 members, 5 declared"
    assert said.pop("KO611") == "1 member of 3 without a partition"
    assert said.pop("KO612") == lab.own("it does not read {u}-b")
    assert said.pop("KO613") == lab.own("8 messages behind, 3 allowed; most on {u}-a[0] (8)")
    assert said.pop("KO614").startswith(lab.own("no committed offset on {u}-a[1]"))
    if protocol == "classic":
        assert said.pop("KO615") == "it runs the classic protocol, consumer is declared"
    assert said == {}
    assert [[blocker.code for blocker in change.blockers] for change in blocked] == [["KO602"]]
    assert lab.committed("{u}-g", "{u}-a") == {0: 1}


def test_a_group_that_started_since_the_plan_is_left_alone(lab: Lab) -> None:
    assert lab.applied(TOPIC).empty
    running = lab.consuming("{u}-g", ["{u}-a"])

    def start() -> None:
        running.__enter__()

    try:
        done = lab.apply(GROUP, between=start)
    finally:
        running.__exit__(None, None, None)
    (outcome,) = done.outcomes
    assert outcome.state is OutcomeState.FAILED and outcome.diagnostic is not None
    assert (outcome.diagnostic.code, outcome.diagnostic.summary) == (
        "KO640",
        "it has 1 member now, so its offsets were left alone",
    )
    assert lab.committed("{u}-g", "{u}-a") == {}


def test_configs_and_removal_with_them(lab: Lab) -> None:
    configured = GROUP.replace("max_lag: 3", "config: {consumer.session.timeout.ms: 50s}")
    change = group_change(lab.plan(configured).changes)[0]
    first = change.fields[0]
    assert (first.path, first.before, first.after) == (
        "config.consumer.session.timeout.ms",
        45000,
        50000,
    )
    assert lab.applied(configured).empty
    resource = ConfigResource(ResourceType.GROUP, lab.own("{u}-g"))
    entries = lab.admin.describe_configs([resource])[resource].result(timeout=20)
    assert entries["consumer.session.timeout.ms"].value == "50000"
    held = group_change(lab.plan(TOPIC + "removed: [{address: group.{u}-g}]").changes)[0]
    assert [hazard.code for hazard in held.held] == ["KO604"]
    assert lab.own("(it has offsets on 1 topic: {u}-a; 0 messages are not read yet)") in held.held[0].text
    assert lab.applied(TOPIC + "removed: [{address: group.{u}-g, allow: [delete]}]").empty
    with open_session(lab.project.file, "dev") as session:
        name = lab.own("{u}-g")
        view, configs = session.kafka.groups([name])[name], session.kafka.configs(ConfigScope.GROUP, [name])[name]
    assert isinstance(view, GroupView) and view.phase is GroupPhase.ABSENT
    assert isinstance(configs, Configs) and not configs.overrides


def test_a_config_that_the_coordinator_refuses_is_blocked(lab: Lab) -> None:
    spec = GROUP.replace("max_lag: 3", "config: {consumer.session.timeout.ms: 1s}")
    (change,) = group_change(lab.plan(spec).changes)
    assert [blocker.code for blocker in change.blockers] == ["KO621"]
    assert "group.consumer.min.session.timeout.ms" in change.blockers[0].summary


def test_connects_own_group_is_never_deleted(lab: Lab) -> None:
    (change,) = group_change(lab.plan("removed: [{address: group.connect, allow: [delete]}]").changes)
    assert {blocker.code for blocker in change.blockers} == {"KO602", "KO603"}


def test_a_share_group_is_not_taken_for_an_absent_one(lab: Lab) -> None:
    from confluent_kafka import ShareConsumer

    assert lab.applied(TOPIC).empty
    consumer = ShareConsumer({"bootstrap.servers": lab.servers, "group.id": lab.own("{u}-g")})
    consumer.subscribe([lab.own("{u}-a")])
    kafka = connect_kafka(KafkaConnection(bootstrap_servers=lab.servers), Resolver())
    try:

        def is_there() -> bool:
            consumer.poll(0.2)
            return lab.own("{u}-g") in kafka.all_groups()

        until(is_there, "the share group")
        (change,) = group_change(lab.plan(GROUP).changes)
    finally:
        consumer.close()
        kafka.close()
    assert [blocker.code for blocker in change.blockers] == ["KO605"]


def test_a_connection_that_is_cut_is_made_again(lab: Lab) -> None:
    assert lab.applied(GROUP).empty
    connection = KafkaConnection(bootstrap_servers=lab.servers)
    name, part = lab.own("{u}-g"), TopicPartition(lab.own("{u}-a"), 0)
    with KafkaWire(lab.servers) as wire:
        kafka = connect_kafka(connection.model_copy(update={"bootstrap_servers": wire.bootstrap_servers}), Resolver())
        assert kafka.committed({name: [part]}) == {name: {part: 0}}
        wire.cut()
        assert kafka.committed({name: [part]}) == {name: {part: 0}}
        kafka.close()


def test_many_groups_cost_no_more_requests_than_coordinators(lab: Lab) -> None:
    assert lab.applied(TOPIC).empty
    many = (
        TOPIC
        + "consumer_groups:\n"
        + "".join(
            f"  {{u}}-{index}: {{topics: ['{{u}}-a'], start_from: earliest, max_lag: 1}}\n" for index in range(40)
        )
    )
    assert lab.applied(many).empty
    with KafkaWire(lab.servers) as wire:
        behind = dataclasses.replace(lab.project.endpoints, bootstrap_servers=wire.bootstrap_servers)
        watched = Lab(dataclasses.replace(lab.project, endpoints=behind), lab.prefix)

        def once() -> None:
            assert watched.plan(many).empty

        counts = counted(wire, once, most=14)
    assert counts["FindCoordinator"] == 1
    assert counts["OffsetFetch"] <= 3 and counts["DescribeGroups"] <= 3 and counts["ListOffsets"] <= 3
    assert wire.total <= 14
