"""Output that cannot be written, locales without our signs, and text that would steer a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from kafkaops.cli.streams import write_text
from kafkaops.cli.terminal import stdout
from kafkaops.report.printable import printable

ASCII = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
HOSTILE = "[bold]x[/] [/no] :smile: \x1b[31mred\x1b[0m \x9b2J \u202egpj.exe"
WRITTEN_OUT = r"[bold]x[/] [/no] :smile: \x1b[31mred\x1b[0m \u009b2J \u202egpj.exe"


def shell(
    command: str, cwd: Path, environment: dict[str, str] | None = None, *, pass_fds: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run with bash; `K` in the command stands for kafkaops."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.replace("K ", f"'{sys.executable}' -m kafkaops ")],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        pass_fds=pass_fds,
    )


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "topics.yaml").write_text(
        "version: 1\nproject: streams\ntopics:\n"
        "  a: {partitions: 1, replication_factor: 1, config: {'x→\U0001f600': '1'}}\n",
        encoding="utf-8",
    )
    return tmp_path


@pytest.mark.parametrize("command", ["K --help", "K json-schema", "K validate --format json", "K validate"])
def test_a_reader_that_leaves_changes_nothing(command: str, spec: Path) -> None:
    ended = shell(f"{command} | true", spec)
    assert ended.returncode == 0, ended.stderr
    assert "KO9" not in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(closed: str, spec: Path) -> None:
    ended = shell(f"K validate {closed}", spec)
    assert ended.returncode == 0, ended.stderr
    assert "KO9" not in ended.stderr


def test_a_full_disk_is_an_error_that_says_so(spec: Path) -> None:
    ended = shell("K validate --format json > /dev/full", spec)
    assert ended.returncode == 1
    assert "error[KO908]: stdout could not be written whole: No space left on device" in ended.stderr
    wrong = shell("K validate -f missing.yaml --format json > /dev/full", spec)
    assert wrong.returncode == 2 and "KO908" in wrong.stderr


def test_json_is_json_in_any_locale(spec: Path) -> None:
    ended = shell("K validate --format json", spec, ASCII)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.isascii()
    document = json.loads(ended.stdout)
    assert "x→\U0001f600" in document["diagnostics"][0]["summary"]


def test_text_is_spelled_out_where_the_locale_lacks_characters(spec: Path) -> None:
    ended = shell("K validate", spec, ASCII)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.isascii()
    assert r"unknown topic config 'x->\U0001f600'" in ended.stderr


def test_a_file_name_is_neither_markup_nor_has_to_be_unicode(spec: Path) -> None:
    name = b"[bold]x[nope] \xff\x1b[31m.yaml"
    (spec / "topics.yaml").rename(spec / os.fsdecode(name))
    for more in ("", "--format json"):
        ended = shell(f"K validate -f '{os.fsdecode(name)}' {more}", spec)
        assert ended.returncode == 0, ended.stderr
        assert "\x1b" not in ended.stdout + ended.stderr
        assert "[bold]x[nope] " in ended.stdout and r"\udcff" in ended.stdout


def test_a_console_shows_hostile_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("head", box=None)
    table.add_row(HOSTILE)
    for shown in (HOSTILE, Text(HOSTILE), table):
        stdout().print(shown)
        assert WRITTEN_OUT in capsys.readouterr().out
    write_text(f"\x1b[1m{HOSTILE}\x1b[0m")
    assert capsys.readouterr().out == "\x1b[1m" + WRITTEN_OUT.replace(r"\x1b[", "\x1b[") + "\x1b[0m"


def test_line_ends_tabs_and_other_languages_stay() -> None:
    text = "a\tb\nпривет 世界 👩‍🚀 é"
    assert printable(text) == text
    assert printable("\x1b]0;title\x07\x1b[2J", keep_colours=True) == r"\x1b]0;title\x07\x1b[2J"


def test_a_dumb_terminal_gets_no_colours(spec: Path) -> None:
    leader, follower = pty.openpty()
    try:
        ended = shell(f"K validate >&{follower} 2>&1", spec, {"TERM": "dumb"}, pass_fds=(follower,))
        assert ended.returncode == 0
        said = os.read(leader, 65536)
    finally:
        os.close(leader)
        os.close(follower)
    assert b"unknown topic config" in said and b"\x1b" not in said


def test_a_stream_that_does_not_block_is_waited_for(spec: Path) -> None:
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    script = f"'{sys.executable}' -m kafkaops json-schema >&{write_end}"
    with subprocess.Popen(["bash", "-c", script], cwd=spec, pass_fds=(write_end,)) as child:
        os.close(write_end)
        with os.fdopen(read_end, encoding="utf-8") as stream:
            document = json.load(stream)
        assert child.wait(60) == 0
    assert "$defs" in document
