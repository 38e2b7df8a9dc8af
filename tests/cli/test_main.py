"""The command line as its users meet it before any cluster is involved."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kafkaops import __version__
from kafkaops.cli.main import app

HEAVY = ("confluent_kafka", "kafka", "fastavro", "httpx", "pydantic", "psutil", "jgo", "yaml")


def kafkaops(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kafkaops", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['kafkaops', '--help']\n"
        "from kafkaops.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.splitlines()[-1] == "HEAVY []"


def commands() -> list[list[str]]:
    from typer.main import get_command

    top = get_command(app)
    found: list[list[str]] = [[]]
    for name, command in sorted(getattr(top, "commands").items()):  # noqa: B009 (typer's group is typed as a command)
        found.append([name])
        found.extend([name, inner] for inner in sorted(getattr(command, "commands", {})))
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_explains_itself(command: list[str]) -> None:
    ended = kafkaops(*command, "--help", COLUMNS="100")
    assert ended.returncode == 0
    assert "Usage:" in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plam"], "No such command 'plam'"),
        (["plan", "--no-such"], "No such option"),
        (["plan", "--format", "xml"], "'xml' is not one of"),
        (["plan", "--target", "wave-events"], "KO902"),
        (["plan", "--allow", "delete"], "KO901"),
        (["plan", "--allow", "explode:topic.x"], "guards: delete"),
    ],
)
def test_wrong_usage_exits_2_and_says_why(arguments: list[str], said: str, tmp_path: Path) -> None:
    ended = kafkaops(*arguments, cwd=tmp_path, COLUMNS="200")
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("command", "option", "code"),
    [
        ("plan", "--out", "KO808"),
        ("rollback last", "--out", "KO808"),
        ("loadtest --topic t", "--raw", "KO014"),
        ("loadtest --topic t --out result.json", "--out", "KO014"),
        ("loadtest --topic t --find-max", "--out", "KO014"),
        ("schemas check", "--report", "KO921"),
        ("schemas lint", "--report", "KO921"),
        ("schemas pull", "--into", "KO381"),
        ("import --project shop --bootstrap-servers 127.0.0.1:1", "--out", "KO951"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_read(
    tmp_path: Path, command: str, option: str, code: str
) -> None:
    place = "json=/proc/x.json" if option == "--report" else "/proc/x.json"
    ended = kafkaops(*command.split(), option, place, cwd=tmp_path)
    assert ended.returncode == 2, ended
    assert f"error[{code}]: /proc/x.json cannot be written: No such file or directory" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_asked_for_in_either_way() -> None:
    option, command = kafkaops("--version"), kafkaops("version")
    assert option.returncode == command.returncode == 0
    assert option.stdout == command.stdout == f"kafkaops {__version__}\n"


def test_a_missing_spec_exits_2_and_names_the_file(tmp_path: Path) -> None:
    for command in ("plan", "apply", "validate"):
        ended = kafkaops(command, cwd=tmp_path)
        assert ended.returncode == 2, ended
        assert "topics.yaml" in ended.stderr and "Traceback" not in ended.stderr


def test_a_bug_shows_no_traceback_unless_asked(tmp_path: Path) -> None:
    script = (
        "import sys; import kafkaops.cli.plan as plan\n"
        "def broken(*arguments): raise ZeroDivisionError('secret-value')\n"
        "plan.plan_command = broken\n"
        "from kafkaops.cli.main import main\n"
        "sys.argv = ['kafkaops', *sys.argv[1:]]\n"
        "main()\n"
    )
    quiet = subprocess.run(
        [sys.executable, "-c", script, "plan"], capture_output=True, text=True, timeout=60, check=False
    )
    assert quiet.returncode == 1
    assert "KO999" in quiet.stderr and "ZeroDivisionError" in quiet.stderr
    assert "Traceback" not in quiet.stderr and "secret-value" not in quiet.stderr
    loud = subprocess.run(
        [sys.executable, "-c", script, "--debug", "plan"], capture_output=True, text=True, timeout=60, check=False
    )
    assert loud.returncode == 1 and "Traceback" in loud.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    ended = subprocess.run(
        f"{sys.executable} -m kafkaops json-schema | head -c 10",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in ended.stderr and "KO999" not in ended.stderr
