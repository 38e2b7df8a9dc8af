"""A real cluster with everything odd in it → import → plan: no change, and no secret in any file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from tests.live.asking import ask
from tests.live.lab import Lab, lab
from tests.live.making import make_topics
from tests.live.project import Ended, Project

pytestmark = pytest.mark.live
__all__ = ["lab"]

CONFIGS = {
    "cleanup.policy": "compact,delete",
    "compression.type": "zstd",
    "compression.gzip.level": "4",
    "compression.lz4.level": "11",
    "compression.zstd.level": "-7",
    "delete.retention.ms": "43200000",
    "file.delete.delay.ms": "30000",
    "flush.messages": "1000000",
    "flush.ms": "3600001",
    "index.interval.bytes": "8192",
    "max.compaction.lag.ms": "9223372036854775807",
    "max.message.bytes": "2097152",
    "message.timestamp.after.max.ms": "7200000",
    "message.timestamp.before.max.ms": "604800000",
    "message.timestamp.type": "LogAppendTime",
    "min.cleanable.dirty.ratio": "0.25",
    "min.compaction.lag.ms": "1000",
    "min.insync.replicas": "1",
    "preallocate": "false",
    "retention.bytes": "1073741824",
    "retention.ms": "-1",
    "segment.bytes": "16777216",
    "segment.index.bytes": "1048576",
    "segment.jitter.ms": "10",
    "segment.ms": "86400000",
    "unclean.leader.election.enable": "true",
    "local.retention.ms": "-2",
    "local.retention.bytes": "-2",
}
"""Every config that a topic may override without remote storage and without a reassignment."""
SECRETS = {
    "plain": "hunter2-plain",
    "uri": "hunter2-in-uri",
    "access": "hunter2&access",
    "key": "hunter2+key/x",
}
JAAS = 'org.x required username="u" password="hunter2-jaas";'
FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"


class World:
    """Raw clients, which share no code with what is tested."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.registry, self.connect = lab.project.endpoints.schema_registry_url, lab.project.endpoints.connect_url

    def topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        new = NewTopic(self.lab.own(name), partitions, 1, config=dict(config or {}))
        make_topics(self.lab.servers, new)

    def subject(self, name: str, schema: object, kind: str = "AVRO", *references: tuple[str, str, int]) -> None:
        text = self.lab.own(schema if isinstance(schema, str) else json.dumps(schema))
        body = {
            "schema": text,
            "schemaType": kind,
            "references": [
                {"name": self.lab.own(called), "subject": self.lab.own(subject), "version": version}
                for called, subject, version in references
            ],
        }
        answer = ask("POST", f"{self.registry}/subjects/{self.lab.own(name)}/versions", body)
        assert answer.status_code == 200, answer.text

    def level(self, name: str, level: str) -> None:
        answer = ask("PUT", f"{self.registry}/config/{self.lab.own(name)}", {"compatibility": level})
        assert answer.status_code == 200, answer.text

    def connector(self, name: str, state: str = "STOPPED", **config: str) -> None:
        flat = {key.replace("__", "."): self.lab.own(value) for key, value in config.items()}
        body = {"name": self.lab.own(name), "config": flat, "initial_state": state}
        answer = ask("POST", f"{self.connect}/connectors", body)
        assert answer.status_code == 201, answer.text

    def group_config(self, name: str, **config: str) -> None:
        entries = [
            ConfigEntry(key.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
            for key, value in config.items()
        ]
        resource = ConfigResource(ResourceType.GROUP, self.lab.own(name), incremental_configs=entries)
        for future in self.lab.admin.incremental_alter_configs([resource]).values():
            future.result(timeout=20)


def record(name: str, *fields: tuple[str, object]) -> dict[str, object]:
    return {
        "type": "record",
        "name": name,
        "namespace": "{u}.x",
        "fields": [{"name": field, "type": kind} for field, kind in fields],
    }


@pytest.fixture
def world(lab: Lab) -> World:
    return World(lab)


@pytest.fixture
def odd(world: World) -> World:
    """Topics, subjects, groups and connectors as one meets them."""
    world.topic("{u}-every.config_set", 3, CONFIGS)
    for name in ("{u}.orders.v1", "{u}_plain", "{u}-records", "{u}-shared", "{u}-dead"):
        world.topic(name, 2, {"retention.ms": "604800000"})
    _subjects(world)
    world.lab.commit("{u}-reader", "{u}.orders.v1", {0: 0, 1: 0})
    world.lab.commit("{u}: odd 'name'", "{u}_plain", {0: 0})
    world.group_config("{u}-reader", consumer_session_timeout_ms="50000", consumer_heartbeat_interval_ms="6000")
    _connectors(world)
    return world


def _subjects(world: World) -> None:
    world.subject("{u}.x.Place", record("Place", ("id", "string")))
    place = ("{u}.x.Place", "{u}.x.Place", 1)
    world.subject("{u}.orders.v1-value", record("Order", ("at", "{u}.x.Place")), "AVRO", place)
    world.subject("{u}.orders.v1-key", record("Key", ("id", "string")))
    world.level("{u}.orders.v1-value", "FULL_TRANSITIVE")
    # A newer version of the shared type, which nothing refers to yet.
    world.subject("{u}.x.Place", record("Place", ("id", "string"), ("more", ["null", "string"])))
    for count in (1, 2, 3):
        fields = [(f"f{number}", ["null", "string"]) for number in range(count)]
        world.subject("{u}_plain-value", {**record("Plain", *fields), "doc": "many versions"})
    world.subject("{u}-records-{u}.x.Event", record("Event", ("a", "long")))
    world.subject(
        "{u}-part", json.dumps({"title": "Part", "type": "object", "properties": {"n": {"type": "number"}}}), "JSON"
    )
    world.subject(
        "{u}-whole",
        json.dumps({"title": "Whole", "type": "object", "properties": {"p": {"$ref": "part.json"}}}),
        "JSON",
        ("part.json", "{u}-part", 1),
    )
    world.subject("{u}-proto-part", 'syntax = "proto3";\npackage x;\n\nmessage Part {\n  int32 a = 1;\n}\n', "PROTOBUF")
    world.subject(
        "{u}-dead-value", 'syntax = "proto3";\npackage x;\n\nmessage Dead {\n  string why = 1;\n}\n', "PROTOBUF"
    )
    # The same name in two subjects, with other contents: legal in a registry.
    world.subject("{u}-twin-one", record("Twin", ("a", "string")))
    world.subject("{u}-twin-two", record("Twin", ("b", "int")))


def _connectors(world: World) -> None:
    base = {"connector__class": FILE_SINK, "topics": "{u}_plain"}
    world.connector(
        "{u}-file", "PAUSED", **base, file="/dev/null", errors__deadletterqueue__topic__name="{u}-dead",
        errors__deadletterqueue__topic__replication__factor="1", errors__tolerance="all",
    )  # fmt: skip
    world.connector(
        "{u}-mongo",
        connector__class="com.mongodb.kafka.connect.MongoSinkConnector",
        topics__regex="{u}[._]orders[.]v[0-9]+",
        tasks__max="2",
        connection__uri=mongodb_uri(world),
        database="waves",
    )
    world.connector(
        "{u}-camel",
        connector__class="org.apache.camel.kafkaconnector.CamelSinkConnector",
        topics="{u}.orders.v1,{u}_plain",
        tasks__max="1",
        camel__sink__url=f"aws2-s3://bucket?accessKey=RAW({SECRETS['access']})&secretKey={SECRETS['key']}&region=us-east-1"
        "&keyName=$simple{date:now:yyyyMMddHHmmssSSS}-$simple{exchangeId}.json",
        consumer__override__sasl__jaas__config=JAAS,
        some__uri=f"amqp://user:{SECRETS['uri']}@host:5672/vhost",
        my__password=SECRETS["plain"],
        provided="${file:/run/secrets:name}",
        other__password="${env:OTHER}",
        numbers="0017",
        text="two\nlines: # and more\n",
    )


def mongodb_uri(world: World) -> str:
    """A secret as a whole, for the plugin says that the key is a password; it connects to look at it."""
    return f"{world.lab.project.endpoints.mongodb_uri}/?appName=hunter2-typed"


def imported(project: Project, *more: str) -> Ended:
    there = project.endpoints
    return project.run(
        "import", "--bootstrap-servers", there.bootstrap_servers, "--schema-registry", there.schema_registry_url,
        "--connect", there.connect_url, "--project", "livetest", "--format", "json", *more,
    )  # fmt: skip


def values_of(done: Ended, world: World) -> dict[str, str]:
    """What the references must be set to, looked up in Connect and taken apart by hand."""
    by_suffix = {
        "CAMEL_SINK_URL_ACCESS_KEY": "access",
        "CAMEL_SINK_URL_SECRET_KEY": "key",
        "MY_PASSWORD": "plain",
        "SOME_URI_PASSWORD": "uri",
    }
    found = {}
    for item in done.json["references"]:
        variable = item["variable"]
        if variable.endswith("JAAS_CONFIG"):
            found[variable] = JAAS
        elif variable.endswith("MONGO_CONNECTION_URI"):
            found[variable] = mongodb_uri(world)
        else:
            found[variable] = SECRETS[next(name for suffix, name in by_suffix.items() if variable.endswith(suffix))]
    return found


def texts_below(folder: Path) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*")) if file.is_file())


@pytest.mark.alone
def test_whatever_is_odd_comes_back_without_a_change(odd: World, tmp_path: Path) -> None:
    lab, out = odd.lab, tmp_path / "new" / "imported"
    done = imported(lab.project, "--out", str(out), "--topics", lab.own("{u}*"))
    assert done.code == 0, done.err
    assert "hunter2" not in texts_below(out) + done.out + done.err
    assert sorted(item.name for item in out.parent.iterdir()) == ["imported"]
    declared = done.json["declared"]
    assert (declared["topics"], declared["consumer_groups"], declared["connectors"]) == (6, 2, 3)
    spec = Project(out, lab.project.endpoints)
    assert spec.run("validate").code == 0
    plan = spec.run("plan", "--detailed-exitcode", "--format", "json", timeout_s=120, **values_of(done, odd))
    assert plan.code == 0, plan.out + plan.err
    assert plan.json["changes"] == []
    missing = spec.run("plan")
    assert (missing.code, "KO172" in missing.err) == (2, True)
    text = (out / "topics.yaml").read_text()
    assert "retention.ms: 7d" in text and "max.message.bytes: 2MiB" in text and "segment.ms: 1d" in text
    for key in CONFIGS:
        assert key in text


@pytest.mark.alone
def test_a_whole_registry_comes_back_without_a_change(odd: World, tmp_path: Path) -> None:
    lab, out = odd.lab, tmp_path / "registry"
    done = imported(lab.project, "--out", str(out), "--only", "schemas")
    findings = [item for item in done.json["findings"] if lab.prefix in (item["address"] or "")]
    assert [item["address"] for item in findings if item["severity"] == "warning"] == []
    plan = Project(out, lab.project.endpoints).run("plan", "--detailed-exitcode", "--format", "json")
    assert plan.code == 0, plan.out + plan.err
    text = (out / "topics.yaml").read_text()
    for subject in ("{u}.x.Place", "{u}-whole", "{u}-part", "{u}-proto-part", "{u}-twin-one", "{u}-twin-two"):
        assert lab.own(f"    {subject}") in text
    assert text.count(f"schema: schemas/{lab.prefix}-part.json") == 2  # its own, and the reference to it


def test_what_may_be_a_secret_stops_it_and_writes_nothing(world: World, tmp_path: Path) -> None:
    world.topic("{u}-t")
    config = {
        "connector__class": FILE_SINK,
        "topics": "{u}-t",
        "file": "/dev/null",
        "my__opaque": "q8Zt3LkVx0Pw7RbYc2Nd",
    }
    world.connector("{u}-file", **config)
    out = tmp_path / "out"
    options = ("--out", str(out), "--topics", world.lab.own("{u}*"))
    done = imported(world.lab.project, *options)
    assert (done.code, out.exists()) == (4, False)
    assert world.lab.own("error[KO952] connector.{u}-file: the value of my.opaque looks like a secret") in done.err
    assert "q8Zt" not in done.err
    assert imported(world.lab.project, *options, "--plain", "*:my.opaque").code == 0
    assert "q8Zt3LkVx0Pw7RbYc2Nd" in texts_below(out)
    again = imported(world.lab.project, *options, "--secret", "*:my.opaque")
    assert (again.code, "KO950" in again.err) == (2, True)
    assert imported(world.lab.project, *options, "--secret", "*:my.opaque", "--force").code == 0
    assert "q8Zt3LkVx0Pw7RbYc2Nd" not in texts_below(out)


def test_an_environment_of_a_spec_says_where_to_read(world: World, tmp_path: Path) -> None:
    world.topic("{u}-t", 2)
    world.lab.project.write("")
    out = tmp_path / "out"
    done = world.lab.project.run(
        "import", "--env", "dev", "--project", "p", "--out", str(out), "--topics", world.lab.own("{u}*")
    )
    assert done.code == 0, done.err
    assert done.out.split() == [str(out / "topics.yaml")]
    plan = Project(out, world.lab.project.endpoints).run("plan", "--env", "dev", "--detailed-exitcode")
    assert plan.code == 0, plan.out + plan.err


def test_no_topic_matches_is_said(lab: Lab, tmp_path: Path) -> None:
    done = imported(lab.project, "--out", str(tmp_path / "out"), "--topics", "no-such-topic-*")
    assert (done.code, "KO956" in done.err, (tmp_path / "out").exists()) == (2, True, False)


def test_an_import_of_a_cluster_that_is_not_there_leaves_nothing(tmp_path: Path, lab: Lab) -> None:
    done = lab.project.run(
        "import", "--bootstrap-servers", "127.0.0.1:1", "--project", "p", "--out", str(tmp_path / "o")
    )
    assert (done.code, "KO401" in done.err, (tmp_path / "o").exists()) == (1, True, False)
