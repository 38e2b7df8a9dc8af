"""The ledger on the real cluster: who holds what, what goes when a spec drops it, one apply at a time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from kafkaops.devcluster import Endpoints
from tests.live.ledgers import claims_of, runs_of
from tests.live.making import make_topics
from tests.live.project import Project

pytestmark = pytest.mark.live
TOPICS = """
defaults: {{topics: {{partitions: 1, replication_factor: 3}}}}
topics:
  {0}-a: {{config: {{retention.ms: 1h}}}}
  {0}-b:
"""


@pytest.fixture
def project(cluster: Endpoints, prefix: str, tmp_path: Path) -> Project:
    made = Project(tmp_path, cluster, name=f"p-{prefix}")
    made.write(TOPICS.format(prefix))
    return made


@pytest.fixture
def admin(cluster: Endpoints) -> AdminClient:
    return AdminClient({"bootstrap.servers": cluster.bootstrap_servers})


def create(cluster: Endpoints, name: str) -> None:
    make_topics(cluster.bootstrap_servers, NewTopic(name, 1, 3))


def topics(admin: AdminClient, prefix: str) -> set[str]:
    return {name for name in admin.list_topics(timeout=10).topics if name.startswith(prefix)}


def test_what_was_made_is_planned_for_deletion_when_the_spec_drops_it(
    project: Project, prefix: str, cluster: Endpoints
) -> None:
    assert project.run("apply", "--yes").code == 0
    held = claims_of(cluster.bootstrap_servers, project.name)
    assert {address: claim["origin"] for address, claim in held.items()} == {
        f"topic.{prefix}-a": "made",
        f"topic.{prefix}-b": "made",
    }
    assert all(claim["settled"] and claim["identity"] for claim in held.values())

    project.write(TOPICS.format(prefix).replace(f"  {prefix}-b:\n", ""))
    plan = project.run("plan", "--format", "json")
    (change,) = plan.json["changes"]
    assert plan.code == 3
    assert (change["address"], change["type"], change["reason"]) == (f"topic.{prefix}-b", "delete", "absent-from-spec")
    assert f"--allow delete:topic.{prefix}-b" in project.run("plan").out

    assert project.run("plan", "--no-ledger", "--detailed-exitcode").code == 0
    assert project.run("apply", "--yes", "--allow", f"delete:topic.{prefix}-b").code == 0
    assert list(claims_of(cluster.bootstrap_servers, project.name)) == [f"topic.{prefix}-a"]
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_what_was_adopted_is_let_go_when_the_spec_drops_it(
    project: Project, prefix: str, cluster: Endpoints, admin: AdminClient
) -> None:
    create(cluster, f"{prefix}-a")
    create(cluster, f"{prefix}-b")
    planned = project.run("plan", "--format", "json").json
    assert [item["code"] for item in planned["observations"] if item["code"] in ("KO879", "KO880")] == [
        "KO879",
        "KO880",
    ]
    applied = project.run("apply", "--yes")
    assert applied.code == 0 and "1 resource adopted" in applied.out
    held = claims_of(cluster.bootstrap_servers, project.name)
    assert {claim["origin"] for claim in held.values()} == {"adopted"} and len(held) == 2

    project.write(TOPICS.format(prefix).replace(f"  {prefix}-b:\n", ""))
    (change,) = project.run("plan", "--format", "json").json["changes"]
    assert (change["type"], change["reason"], change["blocked"]) == ("forget", "absent-from-spec", False)
    assert project.run("apply", "--yes").code == 0
    assert topics(admin, prefix) == {f"{prefix}-a", f"{prefix}-b"}
    assert list(claims_of(cluster.bootstrap_servers, project.name)) == [f"topic.{prefix}-a"]


def test_made_topics_that_are_forgotten_stay(
    project: Project, prefix: str, cluster: Endpoints, admin: AdminClient
) -> None:
    assert project.run("apply", "--yes").code == 0
    kept = TOPICS.format(prefix).replace(f"  {prefix}-b:\n", f"  {prefix}-b: {{managed: false}}\n")
    project.write(kept)
    assert project.run("apply", "--yes").code == 0
    assert list(claims_of(cluster.bootstrap_servers, project.name)) == [f"topic.{prefix}-a"]
    gone = "defaults: {topics: {partitions: 1, replication_factor: 3}}\n"
    project.write(f"{gone}removed: [{{address: topic.{prefix}-a, action: forget}}]\n")
    assert project.run("apply", "--yes").code == 0
    assert claims_of(cluster.bootstrap_servers, project.name) == {}
    assert topics(admin, prefix) == {f"{prefix}-a", f"{prefix}-b"}


def test_a_config_key_that_the_spec_drops_is_reset_and_one_set_by_others_stays(
    project: Project, prefix: str, admin: AdminClient
) -> None:
    assert project.run("apply", "--yes").code == 0
    resource = ConfigResource(ResourceType.TOPIC, f"{prefix}-a")
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry

    foreign = ConfigEntry("segment.ms", "3600000", incremental_operation=AlterConfigOpType.SET)
    resource.add_incremental_config(foreign)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(timeout=20)
    project.write(TOPICS.format(prefix).replace(" {config: {retention.ms: 1h}}", ""))
    (change,) = project.run("plan", "--format", "json", "--allow", f"data-loss:topic.{prefix}-a").json["changes"]
    assert [item["path"] for item in change["fields"]] == ["config.retention.ms"]
    assert project.run("apply", "--yes").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0
    (described,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, f"{prefix}-a")]).values()
    configs = described.result(timeout=20)
    assert configs["segment.ms"].value == "3600000" and configs["retention.ms"].is_default


def test_another_project_cannot_take_a_resource_or_a_prefix(
    project: Project, prefix: str, cluster: Endpoints, tmp_path: Path
) -> None:
    project.write(f"owns: [{prefix}-]\n" + TOPICS.format(prefix))
    assert project.run("apply", "--yes").code == 0
    folder = tmp_path / "other"
    folder.mkdir()
    other = Project(folder, cluster, name=f"q-{prefix}")
    other.write(TOPICS.format(prefix) + f"  {prefix}-c:\n")
    planned = other.run("plan", "--format", "json")
    assert planned.code == 3
    assert {change["address"]: change["blockers"][0]["code"] for change in planned.json["changes"]} == {
        f"topic.{prefix}-{name}": "KO872" for name in "abc"
    }
    refused = other.run("apply", "--yes")
    assert refused.code == 4 and f"it belongs to {project.name} (environment dev)" in refused.err
    other.write(f"owns: [{prefix}]\n" + TOPICS.format(prefix))
    refused = other.run("plan")
    assert refused.code == 4 and "KO873" in refused.err and "topics.yaml:" in refused.err


def waiting(stream: Iterator[str], pattern: str) -> str:
    """Read lines until one matches."""
    seen = []
    for line in stream:
        seen.append(line)
        if re.search(pattern, line):
            return line
    raise AssertionError(f"no line matches {pattern}: {seen}")


@pytest.fixture
def asking(project: Project) -> Iterator[subprocess.Popen[str]]:
    """An apply that holds the lock and waits for an answer on its terminal."""
    import pty

    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kafkaops", "apply"],
        cwd=project.folder,
        stdin=child,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(child)
    process.terminal = parent  # type: ignore[attr-defined]
    try:
        yield process
    finally:
        os.close(parent)
        if process.poll() is None:
            process.kill()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


def test_a_second_apply_waits_and_then_names_who_holds_the_lock(
    project: Project, asking: subprocess.Popen[str]
) -> None:
    assert asking.stdout is not None
    waiting(asking.stdout, "Plan: 2 to create")
    second = project.run("apply", "--yes", "--lock-timeout", "1s")
    assert second.code == 4
    assert f"process {asking.pid}, run " in second.err and "KO874" in second.err
    under_way = project.run("plan")  # a plan takes no lock
    assert under_way.code == 0 and "2 to create" in under_way.out
    os.write(asking.terminal, b"no\n")  # type: ignore[attr-defined]
    assert asking.wait(60) == 4
    applied = project.run("apply", "--yes", "--lock-timeout", "60s")
    assert applied.code == 0 and "Waiting for the lock" not in applied.err, applied.err


def test_a_holder_that_died_is_replaced_within_the_default_timeout(
    project: Project, asking: subprocess.Popen[str]
) -> None:
    assert asking.stdout is not None
    waiting(asking.stdout, "Plan: 2 to create")
    asking.send_signal(signal.SIGKILL)
    asking.wait(60)
    begun = time.monotonic()
    applied = project.run("apply", "--yes")
    assert applied.code == 0, applied.err
    assert "Waiting for the lock, held by" in applied.err
    assert time.monotonic() - begun < 60


def test_every_run_is_recorded_with_its_intent_before_its_result(project: Project, cluster: Endpoints) -> None:
    applied = project.run("apply", "--yes", "--format", "json")
    run = applied.json["run"]
    records = [item for item in runs_of(cluster.bootstrap_servers, project.name) if item["run"] == run]
    # What comes later than half a second after the first is written by itself.
    kinds = [kind for kind, _ in groupby(item["type"] for item in records)]
    assert kinds == ["started", "changes", "intent", "outcomes", "ended"]
    assert records[0]["plan_digest"] == applied.json["plan"]["digest"]
    assert records[-1]["result"] == "done"
    again = project.run("apply", "--yes", "--format", "json")
    assert again.json["run"] is None  # nothing was done, nothing is recorded


def test_a_dry_look_needs_no_ledger(project: Project, cluster: Endpoints) -> None:
    assert project.run("apply", "--yes", "--no-ledger").code == 0
    assert claims_of(cluster.bootstrap_servers, project.name) == {}
    assert runs_of(cluster.bootstrap_servers, project.name) == []
