from __future__ import annotations

from collections import Counter

import pytest

from kafkaops.loadtest.partitioner import (
    KeyMode,
    Keys,
    key_partitions,
    murmur2,
    partition_of,
    sticky_partitions,
)

JAVA = {  # org.apache.kafka.common.utils.UtilsTest
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("key", JAVA)
def test_murmur2_is_javas(key: bytes) -> None:
    assert murmur2(key) == JAVA[key] & 0xFFFFFFFF


def test_the_partition_ignores_the_sign() -> None:
    assert partition_of(b"foobar", 12) == (-790332482 & 0x7FFFFFFF) % 12


def test_uniform_keys_fill_all_partitions_alike() -> None:
    spread = Counter(key_partitions(Keys(KeyMode.UNIFORM, 10_000), 6, seed=1))
    assert len(spread) == 6
    assert max(spread.values()) < 1.2 * min(spread.values())


def test_zipf_keys_are_hot_as_their_exponent_says() -> None:
    partitions = 50
    stream = key_partitions(Keys(KeyMode.ZIPF, 1_000, 1.0), partitions, seed=1)
    hottest = stream.count(partition_of(b"key-0", partitions)) / len(stream)
    assert 0.13 < hottest < 0.18  # 1/H(1000) = 0.134, and the other keys that share the partition
    assert key_partitions(Keys(KeyMode.ZIPF, 1_000, 1.0), partitions, seed=1) == stream


def test_an_exponent_of_zero_is_uniform() -> None:
    spread = Counter(key_partitions(Keys(KeyMode.ZIPF, 10_000, 0.0), 3, seed=4))
    assert max(spread.values()) < 1.1 * min(spread.values())


def test_sticky_stays_for_a_batch() -> None:
    stream = sticky_partitions(4, 200, seed=1)
    drawn = [next(stream) for _ in range(100)]
    assert {stay for _, stay in drawn} == {16_384 // 200}
    assert {partition for partition, _ in drawn} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("round-robin", Keys(KeyMode.ROUND_ROBIN)),
        ("sticky", Keys(KeyMode.STICKY)),
        ("uniform:50", Keys(KeyMode.UNIFORM, 50)),
        ("zipf:1000:1.2", Keys(KeyMode.ZIPF, 1000, 1.2)),
        ("zipf", Keys(KeyMode.ZIPF, 10_000, 1.0)),
    ],
)
def test_keys_are_written_as_they_are_read(text: str, keys: Keys) -> None:
    assert Keys.parse(text) == keys
    assert Keys.parse(str(keys)) == keys


@pytest.mark.parametrize("text", ["random", "uniform:0", "uniform:x", "zipf:10:20", "sticky:3", "zipf:1:2:3"])
def test_other_ways_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"keys|takes|write"):
        Keys.parse(text)
