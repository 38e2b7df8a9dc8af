from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kafkaops.errors import Severity
from kafkaops.spec.validation import counted, explained, validate
from tests.spec.project import write

SPEC = """\
version: 1
project: paklog
topics:
  a-events: {replication_factor: 3}
  b-events: {partitions: 3, replication_factor: 3, colour: red}
environments:
  dev:
    dev_cluster: default
    overrides: {topics: {a-events: {partitions: 1}}}
  staging:
    dev_cluster: other
    overrides: {topics: {a-events: {partitions: 3, config: {retention.ms: long}}}}
  production:
    dev_cluster: other
    overrides: {topics: {a-events: {partitions: 6, config: {min.insync.replicas: 4}}}}
"""


def kafkaops(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kafkaops", *arguments],
        cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
    )  # fmt: skip


def test_every_environment_is_looked_at(tmp_path: Path) -> None:
    found = validate(write(tmp_path, {"topics.yaml": SPEC}), None)
    said = [(item.diagnostic.code, item.environments) for item in found.findings]
    # What the spec as such lacks, each environment supplies: partitions of a-events are not missing.
    assert said == [("KO110", ()), ("KO124", ("staging",)), ("KO122", ("production",))]
    assert explained(found.findings[1]).detail == "in staging"
    assert found.environments == ("dev", "staging", "production")
    assert not found.valid


def test_one_environment(tmp_path: Path) -> None:
    main = write(tmp_path, {"topics.yaml": SPEC.replace(", colour: red", "")})
    assert validate(main, "dev").valid
    assert validate(main, "production").count(Severity.ERROR) == 1


def test_what_is_missing_everywhere_is_missing(tmp_path: Path) -> None:
    main = write(tmp_path, {"topics.yaml": SPEC.replace("{partitions: 6, ", "{").replace(", colour: red", "")})
    said = [(item.diagnostic.code, item.environments) for item in validate(main, None).findings]
    assert ("KO111", ("production",)) in said


def test_a_spec_without_environments_can_be_validated(tmp_path: Path) -> None:
    main = write(tmp_path, {"topics.yaml": "version: 1\nproject: p\n"})
    assert validate(main, None).valid


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ({"topics": 8, "consumer_groups": 2, "connectors": 0}, "8 topics, 2 consumer groups"),
        ({"topics": 1, "services": 1, "consumer_groups": 1}, "1 topic, 1 service, 1 consumer group"),
        ({"topics": 10_000}, "10,000 topics"),
        ({}, "nothing"),
    ],
)
def test_counts(declared: dict[str, int], text: str) -> None:
    assert counted(declared) == text


def test_command_text(tmp_path: Path) -> None:
    write(tmp_path, {"topics.yaml": SPEC})
    ended = kafkaops(tmp_path, "validate")
    assert ended.returncode == 2
    assert ended.stdout == "topics.yaml: 3 errors\n"
    assert ended.stderr == (
        "error[KO110] topic.b-events: unknown key 'colour'\n"
        "  at topics.yaml:5:52\n"
        "  5 |   b-events: {partitions: 3, replication_factor: 3, colour: red}\n"
        "    |                                                    ^\n"
        "  hint: known here: partitions, replication_factor, config, config_mode, key, value, domain, owner, "
        "description, managed, lifecycle\n"
        "error[KO124] topic.a-events: retention.ms: 'long' is not a duration such as 7d, 15m or 500ms\n"
        "  at topics.yaml:12:75\n"
        "  12 | …s: {topics: {a-events: {partitions: 3, config: {retention.ms: long}}}}\n"
        "     |                                                                ^\n"
        "  in staging\n"
        "error[KO122] topic.a-events: min.insync.replicas (4) is above the replication factor (3)\n"
        "  at topics.yaml:15:82\n"
        "  15 | …topics: {a-events: {partitions: 6, config: {min.insync.replicas: 4}}}}\n"
        "     |                                                                   ^\n"
        "  in production\n"
        "  hint: producers with acks=all could never write; Kafka takes it without a word\n"
    )


def test_command_json(tmp_path: Path) -> None:
    write(tmp_path, {"topics.yaml": SPEC})
    ended = kafkaops(tmp_path, "validate", "--format", "json", "--env", "staging")
    assert ended.returncode == 2
    assert ended.stderr == ""
    document = json.loads(ended.stdout)
    assert document["valid"] is False
    assert document["environments"] == ["staging"]
    assert [item["code"] for item in document["diagnostics"]] == ["KO110", "KO124"]
    assert document["diagnostics"][0]["place"] == {"file": "topics.yaml", "line": 5, "column": 52}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--file", "none.yaml"), "error[KO100]: none.yaml does not exist"),
        (("--env", "prod"), "error[KO106]: unknown environment 'prod'"),
    ],
)
def test_command_on_nothing_to_look_at(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    write(tmp_path, {"topics.yaml": SPEC})
    ended = kafkaops(tmp_path, "validate", *arguments)
    assert ended.returncode == 2
    assert says in ended.stderr
    document = json.loads(kafkaops(tmp_path, "validate", *arguments, "--format", "json").stdout)
    assert document["valid"] is False
