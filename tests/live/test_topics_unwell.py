"""While a broker is missing, safe changes go on and disruptive ones wait. Stops a broker: never on a shared cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from kafkaops import devcluster
from kafkaops.address import Address
from kafkaops.apply.run import run
from kafkaops.cli.session import open_session
from kafkaops.engine import make_plan
from tests.live.broker_faults import await_missing, revive
from tests.live.lab import Lab, Silent, lab

pytestmark = [
    pytest.mark.live,
    pytest.mark.alone,
    pytest.mark.skipif("KAFKAOPS_TEST_CLUSTER" in os.environ, reason="others work on this cluster"),
]
__all__ = ["lab"]


@pytest.fixture
def broker_missing(lab: Lab, cluster_name: str) -> Iterator[None]:
    """Runs the test without broker 3."""
    assert lab.applied("topics:\n  {u}-a: {partitions: 3, replication_factor: 3, config: {retention.ms: 7d}}\n").empty
    lab.produce("{u}-a", 3)
    devcluster.stop_node("broker-3", cluster_name)
    try:
        await_missing(lab.servers, 3)
        yield
    finally:
        revive(cluster_name, lab.servers, 3)


@pytest.mark.usefixtures("broker_missing")
def test_disruptive_changes_wait_and_safe_ones_go_on(lab: Lab) -> None:
    spec = (
        "topics:\n"
        "  {u}-a:\n"
        "    {partitions: 6, replication_factor: 3, config: {retention.ms: 30d}, lifecycle: {allow: [disruptive]}}\n"
        "  {u}-b: {partitions: 1, replication_factor: 2, config: {min.insync.replicas: 1}}\n"
        "  {u}-c: {partitions: 1, replication_factor: 3}\n"
    )
    plan = lab.plan(spec)
    said = {item.code: item.summary for item in plan.observations}
    assert "broker 3 is missing" in said["KO208"]
    blocked = {str(change.address): [blocker.code for blocker in change.blockers] for change in plan.changes}
    assert blocked == {
        lab.own("topic.{u}-a"): ["KO205"],
        lab.own("topic.{u}-b"): [],
        lab.own("topic.{u}-c"): ["KO203"],
    }
    with open_session(lab.project.file, "dev") as session:
        done = run(session, make_plan(session, [Address("topic", lab.own("{u}-b"))]), Silent())
    assert done.succeeded
