"""A password in clear under a name that sounds harmless: the worker says that it is one, and nobody gets to see it."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from kafkaops.devcluster import Endpoints
from tests.live.asking import ask
from tests.live.ledgers import claims_of, read_log
from tests.live.project import Ended, Project

pytestmark = pytest.mark.live
KEY = "ssl.truststore.certificates"
"""MirrorMaker's own type for it is PASSWORD."""
CONNECTOR = """
connectors:
  {name}:
    class: org.apache.kafka.connect.mirror.MirrorHeartbeatConnector
    state: stopped
    lifecycle: {{allow: [disruptive]}}
    config:
      source.cluster.alias: a
      target.cluster.alias: b
      target.cluster.bootstrap.servers: {servers}
      emit.heartbeats.interval.seconds: {seconds}
      ssl.truststore.certificates: {secret}
"""
FIRST, SECOND = "zQ-first-Qz", "zQ-second-Qz"


def test_a_password_by_its_type_is_nowhere(cluster: Endpoints, prefix: str, tmp_path: Path) -> None:
    project = Project(tmp_path, cluster, name=f"p-{prefix}")
    name, told = f"{prefix}-beat", list[Ended]()

    def write(secret: str, seconds: int = 1) -> None:
        servers = f"'{cluster.bootstrap_servers}'"
        project.write(CONNECTOR.format(name=name, servers=servers, secret=secret, seconds=seconds))

    def run(*arguments: str) -> Ended:
        told.append(project.run(*arguments))
        assert told[-1].code == 0, told[-1].out + told[-1].err
        return told[-1]

    write(FIRST)
    run("plan", "--out", "plan.json")
    run("apply", "plan.json", "--audit", "audit.jsonl")
    write(SECOND, seconds=2)
    applied = run("apply", "--yes", "--audit", "audit.jsonl", "--format", "json").json
    fields = {field["path"]: field for field in applied["plan"]["changes"][0]["fields"]}
    assert fields[f"config.{KEY}"]["sensitive"] and fields[f"config.{KEY}"]["after"] is None
    back = run("rollback", "latest", "--yes", "--format", "json").json["plan"]
    assert [field["path"] for field in back["changes"][0]["fields"]] == ["config.emit.heartbeats.interval.seconds"]
    assert [item["summary"] for item in back["observations"] if item["code"] == "KO882"] == [
        f"cannot come back: the earlier value of {KEY}: a secret that no reference stands for; it stays as it is"
    ]
    run("history", "latest", "--format", "json")
    claim = claims_of(cluster.bootstrap_servers, project.name)[f"connector.{name}"]
    assert claim["declared"]["config"][KEY] == "***"
    kept = [
        str(item.value)
        for log in ("claims", "runs")
        for item in read_log(cluster.bootstrap_servers, f"__kafkaops_{log}")
    ]
    files = [(tmp_path / file).read_text(encoding="utf-8") for file in ("plan.json", "audit.jsonl")]
    everything = "\n".join([*kept, *files, *(ended.out + ended.err for ended in told)])
    assert name in everything
    assert FIRST not in everything and SECOND not in everything


REFERRING = """
connectors:
  {name}:
    class: org.apache.kafka.connect.mirror.MirrorHeartbeatConnector
    state: stopped
    config:
      source.cluster.alias: a
      target.cluster.alias: b
      target.cluster.bootstrap.servers: {servers}
      its.number: '${{env:ITS_NUMBER}}'
"""


def test_what_a_reference_stood_for_is_recorded_as_that_when_the_variable_is_gone(
    cluster: Endpoints, prefix: str, tmp_path: Path
) -> None:
    """By its key nobody would take it for a secret: that a reference stood for it is all that tells."""
    first, second = (f"zQ-{uuid4()}-Qz" for _ in range(2))
    project, name = Project(tmp_path, cluster, name=f"p-{prefix}"), f"{prefix}-referring"
    project.write(REFERRING.format(name=name, servers=f"'{cluster.bootstrap_servers}'"))
    assert project.run("apply", "--yes", ITS_NUMBER=first).code == 0
    project.write(
        REFERRING.replace("its.number", "heartbeats.topic.replication.factor")
        .replace("'${{env:ITS_NUMBER}}'", "1")
        .format(name=name, servers=f"'{cluster.bootstrap_servers}'")
    )
    dropped = project.run("plan", "--format", "json")
    fields = {field["path"]: field for field in dropped.json["changes"][0]["fields"]}
    assert fields["config.its.number"]["sensitive"], fields
    project.write(f"removed: [{{address: connector.{name}, allow: [delete]}}]\nlimits: {{delete: 100%}}\n")
    deleted = project.run("apply", "--yes", "--format", "json", "--audit", "audit.jsonl")
    assert deleted.code == 0, deleted.err
    run = deleted.json["run"]
    history = project.run("history", run, "--format", "json")
    (change,) = history.json["changes"]
    assert change["before"]["config"]["its.number"] == "${env:ITS_NUMBER}"
    held = project.run("rollback", run, "--dry-run")
    assert f"connector.{name}: cannot come back: it is left as it is: nobody tells config.its.number" in " ".join(
        held.out.split()
    )
    assert "set the variables that its secrets refer to" in " ".join(held.out.split())
    back = project.run("rollback", run, "--yes", ITS_NUMBER=second)
    assert back.code == 0, back.out + back.err
    assert config_of(cluster, name)["its.number"] == second, "what the reference stands for now"
    kept = [
        str(item.value)
        for log in ("claims", "runs")
        for item in read_log(cluster.bootstrap_servers, f"__kafkaops_{log}")
    ]
    files = [(tmp_path / "audit.jsonl").read_text(encoding="utf-8")]
    told = [ended.out + ended.err for ended in (dropped, deleted, history, held, back)]
    assert not any(secret in text for text in (*kept, *files, *told) for secret in (first, second))


def config_of(cluster: Endpoints, name: str) -> dict[str, str]:
    found: dict[str, str] = ask("GET", f"{cluster.connect_url}/connectors/{name}/config").json()
    return found
