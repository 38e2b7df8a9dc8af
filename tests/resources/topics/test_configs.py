from __future__ import annotations

import pytest

from kafkaops.plan.model import Json, Unit
from kafkaops.resources.topics.configs import same, shown, unit_of

SAME = [
    ("retention.ms", "604800000", " 604800000 ", True),
    ("retention.ms", "604800000", "604800001", False),
    ("retention.ms", "1000", "1000.0", True),
    ("cleanup.policy", "compact,delete", "delete, compact", True),
    ("cleanup.policy", "compact", "delete", False),
    ("cleanup.policy", "", "delete", False),
    ("preallocate", "true", "True", True),
    ("compression.type", "zstd", "gzip", False),
    ("message.timestamp.type", "CreateTime", "createtime", False),
    ("leader.replication.throttled.replicas", "0:1, 1:2", "0:1,1:2", True),
    ("leader.replication.throttled.replicas", "1:2,0:1", "0:1,1:2", False),
    ("vendor.own.key", "Yes", "Yes", True),
    ("vendor.own.key", "Yes", "yes", False),
]


@pytest.mark.parametrize(("key", "one", "other", "expected"), SAME)
def test_meaning(key: str, one: str, other: str, expected: bool) -> None:
    assert same(key, one, other) is expected
    assert same(key, other, one) is expected


def test_absent_is_only_like_absent() -> None:
    assert same("k", None, None)
    assert not same("k", None, "")


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("retention.ms", "86400000", 86400000),
        ("min.cleanable.dirty.ratio", "0.5", 0.5),
        ("preallocate", "true", True),
        ("cleanup.policy", "compact,delete", "compact,delete"),
        ("compression.type", "zstd", "zstd"),
        ("retention.ms", None, None),
    ],
)
def test_shown(key: str, text: str | None, expected: Json) -> None:
    assert shown(key, text) == expected


def test_units() -> None:
    assert unit_of("retention.ms") is Unit.MILLISECONDS
    assert unit_of("segment.bytes") is Unit.BYTES
    assert unit_of("min.insync.replicas") is None
    assert unit_of("vendor.own.ms") is None
