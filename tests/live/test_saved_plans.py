"""Saved plans on the real cluster: what was reviewed is what runs, or nothing does, and what moved is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from kafkaops.devcluster import Endpoints
from kafkaops.plan.digest import digest_of
from tests.live.asking import ask
from tests.live.making import set_configs
from tests.live.project import Ended, Project

pytestmark = pytest.mark.live
FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"


def topics(u: str, retention: str = "7d") -> str:
    config = f"{{min.insync.replicas: 1, retention.ms: {retention}}}"
    return f"topics:\n  {u}-a: {{partitions: 2, replication_factor: 1, config: {config}}}\n"


def sink(u: str, more: str = "") -> str:
    settings = f'{{file: /dev/null, sink.password: "${{env:SINK_PASSWORD}}"{more}}}'
    return f"{topics(u)}connectors:\n  {u}-sink: {{class: {FILE_SINK}, topics: [{u}-a], config: {settings}}}\n"


@pytest.fixture
def project(cluster: Endpoints, tmp_path: Path) -> Project:
    return Project(tmp_path, cluster)


def saved(project: Project, *options: str, **environment: Any) -> Any:
    """The document of `plan --out plan.json`."""
    ended = project.run("plan", "--out", "plan.json", *options, **environment)
    assert ended.code == 0, ended.out + ended.err
    return json.loads((project.folder / "plan.json").read_text())


def refused(ended: Ended, *said: str) -> None:
    """Exit 4, nothing on stdout that looks like work done, every text on stderr, no traceback."""
    assert ended.code == 4, ended.out + ended.err
    assert "Traceback" not in ended.err and "applied" not in ended.out
    for text in said:
        assert text in ended.err, ended.err


def test_a_saved_plan_says_what_it_is_about(project: Project, prefix: str, cluster: Endpoints) -> None:
    project.write(sink(prefix))
    document = saved(project, SINK_PASSWORD="correct horse")
    metadata = AdminClient({"bootstrap.servers": cluster.bootstrap_servers}).list_topics(timeout=60)
    assert document["identity"] == {
        "cluster_id": metadata.cluster_id,
        "schema_registry_url": cluster.schema_registry_url,
        "schema_registry_id": None,
        "connect_url": cluster.connect_url,
        "connect_cluster_id": metadata.cluster_id,
    }
    assert document["sensitive_digests"] == "short" and document["git"] is None
    assert "correct horse" not in (project.folder / "plan.json").read_text()


def test_spec_and_cluster_may_not_move(project: Project, prefix: str, cluster: Endpoints) -> None:
    project.write(topics(prefix))
    assert project.run("apply", "--yes").code == 0
    project.write(topics(prefix, "9d"))
    saved(project)
    project.write(topics(prefix, "10d"))
    moved = f"topic.{prefix}-a: config.retention.ms moved: 604800000 (7d) → 777600000 (9d) was planned"
    refused(project.run("apply", "plan.json"), "the spec is not the one that was planned", moved)
    project.write(topics(prefix, "9d"))
    set_configs(cluster.bootstrap_servers, f"{prefix}-a", {"retention.ms": "864000000"})
    refused(project.run("apply", "plan.json"), "864000000 (10d) → 777600000 (9d) now", "KO809")


def test_the_digest_that_plan_printed_is_the_file_s(project: Project, prefix: str) -> None:
    project.write(topics(prefix))
    printed = project.run("plan", "--out", "plan.json").err.rpartition("digest ")[2].strip()
    document = json.loads((project.folder / "plan.json").read_text())
    assert printed == document["digest"]
    document["tool_version"] = "6.6.6"
    document["digest"] = digest_of({key: value for key, value in document.items() if key != "digest"})
    (project.folder / "other.json").write_text(json.dumps(document))
    refused(project.run("apply", "other.json", "--expect-digest", printed), "KO830", printed)
    done = project.run("apply", "plan.json", "--expect-digest", printed)
    assert done.code == 0, done.err


def test_what_was_lifted_for_the_reviewed_plan_is_lifted_for_apply(project: Project, prefix: str) -> None:
    project.write(topics(prefix))
    assert project.run("apply", "--yes").code == 0
    project.write(f"removed: [{{address: topic.{prefix}-a}}]\n")
    saved(project, "--allow", f"delete:topic.{prefix}-a")
    assert f"Lifted: delete:topic.{prefix}-a" in project.run("show", "plan.json").out
    done = project.run("apply", "plan.json")
    assert done.code == 0, done.err


def test_a_secret_that_moved_is_noticed_on_both_sides(project: Project, prefix: str) -> None:
    environment: dict[str, Any] = {"SINK_PASSWORD": "first-secret", "KAFKAOPS_PLAN_KEY": ""}
    project.write(sink(prefix))
    assert project.run("apply", "--yes", **environment).code == 0
    project.write(sink(prefix, ", errors.tolerance: all"))
    saved(project, **environment)
    address = f"connector.{prefix}-sink"
    other = project.run("apply", "plan.json", **{**environment, "SINK_PASSWORD": "second-secret"})
    refused(other, f"{address}: config.sink.password moved: no difference was planned, the secret with digest")
    url = f"{project.endpoints.connect_url}/connectors/{prefix}-sink/config"
    live = ask("GET", url).json()
    ask("PUT", url, {**live, "sink.password": "third-secret"}).raise_for_status()
    refused(project.run("apply", "plan.json", **environment), f"{address}: config.sink.password moved")
    ask("PUT", url, live).raise_for_status()
    done = project.run("apply", "plan.json", **environment)
    assert done.code == 0, done.out + done.err
    written = (project.folder / "plan.json").read_text() + other.err + done.out + done.err
    assert not any(secret in written for secret in ("first-secret", "second-secret", "third-secret"))
