"""Deals records that are due out to partitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kafkaops.loadtest.partitioner import KeyMode, Keys, key_partitions, sticky_partitions

Part = tuple[int, Sequence[int]]
"""A partition and the intended times of the records that go there, rising."""
Spread = Callable[[Sequence[int]], Iterator[Part]]


def spreader(keys: Keys, partitions: int, record_bytes: int, seed: int) -> Spread:
    """How the records of one producer are dealt out. Records that are due together and go to one partition
    travel in one call; across partitions their order is not kept, within one it is."""
    match keys.mode:
        case KeyMode.ROUND_ROBIN:
            return _RoundRobin(partitions, seed)
        case KeyMode.STICKY:
            return _Sticky(partitions, record_bytes, seed)
        case KeyMode.UNIFORM | KeyMode.ZIPF:
            return _Keyed(key_partitions(keys, partitions, seed))


class _RoundRobin:
    def __init__(self, partitions: int, seed: int) -> None:
        self._partitions, self._next = partitions, seed % partitions

    def __call__(self, due: Sequence[int]) -> Iterator[Part]:
        partitions, first = self._partitions, self._next
        self._next = (first + len(due)) % partitions
        for turn in range(min(partitions, len(due))):
            yield (first + turn) % partitions, due[turn::partitions]


class _Sticky:
    def __init__(self, partitions: int, record_bytes: int, seed: int) -> None:
        self._stream = sticky_partitions(partitions, record_bytes, seed)
        self._partition, self._left = next(self._stream)

    def __call__(self, due: Sequence[int]) -> Iterator[Part]:
        at = 0
        while at < len(due):
            if self._left == 0:
                self._partition, self._left = next(self._stream)
            count = min(self._left, len(due) - at)
            yield self._partition, due[at : at + count]
            self._left -= count
            at += count


class _Keyed:
    def __init__(self, stream: list[int]) -> None:
        self._stream, self._at = stream, 0

    def __call__(self, due: Sequence[int]) -> Iterator[Part]:
        parts: dict[int, list[int]] = {}
        stream, at, size = self._stream, self._at, len(self._stream)
        for intended in due:
            partition = stream[at]
            at = at + 1 if at + 1 < size else 0
            if partition in parts:
                parts[partition].append(intended)
            else:
                parts[partition] = [intended]
        self._at = at
        return iter(parts.items())
