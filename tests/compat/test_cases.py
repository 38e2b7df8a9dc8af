"""Every rule of resolution, one pair each: what is reported, and what Java makes of the same pair."""

from __future__ import annotations

import json

import pytest

from kafkaops.compat import Kind, Rule, SchemaError, Severity, check, incompatibilities, parse
from tests.compat.case import Case
from tests.compat.cases import CASES
from tests.compat.java_oracle import Answer
from tests.compat.judge import judge
from tests.compat.sentences import Sentence
from tests.compat.shapes import field, record


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_kind_and_every_rule_has_a_case() -> None:
    """But a cycle of references, which takes more than two texts: test_schema.py has it."""
    kinds: set[Kind] = set()
    rules: set[Rule] = set()
    for case in CASES:
        try:
            reader, writer = parse(case.reader), parse(case.writer, lenient=True)
        except SchemaError as error:
            rules.update(problem.rule for problem in error.problems)
            continue
        rules.update(problem.rule for problem in (*reader.problems, *writer.problems))
        kinds.update(item.kind for item in check(reader, writer))
    assert kinds == set(Kind)
    assert rules == set(Rule) - {Rule.REFERENCE_CYCLE}


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


def test_of_two_sentences_that_explain_a_yes_the_one_that_says_yes_counts() -> None:
    """Java throws at the alias that is its field's own name; a sentence about something else would avoid that too."""
    written = {"name": "a", "type": "string", "aliases": ["a"]}
    branches = [{**record(written, name="n.D"), "aliases": ["C"]}, record(name="m.k.D")]
    text = json.dumps(record(field("x", branches), name="B"))
    judgement = judge(text, text, Answer("parsed", "parsed", None, None))
    assert judgement.sentences == (Sentence.OWN_ALIAS,)
    assert judgement.bold and not judgement.forbidden
