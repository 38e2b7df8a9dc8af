"""Connectors on a real worker: their lives, their failures, and what is kept from being seen."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent
from urllib.parse import urlsplit

import httpx
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import NewTopic

from kafkaops.address import Address
from kafkaops.cli.session import open_session
from kafkaops.devcluster import Endpoints
from kafkaops.engine import make_plan
from kafkaops.plan.model import Change, ChangeType, Outcome, OutcomeState, Plan, Reason
from kafkaops.resources.connectors.apply import apply_connectors
from kafkaops.resources.connectors.kind import ConnectorKind
from kafkaops.resources.connectors.read import connect_of
from tests.live.asking import ask
from tests.live.counting_proxy import counting
from tests.live.gateway import Answer, Gateway, gateway
from tests.live.making import make_topics
from tests.live.project import Project
from tests.live.tcp_proxy import TcpProxy
from tests.waiting import until

pytestmark = pytest.mark.live

FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
FILE_SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"
MONGO_SINK = "com.mongodb.kafka.connect.MongoSinkConnector"
KINDS = (ConnectorKind(),)


class Workshop:
    """A project with one topic, whose connectors are planned and applied."""

    def __init__(self, project: Project, name: str) -> None:
        self.project, self.name, self.topic = project, name, f"{name}-a"
        make_topics(project.endpoints.bootstrap_servers, NewTopic(self.topic, 2, 1))

    def write(self, *connectors: str, removed: str = "") -> None:
        topics = f"topics:\n  {self.topic}: {{partitions: 2, replication_factor: 1, managed: false}}\n"
        body = f"connectors:\n{indent(''.join(connectors), '  ')}" if connectors else ""
        self.project.write(topics + body + removed)

    def sink(
        self,
        *config: str,
        class_name: str = FILE_SINK,
        state: str = "running",
        tasks: int = 1,
        suffix: str = "sink",
        topics: bool = True,
    ) -> str:
        lines = [
            f"{self.name}-{suffix}:",
            f"  class: {class_name}",
            *([f"  topics: [{self.topic}]"] if topics else []),
            f"  tasks_max: {tasks}",
            f"  state: {state}",
            "  start_timeout: 2m",
            "  config:",
            "    key.converter: org.apache.kafka.connect.storage.StringConverter",
            "    value.converter: org.apache.kafka.connect.storage.StringConverter",
            *(f"    {line}" for line in config),
        ]
        return "\n".join(lines) + "\n"

    def plan(self) -> Plan:
        with open_session(self.project.file, "dev") as session:
            return make_plan(session, kinds=KINDS)

    def apply(self) -> list[Outcome]:
        """Plan and apply without the guards, which are the engine's; connectors are few here."""
        with open_session(self.project.file, "dev") as session:
            plan = make_plan(session, kinds=KINDS)
            assert not [change.blockers for change in plan.changes if change.blockers]
            return list(apply_connectors(session, plan.changes))

    def settle(self, *connectors: str) -> list[Outcome]:
        """Declare, apply, and see that nothing is left to do."""
        self.write(*connectors)
        outcomes = self.apply()
        assert [item.diagnostic for item in outcomes if item.state is not OutcomeState.DONE] == []
        assert self.plan().changes == ()
        return outcomes

    def states(self, suffix: str = "sink") -> tuple[str, list[str]]:
        """The connector's state and its tasks', by a plain request."""
        found = self.asked(f"{self.name}-{suffix}/status").json()
        return found["connector"]["state"], [task["state"] for task in found["tasks"]]

    def asked(self, path: str) -> httpx.Response:
        """What Connect says of a connector, by a plain request."""
        return ask("GET", f"{self.project.endpoints.connect_url}/connectors/{path}")

    @contextmanager
    def watched(self) -> Iterator[Gateway]:
        """Connect is behind a gateway for a while, in the spec as it is written now."""
        url, text = self.project.endpoints.connect_url, self.project.file.read_text()
        with gateway(url) as made:
            self.project.file.write_text(text.replace(url, made.url))
            yield made
        self.project.file.write_text(text)

    def produce(self, *values: str) -> None:
        producer = Producer({"bootstrap.servers": self.project.endpoints.bootstrap_servers})
        for value in values:
            producer.produce(self.topic, value.encode())
        assert producer.flush(60) == 0

    def address(self, suffix: str = "sink") -> Address:
        return Address("connector", f"{self.name}-{suffix}")


@pytest.fixture
def workshop(cluster: Endpoints, prefix: str, tmp_path: Path) -> Workshop:
    return Workshop(Project(tmp_path, cluster), prefix)


def names(plan: Plan) -> list[list[str]]:
    return [[type(operation).__name__ for operation in change.operations] for change in plan.changes]


def only(plan: Plan) -> Change:
    (change,) = plan.changes
    return change


def test_a_life(workshop: Workshop, tmp_path: Path) -> None:
    file = f"file: {tmp_path / 'out.txt'}"
    (created,) = workshop.settle(workshop.sink(file, tasks=2))
    assert created.detail == "connector RUNNING, task 0 RUNNING, task 1 RUNNING"
    workshop.produce("hello")
    until(lambda: (tmp_path / "out.txt").exists() and "hello" in (tmp_path / "out.txt").read_text())

    workshop.settle(workshop.sink(file, tasks=2, state="paused"))
    assert workshop.states() == ("PAUSED", ["PAUSED", "PAUSED"])

    workshop.settle(workshop.sink(file, tasks=1, state="stopped"))
    assert workshop.states() == ("STOPPED", [])

    (resumed,) = workshop.settle(workshop.sink(file, "consumer.override.max.poll.records: 7", tasks=1))
    assert resumed.detail == "connector RUNNING, task 0 RUNNING"

    workshop.settle(workshop.sink(file, "consumer.override.max.poll.records: 8", tasks=2))
    tasks = workshop.asked(f"{workshop.name}-sink/tasks").json()
    assert {task["config"]["consumer.override.max.poll.records"] for task in tasks} == {"8"}

    workshop.write(removed=f"removed: [{{address: connector.{workshop.name}-sink}}]\n")
    change = only(workshop.plan())
    assert change.type is ChangeType.DELETE
    assert change.blocked
    assert [item.detail for item in workshop.apply()] == ["gone"]
    assert workshop.asked(f"{workshop.name}-sink").status_code == 404
    again = workshop.plan()
    assert again.changes == ()
    assert [item.code for item in again.observations] == ["KO544"]


@pytest.mark.parametrize(("state", "shown"), [("stopped", "STOPPED"), ("paused", "PAUSED")])
def test_what_is_to_rest_is_created_resting(workshop: Workshop, tmp_path: Path, state: str, shown: str) -> None:
    workshop.produce("too early")
    workshop.settle(workshop.sink(f"file: {tmp_path / 'never.txt'}", state=state))
    assert workshop.states()[0] == shown
    assert not (tmp_path / "never.txt").exists()


def test_several_at_the_same_time(workshop: Workshop, tmp_path: Path) -> None:
    sinks = [workshop.sink(f"file: {tmp_path / f'{number}.txt'}", suffix=f"s{number}") for number in range(4)]
    source = workshop.sink(
        f"file: {tmp_path / 'source.txt'}",
        f"topic: {workshop.topic}",
        suffix="source",
        class_name=FILE_SOURCE,
        topics=False,
    )
    (tmp_path / "source.txt").write_text("one line\n")
    workshop.write(*sinks, source)
    together, coming = threading.Barrier(5, timeout=90), iter(range(5))

    def meddle(line: str, answer: Answer) -> Answer:
        if line == "POST /connectors" and next(coming, None) is not None:
            together.wait()  # nobody is let through before all have come; breaks when they do not
        return answer

    with workshop.watched() as connect:
        connect.meddling = meddle
        outcomes = workshop.apply()
        assert [item.state for item in outcomes] == [OutcomeState.DONE] * 5, outcomes
        assert workshop.plan().changes == ()
    until(lambda: (tmp_path / "0.txt").exists() and "one line" in (tmp_path / "0.txt").read_text())


def test_a_connector_that_fails_is_reported_and_restarted_once_mended(workshop: Workshop, tmp_path: Path) -> None:
    folder = tmp_path / "not there yet"
    workshop.write(workshop.sink(f"file: {folder / 'out.txt'}", tasks=2))
    applied = workshop.project.run("apply", "--yes")
    assert applied.code == 1
    assert f"task 0 failed: NoSuchFileException: {folder / 'out.txt'} (1 more failed)" in applied.out

    plan = workshop.plan()
    assert names(plan) == [["RestartFailedTasks"]]
    assert only(plan).reason is Reason.TASKS_FAILED
    assert {item.code for item in only(plan).warnings} == {"KO541"}
    (again,) = workshop.apply()
    assert again.state is OutcomeState.FAILED

    folder.mkdir()
    (mended,) = workshop.apply()
    assert mended.state is OutcomeState.DONE, mended.diagnostic
    assert workshop.plan().changes == ()


def test_a_broken_update_is_reported_and_mended_by_the_next(workshop: Workshop, tmp_path: Path) -> None:
    workshop.settle(workshop.sink(f"file: {tmp_path / 'out.txt'}"))
    workshop.write(workshop.sink("file: /nowhere/out.txt"))
    (failed,) = workshop.apply()
    assert failed.state is OutcomeState.FAILED
    assert failed.diagnostic is not None
    assert failed.diagnostic.summary == "task 0 failed: NoSuchFileException: /nowhere/out.txt"
    assert failed.diagnostic.place is not None
    workshop.settle(workshop.sink(f"file: {tmp_path / 'out.txt'}"))


def test_a_sink_whose_target_goes_down_and_comes_back(workshop: Workshop) -> None:
    assert workshop.project.endpoints.mongodb_uri
    target = urlsplit(workshop.project.endpoints.mongodb_uri)
    proxy = TcpProxy(target.hostname or "", target.port or 0)
    uri = f"mongodb://127.0.0.1:{proxy.port}/?serverSelectionTimeoutMS=3000&connectTimeoutMS=3000&token=ZQ-in-uri-QZ"
    settings = (f"connection.uri: {uri}", "database: live", f"collection: {workshop.name}")
    converter = ("value.converter.schemas.enable: false",)
    sink = workshop.sink(*settings, *converter, class_name=MONGO_SINK).replace(
        "value.converter: org.apache.kafka.connect.storage.StringConverter",
        "value.converter: org.apache.kafka.connect.json.JsonConverter",
    )
    try:
        workshop.settle(sink)
        proxy.down()
        workshop.produce('{"id": 1}')
        until(lambda: workshop.states()[1] == ["FAILED"])
        change = only(workshop.plan())
        assert change.reason is Reason.TASKS_FAILED
        assert "ZQ-in-uri-QZ" not in repr(change)
        assert change.warnings[0].summary == "task 0 failed: ConnectException: Connection refused"
        listed = workshop.project.run("connectors", "list", "--format", "json")
        (row,) = [item for item in listed.json["connectors"] if item["name"] == f"{workshop.name}-sink"]
        assert row["tasks"][0]["cause"] == "ConnectException: Connection refused"
        proxy.up()
        (back,) = workshop.apply()
        assert back.state is OutcomeState.DONE, back
    finally:
        proxy.down()


def test_a_refusal_that_nobody_foresaw_is_an_outcome(workshop: Workshop, tmp_path: Path) -> None:
    """What was right when it was planned may be wrong when it is done."""
    workshop.write(workshop.sink(f"file: {tmp_path / 'out.txt'}"))
    with open_session(workshop.project.file, "dev") as session:
        (change,) = make_plan(session, kinds=KINDS).changes
        assert len(list(apply_connectors(session, [change]))) == 1
        (outcome,) = apply_connectors(session, [change])
    assert outcome.state is OutcomeState.FAILED
    assert outcome.diagnostic is not None
    assert (outcome.diagnostic.code, outcome.diagnostic.address) == ("KO503", str(workshop.address()))


def test_secrets_are_sent_and_never_shown(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, rotated = "ZQ-first-secret-QZ", "ZQ-second-secret-QZ"
    (tmp_path / "secret.txt").write_text("ZQ-from-file-QZ\n")
    monkeypatch.setenv("LIVE_SECRET", secret)
    sink = workshop.sink(
        f"file: {tmp_path}/${{env:LIVE_SECRET}}.txt",
        "consumer.override.sasl.jaas.config: ${file:secret.txt}",
        f"note: user ${{env:LIVE_SECRET}} of {workshop.topic}",
    )
    workshop.write(sink)
    run = workshop.project.run
    told = [run("plan", "--out", "plan.json"), run("plan", "--format", "json"), run("plan", "--format", "markdown")]
    told.append(run("apply", "--yes"))
    assert [ended.code for ended in told] == [0, 0, 0, 0], told[-1]
    live = workshop.asked(f"{workshop.name}-sink/config").json()
    assert live["file"] == f"{tmp_path}/{secret}.txt"
    assert live["consumer.override.sasl.jaas.config"] == "ZQ-from-file-QZ"
    assert workshop.plan().changes == ()

    monkeypatch.setenv("LIVE_SECRET", rotated)
    change = only(workshop.plan())
    assert {(item.path, item.sensitive, item.note) for item in change.fields} == {
        ("config.file", True, "changed"),
        ("config.note", True, "changed"),
    }
    told += [run("plan"), run("apply", "--yes"), run("plan", "--detailed-exitcode"), run("connectors", "list")]
    assert told[-2].code == 0, told[-2].out
    text = "".join(ended.out + ended.err for ended in told) + (tmp_path / "plan.json").read_text() + repr(change)
    for value in (secret, rotated, "ZQ-from-file-QZ"):
        assert value not in text
        assert json.dumps(value)[1:-1] not in text


def test_strangers_are_listed_and_left_alone(workshop: Workshop, tmp_path: Path) -> None:
    config = {"connector.class": FILE_SINK, "topics": workshop.topic, "file": str(tmp_path / "x.txt")}
    stranger = {"name": f"{workshop.name}-stranger", "config": config}
    ask("POST", f"{workshop.project.endpoints.connect_url}/connectors", stranger).raise_for_status()
    plan_before = workshop.settle(workshop.sink(f"file: {tmp_path / 'out.txt'}"))
    assert len(plan_before) == 1
    assert f"{workshop.name}-stranger" in workshop.plan().unmanaged["connector"]
    refused = workshop.project.run("connectors", "pause", f"{workshop.name}-stranger")
    assert refused.code == 4
    assert "KO547" in refused.err
    assert workshop.asked(f"{workshop.name}-stranger/config").json()["file"] == config["file"]


def test_steering_by_hand(workshop: Workshop, tmp_path: Path) -> None:
    workshop.settle(workshop.sink(f"file: {tmp_path / 'out.txt'}"))
    name = f"{workshop.name}-sink"
    for command, state in (("pause", "PAUSED"), ("stop", "STOPPED"), ("resume", "RUNNING"), ("restart", "RUNNING")):
        ended = workshop.project.run("connectors", command, name)
        assert ended.code == 0, ended.err
        assert ended.out.startswith(f"connector.{name}: connector {state}")
        assert ("the next apply" in ended.err) is (state != "RUNNING")
        assert workshop.states()[0] == state
    assert workshop.plan().changes == ()


def test_a_plan_without_changes_is_one_request_and_one_for_the_workers_identity(
    workshop: Workshop, tmp_path: Path
) -> None:
    workshop.settle(workshop.sink(f"file: {tmp_path / 'out.txt'}"))
    with counting(workshop.project.endpoints.connect_url) as counted:
        text = workshop.project.file.read_text().replace(workshop.project.endpoints.connect_url, counted.url)
        workshop.project.file.write_text(text)
        assert workshop.plan().changes == ()
    assert sorted(counted.paths) == ["GET /", "GET /connectors?expand=info&expand=status"]


def test_an_interruption_ends_the_wait_and_says_what_is_left(workshop: Workshop, tmp_path: Path) -> None:
    workshop.write(workshop.sink(f"file: {tmp_path / 'out.txt'}"))
    with workshop.watched() as connect, open_session(workshop.project.file, "dev") as session:
        changes = make_plan(session, kinds=KINDS).changes

        def meddle(line: str, answer: Answer) -> Answer:
            if line.endswith("/status"):  # a new connector is looked at for a second at least
                session.stop.set()
            return answer

        connect.meddling = meddle
        (outcome,) = apply_connectors(session, changes)
        (skipped,) = apply_connectors(session, changes)
        until(lambda: connect_of(session).status(workshop.address().name) is not None)
    assert outcome.diagnostic is not None
    assert (outcome.state, outcome.diagnostic.code) == (OutcomeState.FAILED, "KO546")
    assert skipped.state is OutcomeState.SKIPPED
    until(lambda: workshop.states() == ("RUNNING", ["RUNNING"]))
    assert workshop.plan().changes == ()
