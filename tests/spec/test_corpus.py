"""What users meet first: the exact words for each thing that can be wrong with a spec."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kafkaops.spec import codes
from tests.spec.corpus import UPDATE, Case, cases, said_of, update

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_says(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    said = said_of(tmp_path, case.environment)
    if UPDATE:
        update(case, said)
    else:
        assert said == case.says


def test_titles_are_unique() -> None:
    titles = [str(case) for case in CASES]
    assert len(titles) == len(set(titles))


def test_every_code_is_listed_and_met_in_the_corpus() -> None:
    listed = set(re.findall(r"^(KO\d{3})  ", codes.__doc__ or "", flags=re.MULTILINE))
    met = {code for case in CASES for code in re.findall(r"\[(KO\d{3})\]", case.says)}
    # References are resolved later than a spec is loaded: test_references.py.
    assert listed - met == {"KO172", "KO173"}
    assert met - listed == set()
