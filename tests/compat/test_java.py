"""The measure: Apache Avro's own Java checker, asked about the cases by hand and about generated pairs.

benchmarks/compat_java.py does the same with a fresh seed.
"""

from __future__ import annotations

import pytest

from kafkaops.compat import SchemaError, parse, parsing_canonical_form
from tests.compat.cases import CASES
from tests.compat.generator import Generator
from tests.compat.java_oracle import Answer, JavaOracle
from tests.compat.judge import Outcome, Tally, has_namesake, judge, judge_all
from tests.compat.sentences import Sentence

pytestmark = pytest.mark.slow

SEED = 20_250_807
GENERATED = 10_000
Pairs = list[tuple[str, str]]


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> JavaOracle:
    return JavaOracle(tmp_path_factory.mktemp("oracle"))


@pytest.fixture(scope="module")
def generated(oracle: JavaOracle) -> tuple[Pairs, list[Answer]]:
    pairs = list(Generator(SEED).pairs(GENERATED))
    return pairs, oracle.ask(pairs)


@pytest.fixture(scope="module")
def tally(generated: tuple[Pairs, list[Answer]]) -> Tally:
    return judge_all(*generated)


def test_cases(oracle: JavaOracle) -> None:
    answers = oracle.ask([(case.reader, case.writer) for case in CASES])
    for case, answer in zip(CASES, answers, strict=True):
        judgement = judge(case.reader, case.writer, answer)
        assert judgement.outcome is not Outcome.UNEXPLAINED, case.name
        assert judgement.sentences == case.sentences, (case.name, judgement)
        assert judgement.outcome is (Outcome.DOCUMENTED if case.sentences else Outcome.AGREE), case.name


def test_java_s_own_decoder_fails_where_its_checker_does_not(oracle: JavaOracle) -> None:
    """Evidence for the sentences that deny: what Java would read such records with meets an error."""
    denied = {Sentence.UNIQUE_NAMES, Sentence.UNIQUE_ALIASES, Sentence.NO_BRANCH}
    cases = [case for case in CASES if denied.intersection(case.sentences)]
    answers = oracle.ask([(case.reader, case.writer) for case in cases])
    assert {sentence for case in cases for sentence in case.sentences} == denied
    assert [case.name for case, answer in zip(cases, answers, strict=True) if answer.resolves is not False] == []


def test_nothing_is_unexplained(tally: Tally) -> None:
    assert tally.outcomes.total() == GENERATED
    assert tally.unexplained == []


def test_most_pairs_agree_and_both_verdicts_are_common(tally: Tally) -> None:
    """A generator that makes one kind of pair only would measure nothing."""
    assert tally.verdicts["compatible", "compatible"] > GENERATED * 0.3
    assert tally.verdicts["incompatible", "incompatible"] > GENERATED * 0.3


def test_each_sentence_is_met(tally: Tally) -> None:
    met = {sentence for sentences in tally.sentences for sentence in sentences}
    met |= {sentence for case in CASES for sentence in case.sentences}
    assert met == set(Sentence)


def test_no_difference_is_a_pass_that_the_specification_denies(tally: Tally) -> None:
    bold = [judgement for judgement in tally.differences if judgement.bold]
    assert bold
    assert [judgement for judgement in bold if judgement.forbidden] == []


def test_canonical_forms(generated: tuple[Pairs, list[Answer]]) -> None:
    """Ours is Java's, but where Java takes a name for one of the null namespace."""
    pairs, answers = generated
    compared = 0
    for (reader, writer), answer in zip(pairs, answers, strict=True):
        for text, form in ((reader, answer.reader_form), (writer, answer.writer_form)):
            try:
                schema = parse(text, lenient=True)
            except SchemaError:
                continue
            if form is not None and parsing_canonical_form(schema) != form:
                assert has_namesake(schema), text
            compared += form is not None
    assert compared > GENERATED
