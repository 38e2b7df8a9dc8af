"""One real dev cluster for all live tests of a run, whatever the number of its workers.

KAFKAOPS_TEST_CLUSTER=NAME   use that running cluster, and leave it running
KAFKAOPS_TEST_KEEP=1         leave the tests' own cluster running for the next run

With workers (`pytest -n 3 --dist loadfile`) the tests of a file stay together; those marked `alone` wait until no other
live test runs.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from platformdirs import user_cache_path

from kafkaops import devcluster
from kafkaops.devcluster import Endpoints
from kafkaops.devcluster.paths import HOME_VARIABLE
from tests.live.project import sweep
from tests.live.secured_broker import SecuredBroker, secured_broker
from tests.live.turns import member, turn, workers_folder

OWN_NAME = "test"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Take turns with the other workers, from before the first fixture of a test until after its last."""
    folder = workers_folder(_temporary_folder(item.config))
    with ExitStack() as waiting:
        if folder is not None:
            waiting.enter_context(turn(folder, alone=_alone(item)))
        return (yield)


def _alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


def _temporary_folder(config: pytest.Config) -> Path:
    factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]  # has no public name
    return factory.getbasetemp()


@pytest.fixture(scope="session")
def cluster_name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a dev cluster that is up, with all targets; `dev` commands in child processes find it too."""
    shared = os.environ.get("KAFKAOPS_TEST_CLUSTER")
    if shared and devcluster.status(shared).up:
        yield shared
        return
    folder = workers_folder(tmp_path_factory.getbasetemp())
    with pytest.MonkeyPatch.context() as patch, ExitStack() as together:
        using = together.enter_context(member(folder)) if folder else None
        if HOME_VARIABLE not in os.environ:
            patch.setenv(HOME_VARIABLE, str(user_cache_path("kafkaops") / "test-devcluster"))
        devcluster.up(OWN_NAME)
        yield OWN_NAME
        if os.environ.get("KAFKAOPS_TEST_KEEP") != "1" and (using is None or using.is_last()):
            devcluster.down(OWN_NAME, purge=True)


@pytest.fixture(scope="session")
def endpoints(cluster_name: str) -> Endpoints:
    """The addresses of that cluster."""
    found = devcluster.locate(cluster_name)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def cluster(endpoints: Endpoints) -> Endpoints:
    """The same, for tests that know it as the cluster."""
    return endpoints


@pytest.fixture
def prefix(cluster: Endpoints) -> Iterator[str]:
    """A name of this test's own; the topics, subjects and connectors that carry it are removed afterwards."""
    name = f"t{uuid4().hex[:8]}"
    yield name
    sweep(cluster, name)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    """The one broker that asks for passwords and checks rights."""
    with secured_broker(tmp_path_factory.mktemp("secured")) as running:
        yield running
