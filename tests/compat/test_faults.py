"""Is the generator strong enough? Faults are planted in the checker, and generated pairs must expose each of them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import kafkaops.compat
from tests.compat.faults import FAULTS, Fault
from tests.compat.generator import Generator
from tests.compat.test_java import GENERATED, SEED

SOURCES = Path(kafkaops.compat.__file__).parent
Verdict = bool | frozenset[str]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    """The pairs that test_java.py holds against Java."""
    return list(Generator(SEED).pairs(GENERATED))


@pytest.fixture(scope="module")
def verdicts(pairs: list[tuple[str, str]]) -> list[Verdict]:
    return [verdict(kafkaops.compat, *pair) for pair in pairs]


def verdict(checker: ModuleType, reader: str, writer: str) -> Verdict:
    """What a checker says: compatible or not, or the rules that are broken."""
    try:
        return bool(checker.incompatibilities(reader, writer).compatible)
    except checker.SchemaError as error:
        return frozenset(problem.rule.value for problem in error.problems)


@pytest.fixture
def faulty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ModuleType]:
    """The checker with a fault in it, as a package of its own."""
    fault: Fault = request.param
    name = "faulty_compat"
    package = tmp_path / name
    package.mkdir()
    for source in SOURCES.glob("*.py"):
        text = source.read_text()
        if source.stem == fault.module:
            assert text.count(fault.right) == 1, "the fault must be planted in one place"
            text = text.replace(fault.right, fault.wrong)
        (package / source.name).write_text(text.replace("kafkaops.compat", name))
    sys.path.insert(0, str(tmp_path))
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(tmp_path))
        for module in [module for module in sys.modules if module.split(".")[0] == name]:
            del sys.modules[module]


def test_there_are_enough() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 30


@pytest.mark.parametrize("faulty", FAULTS, indirect=True, ids=lambda fault: fault.name)
def test_fault_is_exposed(faulty: ModuleType, pairs: list[tuple[str, str]], verdicts: list[Verdict]) -> None:
    assert any(_differs(faulty, reader, writer, right) for (reader, writer), right in zip(pairs, verdicts, strict=True))


def _differs(checker: ModuleType, reader: str, writer: str, right: Verdict) -> bool:
    try:
        return verdict(checker, reader, writer) != right
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError):
        return True  # it fell over
