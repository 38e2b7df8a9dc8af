"""kafkaops loadtest on the real cluster: honest figures, proof, clean-up whatever happens."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
from pathlib import Path
from statistics import geometric_mean

import pytest
from confluent_kafka import KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, OffsetSpec, ResourceType

from kafkaops.devcluster import Endpoints
from kafkaops.devcluster.roots import KAFKA_VERSION
from tests.live.loadtesting import Running, await_read, read_records
from tests.live.loadtesting import leftovers as leftovers_of
from tests.live.project import Ended, Project
from tests.waiting import shows, until

pytestmark = pytest.mark.live

SCHEMA = """{"type": "record", "name": "Pick", "namespace": "t.{u}", "fields": [
  {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
  {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
  {"name": "sku", "type": ["null", "string"], "default": null},
  {"name": "quantity", "type": "int"}]}"""
SECTIONS = """
topics:
  {u}-picks:
    partitions: 4
    replication_factor: 3
    config: {min.insync.replicas: 2, retention.ms: 1d}
    value: {schema: pick.avsc}
  {u}-plain: {partitions: 2, replication_factor: 1}
loadtests:
  short:
    topic: {u}-picks
    rate: 300/s
    duration: 2s
    warmup: 1s
    slo: {p95: 30s, lost: 0, duplicated: 0, reordered: 0, errors: 0}
  impossible:
    topic: {u}-plain
    rate: 50/s
    duration: 2s
    warmup: 0s
    slo: {max: 0ms}
"""


@pytest.fixture(scope="module")
def project(cluster: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose topics are declared and not made: load goes to twins."""
    project = Project(tmp_path_factory.mktemp("loadtest"), cluster)
    project.write(SECTIONS.replace("{u}", NAME), {"pick.avsc": SCHEMA.replace("{u}", NAME)})
    return project


NAME = f"lt{os.getpid()}"


@pytest.fixture(scope="module")
def schema_id(cluster: Endpoints, project: Project) -> int:
    """The id under which the schema is registered, for as long as the tests run."""
    import httpx

    text = (project.folder / "pick.avsc").read_text()
    url = f"{cluster.schema_registry_url}/subjects/{NAME}-picks-value"
    return int(httpx.post(f"{url}/versions", json={"schema": text}).raise_for_status().json()["id"])


@pytest.fixture(scope="module", autouse=True)
def swept(cluster: Endpoints) -> object:
    """Subjects of these tests are removed in the end."""
    import httpx

    yield
    for permanent in ("", "?permanent=true"):
        httpx.delete(f"{cluster.schema_registry_url}/subjects/{NAME}-picks-value{permanent}")


def run(project: Project, *arguments: str) -> Ended:
    return project.run("loadtest", *arguments, "--env", "dev")


def test_a_profile_runs_is_proved_and_leaves_nothing(
    project: Project, cluster: Endpoints, schema_id: int, tmp_path: Path
) -> None:
    saved = tmp_path / "result.json"
    ended = run(project, "short", "--out", str(saved))
    document = json.loads(saved.read_text())
    assert document["verdict"] in ("pass", "host-limited", "generator-limited"), ended.err
    assert ended.code == (0 if document["verdict"] == "pass" else 3)
    (load,) = document["loads"]
    assert load["records"] == {"due": 900, "sent": 900, "acked": 900, "unsent": 0, "failed": 0}
    assert load["rates"]["offered"] == 300.0
    assert all(objective["met"] for objective in load["objectives"])
    assert load["payload"]["schema_id"] == schema_id
    for distribution in load["latency"].values():
        assert distribution["count"] == 600  # the warm-up's 300 are not among them
        assert distribution["min"] <= distribution["p50"] <= distribution["p99"] <= distribution["max"]
    assert load["latency"]["end_to_end_response"]["p50"] >= load["latency"]["schedule_delay"]["p50"]
    (proof,) = load["proof"]
    assert (proof["checked"], proof["acked"], proof["in_doubt"], proof["unread"]) == (900, 900, 0, 0)
    assert not any(fault["records"] for fault in proof["faults"].values())
    assert load["clients"]["producer"]["enable.idempotence"] is True
    assert len(document["cluster"]["brokers"]) == 3
    assert set(document["cluster"]["releases"].values()) == {KAFKA_VERSION[:3]}
    effective = load["target"]["effective_config"]
    assert (effective["min.insync.replicas"], effective["segment.bytes"]) == ("2", "1073741824")
    assert [second["due"] for second in load["series"]][:3] == [300, 300, 300]
    assert re.search(r"^ +1 s  due \d+  sent \d+  acked \d+ ", ended.err, re.MULTILINE)
    assert "Verdict:" in ended.out
    shows(lambda: leftovers_of(cluster, NAME), [])


def test_a_missed_objective_exits_3_and_says_by_how_much(project: Project) -> None:
    ended = run(project, "impossible", "--format", "json")
    assert ended.code == 3
    (objective,) = ended.json["loads"][0]["objectives"]
    assert (objective["name"], objective["limit"], objective["met"]) == ("max", 0, False)
    assert objective["measured"] > 0


def test_groups_keys_arrivals_steps_and_compression(project: Project) -> None:
    ended = run(
        project, "--topic", f"{NAME}-plain", "--shape", "steps:100/s,300/s", "--arrivals", "poisson",
        "--keys", "zipf:50:1.2", "--groups", "2", "--compression", "zstd", "--payload", "bytes", "--size", "300",
        "--duration", "2s", "--warmup", "0s", "--ack-latency", "errors", "--format", "json",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    (load,) = ended.json["loads"]
    sent = load["records"]["sent"]
    assert 300 < sent < 500
    assert load["records"]["acked"] == sent
    assert [proof["checked"] for proof in load["proof"]] == [sent, sent]
    assert load["latency"]["ack_response"] is None
    assert load["latency"]["end_to_end_response"]["count"] == 2 * sent


def test_as_fast_as_acks_come(project: Project) -> None:
    ended = run(
        project, "--topic", f"{NAME}-plain", "--max", "--payload", "bytes", "--duration", "1s", "--warmup", "1s",
        "--in-flight", "2000", "--no-calibrate", "--format", "json",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    (load,) = ended.json["loads"]
    assert load["rates"]["offered"] is None
    # Of two seconds the second is measured, in which a machine that stands still gets nothing done.
    assert load["rates"]["acked"] == sum(second["acked"] for second in load["series"][1:2])
    assert load["latency"]["ack_response"] is None, "a closed loop has service times only"
    (proof,) = load["proof"]
    assert proof["checked"] == proof["acked"] == load["records"]["acked"] > 0


def test_repeated_runs_are_compared(project: Project) -> None:
    """By what they got done: how much that is in a second depends on the machine."""
    saved: dict[str, list[float]] = {}
    for name, rate in (("before", "100/s"), ("after", "200/s")):
        ended = run(
            project, "--topic", f"{NAME}-plain", "--rate", rate, "--payload", "bytes", "--duration", "1s", "--warmup",
            "0s", "--consumers", "0", "--no-calibrate", "--repeat", "3", "-o", f"{name}.json",
        )  # fmt: skip
        assert ended.code == 0, ended.err
        loads = [run["loads"][0] for run in json.loads((project.folder / f"{name}.json").read_text())["runs"]]
        assert [load["records"]["acked"] for load in loads] == [100 if name == "before" else 200] * 3
        saved[name] = [load["rates"]["acked"] for load in loads]
    same = project.run("loadtest", "compare", "before.json", "before.json")
    assert (same.code, "no difference shown" in same.out) == (0, True), same.err
    other = project.run("loadtest", "compare", "before.json", "after.json", "--format", "json")
    effects = {effect["figure"]: effect for effect in other.json["effects"]}
    assert other.code == (3 if any(effect["differs"] for effect in effects.values()) else 0), other.err
    if min(saved["before"] + saved["after"]) == 0:  # held up for all of that second
        assert list(effects) == ["ack response p50", "ack response p99"]
        return
    assert list(effects) == ["throughput", "ack response p50", "ack response p99"]
    throughput = effects["throughput"]
    before, after = (geometric_mean(saved[name]) for name in ("before", "after"))
    assert throughput["before"] == pytest.approx(before) and throughput["ratio"] == pytest.approx(after / before)
    if min(saved["before"]) > 90 and min(saved["after"]) > 180:  # acks of the last records may come after the end
        assert throughput["differs"]


def test_values_are_the_registered_schemas_and_the_twin_is_like_its_topic(
    project: Project, cluster: Endpoints, schema_id: int
) -> None:
    import io

    import fastavro

    with Running(
        project, "--topic", f"{NAME}-picks", "--rate", "50/s", "--duration", "60s", "--warmup", "0s"
    ) as running:
        twin = running.twin()
        running.wait_for(r"^ +2 s ")
        admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
        (future,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, twin)]).values()
        config = {name: entry.value for name, entry in future.result().items()}
        found = read_records(cluster, twin, 40)
        running.stop_all(signal.SIGTERM)
    assert "killed by signal" not in running.out + running.err
    shows(lambda: leftovers_of(cluster, NAME), [])
    assert (config["cleanup.policy"], config["retention.ms"], config["min.insync.replicas"]) == ("delete", "-1", "2")
    parsed = fastavro.parse_schema(json.loads((project.folder / "pick.avsc").read_text()))
    for key, value in found:
        assert len(key) == 24
        assert struct.unpack(">bI", value[:5]) == (0, schema_id)
        record = fastavro.schemaless_reader(io.BytesIO(value[5:]), parsed, None)
        assert isinstance(record, dict) and set(record) == {"id", "at", "sku", "quantity"}


def test_a_consumer_that_is_busy_when_the_load_begins_measures_its_first_records_too(project: Project) -> None:
    """It works on what was written before, and looks up only when the first record is there."""
    ended = run(
        project, "--topic", f"{NAME}-plain", "--rate", "4/s", "--duration", "1s", "--warmup", "0s", "--payload",
        "bytes", "--no-calibrate", "--consume-cost", "500ms", "--format", "json",
    )  # fmt: skip
    (load,) = ended.json["loads"]
    assert load["latency"]["end_to_end_response"]["count"] == load["records"]["acked"] == 4, ended.err
    assert len(load["series"]) < 200, "seconds since the start, and not since some other time"
    assert sum(second["consumed"] for second in load["series"]) == 4
    assert load["highest_backlog"] <= 4


@pytest.mark.parametrize("when", ["while it gets ready", "while it runs"])
def test_ctrl_c_ends_it_and_leaves_nothing(project: Project, cluster: Endpoints, when: str) -> None:
    with Running(
        project, "--topic", f"{NAME}-plain", "--rate", "200/s", "--duration", "60s", "--warmup", "0s",
        "--payload", "bytes", "--out", str(project.folder / "partial.json"),
    ) as running:  # fmt: skip
        running.wait_for(r"^Waiting for" if when == "while it gets ready" else r"^ +2 s ")
        running.stop(signal.SIGINT)
    assert running.process.returncode == 130
    assert "partial" in running.out
    document = json.loads((project.folder / "partial.json").read_text())
    assert (document["verdict"], "interrupted" in document["interrupted"]) == ("partial", True)
    if when == "while it runs":
        (proof,) = document["loads"][0]["proof"]
        assert proof["checked"] == proof["acked"] > 0
    shows(lambda: leftovers_of(cluster, NAME), [])


@pytest.mark.alone
def test_what_a_killed_run_leaves_is_found_and_removed(project: Project, cluster: Endpoints) -> None:
    with Running(
        project, "--topic", f"{NAME}-plain", "--rate", "20/s", "--duration", "60s", "--payload", "bytes"
    ) as running:
        twin = running.twin()
        running.wait_for(r"^Waiting for a first record")
        running.process.kill()
    assert twin in leftovers_of(cluster, NAME)
    spared = run(project, "clean", "--yes")
    assert spared.code == 0 and "may be in use" in spared.out
    assert twin in leftovers_of(cluster, NAME)
    # The workers end when they see that nobody listens, and their group with them.
    cleaned = run(project, "clean", "--yes", "--all")
    assert cleaned.code == 0, cleaned.err
    assert twin in cleaned.out
    shows(lambda: leftovers_of(cluster, NAME), [])


def test_a_record_that_is_written_again_is_found(project: Project, cluster: Endpoints) -> None:
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    written: dict[int, int] = {}

    def note(error: KafkaError | None, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        assert error is None and partition is not None and offset is not None
        written[partition] = offset

    with Running(
        project, "--topic", f"{NAME}-plain", "--rate", "50/s", "--duration", "90s", "--warmup", "0s",
        "--payload", "bytes", "--format", "json",
    ) as running:  # fmt: skip
        twin = running.twin()
        running.wait_for(r"^ +1 s ")
        ((key, value), *_) = [
            found for found in read_records(cluster, twin, 20, partition=1) if found[0][8:16] == bytes(8)
        ]
        for _ in range(3):
            producer.produce(twin, key=key, value=value, partition=1, on_delivery=note)
        producer.produce(twin, key=key, value=value, partition=0, on_delivery=note)  # and where it does not belong
        assert producer.flush(60) == 0
        await_read(cluster, twin, written)
        running.stop(signal.SIGINT)
    assert running.process.returncode == 130, running.err
    (load,) = json.loads(running.out)["loads"]
    assert load["verdict"] == "fail", "it was interrupted, and yet found what must not be"
    (proof,) = load["proof"]
    assert proof["faults"]["duplicated"]["records"] == 3
    assert proof["faults"]["lost"]["records"] == 0
    assert {found["partition"] for found in proof["findings"]} == {1}
    assert load["groups"][0]["misplaced"] == 1


def test_records_that_are_gone_before_they_are_read_are_lost(project: Project, cluster: Endpoints) -> None:
    """While the consumer stands still, for it reads as fast as they are written."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})

    def end(twin: str) -> int:
        partition = TopicPartition(twin, 0)
        return int(admin.list_offsets({partition: OffsetSpec.latest()})[partition].result(timeout=60).offset)

    with Running(
        project, "--topic", f"{NAME}-plain", "--rate", "200/s", "--duration", "60s", "--warmup", "0s",
        "--payload", "bytes", "--size", "20kB", "-X", "consumer.queued.min.messages=1",
        "-X", "consumer.fetch.message.max.bytes=20000", "--format", "json",
    ) as running:  # fmt: skip
        twin = running.twin()
        running.wait_for(r"^ +1 s ")
        reader, *_ = running.workers()
        reader.suspend()
        unread = end(twin)
        until(lambda: end(twin) >= unread + 100)
        for future in admin.delete_records([TopicPartition(twin, 0, unread + 90)]).values():
            future.result(timeout=60)
        reader.resume()
        await_read(cluster, twin, {0: unread + 90})
        running.stop(signal.SIGINT)
    assert running.process.returncode == 130, running.err
    (load,) = json.loads(running.out)["loads"]
    assert load["verdict"] == "fail"
    (proof,) = load["proof"]
    (lost, *_) = [found for found in proof["findings"] if found["fault"] == "lost"]
    assert (lost["partition"], proof["faults"]["duplicated"]["records"]) == (0, 0)
    assert proof["checked"] + proof["faults"]["lost"]["records"] + proof["unread"] == proof["acked"] > 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("shortt",), 2, "KO001"),
        (("--topic", "{u}-pick", "--rate", "5/s"), 2, "did you mean '{u}-picks'"),
        (("--topic", "{u}-plain", "--rate", "0"), 2, "a rate of 0 sends nothing"),
        (("--topic", "{u}-plain", "--rate", "5/s", "--payload", "avro"), 2, "KO004"),
        (("--topic", "{u}-plain", "--rate", "5/s", "--size", "2MB"), 2, "KO006"),
        (("--topic", "{u}-plain", "--rate", "5/s", "--payload", "nothing.txt"), 2, "KO007"),
        (("--topic", "{u}-plain", "--rate", "5/s", "--into-topic", "{u}-picks"), 2, "KO008"),
        (("--topic", "{u}-plain", "--rate", "5/s", "-X", "no.such.property=1"), 1, "no.such.property"),
        (("--topic", "{u}-plain", "--rate", "5/s", "--out", "no-such-folder/x.json"), 2, "KO014"),
    ],
)
def test_bad_input_is_refused_with_a_way_out(
    project: Project, cluster: Endpoints, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended = run(project, *(argument.replace("{u}", NAME) for argument in arguments))
    assert ended.code == code, ended.err
    assert said.replace("{u}", NAME) in ended.err
    assert "hint:" in ended.err


def test_a_cluster_that_is_not_there(project: Project, tmp_path: Path, cluster: Endpoints) -> None:
    nowhere = Project(tmp_path, cluster)
    nowhere.write(SECTIONS.replace("{u}", NAME), {"pick.avsc": SCHEMA.replace("{u}", NAME)})
    text = nowhere.file.read_text().replace(cluster.bootstrap_servers, "127.0.0.1:1")
    nowhere.file.write_text(text)
    ended = run(nowhere, "--topic", f"{NAME}-plain", "--rate", "5/s")
    assert ended.code == 1
    assert "KO401" in ended.err
