from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.spec.throughput import HIGHEST, LEAST, bytes_per_second_of, size_text, throughput_text


@pytest.mark.parametrize(
    ("written", "held"),
    [("50MiB/s", 50 << 20), ("10MB", 10_000_000), (" 1.5 KiB / s", 1536), ("2048/sec", 2048), (4096, 4096)],
)
def test_throughputs(written: object, held: int) -> None:
    assert bytes_per_second_of(written) == held


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("50MiB/m", "'50MiB/m' is not a throughput; write 50MiB/s"),
        ("fast", "'fast' is not a throughput; write 50MiB/s"),
        ("50 apples/s", "'50 apples/s' is not a throughput; write 50MiB/s"),
        (True, "'True' is not a throughput; write 50MiB/s"),
        ("50/s", "50 bytes per second would take for ever; write at least 1KiB/s"),
        ("2TiB/s", f"{2 << 40} bytes per second is more than 1TiB/s; leave it out for no limit"),
    ],
)
def test_what_is_none(written: object, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        bytes_per_second_of(written)
    assert str(raised.value) == message


@given(st.integers(LEAST, HIGHEST))
def test_a_number_is_itself(value: int) -> None:
    assert bytes_per_second_of(value) == bytes_per_second_of(f"{value} B/s") == value


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (5 << 40, "5 TiB")]
)
def test_sizes_as_text(size: int, text: str) -> None:
    assert size_text(size) == text
    assert throughput_text(size) == f"{text}/s"
