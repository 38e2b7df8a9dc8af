"""What the proof has to find, and what it must not be alarmed by, on the real log: one function a case.

Each runs once and asserts. The tests run them a few times, `benchmarks.loadtest_proof` many.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
from dataclasses import replace
from random import Random
from typing import Any

from confluent_kafka import Consumer

from benchmarks._load import Cluster, a_load, bytes_payload, consume, produce
from kafkaops.loadtest.proof import Fault, Proof, prove
from tests.live import broker_faults
from tests.live.loadtesting import Running
from tests.live.log_faults import Injection, Log, expected, read_log, spoil, write_log
from tests.live.project import Project

PARTITIONS = 4
RECORDS = 6_000
SPEC = """
topics:
  {u}-one: {partitions: 1, replication_factor: 3, config: {min.insync.replicas: 1}}
  {u}-four: {partitions: 4, replication_factor: 3, config: {min.insync.replicas: 2}}
loadtests:
  both:
    duration: 14s
    warmup: 0s
    payload: bytes
    client: {socket.timeout.ms: 8000}  # a request to a broker that stood still is given up sooner than in a minute
    slo: {lost: 0}
    topics:
      {u}-one: {rate: 400/s, acks: "1"}
      {u}-four: {rate: 400/s}
"""
_CLIENTS = ("-X", "consumer.session.timeout.ms=6000", "-X", "consumer.heartbeat.interval.ms=1000")


class Written:
    """Records that a producer process wrote, and what it knows of them."""

    def __init__(self, dev: Cluster, seed: int) -> None:
        self.dev, self.run = dev, Random(f"run {seed}").getrandbits(31)
        with dev.topic(PARTITIONS, 1) as target:
            load = replace(a_load(in_flight=400, linger_ms=0), drain=RECORDS)  # so many, however long that takes
            _, tally = produce(target, dev.settings, load, bytes_payload(40), warmup_s=0, seconds=60, run=self.run)
            self.fates = tally.fates
            ends = {source.partition: sent.acked.last or 0 for source, sent in tally.fates.items()}
            # Each partition holds a probe, too.
            self.log: Log = read_log(dev.servers, target.name, {each: last + 2 for each, last in ends.items()})

    def proof(self, log: Log) -> Proof:
        """What the checker says when this is the log."""
        with self.dev.topic(PARTITIONS, 1) as target:
            ends = write_log(self.dev.servers, target.name, log)
            group = consume(target, self.dev.settings, self.run, ends, self.dev.admin)
        return prove(self.fates, group.stretches, group.reached, ends)


def injected(written: Written, injection: Injection, seed: int) -> int:
    """Put a fault into the log; everything of it must be found, and nothing else. Gives the number of faults."""
    spoiled = spoil(written.log, injection, Random(f"{injection} {seed}"))
    wanted, proof = expected(written.log, spoiled), written.proof(spoiled)
    counts = {
        Fault.LOST: sum(map(len, wanted.lost.values())),
        Fault.DUPLICATED: wanted.duplicated.total(),
        Fault.REORDERED: wanted.reordered.total(),
        Fault.PHANTOM: 0,
    }
    assert proof.counts == counts, (injection, seed, proof.counts, counts)
    for found in proof.findings:
        if found.fault is Fault.LOST:
            named = set(range(found.first_sequence, found.first_sequence + found.count))
            assert named <= wanted.lost[found.source.partition], (injection, seed, found)
    assert proof.complete
    return sum(counts.values())


def killed_leader(project: Project, cluster: str, name: str) -> None:
    """A leader dies whose followers stood still: what it alone had acked is lost at acks=1, and nothing at acks=all.

    The loss is within the contract; it is reported under that label, and fails where an objective names it.
    """
    servers = project.endpoints.bootstrap_servers
    with Running(project, "both", "--no-calibrate", "--format", "json") as running:
        twin = running.wait_for(r"^Making .*(loadtest-\S+-one-\w+)")[1]
        running.wait_for(r"^Waiting for a first record")
        leader = broker_faults.leader_of(servers, twin)
        running.wait_for(r"^ +2 s ")
        others = [broker for broker in (1, 2, 3) if broker != leader]
        try:
            with broker_faults.frozen(cluster, *others):
                _see_acked(running, f"{name}-one", 200)  # and they are on the leader alone
                broker_faults.kill(cluster, leader)
            running.end(150)
        finally:
            broker_faults.revive(cluster, servers, leader)
    one, four = json.loads(running.out)["loads"]
    assert one["proof"], (one["verdict"], running.err)
    lost = one["proof"][0]["faults"]["lost"]
    assert lost["records"] >= 100, (lost, running.err)
    assert lost["allowed_by"] == "acks below all"
    assert running.process.returncode == 3, running.err
    _no_alarm(four, running)
    assert four["records"]["acked"] > 0


def _see_acked(running: Running, topic: str, records: int) -> None:
    """Wait until so many were acked from now on: in whole seconds after the one that may have begun before."""
    acked, begun = 0, False
    while acked < records:
        found = running.wait_for(rf"^ +\d+ s +{re.escape(topic)} .*acked ([\d,]+)")
        acked += int(found[1].replace(",", "")) if begun else 0
        begun = True


def forced_rebalances(project: Project, name: str) -> dict[str, Any]:
    """A foreign member comes and goes; a consumer stands still until the group has given it up, another is killed."""
    with Running(
        project, "--topic", f"{name}-four", "--rate", "400/s", "--duration", "10s", "--warmup", "0s", "--consumers",
        "3", "--payload", "bytes", "--no-calibrate", "--format", "json", *_CLIENTS,
    ) as running:  # fmt: skip
        twin = running.twin()
        running.wait_for(r"^ +1 s ")
        _join_and_leave(project.endpoints.bootstrap_servers, f"{twin}-g1")
        still, killed, _ = running.workers()[:3]
        still.suspend()
        os.kill(killed.pid, signal.SIGKILL)
        time.sleep(8)  # longer than the session
        still.resume()
        running.end(120)
    load = _only_load(running)
    _no_alarm(load, running)
    assert (load["verdict"], load["reasons"]) == ("partial", ["consumer 2 was killed by signal 9"])
    assert running.process.returncode == 1, running.err
    assert load["groups"][0]["rebalances"] >= 4, load["groups"]
    assert load["proof"][0]["checked"] == load["records"]["acked"] == 4_000
    return load


def killed_consumer(project: Project, name: str) -> dict[str, Any]:
    """A consumer is killed; the other takes over and reads again what was not committed."""
    with Running(
        project, "--topic", f"{name}-four", "--rate", "400/s", "--duration", "6s", "--warmup", "0s", "--consumers",
        "2", "--payload", "bytes", "--no-calibrate", "--format", "json", *_CLIENTS,
    ) as running:  # fmt: skip
        running.wait_for(r"^ +1 s ")
        os.kill(running.workers()[0].pid, signal.SIGKILL)
        running.end(120)
    load = _only_load(running)
    _no_alarm(load, running)
    assert load["verdict"] == "partial" and load["proof"][0]["checked"] == load["records"]["acked"] == 2_400
    return load


def _join_and_leave(servers: str, group: str) -> None:
    """Join the group for a topic that is not there, so that it takes no partition, and leave."""
    other = Consumer({"bootstrap.servers": servers, "group.id": group, "session.timeout.ms": 6_000})
    other.subscribe(["loadtest-nothing-of-this-name"])
    for _ in range(5):
        other.poll(0.2)
    other.close()


def _only_load(running: Running) -> dict[str, Any]:
    load: dict[str, Any]
    (load,) = json.loads(running.out)["loads"]
    return load


def _no_alarm(load: dict[str, Any], running: Running) -> None:
    (proof,) = load["proof"]
    assert not any(fault["records"] for fault in proof["faults"].values()), (proof, running.err)
    assert proof["unread"] == 0, proof
