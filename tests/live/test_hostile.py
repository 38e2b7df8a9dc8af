"""apply where terminals hang up, readers leave and names are written to deceive."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kafkaops.devcluster import Endpoints
from tests.live.project import Project
from tests.wire import KafkaWire

pytestmark = pytest.mark.live

SMALL = "defaults: {topics: {replication_factor: 1, config: {min.insync.replicas: 1}}}\n"
COUNT = 150


def many_topics(prefix: str) -> str:
    return SMALL + "topics:\n" + "".join(f"  {prefix}-{index:03}: {{partitions: 1}}\n" for index in range(COUNT))


@pytest.fixture
def project(cluster: Endpoints, prefix: str, tmp_path: Path) -> Project:
    project = Project(tmp_path, cluster)
    project.write(many_topics(prefix))
    return project


def bash(project: Project, command: str) -> subprocess.CompletedProcess[str]:
    """Run with bash; `K` in the command stands for kafkaops."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.replace("K ", f"'{sys.executable}' -m kafkaops ")],
        cwd=project.folder,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.parametrize("pipe", ["2>&1 | head -1", "2>&1 | true", ">/dev/full 2>/dev/full", ">&- 2>&-"])
def test_apply_goes_on_when_nobody_reads(pipe: str, project: Project) -> None:
    ended = bash(project, f"K apply --yes {pipe}")
    assert ended.returncode == (1 if "full" in pipe else 0), ended
    again = project.run("plan", "--detailed-exitcode")
    assert again.code == 0, "half of it was left undone"


class OnTerminal:
    """A command whose terminal is held here."""

    def __init__(self, project: Project, *arguments: str) -> None:
        self.shown = ""
        self._main, other = pty.openpty()
        self.child = subprocess.Popen(
            [sys.executable, "-m", "kafkaops", *arguments],
            cwd=project.folder,
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
        )
        os.close(other)

    def until(self, text: str) -> None:
        deadline = time.monotonic() + 120
        while text not in self.shown:
            ready, _, _ = select.select([self._main], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, self.shown
            self.shown += os.read(self._main, 65536).decode(errors="replace")

    def type(self, keys: str) -> None:
        os.write(self._main, keys.encode())

    def rest(self) -> int:
        """Read to the end; gives the exit code."""
        try:
            while data := os.read(self._main, 65536):
                self.shown += data.decode(errors="replace")
        except OSError:  # Linux's way to say that the other side of a terminal is closed
            pass
        return self.child.wait(120)

    def hang_up(self) -> int:
        os.close(self._main)
        return self.child.wait(120)


def test_the_end_of_input_is_no_yes(project: Project) -> None:
    terminal = OnTerminal(project, "apply")
    terminal.until(f"Apply {COUNT} changes to dev")
    terminal.type("\x04")
    assert terminal.rest() == 4
    assert "taken: \r\n" in terminal.shown, "the error begins a line of its own"
    assert "KO907" in terminal.shown


def test_one_change_is_not_several(project: Project, prefix: str) -> None:
    terminal = OnTerminal(project, "apply", "--target", f"topic.{prefix}-001")
    terminal.until("Apply 1 change to dev")
    terminal.type("no\n")
    assert terminal.rest() == 4


def test_what_is_asked_about_is_shown_first(project: Project, prefix: str) -> None:
    terminal = OnTerminal(project, "apply", "--format", "json", "--target", f"topic.{prefix}-001")
    terminal.until("Apply 1 change to dev")
    assert f"topic.{prefix}-001" in terminal.shown and "1 to create" in terminal.shown
    terminal.type("no\n")
    assert terminal.rest() == 4


@pytest.mark.parametrize(
    "signal_", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "terminate", "hang-up"]
)
def test_a_signal_lets_the_batch_in_flight_end(signal_: signal.Signals, project: Project, prefix: str) -> None:
    """All topics are one batch; what comes after it, a second wave, is not begun."""
    project.write(
        many_topics(prefix) + f"consumer_groups:\n  {prefix}-group: {{topics: [{prefix}-000], start_from: earliest}}\n"
    )
    servers, text = project.endpoints.bootstrap_servers, project.file.read_text()
    with KafkaWire(servers) as wire:
        project.file.write_text(text.replace(servers, wire.bootstrap_servers))
        in_flight = wire.frozen_at("CreateTopics", 2)  # the first one asks whether they could be made
        child = subprocess.Popen(
            [sys.executable, "-m", "kafkaops", "apply", "--yes"],
            cwd=project.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert in_flight.wait(90), wire.counts
            child.send_signal(signal_)
            wire.faults.thaw()
            out, err = child.communicate(timeout=120)
        finally:
            child.kill()
    project.file.write_text(text)
    assert child.returncode == 130, (out, err)
    assert f"group.{prefix}-group" in out and "stopped on request" in out
    left = [change["address"] for change in project.run("plan", "--format", "json").json["changes"]]
    assert f"group.{prefix}-group" in left
    assert left == [f"group.{prefix}-group"], "a batch that was begun is made whole"


def test_a_signal_that_the_shell_ignores_stays_ignored(project: Project) -> None:
    ended = bash(project, "trap '' HUP INT; K apply --yes 2>&1 & sleep 0.2; kill -HUP $!; wait $!; K apply --yes")
    assert ended.returncode == 0
    assert "stopped on request" not in ended.stdout


def test_a_terminal_that_hangs_up_leaves_the_rest_to_the_next(project: Project) -> None:
    terminal = OnTerminal(project, "apply")
    terminal.until("taken: ")
    terminal.type("yes\n")
    terminal.until("Topics")
    terminal.hang_up()
    assert project.run("apply", "--yes").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0
