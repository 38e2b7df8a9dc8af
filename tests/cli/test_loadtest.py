"""Options of `kafkaops loadtest` and what its results exit with; runs themselves are in tests/live."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from kafkaops.cli.loadtest import app
from kafkaops.cli.loadtest_run import exit_code
from kafkaops.errors import UsageError


@pytest.mark.parametrize(
    ("verdict", "objectives", "by_user", "code"),
    [
        ("pass", True, False, 0),
        ("fail", False, False, 3),
        ("fail", True, False, 3),
        ("partial", True, False, 1),
        ("partial", False, True, 130),
        ("host-limited", False, False, 0),
        ("host-limited", True, False, 3),
        ("generator-limited", True, False, 3),
    ],
)
def test_exit_codes(verdict: str, objectives: bool, by_user: bool, code: int) -> None:
    document: dict[str, Any] = {"verdict": verdict, "objectives_set": objectives}
    assert exit_code(document, by_user=by_user) == code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--topic", "t", "--shape", "saw:1..2"], "--shape saw:1..2"),
        (["--topic", "t", "--rate", "1/s", "--slo", "p99"], "--slo p99: write NAME=VALUE"),
        (["--topic", "t", "--rate", "1/s", "-X", "=3"], "-X =3: write NAME=VALUE"),
        (["--topic", "t", "--find-max", "--max"], "--find-max chooses the rates itself"),
        (["--topic", "t", "--rate", "1/s", "-o", "result.docx"], "what to write is told by the suffix"),
        (["--topic", "t", "--rate", "1/s", "--repeat", "2", "-o", "r.html"], "repeated runs are saved as .json only"),
        (["--topic", "t", "--find-max", "-o", "r.csv"], "a search is saved as .json only"),
        (["--topic", "t", "--find-max", "--rate", "none"], "rate: 'none' is not a rate"),
        (["compare", "missing.json", "missing.json"], "missing.json cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(arguments: list[str], said: str) -> None:
    ended = CliRunner().invoke(app, arguments)
    assert isinstance(ended.exception, UsageError)
    assert said in str(ended.exception)


def test_help_shows_both_ways_in() -> None:
    assert "clean" in CliRunner().invoke(app, ["--help"]).output
    assert "--find-max" in CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "200"}).output
