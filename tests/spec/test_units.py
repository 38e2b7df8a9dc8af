from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.spec.units import bytes_of, config_text, milliseconds_of
from kafkaops.spec.written import WrittenFloat


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("7d", 604_800_000), ("15m", 900_000), ("500ms", 500), ("2h", 7_200_000), ("1w", 604_800_000), ("30s", 30_000),
        (" 7 d ", 604_800_000), ("7D", 604_800_000), ("1.5h", 5_400_000), ("-1", -1), (250, 250), ("250", 250),
        (WrittenFloat("1.0"), 1), ("0", 0),
    ],
)  # fmt: skip
def test_durations(written: object, held: int) -> None:
    assert milliseconds_of(written) == held


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("1GiB", 1 << 30), ("64KiB", 65_536), ("10MB", 10_000_000), ("1kB", 1_000), ("1KB", 1_000), ("512", 512),
        ("512b", 512), ("1.5MiB", 1_572_864), ("2tib", 2 << 40), (-1, -1),
    ],
)  # fmt: skip
def test_sizes(written: object, held: int) -> None:
    assert bytes_of(written) == held


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("7x", "'x' is not a unit; use ms, s, m, h, d or w"),
        ("soon", "'soon' is not a duration such as 7d, 15m or 500ms"),
        ("1.5ms", "'1.5ms' is not a whole number of ms; write a duration such as 7d, 15m or 500ms"),
        (True, "write a duration such as 7d, 15m or 500ms"),
        (None, "write a duration such as 7d, 15m or 500ms"),
        ("", "'' is not a duration such as 7d, 15m or 500ms"),
        ("1e3", "'1e3' is not a duration such as 7d, 15m or 500ms"),
        ("x" * 99, f"'{'x' * 39}…' is not a duration such as 7d, 15m or 500ms"),
    ],
)
def test_what_is_no_duration(written: object, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        milliseconds_of(written)
    assert str(caught.value) == message


@given(st.integers(-(10**20), 10**20), st.sampled_from(["ms", "s", "m", "h", "d", "w"]))
def test_units_are_exact(number: int, unit: str) -> None:
    factor = milliseconds_of(f"1{unit}")
    assert milliseconds_of(f"{number}{unit}") == number * factor


@given(st.decimals(min_value=0, max_value=10**9, places=3))
def test_decimals_are_exact_or_refused(number: Decimal) -> None:
    assert milliseconds_of(f"{number}s") == int(number * 1000)


@pytest.mark.parametrize(
    ("written", "text"),
    [(True, "true"), (6, "6"), ("x", "x"), (WrittenFloat("1.10"), "1.10"), (["a", 1, False], "a,1,false"), ([], "")],
)
def test_config_texts(written: object, text: str) -> None:
    assert config_text(written) == text


@pytest.mark.parametrize("written", [None, {"a": 1}, [None], [{"a": 1}]])
def test_what_is_no_config_text(written: object) -> None:
    with pytest.raises(ValueError, match="write a text, a number"):
        config_text(written)
