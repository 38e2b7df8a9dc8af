from __future__ import annotations

from pathlib import Path

import pytest

from kafkaops.errors import SpecError
from kafkaops.spec.loaded import LoadedSpec
from tests.spec.project import loaded

SPEC = """\
version: 1
project: paklog
defaults:
  topics: {replication_factor: 3, config: {min.insync.replicas: 2, retention.ms: 7d}}
  connectors: {dead_letter_topic: error-events, config: {errors.tolerance: all, value.converter: Avro}}
  consumer_groups: {start_from: earliest}
topics:
  wave-events: {partitions: 6, domain: wms}
  old-events: {partitions: 3}
  error-events: {partitions: 3, config: {retention.ms: null}}
consumer_groups:
  task-service: {topics: [wave-events]}
connectors: connectors/*.yaml
environments:
  dev:
    dev_cluster: default
    overrides:
      defaults:
        topics: {replication_factor: 1, config: {min.insync.replicas: 1}}
        connectors: {config: {value.converter: null}}
      topics:
        wave-events: {partitions: 2, domain: null}
        old-events: null
        debug-events: {partitions: 1}
      connectors:
        x-sink: {class: DevSink, dead_letter_topic: null, config: {url: "${dev:s3_endpoint}", errors.tolerance: null}}
  production:
    kafka: {bootstrap_servers: [a:9092, b:9092]}
    connect: {url: "https://connect"}
"""
SINK = "name: x-sink\nclass: ProductionSink\ntopics: [wave-events]\nconfig: {url: https://s3, region: eu}\n"


def spec(folder: Path, environment: str | None) -> LoadedSpec:
    return loaded(folder, SPEC, environment, connectors__x_yaml=SINK)


def test_dev_is_the_default(tmp_path: Path) -> None:
    found = spec(tmp_path, None)
    assert found.environment_name == "dev"
    assert found.environment.dev_cluster == "default"


def test_defaults_without_overrides(tmp_path: Path) -> None:
    found = spec(tmp_path, "production").spec
    wave = found.topics["wave-events"]
    assert (wave.partitions, wave.replication_factor, wave.domain) == (6, 3, "wms")
    assert wave.config == {"min.insync.replicas": "2", "retention.ms": "604800000"}
    assert found.topics["error-events"].config == {"min.insync.replicas": "2"}
    sink = found.connectors["x-sink"]
    assert (sink.connector_class, sink.dead_letter_topic) == ("ProductionSink", "error-events")
    assert sink.config == {"errors.tolerance": "all", "value.converter": "Avro", "url": "https://s3", "region": "eu"}
    assert found.consumer_groups["task-service"].start_from == "earliest"


def test_overrides(tmp_path: Path) -> None:
    found = spec(tmp_path, "dev").spec
    wave = found.topics["wave-events"]
    assert (wave.partitions, wave.replication_factor, wave.domain) == (2, 1, None)
    assert wave.config == {"min.insync.replicas": "1", "retention.ms": "604800000"}
    assert set(found.topics) == {"wave-events", "error-events", "debug-events"}
    sink = found.connectors["x-sink"]
    assert (sink.connector_class, sink.dead_letter_topic) == ("DevSink", None)
    # null takes away what the resource says and what the defaults say.
    assert sink.config == {"url": "${dev:s3_endpoint}", "region": "eu"}


def test_places_follow_the_override_and_the_default(tmp_path: Path) -> None:
    def line(environment: str, *path: str) -> str:
        return str(spec(tmp_path, environment).places.of(*path)).removeprefix(f"{tmp_path}/")

    assert line("production", "topics", "wave-events", "partitions") == "topics.yaml:8:29"
    assert line("dev", "topics", "wave-events", "partitions") == "topics.yaml:22:35"
    assert line("dev", "topics", "wave-events") == "topics.yaml:8:3"
    assert line("production", "topics", "wave-events", "replication_factor") == "topics.yaml:4:32"
    assert line("dev", "topics", "wave-events", "replication_factor") == "topics.yaml:19:38"
    assert line("production", "connectors", "x-sink", "config", "url") == "connectors/x.yaml:4:15"
    assert line("production", "connectors", "x-sink") == "connectors/x.yaml:1:1"
    # What was not written is where the thing around it was.
    assert line("production", "topics", "wave-events", "owner") == "topics.yaml:8:3"


def test_digests_differ_by_environment(tmp_path: Path) -> None:
    assert spec(tmp_path, "dev").digest != spec(tmp_path, "production").digest
    assert spec(tmp_path, "dev").digest == spec(tmp_path, None).digest


def test_another_environment_does_not_touch_the_digest(tmp_path: Path) -> None:
    before = spec(tmp_path, "production").digest
    changed = SPEC.replace("partitions: 2", "partitions: 4")
    assert loaded(tmp_path, changed, "production", connectors__x_yaml=SINK).digest == before


def test_the_only_environment_needs_no_name(tmp_path: Path) -> None:
    text = "version: 1\nproject: p\nenvironments: {here: {dev_cluster: default}}\n"
    assert loaded(tmp_path, text).environment_name == "here"


@pytest.mark.parametrize("name", ["", "Dev", "staging"])
def test_unknown_environments(tmp_path: Path, name: str) -> None:
    with pytest.raises(SpecError, match="KO106"):
        spec(tmp_path, name)
