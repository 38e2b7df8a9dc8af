from __future__ import annotations

import os
from pathlib import Path

import pytest

from kafkaops.cli.dev_targets import targets_of_project
from kafkaops.cli.session import connections
from kafkaops.devcluster import Target
from kafkaops.devcluster.model import ClusterState, ProcessRef, port_names
from kafkaops.devcluster.paths import HOME_VARIABLE, cluster_paths
from kafkaops.devcluster.state import write_state
from kafkaops.errors import SpecError
from kafkaops.spec.load import load
from kafkaops.spec.references import Resolver

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


def test_the_address_of_a_target_that_was_left_out_is_missed_by_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    cluster_paths("default").root.mkdir(parents=True)
    targets = (Target.MONGODB,)
    nodes = ClusterState("default", "id", 1, targets).nodes
    ports = {name: number for number, name in enumerate(port_names(nodes), 1)}
    running = {"broker-1": ProcessRef(os.getpid(), 0)}
    write_state(cluster_paths("default"), ClusterState("default", "id", 1, targets, ports, running, ready=True))
    file = tmp_path / "topics.yaml"
    file.write_text(SPEC % "${dev:mongodb_uri}")
    _, values = connections(load(file, "dev"))
    resolver = Resolver(tmp_path, values)
    assert resolver.resolve("${dev:mongodb_uri}") == f"mongodb://127.0.0.1:{ports['mongodb']}"
    for key, target in (("elasticsearch_address", "elasticsearch"), ("s3_endpoint", "s3")):
        with pytest.raises(SpecError, match="KO174") as caught:
            resolver.resolve(f"${{dev:{key}}}")
        assert f"the dev cluster default was started without {target}" in str(caught.value)
        assert f"hint: kafkaops dev up --targets {target} starts it" in str(caught.value)
