"""What the records hold: a pool of values, made before the clock starts and large enough not to repeat in a batch.

Compression works within a batch. A pool whose values do not repeat in one, on any partition, compresses as a stream
that never repeats would.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from random import Random

from kafkaops.loadtest.avro import AvroRecords

BATCH_BYTES = 1_000_000
"""librdkafka's default batch.size."""
BATCH_RECORDS = 10_000
"""librdkafka's batch.num.messages."""
DEFAULT_SIZE = 200
_POOL_BYTES = 256_000_000
"""Beyond this a pool of large values is cut short; such values fill a batch with a few records."""
_MEMORY_SAMPLES = 64


class PayloadKind(StrEnum):
    """Where values come from."""

    AVRO = "avro"
    BYTES = "bytes"
    """Random bytes, which no codec can make smaller."""
    SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class Payload:
    """All that a worker needs to make its values."""

    kind: PayloadKind
    seed: int = 1
    size: int | None = None
    """Bytes of a value on average, the registry's frame included; None: as they come."""
    schema_id: int | None = None
    schema_text: str = field(default="", repr=False)
    references: tuple[str, ...] = field(default=(), repr=False)
    samples: tuple[bytes, ...] = field(default=(), repr=False)

    def stream(self, worker: int) -> Iterator[bytes]:
        """Values without end; they never repeat, but for samples. Raises `PlatformError` (KO005)."""
        random = Random(f"{self.seed}/{worker}")
        match self.kind:
            case PayloadKind.BYTES:
                size = self.size or DEFAULT_SIZE
                while True:
                    yield random.randbytes(size)
            case PayloadKind.SAMPLES:
                while True:
                    yield from self.samples
            case PayloadKind.AVRO:
                yield from self._avro(random)

    def _avro(self, random: Random) -> Iterator[bytes]:
        frame = b"" if self.schema_id is None else b"\0" + self.schema_id.to_bytes(4, "big")
        records = AvroRecords(self.schema_text, self.references)
        if self.size is not None and records.texts:
            records.fit(max(self.size - len(frame), 0), self.seed)
        while True:
            yield frame + records.one(random)

    def mean_size(self) -> float:
        """Bytes of a value on average, from the first few."""
        few = list(islice(self.stream(0), max(_MEMORY_SAMPLES, len(self.samples))))
        return sum(map(len, few)) / len(few)

    def largest(self) -> int:
        """Bytes of the largest among the first few values."""
        if self.kind is PayloadKind.BYTES:
            return self.size or DEFAULT_SIZE  # known without making any: how many fit is what is asked
        return max(map(len, islice(self.stream(0), max(_MEMORY_SAMPLES * 4, len(self.samples)))))


@dataclass(frozen=True, slots=True)
class Pool:
    """Values that a worker walks round and round."""

    values: tuple[bytes, ...]
    repeats_in_batch: bool
    """Whether a full batch holds a value twice, so that compression looks better than it is."""

    @property
    def mean_size(self) -> float:
        """Bytes of a value on average."""
        return sum(map(len, self.values)) / len(self.values)


def make_pool(payload: Payload, worker: int, batch_bytes: int = BATCH_BYTES) -> Pool:
    """The pool of one worker: as many values as the largest batch can hold, and one more."""
    if payload.kind is PayloadKind.SAMPLES:
        mean = sum(map(len, payload.samples)) / len(payload.samples)
        return Pool(payload.samples, len(payload.samples) < _batch_records(mean, batch_bytes))
    mean = payload.mean_size()
    # Sizes vary: a batch of small values holds more of them.
    needed = min(_batch_records(mean, batch_bytes) * 5 // 4, BATCH_RECORDS) + 1
    count = max(min(needed, int(_POOL_BYTES / max(mean, 1))), 16)
    values = tuple(islice(payload.stream(worker), count))
    return Pool(values, count < _batch_records(mean, batch_bytes))


def _batch_records(mean: float, batch_bytes: int) -> int:
    return min(int(batch_bytes / max(mean, 1)) + 1, BATCH_RECORDS)
