"""docs/spec.md shows what is true: its YAML fits the schema, its output is what is said."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kafkaops.spec.yaml_reader import read_yaml
from tests.spec.project import write
from tests.spec.test_json_schema import validator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/spec.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^## (.+)\n(?:(?!^## )[\s\S])*?```yaml\n([\s\S]*?)```", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize("title, example", EXAMPLES, ids=[title for title, _ in EXAMPLES])
def test_examples_fit(title: str, example: str) -> None:
    document = read_yaml(Path(title), example).plain()
    validator().validate({"version": 1, "project": "paklog", **document})


def test_there_is_an_example_in_every_section_that_declares_something() -> None:
    assert len(EXAMPLES) >= 9


def test_the_output_is_real(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "topics.yaml": "version: 1\nproject: paklog\ntopics:\n"
            "  wave-events: {partition: 6, replication_factor: 3}\n"
            "consumer_groups:\n"
            "  task-service: {topics: [wave-event]}\n"
        },
    )
    command = [sys.executable, "-m", "kafkaops", "validate"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert f"```\n{ended.stderr}```" in PAGE


def test_the_warning_about_paklog_is_real() -> None:
    command = [sys.executable, "-m", "kafkaops", "validate"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stderr.split("\nwarning")[-1].strip() in PAGE
