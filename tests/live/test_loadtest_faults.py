"""What goes wrong with a load test, on the real thing: brokers, rights, registry, disk, and those who watch."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from prometheus_client.parser import text_string_to_metric_families

from benchmarks._quota import producer_byte_rate
from kafkaops import devcluster
from kafkaops.clients.kafka_python import KafkaPythonAdmin
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.devcluster import Endpoints
from kafkaops.spec.references import Resolver
from tests.live.loadtesting import Running, leftovers
from tests.live.project import Ended, Project, sweep
from tests.live.secured_broker import ADMIN, OPS, PASSWORD, SecuredBroker, secured_broker
from tests.waiting import shows, until

pytestmark = pytest.mark.live
own_cluster = pytest.mark.skipif(
    "KAFKAOPS_TEST_CLUSTER" in os.environ and "KAFKAOPS_TEST_MAY_KILL" not in os.environ,
    reason="others work on this cluster",
)

NAME = f"lx{os.getpid()}"
SECTIONS = """
topics:
  {u}-safe: {partitions: 3, replication_factor: 3, config: {min.insync.replicas: 2}}
  {u}-direct: {partitions: 3, replication_factor: 3, config: {min.insync.replicas: 2}}
  {u}-plain: {partitions: 2, replication_factor: 1}
loadtests:
  engines:
    duration: 10s  # leaders move after as long as that anyway
    warmup: 0s
    payload: bytes
    slo: {lost: 0, errors: 0}
    topics:
      {u}-safe: {rate: 200/s}
      {u}-direct: {rate: 200/s, engine: direct}
"""
SHORT = ("--rate", "100/s", "--duration", "2s", "--warmup", "0s", "--no-calibrate", "--payload", "bytes")


@pytest.fixture(scope="module")
def project(cluster: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    project = Project(tmp_path_factory.mktemp("faults"), cluster)
    project.write(SECTIONS.replace("{u}", NAME))
    yield project
    sweep(cluster, NAME)


def run(project: Project, *arguments: str) -> Ended:
    return project.run("loadtest", *arguments, "--env", "dev")


# ---- brokers


@own_cluster
@pytest.mark.alone
def test_the_run_goes_on_when_a_broker_is_killed(project: Project, cluster: Endpoints, cluster_name: str) -> None:
    killed = devcluster.node_pid("broker-2", cluster_name)
    assert killed is not None
    try:
        with Running(project, "engines", "--no-calibrate", "--format", "json") as running:
            running.wait_for(r"^ +1 s ")
            os.kill(killed, signal.SIGKILL)
            running.end()
    finally:
        devcluster.start_node("broker-2", cluster_name)
    result = json.loads(running.out)
    assert result["verdict"] != "partial", running.err
    assert "broker 2 was there when the load began, and is gone" in result["happened"]
    assert [load["engine"]["used"] for load in result["loads"]] == [["portable"], ["direct"]]
    for load in result["loads"]:
        (proof,) = load["proof"]
        assert proof["checked"] == proof["acked"] == 2_000
        assert not any(fault["records"] for fault in proof["faults"].values())
        complaint = f"{load['topic']}: clients reported _TRANSPORT"
        assert any(complaint in each for each in result["happened"]), result["happened"]
        # The stall is seen whole: leaders move after seconds, and the schedule did not wait for them.
        assert load["latency"]["end_to_end_response"]["max"] > load["latency"]["end_to_end_response"]["p50"]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    with secured_broker(tmp_path_factory.mktemp("secured")) as running:
        make_topic(running)
        yield running


def make_topic(broker: SecuredBroker) -> None:
    admin = broker.admin()
    admin.create_topics([NewTopic(f"{NAME}-secured", 1, 1)])[f"{NAME}-secured"].result(timeout=60)


def secured(project: Project, broker: SecuredBroker, user: str) -> None:
    """A spec whose environment logs in."""
    project.file.write_text(
        "version: 1\nproject: livetest\nenvironments:\n  dev:\n"
        f"    kafka: {{bootstrap_servers: '{broker.server}', security_protocol: SASL_PLAINTEXT, sasl_mechanism: PLAIN,"
        f" sasl_username: {user}, sasl_password: '${{env:LOADTEST_PASSWORD}}'}}\n"
        f"topics:\n  {NAME}-secured: {{partitions: 1, replication_factor: 1}}\n"
    )


def test_the_environments_login_is_the_loads_and_is_told_to_nobody(
    tmp_path: Path, cluster: Endpoints, broker: SecuredBroker
) -> None:
    project = Project(tmp_path, cluster)
    secured(project, broker, ADMIN)
    ended = project.run(
        "loadtest", "--topic", f"{NAME}-secured", *SHORT, "--engine", "direct", "--out", "result.json",
        "--out", "report.html", "--env", "dev",
        LOADTEST_PASSWORD=PASSWORD,
    )  # fmt: skip
    (load,) = json.loads((tmp_path / "result.json").read_text())["loads"]
    assert (load["proof"][0]["checked"], ended.code in (0, 3)) == (200, True), ended.err
    assert load["engine"]["used"] == ["direct"]
    for text in (
        ended.out,
        ended.err,
        *(file.read_text() for file in tmp_path.iterdir() if file.name != "topics.yaml"),
    ):
        assert PASSWORD not in text


@pytest.mark.timeout(600)
def test_the_highest_rate_is_the_quotas(
    tmp_path: Path, cluster: Endpoints, broker: SecuredBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADTEST_PASSWORD", PASSWORD)
    project = Project(tmp_path, cluster)
    secured(project, broker, ADMIN)
    connection, quota = broker.connection(ADMIN), 400_000
    with producer_byte_rate(KafkaSettings.of(connection, Resolver(tmp_path)), quota):
        ended = project.run(
            "loadtest", "--topic", f"{NAME}-secured", "--find-max", "--rate", "500/s", "--slo", "p99=500ms",
            "--duration", "1s", "--warmup", "1s", "--payload", "bytes", "--size", "2000", "--consumers", "0",
            "--no-calibrate", "--linger", "50ms", "-X", "producer.batch.size=20000", "--format", "json", "--env", "dev",
            timeout_s=500,
        )  # fmt: skip
    found, most = ended.json, quota / 2_024
    trials = found["trials"]
    assert 3 <= len(trials) <= 12, ended.err
    assert ended.code == (0 if found["highest_pass"] and not found["limited"] else 3)
    # Two seconds' worth may get through at once, so that a run of two may pass well above the quota, but not far.
    assert (trials[0]["rate"], trials[0]["passed"]) == (500, False)
    assert not any(trial["passed"] for trial in trials if trial["rate"] > 2 * most)
    assert {trial["rate"] for trial in trials} >= {found["highest_pass"] or 500, found["lowest_fail"]}


def test_without_rights_it_says_which_are_missing(tmp_path: Path, cluster: Endpoints, broker: SecuredBroker) -> None:
    project = Project(tmp_path, cluster)
    secured(project, broker, OPS)
    ended = project.run("loadtest", "--topic", f"{NAME}-secured", *SHORT, "--env", "dev", LOADTEST_PASSWORD=PASSWORD)
    assert ended.code == 1, ended.err
    assert "KO011" in ended.err
    assert "the principal needs CREATE, DELETE, READ and WRITE on topics loadtest-*" in ended.err
    ended = project.run("loadtest", "--topic", f"{NAME}-secured", *SHORT, "--env", "dev", LOADTEST_PASSWORD="wrong")
    assert ended.code == 1 and "Traceback" not in ended.err
    assert "wrong" not in ended.err.replace("wrong password", "")


def test_without_brokers_it_ends_with_what_was_measured(
    tmp_path: Path, cluster: Endpoints, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path, cluster)
    with secured_broker(tmp_path_factory.mktemp("alone")) as alone:
        make_topic(alone)
        secured(project, alone, ADMIN)
        monkeypatch.setenv("LOADTEST_PASSWORD", PASSWORD)
        with Running(
            project, "--topic", f"{NAME}-secured", "--rate", "50/s", "--duration", "20s", "--warmup", "0s",
            "--no-calibrate", "--payload", "bytes", "-X", "producer.message.timeout.ms=2000", "--out", "result.json",
        ) as running:  # fmt: skip
            running.wait_for(r"acked [1-9]")
            os.kill(alone.pid, signal.SIGKILL)  # asked to end it would take its time, perhaps the load's
            running.end()
    assert running.process.returncode == 1, running.err
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["verdict"] == "partial"
    assert "Verdict: partial" in running.out
    (load,) = result["loads"]
    assert load["latency"]["ack_response"]["count"] > 0
    assert load["errors"]["_MSG_TIMED_OUT"] > 0
    assert any("no broker answers any more" in each for each in result["happened"]), result["happened"]
    assert "KO012" in running.err, "what could not be removed is said"
    assert "hint: kafkaops loadtest clean an hour from now; with --all at once" in running.err, (
        "it is too young for less"
    )


# ---- registry, disk, generator


def test_bytes_need_no_registry(tmp_path: Path, cluster: Endpoints) -> None:
    project = Project(tmp_path, cluster)
    project.write(SECTIONS.replace("{u}", NAME))
    project.file.write_text(project.file.read_text().replace(cluster.schema_registry_url, "http://127.0.0.1:1"))
    assert run(project, "--topic", f"{NAME}-plain", *SHORT).code in (0, 3)
    ended = run(project, "--topic", f"{NAME}-plain", "--rate", "5/s", "--payload", "avro")
    assert ended.code == 1
    assert "--payload bytes needs no registry" in ended.err and "Traceback" not in ended.err


def test_a_schema_without_fields_makes_no_records(project: Project, cluster: Endpoints) -> None:
    url = f"{cluster.schema_registry_url}/subjects/{NAME}-plain-value/versions"
    schema = json.dumps({"type": "record", "name": f"Empty{os.getpid()}", "fields": []})
    httpx.post(url, json={"schema": schema}).raise_for_status()
    ended = run(project, "--topic", f"{NAME}-plain", "--rate", "5/s", "--payload", "avro")
    assert ended.code == 1
    assert f"error[KO005] topic.{NAME}-plain: {NAME}-plain-value has no fields" in ended.err


def test_a_full_disk_costs_one_report_and_not_the_rest(project: Project) -> None:
    (project.folder / "full.json").symlink_to("/dev/full")
    ended = run(
        project, "--topic", f"{NAME}-plain", *SHORT, "-o", "full.json", "-o", "report.xml", "-o", "r.csv",
        "-o", "r.html", "-o", "r.hlog",
    )  # fmt: skip
    assert ended.code == 1
    assert "error[KO014]: full.json cannot be written: No space left on device" in ended.err
    assert "Verdict:" in ended.out, "the result is not lost with its file"
    suites = ElementTree.parse(project.folder / "report.xml").getroot()
    assert suites.find("testsuite/testcase") is not None
    for name in ("r.csv", "r.html", "r.hlog"):
        assert (project.folder / name).stat().st_size > 100


def test_more_than_the_brokers_can_store_is_refused_before_anything_is_made(
    project: Project, cluster: Endpoints
) -> None:
    ended = run(project, "--topic", f"{NAME}-plain", "--rate", "50000/s", "--duration", "10h", "--size", "100kB")
    assert ended.code == 4
    assert re.search(
        r"error\[KO019\]: about [0-9.,]+ TB would be written to brokers? [0-9, ]+, where .* are free", ended.err
    )
    assert "Making" not in ended.err
    shows(lambda: leftovers(cluster, NAME), [])  # what an earlier test removed may be seen for a moment


def test_of_a_broker_that_is_gone_neither_space_nor_release_is_known(cluster: Endpoints) -> None:
    admin = KafkaPythonAdmin(KafkaSettings(tuple(cluster.bootstrap_servers.split(",")), "PLAINTEXT", 10_000))
    try:
        space, releases = admin.disk_space([1, 99]), admin.releases([1, 99])
    finally:
        admin.close()
    assert space[1] is not None and releases[1] is not None
    assert space[99] is None and releases[99] is None


def test_a_rate_that_this_machine_cannot_make_is_refused(project: Project, cluster: Endpoints) -> None:
    ended = run(
        project,
        "--topic",
        f"{NAME}-plain",
        "--rate",
        "90000000/s",
        "--duration",
        "2s",
        "--size",
        "10",
        "--warmup",
        "0s",
    )
    assert ended.code == 2
    assert "records per second and process are more than this machine can make" in ended.err
    shows(lambda: leftovers(cluster, NAME), [])


def test_a_hopeless_run_ends_early(project: Project) -> None:
    ended = run(
        project, "--topic", f"{NAME}-plain", "--rate", "100/s", "--duration", "100s", "--warmup", "0s", "--payload",
        "bytes", "--no-calibrate", "--slo", "max=0ms", "--abort-on-fail", "--out", "hopeless.json",
    )  # fmt: skip
    assert ended.code == 3
    assert "Ending the run" in ended.err and "max stays above 0 ms" in ended.out
    assert "Verdict: fail" in ended.out
    (load,) = json.loads((project.folder / "hopeless.json").read_text())["loads"]
    assert 0 < load["records"]["due"] < 100 * 100


def test_without_the_library_the_portable_engine_is_used(project: Project, tmp_path: Path) -> None:
    # What a client that was built from source looks like: there is no library beside it.
    (tmp_path / "sitecustomize.py").write_text("import confluent_kafka\nconfluent_kafka.__file__ = '/nowhere/it'\n")
    ended = project.run(
        "loadtest", "--topic", f"{NAME}-plain", *SHORT, "--engine", "direct", "--consumers", "0", "--format", "json",
        "--env", "dev", PYTHONPATH=str(tmp_path),
    )  # fmt: skip
    (load,) = ended.json["loads"]
    reason = "confluent-kafka brings no librdkafka of its own here"
    assert load["engine"] == {"asked": "direct", "used": ["portable"], "fell_back": [reason]}, ended.err
    assert load["records"]["acked"] == 200
    sentence = f"the direct engine is not used, the portable one is: {reason}"
    assert f"{NAME}-plain: {sentence}\n" in ended.err and sentence in load["disclosures"]


def test_what_is_too_large_for_the_client_fails_alone(project: Project) -> None:
    lines = ["x" * (3_000 if number == 4 else 100) for number in range(10)]
    (project.folder / "samples.txt").write_text("\n".join(lines))
    ended = run(
        project, "--topic", f"{NAME}-plain", "--max", "--duration", "1s", "--warmup", "0s", "--no-calibrate",
        "--payload", "samples.txt", "--engine", "direct", "--in-flight", "2000",
        "-X", "producer.message.max.bytes=2000", "--format", "json",
    )  # fmt: skip
    (load,) = ended.json["loads"]
    failed, acked = load["errors"]["MSG_SIZE_TOO_LARGE"], load["records"]["acked"]
    assert load["engine"]["used"] == ["direct"] and list(load["errors"]) == ["MSG_SIZE_TOO_LARGE"]
    assert abs(failed - (failed + acked) / 10) < 10, "each partition walks through the samples by itself"
    (proof,) = load["proof"]
    assert proof["checked"] == proof["acked"] == acked
    assert not any(fault["records"] for fault in proof["faults"].values())


# ---- into the topic itself


def test_into_a_topic_with_records_of_others(project: Project, cluster: Endpoints) -> None:
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    topics = [
        NewTopic(f"{NAME}-plain", 2, 1), NewTopic(f"{NAME}-latest", 1, 1, config={"cleanup.policy": "compact"}),
    ]  # fmt: skip
    for future in admin.create_topics(topics).values():
        future.result(timeout=20)
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    for number in range(500):
        producer.produce(f"{NAME}-plain", value=b"theirs", partition=number % 2)
    assert producer.flush(20) == 0

    ended = run(project, "--topic", f"{NAME}-plain", *SHORT, "--into-topic", f"{NAME}-plain", "--format", "json")
    assert ended.code in (0, 3), ended.err
    assert f"Writing 200 records to {NAME}-plain" in ended.err
    (load,) = ended.json["loads"]
    assert load["target"]["twin"] is False
    assert load["proof"][0]["checked"] == load["proof"][0]["acked"] == 200
    assert load["groups"][0]["foreign"] == 0, "what was there before is not read"
    assert f"{NAME}-plain" in admin.list_topics(timeout=10).topics, "a declared topic is never removed"

    ended = run(project, "--topic", f"{NAME}-latest", *SHORT, "--into-topic", f"{NAME}-latest")
    assert ended.code == 4
    assert "a compacted topic takes no load" in ended.err


# ---- Prometheus


def test_prometheus_sees_each_second(project: Project) -> None:
    with Running(
        project, "--topic", f"{NAME}-plain", "--rate", "100/s", "--duration", "90s", "--warmup", "0s", "--payload",
        "bytes", "--no-calibrate", "--prometheus", "0",
    ) as running:  # fmt: skip
        address = running.wait_for(r"^Metrics at (\S+)")[1]
        running.wait_for(r"^ +2 s ")
        topic, samples = f"{NAME}-plain", dict[tuple[str, ...], float]()

        def two_seconds_are_counted() -> bool:
            samples.clear()
            samples.update(scraped(address))
            return samples["kafkaops_loadtest_records_total", "due", topic] >= 200 and measured in samples

        measured = ("kafkaops_loadtest_response_seconds", "0.99", topic)  # missing in a second without a record
        until(two_seconds_are_counted, lambda: f"two seconds, with {samples},")
        running.stop(signal.SIGINT)
    assert samples["kafkaops_loadtest_records_total", topic, "sent"] > 0
    assert samples["kafkaops_loadtest_errors_total", topic] == 0
    assert 0 < samples[measured] < 60
    assert samples["kafkaops_loadtest_remaining_seconds", topic] <= 89  # the line and the metric are a moment apart
    assert samples["kafkaops_loadtest_backlog", topic] >= 0


def scraped(address: str) -> dict[tuple[str, ...], float]:
    """The metrics there are now, by name and labels."""
    with urllib.request.urlopen(address, timeout=60) as answer:
        text = answer.read().decode()
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_port_that_is_taken(project: Project, cluster: Endpoints) -> None:
    taken = cluster.bootstrap_servers.split(",")[0].rpartition(":")[2]
    ended = run(project, "--topic", f"{NAME}-plain", *SHORT, "--prometheus", taken)
    assert ended.code == 1
    assert f"error[KO020]: metrics cannot be served at {taken}" in ended.err
