from __future__ import annotations

from pathlib import Path

import pytest

from kafkaops.cli.dev_targets import targets_of_project
from kafkaops.devcluster import Target

ROOT = Path(__file__).parent.parent.parent

SPEC = """
version: 1
project: p
topics: {a: {partitions: 1, replication_factor: 1}}
connectors:
  c: {class: FileStreamSink, topics: [a], config: {to: "%s"}}
environments:
  dev: {dev_cluster: default}
  production: {kafka: {bootstrap_servers: "k:9092"}, connect: {url: "http://c:8083"}}
"""


def test_paklog_needs_all_of_them() -> None:
    assert targets_of_project("default", ROOT / "topics.yaml") == tuple(sorted(Target))


@pytest.mark.parametrize(
    ("setting", "targets"),
    [
        ("${dev:mongodb_uri}", (Target.MONGODB,)),
        ("http://${dev:elasticsearch_address}/x?s3=${dev:s3_endpoint}", (Target.ELASTICSEARCH, Target.S3)),
        ("/tmp/out", ()),
        ("${env:MONGODB_URI}", ()),
    ],
)
def test_a_target_is_needed_when_a_connector_names_its_address(
    setting: str, targets: tuple[Target, ...], tmp_path: Path
) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text(SPEC % setting)
    assert targets_of_project("default", file) == targets


def test_without_a_sound_spec_for_that_cluster_all_are_started(tmp_path: Path) -> None:
    file = tmp_path / "topics.yaml"
    assert targets_of_project("default", file) is None
    file.write_text(SPEC % "${dev:mongodb_uri}")
    assert targets_of_project("another", file) is None
    file.write_text("topics: [")
    assert targets_of_project("default", file) is None
