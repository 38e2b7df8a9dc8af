from __future__ import annotations

import zlib
from itertools import islice
from pathlib import Path

import pytest

from kafkaops.loadtest.payload import Payload, PayloadKind, make_pool

WAVE = (Path(__file__).parents[2] / "schemas" / "wave-event.avsc").read_text()
AVRO = Payload(PayloadKind.AVRO, seed=1, size=200, schema_id=0x01020304, schema_text=WAVE)


def compressed_ratio(values: list[bytes]) -> float:
    whole = b"".join(values)
    return len(whole) / len(zlib.compress(whole, 6))


def test_how_large_random_bytes_are_is_known_without_making_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether they fit into the topic is asked first; a hundred of them can be more than the machine has memory."""
    monkeypatch.setattr(Payload, "stream", lambda _self, _worker: pytest.fail("values were made"))
    assert Payload(PayloadKind.BYTES, size=99_999_999).largest() == 99_999_999


def test_values_carry_the_registrys_frame() -> None:
    assert all(value[:5] == b"\0\1\2\3\4" for value in islice(AVRO.stream(0), 20))


def test_the_same_seed_makes_the_same_values_and_workers_differ() -> None:
    assert make_pool(AVRO, 0).values == make_pool(AVRO, 0).values
    assert make_pool(AVRO, 0).values[:100] != make_pool(AVRO, 1).values[:100]


@pytest.mark.parametrize("payload", [AVRO, Payload(PayloadKind.BYTES, size=200), Payload(PayloadKind.BYTES, size=20)])
def test_a_batch_holds_no_value_twice(payload: Payload) -> None:
    pool = make_pool(payload, 0)
    assert not pool.repeats_in_batch
    # A partition walks the pool round and round; whatever fits into a batch is shorter than one round.
    at, size = 0, 0
    while size < 1_000_000 and at < 10_000:
        size += len(pool.values[at % len(pool.values)])
        at += 1
    assert at <= len(pool.values)


def test_a_pool_compresses_as_a_stream_that_never_repeats() -> None:
    pool = make_pool(AVRO, 0)
    batch = 5_000
    walked = [pool.values[index % len(pool.values)] for index in range(3 * batch)]
    fresh = list(islice(AVRO.stream(7), 3 * batch))
    for part in range(3):
        span = slice(part * batch, (part + 1) * batch)
        assert compressed_ratio(walked[span]) == pytest.approx(compressed_ratio(fresh[span]), rel=0.05)


def test_random_bytes_cannot_be_compressed() -> None:
    assert compressed_ratio(list(islice(Payload(PayloadKind.BYTES, size=100).stream(0), 1_000))) < 1.01


def test_few_samples_are_said_to_repeat() -> None:
    pool = make_pool(Payload(PayloadKind.SAMPLES, samples=(b"one", b"two")), 0)
    assert pool.values == (b"one", b"two")
    assert pool.repeats_in_batch


def test_large_values_do_not_fill_the_memory() -> None:
    pool = make_pool(Payload(PayloadKind.BYTES, size=1_000_000), 0)
    assert len(pool.values) == 16


def test_sizes() -> None:
    assert Payload(PayloadKind.BYTES, size=321).mean_size() == 321
    assert AVRO.mean_size() == pytest.approx(200, rel=0.1)
    assert AVRO.largest() >= AVRO.mean_size()
