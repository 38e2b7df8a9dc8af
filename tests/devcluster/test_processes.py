from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafkaops.devcluster import processes
from kafkaops.devcluster.model import ProcessRef
from kafkaops.devcluster.processes import Command, end, find, is_running, spawn, uninterrupted
from tests.waiting import until

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)


@pytest.fixture
def started() -> Iterator[list[ProcessRef]]:
    refs: list[ProcessRef] = []
    yield refs
    end(refs, 0.1)


def python(program: str, folder: Path) -> Command:
    return Command((sys.executable, "-c", program), folder)


def wait_for(path: Path, text: str) -> None:
    until(lambda: path.exists() and text in path.read_text(encoding="utf-8"), repr(text))


def test_a_process_is_ended_by_its_reference(tmp_path: Path, started: list[ProcessRef]) -> None:
    ref = spawn(python("import time; time.sleep(600)", tmp_path), tmp_path / "log")
    started.append(ref)
    assert is_running(ref)
    assert os.getsid(ref.pid) == ref.pid
    assert end([ref], 60) == ()
    assert not is_running(ref)


def test_one_that_does_not_listen_is_killed_after_the_wait(tmp_path: Path, started: list[ProcessRef]) -> None:
    ref = spawn(python(STUBBORN, tmp_path), tmp_path / "log")
    started.append(ref)
    wait_for(tmp_path / "log", "ready")
    assert end([ref], 0.3) == (ref,)
    assert not is_running(ref)


def test_a_process_id_in_use_by_another_program_is_left_alone() -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        stale = ProcessRef(other.pid, time.time() - 3600)
        assert find(stale) is None
        assert end([stale], 0.1) == ()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_zombie_does_not_run(tmp_path: Path) -> None:
    ref = spawn(python("", tmp_path), tmp_path / "log")
    until(lambda: not is_running(ref))
    os.waitpid(ref.pid, 0)


def test_a_child_inherits_no_secrets_and_a_unicode_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dx")
    folder = tmp_path / "mit Leerzeichen, ü"
    folder.mkdir()
    program = "import os; print(os.getcwd(), sorted(os.environ), os.environ['LC_ALL'], os.environ['ADDED'], 'end')"
    command = Command((sys.executable, "-c", program), folder, {"ADDED": "yes"})
    ref = spawn(command, tmp_path / "log")
    wait_for(tmp_path / "log", "end")
    os.waitpid(ref.pid, 0)
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert str(folder) in text
    assert "C.UTF-8 yes" in text
    assert "AWS" not in text
    assert "JAVA_TOOL_OPTIONS" not in text


def test_a_log_is_bounded_at_each_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT_BYTES", 100)
    log = tmp_path / "node.log"
    for content in ("first\n" * 30, "second\n" * 30):
        log.write_text(content, encoding="utf-8")
        ref = spawn(python("print('new')", tmp_path), log)
        os.waitpid(ref.pid, 0)
        assert log.read_text(encoding="utf-8") == "new\n"
        assert (tmp_path / "node.log.1").read_text(encoding="utf-8") == content
    ref = spawn(python("print('newer')", tmp_path), log)
    os.waitpid(ref.pid, 0)
    assert log.read_text(encoding="utf-8") == "new\nnewer\n"


def test_ctrl_c_waits_until_what_was_started_is_written_down() -> None:
    steps: list[str] = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        steps.append("went on")
    assert steps == ["went on"]
