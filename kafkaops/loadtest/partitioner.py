"""Which partition each record goes to: what Kafka's default partitioner would do with the keys of a real service."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, count
from random import Random

_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C
_FACTOR = 0x5BD1E995
DEFAULT_KEYS = 10_000
KEY_STREAM = 1 << 16
"""How many key choices are drawn before they repeat."""
STICKY_BYTES = 16_384
"""Java's default batch.size: after so many bytes the sticky partitioner moves on (KIP-794)."""


def murmur2(data: bytes) -> int:
    """32-bit MurmurHash2 with Kafka's seed, as in org.apache.kafka.common.utils.Utils; unsigned."""
    length = len(data)
    value = _SEED ^ length
    whole = length & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at : at + 4], "little") * _FACTOR & _MASK
        word = (word ^ word >> 24) * _FACTOR & _MASK
        value = (value * _FACTOR & _MASK) ^ word
    if length > whole:
        value = (value ^ int.from_bytes(data[whole:], "little")) * _FACTOR & _MASK
    value = (value ^ value >> 13) * _FACTOR & _MASK
    return value ^ value >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that the Java producer's default partitioner gives a keyed record."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


class KeyMode(StrEnum):
    """How records are spread."""

    ROUND_ROBIN = "round-robin"
    STICKY = "sticky"
    """No keys: one partition until 16 KiB are written to it, then another."""
    UNIFORM = "uniform"
    ZIPF = "zipf"


@dataclass(frozen=True, slots=True)
class Keys:
    """`keys` distinct keys for uniform and zipf; the exponent is zipf's."""

    mode: KeyMode = KeyMode.ROUND_ROBIN
    keys: int = DEFAULT_KEYS
    exponent: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Keys:
        """`round-robin`, `sticky`, `uniform:1000`, `zipf:1000`, `zipf:1000:1.2`. Raises `ValueError`."""
        name, *numbers = text.split(":")
        try:
            mode = KeyMode(name)
        except ValueError:
            raise ValueError(f"'{name}' is not a way to choose keys; use {', '.join(KeyMode)}") from None
        allowed = {KeyMode.UNIFORM: 1, KeyMode.ZIPF: 2}.get(mode, 0)
        if len(numbers) > allowed:
            raise ValueError(f"{mode} takes {allowed} numbers")
        try:
            keys = int(numbers[0]) if numbers else DEFAULT_KEYS
            exponent = float(numbers[1]) if len(numbers) > 1 else 1.0
        except ValueError:
            raise ValueError(f"'{text}': write {mode}:KEYS" + (":EXPONENT" if mode is KeyMode.ZIPF else "")) from None
        if not 1 <= keys <= 1_000_000 or not 0 <= exponent <= 10:
            raise ValueError("1 to 1,000,000 keys, an exponent of 0 to 10")
        return cls(mode, keys, exponent)

    def __str__(self) -> str:
        match self.mode:
            case KeyMode.UNIFORM:
                return f"uniform:{self.keys}"
            case KeyMode.ZIPF:
                return f"zipf:{self.keys}:{self.exponent:g}"
        return str(self.mode)


def key_partitions(keys: Keys, partitions: int, seed: int) -> list[int]:
    """A stream of partitions that keys drawn at random hash to, to be walked round and round."""
    random = Random(seed)
    where = [partition_of(b"key-%d" % key, partitions) for key in range(keys.keys)]
    if keys.mode is KeyMode.UNIFORM:
        return [where[random.randrange(keys.keys)] for _ in range(KEY_STREAM)]
    bounds = list(accumulate(1 / math.pow(rank, keys.exponent) for rank in range(1, keys.keys + 1)))
    return [where[bisect_left(bounds, random.random() * bounds[-1])] for _ in range(KEY_STREAM)]


def sticky_partitions(partitions: int, record_bytes: int, seed: int) -> Iterator[tuple[int, int]]:
    """(partition, how many records stay on it), without end."""
    random = Random(seed)
    stay = max(STICKY_BYTES // max(record_bytes, 1), 1)
    for _ in count():
        yield random.randrange(partitions), stay
