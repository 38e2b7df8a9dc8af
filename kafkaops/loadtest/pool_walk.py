"""Where each partition is in the pool of values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kafkaops.loadtest.engine import CHUNK


@dataclass(slots=True)
class PoolWalk:
    """Each partition walks the pool by itself, so that no batch holds a value twice."""

    values: tuple[bytes, ...]
    """Whoever hands them over in one piece needs the first `CHUNK` of them once more after the last."""
    _at: list[int]

    @classmethod
    def over(cls, values: Sequence[bytes], partitions: int) -> PoolWalk:
        """Partitions begin at equal distances. A short pool is repeated: one call must not get a place twice."""
        starts = [len(values) * partition // partitions for partition in range(partitions)]
        return cls(tuple(values) * -(-CHUNK // len(values)), starts)

    def step(self, partition: int, count: int) -> int:
        """The place of this partition's next `count` values, which are behind it then."""
        at = self._at[partition]
        self._at[partition] = (at + count) % len(self.values)
        return at
