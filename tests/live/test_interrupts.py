"""Ctrl-C in every phase of a plan, whatever is being waited for: it ends at once, and nothing was done."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

from kafkaops.devcluster import Endpoints
from tests.live.project import Project
from tests.live.test_cli import answering_never, closing, project, schema_file, sections
from tests.live.test_hostile import OnTerminal
from tests.wire import KafkaWire

__all__ = ["project"]
pytestmark = pytest.mark.live

AT_ONCE_S = 5.0
"""Well below the 10 s that a silent broker is waited for, and a request's 30 s."""
TRIES = 3
"""Whoever is slow to end is so each time; a machine that stands still is not."""


def planning(project: Project, endpoints: Endpoints, prefix: str) -> subprocess.Popen[str]:
    elsewhere = replace(project, endpoints=endpoints)
    elsewhere.write(sections(prefix), schema_file(prefix))
    return subprocess.Popen(
        [sys.executable, "-m", "kafkaops", "plan"],
        cwd=project.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def seconds_to_end(child: subprocess.Popen[str]) -> float:
    assert child.poll() is None, child.communicate()
    began = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=90)
    assert (child.returncode, out) == (130, "")
    assert "Traceback" not in err and "Interrupted" in err
    return time.monotonic() - began


def assert_ends_at_once(waiting: Callable[[], AbstractContextManager[subprocess.Popen[str]]]) -> None:
    """`waiting` gives a plan that waits for somebody who does not answer."""
    took = []
    for _ in range(TRIES):
        with waiting() as child:
            took.append(seconds_to_end(child))
        if took[-1] < AT_ONCE_S:
            return
    raise AssertionError(f"it ended after {took} s")


def test_while_no_broker_answers(project: Project, prefix: str) -> None:
    @contextmanager
    def waiting() -> Iterator[subprocess.Popen[str]]:
        with answering_never() as (address, asked):
            child = planning(project, replace(project.endpoints, bootstrap_servers=address), prefix)
            with closing(child):
                assert asked.wait(90), "it did not ask"
                yield child

    assert_ends_at_once(waiting)


@pytest.mark.parametrize(
    "request_", ["DescribeConfigs", "FindCoordinator", "CreateTopics"], ids=["configs", "groups", "prediction"]
)
def test_while_the_brokers_fall_silent(request_: str, project: Project, prefix: str) -> None:
    """Each request tells of a phase: it is on its way when the brokers stop answering."""
    assert project.run("apply", "--yes", "--target", f"topic.{prefix}-b").code == 0

    @contextmanager
    def waiting() -> Iterator[subprocess.Popen[str]]:
        with KafkaWire(project.endpoints.bootstrap_servers) as wire:
            frozen = wire.frozen_at(request_)
            child = planning(project, replace(project.endpoints, bootstrap_servers=wire.bootstrap_servers), prefix)
            with closing(child):
                assert frozen.wait(90), wire.counts
                yield child

    assert_ends_at_once(waiting)


def test_at_the_question(project: Project, prefix: str) -> None:
    terminal = OnTerminal(project, "apply")
    terminal.until("Only 'yes' is taken")
    terminal.child.send_signal(signal.SIGINT)  # as the terminal does to the group in front of it
    assert terminal.rest() == 130, terminal.shown
    assert "Traceback" not in terminal.shown
    assert len(project.run("plan", "--format", "json").json["changes"]) == 4
