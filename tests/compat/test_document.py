"""docs/avro-compatibility.md says what the checker does: every rule, every kind, every sentence."""

from __future__ import annotations

from pathlib import Path

from kafkaops.compat import MAX_CHARACTERS, MAX_NESTING, TOLERATED, WARNINGS, Kind, Rule
from tests.compat.faults import FAULTS
from tests.compat.judge import DENYING, FORGIVEN
from tests.compat.sentences import Sentence

TEXT = " ".join((Path(__file__).parents[2] / "docs" / "avro-compatibility.md").read_text(encoding="utf-8").split())


def test_every_sentence_is_quoted() -> None:
    assert [sentence.name for sentence in Sentence if sentence.value not in TEXT] == []


def test_sentences_that_say_yes_are_marked() -> None:
    marked = {sentence for sentence in Sentence if f'● "{sentence.value}"' in TEXT}
    assert marked == set(Sentence) - DENYING
    assert set(FORGIVEN.values()) <= marked


def test_every_rule_and_kind_is_named() -> None:
    assert [rule.value for rule in Rule if f"`{rule.value}`" not in TEXT] == []
    assert [kind.value for kind in Kind if f"`{kind.value}`" not in TEXT] == []


def test_forgiven_rules_are_marked() -> None:
    assert {rule for rule in Rule if f"`{rule.value}` ○" in TEXT} == TOLERATED
    assert WARNINGS.isdisjoint(TOLERATED)


def test_numbers() -> None:
    assert f"nest {MAX_NESTING:,} deep" in TEXT
    assert f"more than {MAX_CHARACTERS:,} characters" in TEXT
    assert f"plants {len(FAULTS)} faults" in TEXT
