"""History, drift and rollback on the real cluster."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from kafkaops.devcluster import Endpoints
from tests.live.project import Ended, Project

pytestmark = pytest.mark.live
FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
SECRETS = {"SINK_PASSWORD": "correct horse", "OTHER_PASSWORD": "battery staple"}


def record(*fields: str) -> str:
    return json.dumps(
        {"type": "record", "name": "R", "fields": [{"name": name, "type": "string", "default": ""} for name in fields]}
    )


def everything(u: str, *, retention: str = "7d", level: str = "BACKWARD", file: str = "/dev/null") -> str:
    """A topic with a schema, a topic to be deleted one day, a sink with a secret by reference."""
    return f"""
topics:
  {u}-a:
    partitions: 2
    replication_factor: 3
    config: {{retention.ms: {retention}}}
    value: {{schema: r.avsc, compatibility: {level}}}
  {u}-b: {{partitions: 1, replication_factor: 3}}
connectors:
  {u}-sink:
    class: {FILE_SINK}
    topics: [{u}-a]
    config: {{file: {file}, sink.password: "${{env:SINK_PASSWORD}}"}}
"""


@pytest.fixture
def project(cluster: Endpoints, tmp_path: Path) -> Project:
    return Project(tmp_path, cluster)


@pytest.fixture
def admin(cluster: Endpoints) -> AdminClient:
    return AdminClient({"bootstrap.servers": cluster.bootstrap_servers})


def ran(project: Project, *arguments: str, code: int = 0) -> Ended:
    """A command that ends with this exit code; no secret is in what it says."""
    ended = project.run(*arguments, timeout_s=120, **SECRETS)
    assert ended.code == code, ended.out + ended.err
    assert not any(secret in ended.out + ended.err for secret in SECRETS.values())
    assert "Traceback" not in ended.err
    return ended


def document(project: Project, *arguments: str, code: int = 0) -> Any:
    return ran(project, *arguments, "--format", "json", code=code).json


def retention(admin: AdminClient, topic: str, value: str) -> None:
    """Set a topic's retention behind kafkaops' back."""
    entry = ConfigEntry("retention.ms", value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(timeout=20)


def made_again(admin: AdminClient, topic: str, partitions: int) -> None:
    """Delete a topic and make another one of its name."""
    for future in admin.delete_topics([topic]).values():
        future.result(timeout=20)
    until = time.monotonic() + 20
    while topic in admin.list_topics(timeout=10).topics and time.monotonic() < until:
        time.sleep(0.1)
    for future in admin.create_topics([NewTopic(topic, partitions, 3)]).values():
        future.result(timeout=20)


def test_history_and_drift(project: Project, prefix: str, cluster: Endpoints, admin: AdminClient) -> None:
    project.write(everything(prefix), {"r.avsc": record("a")})
    assert "No runs" in ran(project, "history").out
    assert "nothing to compare with" in ran(project, "drift", code=4).err
    ran(project, "apply", "--yes")
    assert ran(project, "drift").out.endswith("No drift. 4 resources as applied.\n")

    project.write(everything(prefix, retention="9d"), {"r.avsc": record("a", "b")})
    assert document(project, "drift")["drifted"] == []  # what is pending in the spec is none
    ran(project, "apply", "--yes")
    runs = document(project, "history")
    assert [run["changes"]["done"] for run in runs["runs"]] == [2, 4] and runs["complete"] is True
    last = document(project, "history", "latest")
    assert last["run"]["run"] == runs["runs"][0]["run"] and last["run"]["project"] == project.name
    assert {item["address"]: item["state"] for item in last["changes"]} == {
        f"topic.{prefix}-a": "done",
        f"schema.{prefix}-a-value": "done",
    }
    fields = {field["path"]: (field["before"], field["after"]) for field in last["changes"][0]["fields"]}
    assert fields == {"config.retention.ms": (604_800_000, 777_600_000)}
    assert len(document(project, "history", "--all", "--limit", "0")["runs"]) >= 2
    assert "KO881" in ran(project, "history", "nonsense", code=2).err

    retention(admin, f"{prefix}-a", "1000000")
    made_again(admin, f"{prefix}-b", 1)
    with httpx.Client(timeout=20) as http:
        config = http.get(f"{cluster.connect_url}/connectors/{prefix}-sink/config").json()
        config |= {"file": "/dev/zero", "sink.password": "changed by hand"}
        http.put(f"{cluster.connect_url}/connectors/{prefix}-sink/config", json=config).raise_for_status()
        level = f"{cluster.schema_registry_url}/config/{prefix}-a-value"
        http.put(level, json={"compatibility": "NONE"}).raise_for_status()
    found = document(project, "drift", code=3)
    moved = {item["address"]: item for item in found["drifted"]}
    assert {address: item["movement"] for address, item in moved.items()} == {
        f"topic.{prefix}-a": "changed",
        f"topic.{prefix}-b": "recreated",
        f"schema.{prefix}-a-value": "changed",
        f"connector.{prefix}-sink": "changed",
    }
    assert moved[f"topic.{prefix}-b"]["code"] == "KO884"
    (field,) = moved[f"topic.{prefix}-a"]["fields"]
    assert (field["applied"], field["now"]) == (777_600_000, 1_000_000)
    assert moved[f"topic.{prefix}-a"]["applied_by"] == runs["runs"][0]["run"]
    (field,) = moved[f"schema.{prefix}-a-value"]["fields"]
    assert (field["path"], field["applied"], field["now"]) == ("compatibility", "BACKWARD", "NONE")
    sink = {field["path"]: field for field in moved[f"connector.{prefix}-sink"]["fields"]}
    assert (sink["config.file"]["applied"], sink["config.file"]["now"]) == ("/dev/null", "/dev/zero")
    assert sink["config.sink.password"]["sensitive"] and sink["config.sink.password"]["now"] is None
    only = ran(project, "drift", "--target", f"topic.{prefix}-b", "--format", "junit", code=3).out
    (case,) = ElementTree.fromstring(only).iter("testcase")
    assert case.get("name") == f"topic.{prefix}-b" and case.find("failure") is not None
    assert "deleted and made again" in ran(project, "drift", "--format", "markdown", code=3).out
    assert "KO810" in ran(project, "drift", "--target", f"topic.{prefix}-c", code=2).err

    for future in admin.delete_topics([f"{prefix}-b"]).values():
        future.result(timeout=20)
    assert f"- topic.{prefix}-b  deleted" in ran(project, "drift", code=3).out
