"""Config values as people write them, and never as another value than Kafka's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.importing.values import config_value
from kafkaops.importing.yaml_text import Number
from kafkaops.resources.topics.configs import same
from kafkaops.spec.topic_configs import TOPIC_CONFIGS


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("retention.ms", "604800000", "7d"),
        ("retention.ms", "5400000", "90m"),
        ("retention.ms", "1500", 1500),
        ("retention.ms", "0", 0),
        ("retention.ms", "-1", "unlimited"),
        ("local.retention.ms", "-2", -2),
        ("retention.bytes", "1073741824", "1GiB"),
        ("retention.bytes", "1000000000", "1GB"),
        ("max.message.bytes", "1048588", 1048588),
        ("min.insync.replicas", "2", 2),
        ("cleanup.policy", "compact, delete", ["compact", "delete"]),
        ("cleanup.policy", "compact", "compact"),
        ("min.cleanable.dirty.ratio", "0.50", Number("0.50")),
        ("preallocate", "TRUE", True),
        ("compression.type", "zstd", "zstd"),
        ("vendor.key", "0017", "0017"),
    ],
)
def test_how_values_are_written(key: str, text: str, value: object) -> None:
    found = config_value(TOPIC_CONFIGS.get(key), text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("key", "text"), [("segment.bytes", "14"), ("retention.ms", "soon"), ("preallocate", "maybe")])
def test_what_a_spec_refuses_is_refused(key: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        config_value(TOPIC_CONFIGS[key], text)


@given(st.sampled_from(["retention.ms", "retention.bytes", "flush.messages"]), st.integers(1, 2**63 - 1))
def test_no_number_changes(key: str, number: int) -> None:
    known = TOPIC_CONFIGS[key]
    assert same(key, known.kafka_text(config_value(known, str(number))), str(number))
