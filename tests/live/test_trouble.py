"""A system that falls silent, hangs up or goes away in the middle: an error or the truth, never a wrong plan."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafkaops import devcluster
from kafkaops.devcluster import Endpoints
from tests.live.broker_faults import await_in_sync
from tests.live.interrupting import at_line, converged, ended, scene, start
from tests.live.trouble import FAULTS, Wired, apply_in_trouble, plan_in_trouble, wired
from tests.wire import UPKEEP

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def settled(cluster: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    """Everything of the scene is there."""
    with wired(cluster, tmp_path_factory.mktemp("settled")) as made:
        applied = made.project.run("apply", "--yes")
        assert applied.code == 0, applied.err
        yield made


def test_a_plan_asks_the_ledger_in_five_requests(settled: Wired) -> None:
    """Counted on the wire. The end of a log is told by an empty answer, and a slow machine asks once more for it."""

    def asked(*arguments: str) -> Counter[str]:
        settled.kafka.reset()
        assert settled.project.run("plan", "--detailed-exitcode", *arguments).code == 0
        return Counter({name: number for name, number in settled.kafka.counts.items() if name not in UPKEEP})

    without = asked("--no-ledger")
    tries = (asked() - without for _ in range(3))
    fewest = min(tries, key=Counter.total)
    assert fewest.total() <= 5, fewest
    assert set(fewest) <= {"Fetch", "FindCoordinator"}, "the log of claims is read, and librdkafka looks for a group"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("system", "number"), [("kafka", 6), ("registry", 2), ("connect", 0)])
def test_a_plan_during_which_a_system_fails_is_true_or_an_error(
    settled: Wired, system: str, number: int, fault: str
) -> None:
    code = plan_in_trouble(settled, system, number, FAULTS[fault])
    assert code == 1 or fault == "hangs up" or number > 0, "whoever never answered cannot have been heard"
    if code:
        assert settled.project.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("system", "number", "fault"),
    [("kafka", 25, "hangs up"), ("kafka", 30, "goes away"), ("registry", 8, "goes away"), ("connect", 4, "hangs up")],
)
def test_an_apply_during_which_a_system_fails_is_completed_by_the_next(
    cluster: Endpoints, tmp_path: Path, system: str, number: int, fault: str
) -> None:
    with wired(cluster, tmp_path) as made:
        apply_in_trouble(made, system, number, FAULTS[fault])


@pytest.mark.alone
def test_an_apply_during_which_a_broker_stands_still_is_completed(
    cluster: Endpoints, cluster_name: str, tmp_path: Path
) -> None:
    broker = next(node for node in devcluster.status(cluster_name).nodes if node.name == "broker-2")
    assert broker.pid is not None
    with scene(cluster, tmp_path) as (project, name):
        process = start(project)
        at_line(process, 1)
        os.kill(broker.pid, signal.SIGSTOP)
        waking = threading.Timer(6, os.kill, (broker.pid, signal.SIGCONT))
        waking.start()
        try:
            code = ended(process)
        finally:
            waking.join()
        assert code in (0, 1)
        await_in_sync(cluster.bootstrap_servers)
        again = project.run("apply", "--yes", "--lock-timeout", "60s")
        assert again.code == 0, again.out + again.err
        converged(project, name)
