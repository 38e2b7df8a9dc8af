"""Topics on the real cluster: made, changed, guarded, proven."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Mapping
from uuid import uuid4

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from kafkaops.cli.session import open_session
from kafkaops.clients.kafka import Configs, ConfigScope
from kafkaops.engine import make_plan
from kafkaops.errors import PlatformError
from kafkaops.plan.model import ChangeType, Foresight, OutcomeState, Risk
from tests.live.asking import ask
from tests.live.lab import Lab, counted, lab
from tests.live.making import make_topics, remove_topics
from tests.wire import KafkaWire

pytestmark = pytest.mark.live
__all__ = ["lab"]

ONE = """
topics:
  {u}-a: {partitions: 3, replication_factor: 3, config: {retention.ms: 7d, min.insync.replicas: 2}}
"""


def overrides(admin: AdminClient, topic: str) -> Mapping[str, str]:
    """A topic's own configs, read by another road than kafkaops's."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    entries = admin.describe_configs([resource])[resource].result(timeout=20)
    return {key: entry.value for key, entry in entries.items() if entry.source == 1}


def partitions(admin: AdminClient, topic: str) -> int:
    """How many partitions a topic has; 0 when there is none."""
    found = admin.list_topics(timeout=20).topics.get(topic)
    return len(found.partitions) if found else 0


def test_create_then_nothing_then_exactly_the_line_that_changed(lab: Lab) -> None:
    first = lab.plan(ONE)
    change = lab.change(first, "topic.{u}-a")
    assert (change.type, change.prediction.foresight) == (ChangeType.CREATE, Foresight.PREDICTED)
    assert lab.applied(ONE).empty
    assert overrides(lab.admin, lab.own("{u}-a")) == {"retention.ms": "604800000", "min.insync.replicas": "2"}
    assert partitions(lab.admin, lab.own("{u}-a")) == 3
    changed = lab.plan(ONE.replace("7d", "30d"))
    (only,) = changed.changes
    assert [(field.path, field.before, field.after) for field in only.fields] == [
        ("config.retention.ms", 604800000, 2592000000)
    ]
    assert only.risk is Risk.SAFE
    assert lab.applied(ONE.replace("7d", "30d")).empty
    assert overrides(lab.admin, lab.own("{u}-a"))["retention.ms"] == "2592000000"


def test_exact_resets_what_is_not_named_and_says_to_what(lab: Lab) -> None:
    make_topics(
        lab.servers,
        NewTopic(
            lab.own("{u}-a"), 1, 3, config={"retention.ms": "1000", "min.insync.replicas": "1", "segment.ms": "60000"}
        ),
    )
    spec = "topics:\n  {u}-a: {partitions: 1, replication_factor: 3, config_mode: exact, config: {segment.ms: 60000}}\n"
    change = lab.change(lab.plan(spec), "topic.{u}-a")
    assert {field.path: (field.before, field.after) for field in change.fields} == {
        "config.min.insync.replicas": (1, 2),  # the dev cluster's brokers say 2
        "config.retention.ms": (1000, 604800000),
    }
    assert lab.applied(spec).empty
    assert overrides(lab.admin, lab.own("{u}-a")) == {"segment.ms": "60000"}


def test_merge_leaves_what_is_not_named_and_says_so(lab: Lab) -> None:
    make_topics(lab.servers, NewTopic(lab.own("{u}-a"), 1, 3, config={"segment.ms": "60000"}))
    plan = lab.plan("topics:\n  {u}-a: {partitions: 1, replication_factor: 3}\n")
    assert plan.empty
    assert [(item.code, item.address) for item in plan.observations] == [("KO206", lab.own("topic.{u}-a"))]


def test_growth_and_shorter_retention_are_held_while_there_is_something_to_lose(lab: Lab) -> None:
    assert lab.applied(ONE).empty
    harsher = ONE.replace("partitions: 3", "partitions: 6").replace("7d", "1h")
    empty = lab.change(lab.plan(harsher), "topic.{u}-a")
    assert not empty.blocked, "an empty topic has no keys to move and nothing to lose"
    lab.produce("{u}-a", 12)
    full = lab.change(lab.plan(harsher), "topic.{u}-a")
    assert [hazard.code for hazard in full.held] == ["KO221", "KO222"]
    assert "at most 12 messages" in full.held[1].text
    allowed = harsher.replace("config:", "lifecycle: {allow: [disruptive, data-loss]}, config:")
    assert lab.applied(allowed).empty
    assert partitions(lab.admin, lab.own("{u}-a")) == 6


def test_deleting_names_who_still_reads(lab: Lab) -> None:
    assert lab.applied(ONE).empty
    lab.produce("{u}-a", 5)
    connector = lab.own("{u}-sink")
    config = {
        "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "topics": lab.own("{u}-a"),
        "file": "/dev/null",
        "tasks.max": "1",
    }
    sink = f"{lab.project.endpoints.connect_url}/connectors/{connector}"
    ask("PUT", f"{sink}/config", config).raise_for_status()
    lab.commit("{u}-idle", "{u}-a", {0: 1})
    with lab.consuming("{u}-busy", ["{u}-a"], count=2):
        change = lab.change(lab.plan("removed: [{address: topic.{u}-a}]"), "topic.{u}-a")
    texts = {hazard.code: hazard.text for hazard in change.held}
    assert re.search(r"\(at most 5 messages, about \d[\d.]* \w+ by the size of its log\)", texts["KO220"])
    assert lab.own("{u}-busy (2 members)") in texts["KO241"]
    assert connector in texts["KO243"]
    assert lab.own("{u}-idle") in change.warnings[0].summary
    assert (change.risk, change.prediction.foresight) == (Risk.IRREVERSIBLE, Foresight.NOT_PREDICTABLE)
    ask("DELETE", sink).raise_for_status()


def test_growth_names_the_streams_applications_that_it_breaks(lab: Lab) -> None:
    assert lab.applied(ONE).empty
    lab.produce("{u}-a", 3)
    make_topics(lab.servers, NewTopic(lab.own("{u}-app-counts-changelog"), 3, 1, config={"min.insync.replicas": "1"}))
    lab.commit("{u}-app", "{u}-a", {0: 1})
    lab.commit("{u}-reader", "{u}-a", {0: 1})
    change = lab.change(lab.plan(ONE.replace("partitions: 3", "partitions: 6")), "topic.{u}-a")
    (app,) = [hazard for hazard in change.held if hazard.code == "KO244"]
    assert lab.own("application {u}-app reads it: its own topics ({u}-app-counts-changelog)") in app.text
    allowed = ONE.replace("partitions: 3", "partitions: 6, lifecycle: {allow: [disruptive]}")
    assert not lab.change(lab.plan(allowed), "topic.{u}-a").held


def test_delete(lab: Lab) -> None:
    assert lab.applied(ONE).empty
    assert lab.applied("removed: [{address: topic.{u}-a, allow: [delete]}]").empty
    assert partitions(lab.admin, lab.own("{u}-a")) == 0


def test_a_topic_that_appeared_since_the_plan_is_not_taken_over(lab: Lab) -> None:
    done = lab.apply(ONE, between=lambda: make_topics(lab.servers, NewTopic(lab.own("{u}-a"), 1, 3)))
    (outcome,) = done.outcomes
    assert outcome.state is OutcomeState.FAILED and outcome.diagnostic is not None
    assert outcome.diagnostic.code == "KO251"
    assert partitions(lab.admin, lab.own("{u}-a")) == 1


@pytest.mark.parametrize("again", [True, False])
def test_a_topic_that_is_another_one_since_the_plan_is_not_touched(lab: Lab, again: bool) -> None:
    assert lab.applied(ONE).empty
    name = lab.own("{u}-a")

    def replace() -> None:
        remove_topics(lab.servers, name)
        if again:
            make_topics(
                lab.servers, NewTopic(name, 3, 3, config={"retention.ms": "604800000", "min.insync.replicas": "2"})
            )

    removal = "removed: [{address: topic.{u}-a, allow: [delete]}]"
    done = lab.apply(removal, between=replace)
    (outcome,) = done.outcomes
    assert outcome.diagnostic is not None
    assert outcome.diagnostic.code == ("KO252" if again else "KO253")
    assert partitions(lab.admin, name) == (3 if again else 0)


def test_hundreds_at_once_are_seen_on_every_broker(lab: Lab) -> None:
    lines = "".join(f"  {{u}}-{index}: {{partitions: 2, replication_factor: 3}}\n" for index in range(400))
    spec = f"topics:\n{lines}"
    done = lab.apply(spec)
    assert done.succeeded and len(done.outcomes) == 400
    with open_session(lab.project.file, "dev") as session:
        for broker in session.cluster.brokers:
            names = [lab.own(f"{{u}}-{index}") for index in range(400)]
            assert session.kafka.topics_on(broker, names) == dict.fromkeys(names, 2)
    assert lab.plan(spec).empty


def test_the_controller_takes_what_is_sent_at_once_of_thousands(lab: Lab) -> None:
    many = "".join(f"  {{u}}-{index}: *each\n" for index in range(1_699))
    each = "{partitions: 3, replication_factor: 3, config: {min.insync.replicas: 2}}"
    plan = lab.plan(f"topics:\n  {{u}}-a: &each {each}\n{many}")
    assert len(plan.changes) == 1_700
    assert {change.prediction.foresight for change in plan.changes} == {Foresight.PREDICTED}
    assert [change.blockers for change in plan.changes if change.blockers] == []


def test_a_stop_lets_the_rest_wait(lab: Lab) -> None:
    lab.project.write(lab.own(ONE))
    with open_session(lab.project.file, "dev") as session:
        plan = make_plan(session)
        session.stop.set()
        from kafkaops.resources.topics.kind import TopicKind

        (outcome,) = TopicKind().apply(session, plan.changes)
    assert outcome.state is OutcomeState.SKIPPED and outcome.diagnostic is not None
    assert outcome.diagnostic.code == "KO806"
    assert partitions(lab.admin, lab.own("{u}-a")) == 0


PAKLOG = {"wave": 6, "order": 6, "inventory": 12, "task": 12, "pick": 12, "pack": 6, "external": 3, "error": 3}


def test_a_plan_without_changes_costs_few_requests(lab: Lab, record_property: Callable[[str, object], None]) -> None:
    topics = "".join(
        f"  {{u}}-{name}: {{partitions: {count}, replication_factor: 3, config: {{min.insync.replicas: 2}}}}\n"
        for name, count in PAKLOG.items()
    )
    groups = (
        "consumer_groups:\n"
        "  {u}-1: {topics: ['{u}-wave'], instances: 3, start_from: earliest, max_lag: 100}\n"
        "  {u}-2: {topics: ['{u}-task'], instances: 2, start_from: earliest, max_lag: 100}\n"
    )
    spec = f"topics:\n{topics}{groups}"
    assert lab.applied(spec).empty
    with KafkaWire(lab.servers) as wire:
        behind = dataclasses.replace(lab.project.endpoints, bootstrap_servers=wire.bootstrap_servers)
        watched = Lab(dataclasses.replace(lab.project, endpoints=behind), lab.prefix)
        watched.admin.list_topics(timeout=60)
        del watched.admin

        def once() -> None:
            assert watched.plan(spec).empty

        counts = counted(wire, once, most=14)
        record_property("requests", f"{wire.total} of {wire.raw_total} in all: {counts}")
        assert wire.total <= 14, counts


def test_requests_do_not_grow_with_topics(lab: Lab) -> None:
    lines = [f"  {{u}}-{index}: {{partitions: 1, replication_factor: 3}}\n" for index in range(120)]
    assert lab.applied("topics:\n" + "".join(lines)).empty
    seen: list[Mapping[str, int]] = []
    for count in (2, 120):
        with KafkaWire(lab.servers) as wire:
            behind = dataclasses.replace(lab.project.endpoints, bootstrap_servers=wire.bootstrap_servers)
            watched = Lab(dataclasses.replace(lab.project, endpoints=behind), lab.prefix)
            assert watched.plan("topics:\n" + "".join(lines[:count])).empty
            seen.append({name: number for name, number in wire.counts.items() if name == "DescribeConfigs"})
    assert seen == [{"DescribeConfigs": 1}, {"DescribeConfigs": 1}]


def test_a_broker_that_falls_silent_is_an_error_and_never_an_absence(lab: Lab) -> None:
    assert lab.applied(ONE).empty
    lab.project.write(lab.own(ONE), environment="")
    with KafkaWire(lab.servers) as wire:
        text = lab.project.file.read_text().replace(
            f"bootstrap_servers: '{lab.servers}'", f"bootstrap_servers: '{wire.bootstrap_servers}', request_timeout: 5s"
        )
        lab.project.file.write_text(text)
        with open_session(lab.project.file, "dev") as session:
            assert isinstance(session.kafka.configs(ConfigScope.TOPIC, [lab.own("{u}-a")])[lab.own("{u}-a")], Configs)
            wire.faults.freeze()
            started = time.monotonic()
            with pytest.raises(PlatformError) as caught:
                session.kafka.configs(ConfigScope.TOPIC, [lab.own("{u}-a")])
            assert time.monotonic() - started < 30
            assert caught.value.diagnostics[0].code in ("KO401", "KO404")
            wire.faults.thaw()
            wire.cut()
            again = session.kafka.configs(ConfigScope.TOPIC, [lab.own("{u}-a")])
            assert isinstance(again[lab.own("{u}-a")], Configs), "a connection that was cut is made again"


def test_a_name_that_only_metrics_confuse(lab: Lab) -> None:
    make_topics(lab.servers, NewTopic(lab.own("{u}_x"), 1, 1))
    change = lab.change(lab.plan("topics:\n  {u}.x: {partitions: 1, replication_factor: 3}\n"), "topic.{u}.x")
    assert [blocker.code for blocker in change.blockers] == ["KO207"]


def test_names_of_the_test_are_its_own(lab: Lab) -> None:
    assert lab.plan(f"topics:\n  x-{uuid4().hex}: {{partitions: 1, replication_factor: 3}}\n").changes
