from __future__ import annotations

import pytest

from kafkaops.loadtest.disclosures import disclosures
from kafkaops.loadtest.load import Load
from kafkaops.loadtest.partitioner import Keys
from tests.loadtest.loads import a_load

TOGETHER, ONE_CALL = "are handed over together", "are handed over in one call"
CLOSED, KEYS, CLOCK, COMMIT = "closed loop", "the records' own keys are stamps", "on one clock", "is committed"


@pytest.mark.parametrize(
    ("load", "pinned", "said"),
    [
        (a_load(), False, [ONE_CALL]),
        (a_load(keys=Keys.parse("sticky")), True, [ONE_CALL, CLOCK]),
        (a_load(keys=Keys.parse("zipf:50")), False, [KEYS, ONE_CALL]),
        (a_load(keys=Keys.parse("uniform:9")), False, [KEYS, ONE_CALL]),
        (a_load(rate=None), False, [TOGETHER, CLOSED]),
        (a_load(rate=None, drain=9), False, [TOGETHER]),
        (a_load(transaction_ns=100), False, [ONE_CALL, COMMIT]),
    ],
)
def test_a_report_says_what_the_load_is_not_like(load: Load, pinned: bool, said: list[str]) -> None:
    found = disclosures(load, pinned)
    assert [part for sentence in found for part in (KEYS, TOGETHER, ONE_CALL, CLOSED, CLOCK, COMMIT)
            if part in sentence] == said  # fmt: skip
    assert len(found) == len(said), "each is a sentence of its own, and nothing else is said"


def test_keys_are_named_as_they_were_asked_for() -> None:
    (first, _) = disclosures(a_load(keys=Keys.parse("zipf:50:1.2")), pinned=False)
    assert first.startswith("keys zipf:50:1.2: ")
