"""Replicas on a real three-broker cluster: copied under a throttle, interrupted, killed, cancelled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType
from kafka import KafkaAdminClient
from kafka import TopicPartition as KafkaPartition

from kafkaops import devcluster
from kafkaops.devcluster.paths import cluster_paths
from kafkaops.devcluster.state import read_state
from tests.live.lab import Lab, lab
from tests.live.ledgers import claims_of
from tests.live.making import make_topics
from tests.live.project import Ended, Project
from tests.waiting import shows, until

pytestmark = [pytest.mark.live, pytest.mark.alone]
__all__ = ["lab"]

SLOW = "placement: {throttle: 64KiB/s}\n"
"""A copy under this is in progress for as long as a test cares: it goes on for 50 s."""
MEGABYTES = 12
"""Of all three partitions. A throttle lets the first MiB of each through at once, and one more every eleven seconds:
these are as long as a quota looks back."""
MARKED = {"leader.replication.throttled.replicas": "0:2147483647"}
"""What stays on a topic of which kafkaops began to move replicas: no throttle."""


def topic(factor: int, in_sync: int = 1) -> str:
    return (
        "topics:\n"
        f"  {{u}}-a: {{partitions: 3, replication_factor: {factor}, config: {{min.insync.replicas: {in_sync}}}, "
        "lifecycle: {allow: [disruptive]}}\n"
    )


class Place:
    """A topic with data, and what plain clients see of it."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.name = lab, lab.own("{u}-a")

    def fill(self) -> None:
        producer = Producer({"bootstrap.servers": self.lab.servers})
        for number in range(MEGABYTES * 10):
            producer.produce(self.name, os.urandom(100_000), partition=number % 3)
            producer.poll(0)
        assert producer.flush(60) == 0

    def kafkaops(self, sections: str, *arguments: str) -> Ended:
        self.lab.project.write(self.lab.own(sections))
        return self.lab.project.run(*arguments)

    @contextmanager
    def applying(self, sections: str) -> Iterator[subprocess.Popen[str]]:
        """An apply that has begun to copy."""
        self.lab.project.write(self.lab.own(sections))
        with self.copying("apply", "--yes") as child:
            yield child

    @contextmanager
    def copying(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that has begun to copy."""
        command = [sys.executable, "-m", "kafkaops", *arguments]
        with subprocess.Popen(
            command, cwd=self.lab.project.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child:
            try:
                until(lambda: bool(self.moving()) and bool(self.rates()))
                yield child
            finally:
                child.kill()

    def moving(self) -> Mapping[int, dict[str, list[int]]]:
        client = KafkaAdminClient(bootstrap_servers=self.lab.servers)
        try:
            found = client.list_partition_reassignments([KafkaPartition(self.name, index) for index in range(3)])
        finally:
            client.close()
        return {key.partition: value for key, value in found.items()}

    def replicas(self) -> list[list[int]]:
        parts = self.lab.admin.list_topics(self.name, timeout=60).topics[self.name].partitions
        return [sorted(parts[index].replicas) for index in sorted(parts)]

    def in_sync(self) -> list[int]:
        parts = self.lab.admin.list_topics(self.name, timeout=60).topics[self.name].partitions
        return [len(parts[index].isrs) for index in sorted(parts)]

    def leaders(self) -> set[int]:
        parts = self.lab.admin.list_topics(self.name, timeout=60).topics[self.name].partitions
        return {part.leader for part in parts.values()}

    def first(self) -> tuple[list[int], int]:
        """The replicas of the first partition, the preferred one first, and who leads it."""
        part = self.lab.admin.list_topics(self.name, timeout=60).topics[self.name].partitions[0]
        return part.replicas, part.leader

    def overrides(self, kind: ResourceType, name: str) -> dict[str, str]:
        resource = ConfigResource(kind, name)
        found = self.lab.admin.describe_configs([resource])[resource].result(timeout=60)
        return {key: entry.value for key, entry in found.items() if not entry.is_default and entry.value}

    def throttled(self) -> dict[str, str]:
        configs = self.overrides(ResourceType.TOPIC, self.name)
        return {key: value for key, value in configs.items() if "throttled" in key}

    def brokers(self) -> set[int]:
        """Those that are there; none while nobody answers, as when the controller was just killed."""
        try:
            return set(self.lab.admin.list_topics(timeout=5).brokers)
        except KafkaException:
            return set()

    def rates(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for broker in self.lab.admin.list_topics(timeout=60).brokers:
            for key, value in self.overrides(ResourceType.BROKER, str(broker)).items():
                if "throttled.rate" in key:
                    found[f"{broker} {key}"] = value
        return found

    def min_in_sync(self) -> str | None:
        return self.overrides(ResourceType.TOPIC, self.name).get("min.insync.replicas")


@pytest.fixture
def place(lab: Lab) -> Place:
    """A topic on one broker for each partition, with data."""
    found = Place(lab)
    done = found.kafkaops(topic(1), "apply", "--yes", "--no-ledger")
    assert done.code == 0, done.err
    found.fill()
    return found


def test_replicas_are_made_and_taken_away(place: Place) -> None:
    planned = place.kafkaops(topic(3, in_sync=2) + "placement: {throttle: 8MiB/s}\n", "plan", "--format", "json")
    (change,) = planned.json["changes"]
    (copied,) = (hazard["text"] for hazard in change["hazards"] if hazard["code"] == "KO261")
    assert "6 replicas copied between brokers, at most 8 MiB/s a broker" in copied
    assert "MiB by the log dirs, an estimate; broker 1 gets" in copied
    assert change["prediction"]["foresight"] == "not-predictable"

    done = place.lab.project.run("apply", "--yes")
    assert done.code == 0, done.out + done.err
    shows(lambda: (place.replicas(), place.in_sync()), ([[1, 2, 3]] * 3, [3, 3, 3]))
    shows(lambda: (place.min_in_sync(), place.throttled(), place.rates()), ("2", {}, {}))
    shows(place.leaders, {1, 2, 3})
    told = history(place)
    assert (told["run"]["result"], told["changes"][0]["state"]) == ("done", "done")
    assert "begun" not in told["changes"][0]["detail"], "the history tells the end"
    again = place.kafkaops(topic(3, in_sync=2), "plan", "--detailed-exitcode")
    assert again.code == 0, again.out

    done = place.kafkaops(topic(2), "apply", "--yes")
    assert done.code == 0, done.err
    shows(lambda: [len(replicas) for replicas in place.replicas()], [2, 2, 2])
    shows(lambda: (place.min_in_sync(), place.throttled(), place.rates()), ("1", {}, {}))
    shows(place.leaders, {1, 2, 3})
    assert place.kafkaops(topic(2), "plan", "--detailed-exitcode").code == 0
    rolled_back_and_stopped(place)


def rolled_back_and_stopped(place: Place) -> None:
    """A rollback heeds a stop while it waits, as an apply does; history and plan say how far it came."""
    with place.copying("rollback", "latest", "--yes", "--throttle", "64KiB/s") as child:
        until(lambda: history(place)["run"]["result"] == "done")  # recorded: what is left is to wait for the copies
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=120)
    assert child.returncode == 130, out + err
    assert "Stopping after what is in flight" in err and "Traceback" not in err
    assert "the cluster goes on copying, at most 64 KiB/s a broker" in out
    told = history(place)
    assert told["run"]["rollback_of"] and told["changes"][0]["detail"] == "copying 3 replicas begun", told
    planned = place.lab.project.run("plan", "--format", "json").json
    assert "KO260" in {item["code"] for item in planned["observations"]}, planned["observations"]
    moved = place.lab.project.run("drift", "--format", "json")
    assert (moved.code, moved.json["drifted"]) == (0, []), "what kafkaops began is no drift"
    (said,) = (item["summary"] for item in moved.json["observations"] if item["code"] == "KO277")
    assert said.startswith("copying: replicas of 3 partitions")
    cancelled = place.lab.project.run("topics", "cancel-reassignment", place.name, "--yes")
    assert cancelled.code == 0, cancelled.err
    shows(lambda: (place.moving(), place.throttled(), place.rates()), ({}, {}, {}))


@contextmanager
def throttled_by_others(place: Place) -> Iterator[dict[str, str]]:
    """A throttle on broker 2 that kafkaops did not set."""
    key = "follower.replication.throttled.rate"

    def alter(entry: ConfigEntry) -> None:
        resource = ConfigResource(ResourceType.BROKER, "2", incremental_configs=[entry])
        place.lab.admin.incremental_alter_configs([resource])[resource].result(timeout=60)

    alter(ConfigEntry(key, "123456789", incremental_operation=AlterConfigOpType.SET))
    try:
        yield {f"2 {key}": "123456789"}
    finally:
        alter(ConfigEntry(key, None, incremental_operation=AlterConfigOpType.DELETE))


def history(place: Place) -> Any:
    """The newest run."""
    return place.lab.project.run("history", "latest", "--format", "json").json


def on_record(place: Place, command: str) -> Any:
    """The newest run in the history, which was one of this command's."""
    found = history(place)
    assert (found["run"]["command"], found["run"]["result"]) == (command, "done")
    return found


def test_what_is_stopped_goes_on_in_the_cluster_until_it_is_cancelled(place: Place) -> None:
    with place.applying(topic(2, in_sync=2) + SLOW) as child:
        assert place.min_in_sync() == "1", "raised when the copies are there"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=120)
    assert child.returncode == 130, err
    assert "the cluster goes on copying, at most 64 KiB/s a broker" in out
    assert f"cancel-reassignment {place.name}" in out
    assert set(place.rates().values()) == {"65536"} and place.moving(), "what was limited stays limited"
    refused = place.lab.project.run("topics", "rebalance", place.name, "--yes")
    assert refused.code == 4 and "KO272" in refused.err
    cancelled = place.lab.project.run("topics", "cancel-reassignment", place.name, "--yes")
    assert cancelled.code == 0, cancelled.err
    shows(lambda: (place.moving(), place.throttled(), place.rates()), ({}, {}, {}))
    (change,) = on_record(place, "topics cancel-reassignment")["changes"]
    assert change["state"] == "done" and change["fields"][0]["note"].startswith("3 of 3 partitions left, about")
    back = place.lab.project.run("rollback", "latest", "--dry-run")
    assert "cannot come back: the move of replicas that was given up" in back.out and "No changes." in back.out
    assert place.kafkaops(topic(2, in_sync=2), "apply", "--yes", "--no-ledger").code == 0
    shows(lambda: (place.in_sync(), place.min_in_sync(), place.throttled()), ([2, 2, 2], "2", {}))


def held_back(place: Place, folder: Path) -> list[str]:
    """Why another project may not disrupt now: it knows nothing of the move."""
    folder.mkdir()
    other = Lab(Project(folder, place.lab.project.endpoints), place.lab.prefix)
    name = other.own("{u}-b")
    make_topics(other.servers, NewTopic(name, 1, 1))
    plan = other.plan("topics: {{u}-b: {partitions: 2, replication_factor: 1, lifecycle: {allow: [disruptive]}}}\n")
    (change,) = plan.changes
    return [f"{blocker.code} {blocker.summary}" for blocker in change.blockers]


def test_somebody_elses_throttle_is_left_alone_and_ours_goes_when_a_move_is_cancelled(
    place: Place, tmp_path: Path
) -> None:
    with throttled_by_others(place) as rates:
        done = place.kafkaops(topic(3) + SLOW, "apply", "--yes", "--no-ledger")
        assert done.code == 1 and "[KO256] broker 2 has a throttle that kafkaops did not set" in done.out
        shows(lambda: (place.moving(), place.throttled(), place.rates()), ({}, {}, rates))
    with place.applying(topic(3) + SLOW) as child:
        shown = place.lab.project.run("topics", "reassignments", "--format", "json").json["reassignments"]
        (ours,) = (item for item in shown if item["topic"] == place.name)
        assert (ours["begun_by_kafkaops"], ours["throttle_bytes_per_second"]) == (True, 65536)
        assert 0 < ours["bytes_left"] <= 2 * MEGABYTES * 1_100_000 and ours["partitions"] == 3
        (held,) = held_back(place, tmp_path / "other")
        assert held.startswith("KO205 waits until the cluster is well: "), held
        assert f"partitions being reassigned ({place.name}[0]" in held, held
        cancelled = place.lab.project.run("topics", "cancel-reassignment", place.name, "--yes")
        assert cancelled.code == 0, cancelled.err
        out, _ = child.communicate(timeout=120)
    assert child.returncode == 1 and "KO268" in out, "the apply that waits says that somebody cancelled"
    shows(lambda: [len(replicas) for replicas in place.replicas()], [1, 1, 1])
    shows(lambda: (place.throttled(), place.rates()), ({}, {}))


def test_after_a_kill_the_next_plan_shows_the_move_and_apply_finishes_it(place: Place) -> None:
    with place.applying(topic(3, in_sync=2) + SLOW) as child:
        child.kill()
        child.wait(timeout=60)
    assert place.rates() and place.throttled(), "nobody was left to take them away"

    planned = place.kafkaops(topic(3, in_sync=2), "plan", "--format", "json").json
    (change,) = planned["changes"]
    assert (change["reason"], change["risk"], change["blocked"]) == ("reassignment-unfinished", "safe", False)
    (said,) = (item["summary"] for item in planned["observations"] if item["code"] == "KO260")
    assert "of 3 partitions left, about" in said
    assert place.min_in_sync() == "1"

    done = place.kafkaops(
        topic(3, in_sync=2) + "placement: {throttle: 100MiB/s}\n", "apply", "--yes", "--lock-timeout", "60s"
    )
    assert done.code == 0, done.err
    shows(place.in_sync, [3, 3, 3])
    shows(lambda: (place.min_in_sync(), place.throttled(), place.rates()), ("2", {}, {}))


def test_replicas_are_evened_out(place: Place) -> None:
    client = KafkaAdminClient(bootstrap_servers=place.lab.servers)
    try:
        client.alter_partition_reassignments({KafkaPartition(place.name, index): [1] for index in range(3)})
    finally:
        client.close()
    until(lambda: not place.moving() and place.replicas() == [[1], [1], [1]])
    dry = place.kafkaops(topic(1), "topics", "rebalance", place.name, "--dry-run", "--format", "json")
    assert dry.code == 0, dry.err
    fields = {item["path"]: (item["before"], item["after"]) for item in dry.json["changes"][0]["fields"]}
    assert fields["replicas.broker_1"] == (3, 1), "two moves, no more"
    done = place.lab.project.run("topics", "rebalance", place.name, "--yes", "--throttle", "50MiB/s")
    assert done.code == 0, done.err
    shows(lambda: (sorted(place.replicas()), place.leaders()), ([[1], [2], [3]], {1, 2, 3}))
    shows(lambda: (place.throttled(), place.rates()), ({}, {}))
    (change,) = on_record(place, "topics rebalance")["changes"]
    assert change["reason"] == "asked-for" and change["fields"][0]["path"] == "replicas.broker_1"
    assert claims_of(place.lab.servers, place.lab.project.name) == {}, "what was asked for by hand is no apply"


def test_preferred_replicas_lead(place: Place) -> None:
    (broker,) = place.replicas()[0]
    other = broker % 3 + 1
    client = KafkaAdminClient(bootstrap_servers=place.lab.servers)
    try:
        for replicas in ([broker, other], [other, broker]):  # the same ones in another order: who leads goes on
            client.alter_partition_reassignments({KafkaPartition(place.name, 0): replicas})
            until(lambda: not place.moving() and place.in_sync()[0] == 2)
    finally:
        client.close()
    done = place.kafkaops(topic(1), "topics", "elect-leaders", place.name, "--yes")
    assert done.code == 0, done.err
    assert f"leader.partition_0  {broker} → {other}" in done.out
    shows(place.first, ([other, broker], other))
    (change,) = on_record(place, "topics elect-leaders")["changes"]
    assert change["detail"] == "1 leader elected"
    again = place.lab.project.run("topics", "elect-leaders", place.name, "--yes")
    assert again.code == 0 and "No changes." in again.out


@pytest.mark.skipif("KAFKAOPS_TEST_CLUSTER" in os.environ, reason="others work on this cluster")
def test_a_broker_that_is_killed_during_the_copy_is_waited_for(place: Place, cluster_name: str) -> None:
    with place.applying(topic(3) + "placement: {throttle: 512KiB/s}\n") as child:
        # What it asked for is answered, perhaps by the broker that is killed: from now on it waits.
        assert child.stderr is not None
        assert any("copying: " in line for line in child.stderr)
        state = read_state(cluster_paths(cluster_name))
        assert state is not None
        os.kill(state.processes["broker-3"].pid, signal.SIGKILL)
        try:
            until(lambda: place.brokers() == {1, 2})
            assert child.poll() is None
        finally:
            devcluster.start_node("broker-3", cluster_name)
        out, err = child.communicate(timeout=200)
    assert child.returncode == 0, out + err
    shows(place.in_sync, [3, 3, 3])
    shows(lambda: (place.throttled(), place.rates()), ({}, {}))
