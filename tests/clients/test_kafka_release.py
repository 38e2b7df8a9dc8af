from __future__ import annotations

import pytest

from kafkaops.clients.kafka_release import release_of


@pytest.mark.parametrize(
    ("level", "release"),
    [
        (None, None),
        (1, None),
        (6, None),
        (7, "3.3"),
        (9, "3.5"),
        (11, "3.5"),
        (21, "3.9"),
        (22, "4.0"),
        (25, "4.0"),
        (30, "4.3"),
        (31, "newer than 4.3"),
    ],
)
def test_a_release_is_told_by_its_highest_metadata_version(level: int | None, release: str | None) -> None:
    assert release_of(level) == release
