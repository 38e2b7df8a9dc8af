from __future__ import annotations

from pathlib import Path

import pytest

from kafkaops.spec.config_keys import ConfigKind
from kafkaops.spec.topic_configs import BROKER_NAMES, TOPIC_CONFIGS
from tests.spec.project import HEAD, loaded


@pytest.mark.parametrize(
    ("name", "written", "text"),
    [
        ("retention.ms", "7d", "604800000"),
        ("retention.ms", -1, "-1"),
        ("retention.ms", "unlimited", "-1"),
        ("retention.bytes", "1GiB", "1073741824"),
        ("retention.bytes", "Unlimited", "-1"),
        ("local.retention.ms", -2, "-2"),
        ("segment.bytes", "1MiB", "1048576"),
        ("max.message.bytes", "2MB", "2000000"),
        ("cleanup.policy", ["compact", "delete"], "compact,delete"),
        ("cleanup.policy", "compact, delete", "compact,delete"),
        ("cleanup.policy", "", ""),
        ("min.insync.replicas", 2, "2"),
        ("min.insync.replicas", "2", "2"),
        ("min.cleanable.dirty.ratio", 0.5, "0.5"),
        ("preallocate", True, "true"),
        ("preallocate", "FALSE", "false"),
        ("compression.type", "zstd", "zstd"),
        ("compression.zstd.level", -5, "-5"),
        ("flush.messages", "9223372036854775807", "9223372036854775807"),
        ("leader.replication.throttled.replicas", "*", "*"),
        ("leader.replication.throttled.replicas", ["0:1", "1:2"], "0:1,1:2"),
    ],
)
def test_values_become_kafkas_text(name: str, written: object, text: str) -> None:
    assert TOPIC_CONFIGS[name].kafka_text(written) == text


@pytest.mark.parametrize("key", TOPIC_CONFIGS.values(), ids=lambda key: key.name)
def test_kafkas_text_is_a_fixed_point(key: object) -> None:
    known = TOPIC_CONFIGS[key.name]  # type: ignore[attr-defined]  # pytest's ids want an untyped parameter
    sample = {
        ConfigKind.FLAG: "true",
        ConfigKind.DECIMAL: "0.5",
        ConfigKind.REPLICAS: "0:1",
    }.get(known.kind) or (known.choices[0] if known.choices else str(max(known.minimum, 5)))
    once = known.kafka_text(sample)
    assert once == sample
    assert known.kafka_text(once) == once


def test_brokers_names_lead_to_topic_configs() -> None:
    assert set(BROKER_NAMES.values()) <= TOPIC_CONFIGS.keys()
    assert not BROKER_NAMES.keys() & TOPIC_CONFIGS.keys()


def test_the_spec_holds_kafkas_text_wherever_it_was_written(tmp_path: Path) -> None:
    spec = loaded(
        tmp_path,
        "version: 1\nproject: p\n"
        "defaults: {topics: {replication_factor: 1, config: {retention.ms: 7d}}}\n"
        "topics:\n"
        "  a: {partitions: 1}\n"
        "  b: {partitions: 1, config: {retention.ms: 1h, segment.bytes: 1MiB}}\n"
        "  c: {partitions: 1, config: {retention.ms: null}}\n"
        "consumer_groups: {g: {topics: [a], config: {consumer.session.timeout.ms: 45s}}}\n"
        "environments:\n"
        "  dev: {dev_cluster: default, overrides: {topics: {b: {config: {retention.ms: 2h}}}}}\n",
    ).spec
    assert spec.topics["a"].config == {"retention.ms": "604800000"}
    assert spec.topics["b"].config == {"retention.ms": "7200000", "segment.bytes": "1048576"}
    assert spec.topics["c"].config == {}
    assert spec.consumer_groups["g"].config == {"consumer.session.timeout.ms": "45000"}


def test_a_spec_written_in_other_units_has_the_same_digest(tmp_path: Path) -> None:
    def digest(retention: str) -> str:
        return loaded(
            tmp_path,
            f"{HEAD}topics: {{a: {{partitions: 1, replication_factor: 1, config: {{retention.ms: {retention}}}}}}}",
        ).digest

    assert digest("7d") == digest("604800000") == digest("1w")
    assert digest("7d") != digest("8d")
