"""plan and apply as their users meet them: the main job, refusals, and systems that are not there."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kafkaops.devcluster import Endpoints
from tests.live.making import await_gone
from tests.live.project import Project, sweep

pytestmark = pytest.mark.live

SCHEMA = '{"type": "record", "name": "Wave", "namespace": "t.{u}", "fields": [{"name": "id", "type": "string"}]}'
INCOMPATIBLE = SCHEMA.replace("}]}", '}, {"name": "priority", "type": "int"}]}')


def sections(u: str, *, retention: str = "7d", partitions: int = 3) -> str:
    return f"""
defaults: {{topics: {{replication_factor: 1, config: {{min.insync.replicas: 1}}}}}}
topics:
  {u}-a:
    partitions: {partitions}
    config: {{retention.ms: {retention}}}
    value: {{schema: schemas/wave.avsc, compatibility: BACKWARD}}
  {u}-b: {{partitions: 1}}
consumer_groups:
  {u}-group: {{topics: [{u}-a], start_from: earliest}}
"""


def schema_file(u: str, text: str = SCHEMA) -> dict[str, str]:
    return {"schemas/wave.avsc": text.replace("{u}", u)}


@pytest.fixture
def project(cluster: Endpoints, prefix: str, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in a folder with spaces and more than ASCII in its name."""
    project = Project(tmp_path_factory.mktemp("Projekt für Prüfung"), cluster)
    project.write(sections(prefix), schema_file(prefix))
    return project


def test_the_main_job(project: Project, prefix: str) -> None:
    planned = project.run("plan", "--format", "json")
    assert planned.code == 0, planned.err
    assert {change["address"]: change["type"] for change in planned.json["changes"]} == {
        f"topic.{prefix}-a": "create",
        f"topic.{prefix}-b": "create",
        f"schema.{prefix}-a-value": "create",
        f"group.{prefix}-group": "create",
    }
    applied = project.run("apply", "--yes")
    assert applied.code == 0, applied.err
    assert "4 changes applied and verified" in applied.out
    again = project.run("plan", "--detailed-exitcode")
    assert again.code == 0, again.out
    assert "No changes. 4 resources as declared" in again.out

    project.write(sections(prefix, retention="14d"))
    changed = project.run("plan", "--detailed-exitcode", "--format", "json")
    assert changed.code == 3
    assert [(change["address"], change["fields"]) for change in changed.json["changes"]] == [
        (
            f"topic.{prefix}-a",
            [
                {
                    "path": "config.retention.ms",
                    "before": 604800000,
                    "after": 1209600000,
                    "unit": "ms",
                    "sensitive": False,
                    "note": None,
                }
            ],
        )
    ]


def test_a_pipe_gets_plain_text_and_prose_on_stderr_only(project: Project) -> None:
    ended = project.run("plan")
    assert "\x1b" not in ended.out + ended.err
    assert ended.out.startswith(f"Plan for {project.name} in dev")


def test_markdown(project: Project, prefix: str) -> None:
    ended = project.run("plan", "--format", "markdown")
    assert ended.code == 0
    assert f"`+ topic.{prefix}-a`" in ended.out


def test_an_incompatible_schema_shows_in_the_plan_and_apply_does_nothing(project: Project, prefix: str) -> None:
    assert project.run("apply", "--yes").code == 0
    project.write(sections(prefix, retention="9d"), schema_file(prefix, INCOMPATIBLE))
    planned = project.run("plan")
    assert planned.code == 3
    assert f"schema.{prefix}-a-value" in planned.out and "BLOCKED" in planned.out
    refused = project.run("apply", "--yes")
    assert refused.code == 4, refused.out
    assert "priority" in planned.out + refused.err
    left = project.run("plan", "--format", "json").json
    assert f"topic.{prefix}-a" in [change["address"] for change in left["changes"]], (
        "the topic must not have been touched"
    )


def test_target_takes_one_resource_and_what_it_needs(project: Project, prefix: str) -> None:
    """What it does not need may be down, or be another than the environment pins."""
    nobody, target = "http://127.0.0.1:1", ("--target", f"topic.{prefix}-b")
    nowhere = replace(project.endpoints, schema_registry_url=nobody, connect_url=nobody)
    cut_off = Project(project.folder, nowhere, name=project.name)
    cut_off.write(sections(prefix), schema_file(prefix))
    pinned = cut_off.file.read_text().replace("    kafka:", "    connect_cluster_id: elsewhere\n    kafka:")
    cut_off.file.write_text(pinned)
    assert cut_off.run("plan").code == 1
    ended = cut_off.run("apply", "--yes", *target)
    assert ended.code == 0, ended.err
    assert "1 change applied" in ended.out
    unmoved = cut_off.run("drift", *target)
    assert (unmoved.code, "No drift. 1 resource as applied." in unmoved.out) == (0, True), unmoved.err
    project.write(sections(prefix), schema_file(prefix))
    rest = [change["address"] for change in project.run("plan", "--format", "json").json["changes"]]
    assert f"topic.{prefix}-b" not in rest and f"schema.{prefix}-a-value" in rest


def test_apply_without_a_terminal_refuses_unless_told(project: Project) -> None:
    ended = project.run("apply")
    assert ended.code == 4
    assert "KO906" in ended.err and "--yes" in ended.err
    assert len(project.run("plan", "--format", "json").json["changes"]) == 4


def on_a_terminal(project: Project, answer: str) -> tuple[int, str]:
    """`kafkaops apply` on a pseudo-terminal, with one line typed."""
    main, other = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "kafkaops", "apply"],
        cwd=project.folder,
        stdin=other,
        stdout=other,
        stderr=other,
        close_fds=True,
    )
    os.close(other)
    shown = b""
    try:
        while True:
            try:
                shown += os.read(main, 4096)
            except OSError:  # the terminal is closed: the program ended
                break
            if b"Only 'yes' is taken" in shown and answer:
                os.write(main, answer.encode() + b"\n")
                answer = ""
    finally:
        code = child.wait(timeout=120)
        os.close(main)
    return code, shown.decode(errors="replace")


def test_apply_on_a_terminal_takes_only_yes(project: Project) -> None:
    code, shown = on_a_terminal(project, "y")
    assert code == 4 and "KO907" in shown
    assert len(project.run("plan", "--format", "json").json["changes"]) == 4
    code, shown = on_a_terminal(project, "yes")
    assert code == 0, shown
    assert "4 changes applied and verified" in shown and "\x1b[" in shown


def test_a_deletion_is_held_back_and_counted(project: Project, prefix: str, cluster: Endpoints) -> None:
    assert project.run("apply", "--yes").code == 0
    produce(cluster, f"{prefix}-b", 17)
    kept = "\n".join(line for line in sections(prefix).splitlines() if f"{prefix}-b" not in line)
    project.write(kept + f"\nremoved:\n  - {{address: topic.{prefix}-b}}\n", schema_file(prefix))
    planned = project.run("plan")
    assert planned.code == 3
    assert "17 messages" in planned.out and f"--allow delete:topic.{prefix}-b" in planned.out
    assert project.run("apply", "--yes").code == 4
    allowed = project.run("apply", "--yes", "--allow", f"delete:topic.{prefix}-b")
    assert allowed.code == 0, allowed.err + allowed.out
    assert project.run("plan", "--detailed-exitcode").code == 0


def produce(cluster: Endpoints, topic: str, count: int) -> None:
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    for index in range(count):
        producer.produce(topic, f"record {index}".encode())
    assert producer.flush(30) == 0


def test_a_saved_plan_runs_as_reviewed_or_not_at_all(project: Project, prefix: str) -> None:
    assert project.run("plan", "--out", "plan.json").code == 0
    shown = project.run("show", "plan.json")
    assert shown.code == 0 and f"topic.{prefix}-a" in shown.out
    assert project.run("apply", "plan.json").code == 0
    stale = project.run("apply", "plan.json")
    assert stale.code == 4 and "KO809" in stale.err and f"topic.{prefix}-a" in stale.err


def test_a_saved_plan_is_stale_when_a_topic_was_deleted_and_made_again(
    project: Project, prefix: str, cluster: Endpoints
) -> None:
    assert project.run("apply", "--yes").code == 0
    project.write(sections(prefix, retention="9d"))
    assert project.run("plan", "--out", "plan.json").code == 0
    recreate(cluster, f"{prefix}-a", 3, {"retention.ms": "604800000"})
    refused = project.run("apply", "plan.json")
    assert refused.code == 4, refused.out
    assert f"topic.{prefix}-a" in refused.err


def recreate(cluster: Endpoints, name: str, partitions: int, config: dict[str, str]) -> None:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    admin.delete_topics([name])[name].result(timeout=30)
    deadline = time.monotonic() + 30
    while True:
        try:
            admin.create_topics([NewTopic(name, partitions, 1, config=config)])[name].result(timeout=30)
            return
        except KafkaException:  # the old one is still going
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_the_wrong_cluster_is_refused_before_anything_is_read(project: Project, prefix: str) -> None:
    project.write(sections(prefix), schema_file(prefix), environment="cluster_id: not-this-one")
    for command in (["plan"], ["apply", "--yes"]):
        ended = project.run(*command)
        assert ended.code == 4
        assert "KO802" in ended.err and "not-this-one" in ended.err and "topics.yaml:8" in ended.err


@pytest.mark.parametrize("missing", ["bootstrap_servers", "schema_registry_url", "connect_url"])
def test_a_system_that_is_not_there_is_named(missing: str, project: Project, prefix: str) -> None:
    with closed_port() as port:
        address = f"127.0.0.1:{port}"
        value = address if missing == "bootstrap_servers" else f"http://{address}"
        elsewhere = Project(project.folder, replace(project.endpoints, **{missing: value}))
        connector = (
            f"connectors:\n  {prefix}-c: {{class: FileStreamSink, topics: [{prefix}-a], config: {{file: /dev/null}}}}\n"
        )
        elsewhere.write(sections(prefix) + connector, schema_file(prefix))
        began = time.monotonic()
        ended = elsewhere.run("plan")
    assert ended.code == 1, ended.out + ended.err
    assert address in ended.err and "Traceback" not in ended.err
    assert time.monotonic() - began < 60, "it should give up within 10 s; a start of Python may take as long"


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that nobody listens on and that nobody else gets meanwhile: bound, never listening."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def answering_html() -> Iterator[str]:
    """A web server that answers everything with a page, as a wrong base URL does."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Welcome</title>")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_page_instead_of_a_registry_is_no_empty_registry(project: Project, prefix: str) -> None:
    with answering_html() as url:
        elsewhere = Project(project.folder, replace(project.endpoints, schema_registry_url=url))
        elsewhere.write(sections(prefix), schema_file(prefix))
        ended = elsewhere.run("plan")
    assert ended.code == 1
    assert url in ended.err and "HTML" in ended.err


def test_two_applies_at_once_end_in_what_was_declared(project: Project, prefix: str) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "kafkaops", "apply", "--yes"],
            cwd=project.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    ended = [child.communicate(timeout=120) for child in children]
    assert all("Traceback" not in err for _, err in ended)
    assert {child.returncode for child in children} <= {0, 1, 4}
    assert all("may not see it" not in out + err for out, err in ended), "it appeared meanwhile; that is all"
    assert 0 in {child.returncode for child in children}, ended
    assert project.run("plan", "--detailed-exitcode").code == 0


def many_topics(u: str, count: int) -> str:
    lines = [f"  {u}-{index:03}: {{partitions: 1}}" for index in range(count)]
    return (
        "defaults: {topics: {replication_factor: 1, config: {min.insync.replicas: 1}}}\ntopics:\n"
        + "\n".join(lines)
        + "\n"
    )


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_an_apply_that_is_ended_midway_leaves_the_rest_to_the_next(
    signal_: signal.Signals, project: Project, prefix: str
) -> None:
    project.write(many_topics(prefix, 150))
    child = subprocess.Popen(
        [sys.executable, "-m", "kafkaops", "apply", "--yes"],
        cwd=project.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stderr is not None
    for line in child.stderr:
        if "Topics" in line:
            break
    child.send_signal(signal_)
    rest = child.communicate(timeout=120)[1]
    assert "Traceback" not in rest
    assert project.run("apply", "--yes", "--lock-timeout", "60s").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_ctrl_c_while_reading_ends_at_once_and_quietly(project: Project, prefix: str) -> None:
    with answering_never() as (address, asked):
        elsewhere = Project(project.folder, replace(project.endpoints, schema_registry_url=f"http://{address}"))
        elsewhere.write(sections(prefix), schema_file(prefix))
        child = subprocess.Popen(
            [sys.executable, "-m", "kafkaops", "plan"],
            cwd=project.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with closing(child):
            assert asked.wait(90), "it did not ask"
            assert child.poll() is None, child.communicate()
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=20)  # a request's 30 s are not waited for
    assert child.returncode == 130
    assert out == "" and "Traceback" not in err and "Interrupted" in err


@contextmanager
def answering_never() -> Iterator[tuple[str, threading.Event]]:
    """A server that accepts connections and says nothing: its address, and what tells that somebody asked."""
    asked = threading.Event()
    taken: list[socket.socket] = []

    def take() -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                taken.append(server.accept()[0])
                taken[-1].recv(1)
                asked.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=take, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for each in taken:
                each.close()


@contextmanager
def closing(child: subprocess.Popen[str]) -> Iterator[None]:
    """No child outlives its test."""
    try:
        yield
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()


def test_the_swept_prefix_is_gone(cluster: Endpoints, prefix: str, tmp_path: Path) -> None:
    project = Project(tmp_path, cluster)
    project.write(sections(prefix), schema_file(prefix))
    assert project.run("apply", "--yes").code == 0
    sweep(cluster, prefix)
    await_gone(cluster.bootstrap_servers, f"{prefix}-a", f"{prefix}-b")
    assert len(project.run("plan", "--format", "json").json["changes"]) >= 3


@pytest.mark.parametrize("option", ["--target", "--allow"])
def test_an_address_that_the_spec_does_not_know_is_no_empty_plan(option: str, project: Project, prefix: str) -> None:
    text = f"topic.{prefix}-c" if option == "--target" else f"delete:topic.{prefix}-c"
    ended = project.run("plan", option, text)
    assert ended.code == 2
    assert "KO810" in ended.err and f"did you mean '{prefix}-" in ended.err


def test_a_connect_of_another_cluster_is_refused(project: Project, prefix: str) -> None:
    project.write(sections(prefix), schema_file(prefix), environment="connect_cluster_id: not-this-one")
    ended = project.run("plan")
    assert ended.code == 4
    assert "KO802" in ended.err and "Connect answers for" in ended.err


def test_a_topic_may_go_together_with_the_connector_that_reads_it(project: Project, prefix: str) -> None:
    topics = sections(prefix).replace("consumer_groups", "unused").split("unused")[0]
    sink = f"""
connectors:
  {prefix}-sink:
    class: org.apache.kafka.connect.file.FileStreamSinkConnector
    topics: [{prefix}-b]
    config: {{file: /dev/null}}
"""
    project.write(topics + sink, schema_file(prefix))
    assert project.run("apply", "--yes", "--no-ledger").code == 0
    kept = "\n".join(line for line in topics.splitlines() if f"{prefix}-b" not in line)
    alone = f"\nremoved:\n  - {{address: topic.{prefix}-b, allow: [delete]}}\n"
    project.write(kept + alone, schema_file(prefix))
    held = project.run("plan")
    assert held.code == 3 and f"connectors name it: {prefix}-sink" in held.out
    together = f"{alone}  - {{address: connector.{prefix}-sink, allow: [delete]}}\n"
    project.write(kept + together, schema_file(prefix))
    gone = project.run("apply", "--yes")
    assert gone.code == 0, gone.out + gone.err
    assert gone.err.index(f"delete connector.{prefix}-sink") < gone.err.index(f"delete topic.{prefix}-b")
