from __future__ import annotations

import pytest

from kafkaops.spec.rates import millirate_of, rate_text


@pytest.mark.parametrize(
    ("text", "millirate"),
    [
        ("5000/s", 5_000_000),
        ("20k/s", 20_000_000),
        ("1.5M/s", 1_500_000_000),
        ("300/m", 5_000),
        ("3600/h", 1_000),
        ("0.5/s", 500),
        (250, 250_000),
    ],
)
def test_rates_people_write(text: object, millirate: int) -> None:
    assert millirate_of(text) == millirate


@pytest.mark.parametrize("text", ["0", 0, "-5/s", "fast", "5/day", "1/h", "0.0001/s", True, None, "999999999/s"])
def test_what_is_not_a_rate_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"rate|records"):
        millirate_of(text)


@pytest.mark.parametrize("text", ["99999999999999/s", "9" * 60, "100000001/s", "101M/s", 10**14, 1e20, "7" * 40 + "/h"])
def test_a_rate_beyond_the_bound_is_told_the_bound(text: object) -> None:
    with pytest.raises(ValueError, match=r"^'[^']{1,40}' is more than 100,000,000/s, where rates end"):
        millirate_of(text)


@pytest.mark.parametrize(("text", "millirate"), [("100M/s", 10**11), (1e8, 10**11), ("6000M/m", 10**11), (1e-3, 1)])
def test_the_bounds_themselves_are_rates(text: object, millirate: int) -> None:
    assert millirate_of(text) == millirate


@pytest.mark.parametrize("text", [1e-5, "0.00000001/s", "1." + "3" * 40, float("inf"), float("nan")])
def test_what_no_whole_number_of_records_stands_for_is_told(text: object) -> None:
    with pytest.raises(ValueError, match=r"not a whole number of records|is not a rate"):
        millirate_of(text)


def test_rates_are_written_with_thousands() -> None:
    assert rate_text(5_000_000) == "5,000/s"
    assert rate_text(500) == "0.5/s"
