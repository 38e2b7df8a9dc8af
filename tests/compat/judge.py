"""Our verdict beside Java's: they agree, they differ by a sentence of the specification, or nothing explains it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from kafkaops.compat import Rule, Schema, SchemaError, check, parse
from kafkaops.compat.model import Named
from kafkaops.compat.names import name_rule
from tests.compat.java_oracle import Answer
from tests.compat.rules_model import explanation
from tests.compat.sentences import Sentence

REFUSED = {
    Rule.REPEATED_KEY: Sentence.REPEATED_KEYS,
    Rule.USED_BEFORE_DEFINED: Sentence.BEFORE_USED,
    Rule.DEFINED_TWICE: Sentence.ONE_DEFINITION,
    Rule.ENUM_DEFAULT: Sentence.ENUM_DEFAULT,
}
"""What Java parses and kafkaops does not."""
FORGIVEN = {
    Rule.INVALID_NAME: Sentence.INVALID_NAMES,
    Rule.INVALID_DEFAULT: Sentence.INVALID_DEFAULTS,
    Rule.ENDLESS_DEFAULT: Sentence.INVALID_DEFAULTS,
    Rule.WRAPPED_NAME: Sentence.PREVIOUSLY_ACCEPTED,
}
"""What kafkaops takes from a writer and Java does not parse."""


DENYING = frozenset(
    {
        Sentence.FIRST_BRANCH,
        Sentence.NO_BRANCH,
        Sentence.UNIQUE_NAMES,
        Sentence.UNIQUE_ALIASES,
        Sentence.REPEATED_KEYS,
        Sentence.BEFORE_USED,
        Sentence.ONE_DEFINITION,
        Sentence.ENUM_DEFAULT,
    }
)
"""Sentences by which the specification says no. None of them may be why we say "compatible" and Java does not."""


class Outcome(StrEnum):
    """How two verdicts stand to each other."""

    AGREE = "agree"
    DOCUMENTED = "differ by a documented sentence of the specification"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One pair judged."""

    reader: str
    writer: str
    outcome: Outcome
    sentences: tuple[Sentence, ...]
    ours: str
    java: str

    @property
    def bold(self) -> bool:
        """Whether we say "compatible" where Java does not."""
        return self.ours == "compatible" and self.java != "compatible"

    @property
    def forbidden(self) -> bool:
        """Whether we say "compatible" where neither Java nor the specification does."""
        denying = DENYING - {Sentence.FIRST_BRANCH} if self.java == "threw" else DENYING  # it throws in another branch
        return self.bold and not denying.isdisjoint(self.sentences)


@dataclass(slots=True)
class Tally:
    """The three counts, and what is behind them."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    sentences: Counter[tuple[Sentence, ...]] = field(default_factory=Counter)
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    unexplained: list[Judgement] = field(default_factory=list)
    differences: list[Judgement] = field(default_factory=list)

    def add(self, judgement: Judgement) -> None:
        """Count one judgement."""
        self.outcomes[judgement.outcome] += 1
        self.verdicts[judgement.ours, judgement.java] += 1
        if judgement.outcome is Outcome.DOCUMENTED:
            self.sentences[judgement.sentences] += 1
            self.differences.append(judgement)
        if judgement.outcome is Outcome.UNEXPLAINED:
            self.unexplained.append(judgement)


def judge_all(pairs: Iterable[tuple[str, str]], answers: Iterable[Answer]) -> Tally:
    """The tally of many pairs with Java's answers."""
    tally = Tally()
    for (reader, writer), answer in zip(pairs, answers, strict=True):
        tally.add(judge(reader, writer, answer))
    return tally


def judge(reader: str, writer: str, answer: Answer) -> Judgement:
    """Our verdict about a pair beside Java's answer."""
    java = {True: "compatible", False: "incompatible", None: "threw"}[answer.compatible]
    java = java if answer.parsed else "invalid"
    try:
        schemas = parse(reader), parse(writer, lenient=True)
    except SchemaError as error:
        rules = {problem.rule for problem in error.problems}
        return Judgement(reader, writer, *_refusal(rules, answer), ours="invalid", java=java)
    compatible = check(*schemas).compatible
    ours = "compatible" if compatible else "incompatible"
    if not answer.parsed:
        sentences = _forgiveness(schemas, answer)
    elif answer.compatible is compatible:
        return Judgement(reader, writer, Outcome.AGREE, (), ours, java)
    else:
        sentences = explanation(reader, writer, answer.compatible, compatible, DENYING if compatible else frozenset())
    outcome = Outcome.DOCUMENTED if sentences else Outcome.UNEXPLAINED
    return Judgement(reader, writer, outcome, sentences or (), ours, java)


def _refusal(rules: set[Rule], answer: Answer) -> tuple[Outcome, tuple[Sentence, ...]]:
    """Why we cannot read a schema: Java cannot either, or only we hold it to a rule."""
    if not answer.parsed:
        return Outcome.AGREE, ()
    if rules <= REFUSED.keys():
        return Outcome.DOCUMENTED, tuple(sorted({REFUSED[rule] for rule in rules}, key=lambda item: item.name))
    return Outcome.UNEXPLAINED, ()


def _forgiveness(schemas: tuple[Schema, Schema], answer: Answer) -> tuple[Sentence, ...] | None:
    """Why we read schemas that Java cannot parse; None if one of them has nothing that explains it."""
    sentences: list[Sentence] = []
    for schema, form in zip(schemas, (answer.reader_form, answer.writer_form), strict=True):
        if form is not None:
            continue
        broken = [FORGIVEN[problem.rule] for problem in schema.problems if problem.rule in FORGIVEN]
        if any(_has_illegal_alias(node) for node in schema.names.values()):
            broken.append(Sentence.ANY_ALIAS)
        if "Schema fields not set yet" in answer.error:
            broken.append(Sentence.DEFAULT_VALUES)
        if "Duplicate in union" in answer.error and has_namesake(schema):
            broken.append(Sentence.NAMESPACE)
        if not broken:
            return None
        sentences += broken
    return tuple(dict.fromkeys(sentences))


def _has_illegal_alias(node: Named) -> bool:
    return any(name_rule(alias.rpartition(".")[2]) is Rule.INVALID_NAME for alias in node.aliases())


def has_namesake(schema: Schema) -> bool:
    """Whether a type of the null namespace has the short name of another: Java takes one for the other."""
    return any(node.namespace and node.name in schema.names for node in schema.names.values())
