"""History, drift and rollback on the real cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from kafkaops.devcluster import Endpoints
from tests.live.asking import ask
from tests.live.ledgers import claims_of, read_log
from tests.live.making import make_topics, remove_topics, set_configs
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


def retention(cluster: Endpoints, topic: str, value: str) -> None:
    """Set a topic's retention behind kafkaops' back."""
    set_configs(cluster.bootstrap_servers, topic, {"retention.ms": value})


def on_record(project: Project) -> dict[str, Any]:
    """What the ledger says that the project declared, by address; no secret is anywhere in it."""
    servers = project.endpoints.bootstrap_servers
    kept = repr([read_log(servers, topic) for topic in ("__kafkaops_claims", "__kafkaops_runs")])
    assert not any(secret in kept for secret in (*SECRETS.values(), "changed by hand"))
    return {address: claim["declared"] for address, claim in claims_of(servers, project.name).items()}


def test_history_and_drift(project: Project, prefix: str, cluster: Endpoints) -> None:
    project.write(everything(prefix), {"r.avsc": record("a")})
    assert "No runs" in ran(project, "history").out
    assert "nothing to compare with" in ran(project, "drift", code=4).err
    ran(project, "apply", "--yes")
    assert ran(project, "drift").out.endswith("No drift. 4 resources as applied.\n")

    retention(cluster, f"{prefix}-a", "691200000")
    project.write(everything(prefix, retention="8d"), {"r.avsc": record("a")})  # the spec takes over what moved
    ran(project, "drift", code=3)
    assert document(project, "apply", "--yes")["run"] is not None  # nothing to do, and something to record
    ran(project, "drift")
    assert document(project, "apply", "--yes")["run"] is None

    project.write(everything(prefix, retention="9d"), {"r.avsc": record("a", "b")})
    assert document(project, "drift")["drifted"] == []  # what is pending in the spec is none
    ran(project, "apply", "--yes")
    runs = document(project, "history")
    assert [run["changes"]["done"] for run in runs["runs"]] == [2, 0, 4] and runs["complete"] is True
    last = document(project, "history", "latest")
    assert last["run"]["run"] == runs["runs"][0]["run"] and last["run"]["project"] == project.name
    assert {item["address"]: item["state"] for item in last["changes"]} == {
        f"topic.{prefix}-a": "done",
        f"schema.{prefix}-a-value": "done",
    }
    fields = {field["path"]: (field["before"], field["after"]) for field in last["changes"][0]["fields"]}
    assert fields == {"config.retention.ms": (691_200_000, 777_600_000)}
    assert "KO881" in ran(project, "history", "nonsense", code=2).err

    retention(cluster, f"{prefix}-a", "1000000")
    remove_topics(cluster.bootstrap_servers, f"{prefix}-b")
    make_topics(cluster.bootstrap_servers, NewTopic(f"{prefix}-b", 1, 3))  # another one of its name
    config = ask("GET", f"{cluster.connect_url}/connectors/{prefix}-sink/config").json()
    config |= {"file": "/dev/zero", "sink.password": "changed by hand"}
    ask("PUT", f"{cluster.connect_url}/connectors/{prefix}-sink/config", config).raise_for_status()
    level = f"{cluster.schema_registry_url}/config/{prefix}-a-value"
    ask("PUT", level, {"compatibility": "NONE"}).raise_for_status()
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
    seen = document(project, "plan")["observations"]
    (said,) = (item for item in seen if item["code"] == "KO884")
    assert said["address"] == f"topic.{prefix}-b" and f"since run {runs['runs'][2]['run']}" in said["summary"]
    only = ran(project, "drift", "--target", f"topic.{prefix}-b", "--format", "junit", code=3).out
    (case,) = ElementTree.fromstring(only).iter("testcase")
    assert case.get("name") == f"topic.{prefix}-b" and case.find("failure") is not None
    assert "KO810" in ran(project, "drift", "--target", f"topic.{prefix}-c", code=2).err

    remove_topics(cluster.bootstrap_servers, f"{prefix}-b")
    assert f"- topic.{prefix}-b  deleted" in ran(project, "drift", code=3).out


def empty(project: Project) -> None:
    """The spec as it is has nothing left to do."""
    plan = document(project, "plan")
    assert plan["changes"] == [], [(change["address"], change["fields"]) for change in plan["changes"]]


def test_rollback_of_an_update_by_a_plan_that_was_saved(project: Project, prefix: str, cluster: Endpoints) -> None:
    former = everything(prefix)
    project.write(former, {"r.avsc": record("a")})
    ran(project, "apply", "--yes")
    later = everything(prefix, retention="9d", level="FULL", file="/dev/zero").replace("SINK_PASS", "OTHER_PASS")
    later = later.replace(f"{prefix}-b: {{", f"{prefix}-b: {{config: {{segment.ms: 1d}}, ")
    project.write(later, {"r.avsc": record("a", "b")})
    ran(project, "apply", "--yes")
    run = document(project, "history", "latest")["run"]["run"]

    assert "KO905" in ran(project, "rollback", run, "--out", "back.json", "--yes", code=2).err
    shown = ran(project, "rollback", run[:-1], "--out", "back.json").out
    assert "the spec still says otherwise of" in shown and "revert the spec as well" in shown
    assert "segment.ms" in shown and "back to the brokers' value" in shown
    assert f"Back to before run {run}" in ran(project, "show", "back.json").out
    assert "KO905" in ran(project, "apply", "back.json", "--no-ledger", code=2).err
    assert "KO830" in ran(project, "apply", "back.json", "--expect-digest", "0" * 64, code=4).err
    retention(cluster, f"{prefix}-a", "1000000")
    refused = ran(project, "apply", "back.json", code=4).err
    assert "KO809" in refused and "config.retention.ms moved: 777600000 (9d) → 604800000 (7d) was planned" in refused
    retention(cluster, f"{prefix}-a", "777600000")
    digest = json.loads((project.folder / "back.json").read_text())["digest"]
    ended = document(project, "apply", "back.json", "--expect-digest", digest)
    assert ended["summary"] == {"done": 4, "failed": 0, "skipped": 0}
    assert {change["reason"] for change in ended["plan"]["changes"]} == {"rollback"}
    assert document(project, "history", "latest")["run"]["rollback_of"] == run
    assert "No drift" in ran(project, "drift").out  # what was restored is what was applied last
    kept = on_record(project)
    assert kept[f"topic.{prefix}-b"]["config"] == {} and kept[f"topic.{prefix}-a"]["config"] == {
        "retention.ms": "604800000"
    }
    assert kept[f"connector.{prefix}-sink"]["config"]["sink.password"] == "${env:SINK_PASSWORD}"
    project.write(former, {"r.avsc": record("a")})
    empty(project)

    back = document(project, "rollback", "latest", "--yes")  # of the rollback: the later spec again
    assert back["summary"]["done"] == 4
    project.write(later, {"r.avsc": record("a", "b")})
    empty(project)


def test_rollback_of_what_was_made_and_of_what_was_deleted(project: Project, prefix: str, admin: AdminClient) -> None:
    former = everything(prefix)
    project.write(former, {"r.avsc": record("a")})
    ran(project, "apply", "--yes")
    made = document(project, "history", "latest")["run"]["run"]
    shares = ["--allow-share", "delete:topic"]
    gone = [f"topic.{prefix}-a", f"topic.{prefix}-b", f"schema.{prefix}-a-value", f"connector.{prefix}-sink"]
    lifting = [option for address in gone for option in ("--allow", f"delete:{address}")]
    assert "KO906" in ran(project, "rollback", made, *lifting, *shares, code=4).err  # nobody to ask
    held = ran(project, "rollback", made, "--yes", "--allow-share", "delete:topic", code=4)
    assert "KO804" in held.err and f"--allow delete:topic.{prefix}-a" in held.err
    assert prefix + "-a" in admin.list_topics(timeout=60).topics

    project.write("topics: {}\n")
    ran(project, "apply", "--yes", *lifting, *shares)
    deleted = document(project, "history", "latest")["run"]["run"]
    back = document(project, "rollback", deleted, "--yes")
    said = {item["address"]: item["summary"] for item in back["plan"]["observations"] if item["code"] == "KO882"}
    assert "its messages" in said[f"topic.{prefix}-a"] and "stay deleted" in said[f"schema.{prefix}-a-value"]
    assert back["summary"] == {"done": 4, "failed": 0, "skipped": 0}
    project.write(former, {"r.avsc": record("a")})
    empty(project)  # the secret of the sink came back by its reference

    ran(project, "rollback", made, "--yes", *lifting, *shares)
    assert on_record(project) == {}
    topics = admin.list_topics(timeout=60).topics
    assert not any(name.startswith(prefix) for name in topics)


def test_whose_run_it_is(project: Project, prefix: str, cluster: Endpoints, tmp_path: Path) -> None:
    project.write(f"topics:\n  {prefix}-a: {{partitions: 1, replication_factor: 3}}\n")
    ran(project, "apply", "--yes")
    run = document(project, "history", "latest")["run"]["run"]
    (tmp_path / "other").mkdir()
    other = Project(tmp_path / "other", cluster)
    other.write("topics: {}\n")
    refused = ran(other, "rollback", run, "--yes", code=4)
    assert "KO881" in refused.err and f"it is a run of {project.name}" in refused.err
    assert "KO881" in ran(other, "rollback", "nonsense", "--yes", code=2).err
