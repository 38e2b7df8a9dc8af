"""The proof on the real log: faults that were put in are all found, and what may happen raises no alarm."""

from __future__ import annotations

import os

import pytest
from confluent_kafka.admin import AdminClient

from benchmarks._load import Cluster
from kafkaops.devcluster import Endpoints
from tests.live import proof_campaign
from tests.live.log_faults import Injection
from tests.live.project import Project

pytestmark = pytest.mark.live
NAME = f"lp{os.getpid()}"
own_cluster = pytest.mark.skipif(
    "KAFKAOPS_TEST_CLUSTER" in os.environ and "KAFKAOPS_TEST_FAULTS" not in os.environ,
    reason="kills brokers, and others may work on this cluster; KAFKAOPS_TEST_FAULTS=1 says that nobody does",
)


@pytest.fixture(scope="module")
def project(cluster: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("proof"), cluster)
    project.write(proof_campaign.SPEC.replace("{u}", NAME))
    return project


@pytest.fixture(scope="module")
def written(cluster: Endpoints, cluster_name: str) -> proof_campaign.Written:
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    return proof_campaign.Written(Cluster(cluster.bootstrap_servers, cluster_name, admin), seed=1)


@pytest.mark.parametrize("injection", list(Injection))
def test_what_goes_astray_on_the_way_is_found_and_nothing_else(
    written: proof_campaign.Written, injection: Injection
) -> None:
    found = proof_campaign.injected(written, injection, seed=7)
    assert (found == 0) is (injection is Injection.NOTHING)


def test_rebalances_and_a_killed_consumer_raise_no_alarm(project: Project) -> None:
    proof_campaign.forced_rebalances(project, NAME)


@own_cluster
@pytest.mark.alone
def test_what_dies_with_a_leader_is_lost_at_acks_1_only(project: Project, cluster_name: str) -> None:
    proof_campaign.killed_leader(project, cluster_name, NAME)
