"""The 24 bytes that identify a record, in its key: who sent it where, its number there, and when it was due.

Three little-endian 64-bit integers: run, producer and partition in one; the sequence within that producer and
partition; the intended time in nanoseconds of the host's monotonic clock. The value stays exactly as it would be.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, repeat
from typing import TypeAlias

Numbers: TypeAlias = "array[int]"
"""64-bit integers, side by side, so that they are cut and compared without a step in Python."""
SIZE = 24
PROBE = -1
"""The sequence of a record that only shows that a partition can be written and read."""
RUN_BITS, PRODUCER_BITS, PARTITION_BITS = 31, 12, 20
MAX_PRODUCERS = 1 << PRODUCER_BITS
MAX_PARTITIONS = 1 << PARTITION_BITS
_ONE = struct.Struct("<qqq")
_FEW, _MANY = 16, 4_096
_ONES = int.from_bytes(array("q", [1] * _MANY).tobytes(), "little")
_RAMP = int.from_bytes(array("q", range(_MANY)).tobytes(), "little")


@dataclass(frozen=True, slots=True)
class Origin:
    """Which producer of which run wrote to which partition."""

    run: int
    producer: int
    partition: int

    def word(self) -> int:
        """The three in one integer of at most 63 bits."""
        if not (0 <= self.run < 1 << RUN_BITS and 0 <= self.producer < MAX_PRODUCERS):
            raise ValueError("run or producer out of range")
        if not 0 <= self.partition < MAX_PARTITIONS:
            raise ValueError("partition out of range")
        return self.run << (PRODUCER_BITS + PARTITION_BITS) | self.producer << PARTITION_BITS | self.partition

    @classmethod
    def of(cls, word: int) -> Origin:
        """The reverse of `word`."""
        return cls(
            word >> (PRODUCER_BITS + PARTITION_BITS),
            word >> PARTITION_BITS & (MAX_PRODUCERS - 1),
            word & (MAX_PARTITIONS - 1),
        )


def stamp(word: int, sequence: int, intended_ns: int) -> bytes:
    """One key."""
    return _ONE.pack(word, sequence, intended_ns)


def unpacked(key: bytes) -> tuple[int, int, int]:
    """(word, sequence, intended time) of one key of 24 bytes."""
    word, sequence, intended_ns = _ONE.unpack(key)
    return word, sequence, intended_ns


def stamps(word: int, first_sequence: int, intended_ns: Sequence[int]) -> Iterator[bytes]:
    """Keys for consecutive sequences, made one after another without a step in Python."""
    return map(_ONE.pack, repeat(word), range(first_sequence, first_sequence + len(intended_ns)), intended_ns)


def unstamp(keys: Iterable[bytes], count: int) -> tuple[Numbers, Numbers, Numbers]:
    """(words, sequences, intended times) of `count` keys. Raises `ValueError` unless each has 24 bytes in sum."""
    packed = b"".join(keys)
    if len(packed) != SIZE * count:
        raise ValueError("not as long as stamps")
    flat = array("q")
    flat.frombytes(packed)
    if sys.byteorder == "big":
        flat.byteswap()
    return flat[0::3], flat[1::3], flat[2::3]


def runs(words: Numbers) -> Iterator[tuple[int, int, int]]:
    """(word, start, stop) of equal words that follow each other. Usually all are: arrays compare at once."""
    if words and words == array("q", (words[0],)) * len(words):
        yield words[0], 0, len(words)
        return
    at = 0
    for word, group in groupby(words):
        stop = at + len(list(group))
        yield word, at, stop
        at = stop


@lru_cache(maxsize=32)
def _ones_and_ramp(count: int) -> tuple[int, int]:
    mask = (1 << 64 * count) - 1
    return _ONES & mask, _RAMP & mask


def numbers(first: int, count: int) -> Numbers:
    """`count` of them, each one more than the one before it; made as one number, as in `consecutive`."""
    if not (count <= _MANY and 0 <= first < 1 << 62 and sys.byteorder == "little"):
        return array("q", range(first, first + count))
    ones, ramp = _ones_and_ramp(count)
    return array("q", (first * ones + ramp).to_bytes(8 * count, "little"))


def consecutive(sequences: Numbers) -> bool:
    """Whether each is one more than the one before it.

    Read as one number, the digits of base 2⁶⁴ are the sequences: a comparison of two large numbers costs a fifth of
    making the numbers one by one that should be there.
    """
    first, count = sequences[0], len(sequences)
    if not (_FEW < count <= _MANY and first >= 0 and sys.byteorder == "little"):
        return sequences == array("q", range(first, first + count))
    ones, ramp = _ones_and_ramp(count)
    return int.from_bytes(sequences.tobytes(), "little") == first * ones + ramp
