"""Ctrl-C in every phase of a plan, whatever is being waited for: it ends at once, and nothing was done."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from kafkaops.devcluster import Endpoints
from tests.live.project import Project
from tests.live.test_cli import answering_never, project, schema_file, sections
from tests.live.test_hostile import OnTerminal
from tests.wire import KafkaWire

__all__ = ["project"]
pytestmark = pytest.mark.live

AT_ONCE_S = 8.0
"""Well below the 10 s that a silent broker is waited for, and a request's 30 s."""


def planning(project: Project, endpoints: Endpoints, prefix: str) -> subprocess.Popen[str]:
    elsewhere = replace(project, endpoints=endpoints)
    elsewhere.write(sections(prefix), schema_file(prefix))
    return subprocess.Popen(
        [sys.executable, "-m", "kafkaops", "plan"],
        cwd=project.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def assert_ends_at_once(child: subprocess.Popen[str]) -> None:
    assert child.poll() is None, child.communicate()
    began = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (130, "")
    assert "Traceback" not in err and "Interrupted" in err
    assert time.monotonic() - began < AT_ONCE_S


def test_while_no_broker_answers(project: Project, prefix: str) -> None:
    with answering_never() as address:
        child = planning(project, replace(project.endpoints, bootstrap_servers=address), prefix)
        time.sleep(3)  # long enough to be waiting; sooner, it ends just the same
        assert_ends_at_once(child)


@pytest.mark.parametrize(
    "request_", ["DescribeConfigs", "FindCoordinator", "CreateTopics"], ids=["configs", "groups", "prediction"]
)
def test_while_the_brokers_fall_silent(request_: str, project: Project, prefix: str) -> None:
    """Each request tells of a phase: it is on its way when the brokers stop answering."""
    assert project.run("apply", "--yes", "--target", f"topic.{prefix}-b").code == 0
    with KafkaWire(project.endpoints.bootstrap_servers) as wire:
        child = planning(project, replace(project.endpoints, bootstrap_servers=wire.bootstrap_servers), prefix)
        deadline = time.monotonic() + 60
        while not wire.counts.get(request_):
            assert time.monotonic() < deadline and child.poll() is None, (wire.counts, child.poll())
            time.sleep(0.001)
        wire.faults.freeze()
        time.sleep(0.5)
        if child.poll() is None:  # the answer may have slipped through, and the plan with it
            assert_ends_at_once(child)
        else:
            assert child.wait() == 0


def test_at_the_question(project: Project, prefix: str) -> None:
    terminal = OnTerminal(project, "apply")
    terminal.until("Only 'yes' is taken")
    terminal.child.send_signal(signal.SIGINT)  # as the terminal does to the group in front of it
    assert terminal.rest() == 130, terminal.shown
    assert "Traceback" not in terminal.shown
    assert len(project.run("plan", "--format", "json").json["changes"]) == 4
