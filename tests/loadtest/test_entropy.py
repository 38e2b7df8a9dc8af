"""The check that every compressed run makes of its own pool, with the client library's own codec."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from kafkaops.loadtest.entropy import TOLERANCE, ratios
from kafkaops.loadtest.payload import Payload, PayloadKind, Pool, make_pool

WAVE = (Path(__file__).parents[2] / "schemas" / "wave-event.avsc").read_text()
AVRO = Payload(PayloadKind.AVRO, seed=1, size=200, schema_id=7, schema_text=WAVE)
ZSTD = {"compression.type": "zstd"}


def test_a_pool_compresses_as_a_stream_that_never_repeats() -> None:
    found = ratios(ZSTD, AVRO, make_pool(AVRO, 0))
    assert found is not None
    pool, fresh = found
    assert pool == pytest.approx(fresh, rel=TOLERANCE)
    assert fresh > 1.05, "records of a schema can be compressed"


def test_a_pool_that_repeats_gives_itself_away() -> None:
    values = tuple(islice(AVRO.stream(0), 50)) * 100
    found = ratios(ZSTD, AVRO, Pool(values, repeats_in_batch=True))
    assert found is not None
    pool, fresh = found
    assert pool > fresh * (1 + TOLERANCE)


def test_nothing_is_compared_where_nothing_is_compressed_or_nothing_is_fresh() -> None:
    samples = Payload(PayloadKind.SAMPLES, samples=(b"one", b"two"))
    assert ratios({"compression.type": "none"}, AVRO, make_pool(AVRO, 0)) is None
    assert ratios({}, AVRO, make_pool(AVRO, 0)) is None
    assert ratios(ZSTD, samples, make_pool(samples, 0)) is None
