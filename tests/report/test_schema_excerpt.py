from __future__ import annotations

from pathlib import Path

import pytest

from kafkaops.evolution.model import Spot
from kafkaops.report.schema_excerpt import WIDTH, schema_excerpt


@pytest.mark.parametrize("before", [0, 10, 200, 5_000])
@pytest.mark.parametrize("after", [0, 10, 5_000])
def test_what_is_meant_is_underlined_wherever_it_stands(tmp_path: Path, before: int, after: int) -> None:
    file = tmp_path / "x.avsc"
    file.write_text(f"{{\n{'x' * before}HERE{'y' * after}\n}}")
    source, carets = schema_excerpt(file, Spot(file.name, 2, before + 1, 4))
    assert source[carets.index("^") : carets.rindex("^") + 1] == "HERE"
    assert len(source) <= WIDTH + 10 and source.startswith("2 | ")


def test_wide_characters_take_two_cells(tmp_path: Path) -> None:
    file = tmp_path / "x.avsc"
    file.write_text('"注文": HERE')
    source, carets = schema_excerpt(file, Spot(file.name, 1, 7, 4))
    assert carets.index("^") == source.index("HERE") + 2


def test_a_line_that_is_not_there(tmp_path: Path) -> None:
    assert schema_excerpt(tmp_path / "x.avsc", Spot("x.avsc", 1)) == []
