"""Every rule of resolution, one pair each: what is reported, and what Java makes of the same pair."""

from __future__ import annotations

import pytest

from kafkaops.compat import SchemaError, Severity, incompatibilities
from tests.compat.case import Case
from tests.compat.cases import CASES


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    try:
        found = incompatibilities(case.reader, case.writer)
    except SchemaError as error:
        assert case.rule is not None, str(error)
        assert case.rule in {problem.rule for problem in error.problems}
        return
    assert case.rule is None
    assert tuple(item.kind for item in found) == case.kinds
    assert found.compatible == all(item.severity is Severity.WARNING for item in found)
