"""`apply --audit` with real runs: to a file, to a topic, and where neither takes events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from kafkaops.devcluster import Endpoints
from tests.live.project import Ended, Project

pytestmark = pytest.mark.live


@pytest.fixture
def project(cluster: Endpoints, tmp_path: Path) -> Project:
    return Project(tmp_path, cluster)


def topics(u: str, *names: str, **config: str) -> str:
    config = {"min_insync_replicas": "1", **config}
    settings = ", ".join(f"{key.replace('_', '.')}: {value}" for key, value in config.items())
    return "topics:\n" + "".join(
        f"  {u}-{name}: {{partitions: 1, replication_factor: 1, config: {{{settings}}}}}\n" for name in names
    )


def events_in(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def events_on(cluster: Endpoints, topic: str) -> list[Any]:
    """Everything on a topic of one partition, read with a plain consumer."""
    consumer = Consumer(
        {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "none", "enable.auto.commit": False}
    )
    try:
        start, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=20)
        consumer.assign([TopicPartition(topic, 0, start)])
        found: list[Any] = []
        while len(found) < end - start:
            message = consumer.poll(20)
            assert message is not None and message.error() is None, message
            found.append(json.loads(message.value() or b""))
        return found
    finally:
        consumer.close()


def kinds_of(events: list[Any]) -> list[str]:
    return [event["event"] for event in events]


def refused(ended: Ended, *said: str) -> None:
    assert ended.code == 4, ended.out + ended.err
    assert all(text in ended.err for text in said) and "Traceback" not in ended.err, ended.err


def test_a_file_has_each_run_and_the_plan_that_was_reviewed(project: Project, prefix: str) -> None:
    project.write(topics(prefix, "a", "b"))
    assert project.run("plan", "--out", "plan.json").code == 0
    reviewed = json.loads((project.folder / "plan.json").read_text())["digest"]
    who: Mapping[str, Any] = {"GITHUB_ACTOR": "ada", "CI_JOB_URL": "https://ci/9"}
    done = project.run("apply", "plan.json", "--audit", "audit.jsonl", **who)
    assert done.code == 0, done.err
    first = events_in(project.folder / "audit.jsonl")
    assert kinds_of(first) == ["run-started", *["change-started"] * 2, *["change-ended"] * 2, "run-ended"]
    assert (first[0]["user"], first[0]["pipeline"], first[0]["reviewed_digest"]) == ("ada", "https://ci/9", reviewed)
    assert {event["outcome"] for event in first[3:]} == {"done"}
    (run,) = project.run("history", "--format", "json").json["runs"]
    assert (run["run"], run["by"]) == (first[0]["run"], "ada"), "the ledger and the audit stream name the same"
    assert {event["address"] for event in first[1:3]} == {f"topic.{prefix}-a", f"topic.{prefix}-b"}
    project.write(topics(prefix, "a", "b"), environment="audit: {file: audit.jsonl}")
    again = project.run("apply", "--yes")
    assert again.code == 0, again.err
    second = events_in(project.folder / "audit.jsonl")[6:]
    assert [(event["event"], event["run"], event["sequence"]) for event in second] == [("nothing-to-do", None, 1)]
    assert [item["run"] for item in project.run("history", "--format", "json").json["runs"]] == [run["run"]]


def test_where_a_file_cannot_be_written_nothing_is_done(project: Project, prefix: str) -> None:
    project.write(topics(prefix, "a"))
    refused(project.run("apply", "--yes", "--audit", "missing/audit.jsonl"), "KO842", "nothing was begun")
    refused(project.run("apply", "--yes", "--audit", "/dev/full"), "KO842", "No space left on device")
    refused(project.run("apply", "--yes", "--audit", f"topic:{prefix}-audit"), "KO844", f"{prefix}-audit")
    assert project.run("apply", "--yes", "--audit", "topic:").code == 2
    assert len(project.run("plan", "--format", "json").json["changes"]) == 1


def test_a_topic_has_the_events(project: Project, prefix: str, cluster: Endpoints) -> None:
    project.write(topics(prefix, "audit"))
    assert project.run("apply", "--yes").code == 0
    project.write(topics(prefix, "audit", "a"), environment=f"audit: {{topic: {prefix}-audit}}")
    done = project.run("apply", "--yes")
    assert done.code == 0, done.err
    events = events_on(cluster, f"{prefix}-audit")
    assert kinds_of(events) == ["run-started", "change-started", "change-ended", "run-ended"]
    assert [event["sequence"] for event in events] == [1, 2, 3, 4]


def test_a_topic_that_takes_no_events_refuses_the_run(project: Project, prefix: str) -> None:
    """Messages above the topic's limit are refused by the broker, not by the client."""
    project.write(topics(prefix, "audit", max_message_bytes="64"))
    assert project.run("apply", "--yes").code == 0
    project.write(topics(prefix, "audit", max_message_bytes="64") + topics(prefix, "a").removeprefix("topics:\n"))
    refused(project.run("apply", "--yes", "--audit", f"topic:{prefix}-audit"), "KO842", "MSG_SIZE_TOO_LARGE")
    assert len(project.run("plan", "--format", "json").json["changes"]) == 1
