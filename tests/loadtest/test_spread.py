from __future__ import annotations

from collections import Counter

import pytest

from kafkaops.loadtest.partitioner import Keys
from kafkaops.loadtest.spread import spreader


def dealt(text: str, batches: list[int], partitions: int = 6) -> dict[int, list[int]]:
    spread = spreader(Keys.parse(text), partitions, record_bytes=1_000, seed=1)
    found: dict[int, list[int]] = {}
    following = 0
    for size in batches:
        for partition, part in spread(list(range(following, following + size))):
            found.setdefault(partition, []).extend(part)
        following += size
    return found


@pytest.mark.parametrize("keys", ["round-robin", "sticky", "uniform:100", "zipf:100:1.1"])
def test_every_record_goes_to_one_partition_in_order(keys: str) -> None:
    batches = [1, 0, 7, 500, 3, 4_096, 1, 1]
    found = dealt(keys, batches)
    assert sorted(number for part in found.values() for number in part) == list(range(sum(batches)))
    assert all(part == sorted(part) for part in found.values())


def test_round_robin_deals_in_turn_over_batches() -> None:
    found = dealt("round-robin", [4, 1, 9, 2])
    first = min(found, key=lambda partition: found[partition][0])
    for number in range(16):
        assert number in found[(first + number) % 6]


def test_sticky_stays_on_a_partition_for_a_batchs_worth() -> None:
    found = dealt("sticky", [1] * 160)
    runs = Counter(number // 16 for part in found.values() for number in part)
    assert set(runs.values()) == {16}
    assert all(len({number % 16 for number in part}) == 16 for part in found.values())
