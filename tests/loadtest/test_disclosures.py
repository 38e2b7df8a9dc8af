from __future__ import annotations

import pytest

from kafkaops.loadtest.disclosures import busy_threads, disclosures
from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.load import Load
from kafkaops.loadtest.partitioner import Keys
from kafkaops.loadtest.verdict import Verdict
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


@pytest.mark.parametrize(
    ("ack_ms", "linger_ms", "idempotent", "verdict", "said"),
    [
        (20, 5, True, Verdict.HOST_LIMITED, True),
        (20, 5, True, Verdict.GENERATOR_LIMITED, True),
        (20, 5, True, Verdict.PASS, False),  # the cores did
        (20, 5, False, Verdict.HOST_LIMITED, False),
        (20, 50, True, Verdict.HOST_LIMITED, False),
        (20, 14, True, Verdict.HOST_LIMITED, False),  # 7 ms in the batch, 13 ms under way
        (20, 13, True, Verdict.HOST_LIMITED, True),
        (None, 5, True, Verdict.HOST_LIMITED, False),
    ],
)
def test_where_cores_are_missing_a_linger_that_is_too_short_is_named(
    ack_ms: int | None, linger_ms: int, idempotent: bool, verdict: Verdict, said: bool
) -> None:
    service = Histogram()
    if ack_ms is not None:
        service.add(ack_ms * 1_000_000, 9)
    load = a_load(producer_config={"linger.ms": linger_ms, "enable.idempotence": idempotent})
    found = busy_threads(load, service, verdict)
    assert bool(found) is said
    assert all(f"under way for longer than they linger (linger.ms={linger_ms}):" in sentence for sentence in found)


def test_keys_are_named_as_they_were_asked_for() -> None:
    (first, _) = disclosures(a_load(keys=Keys.parse("zipf:50:1.2")), pinned=False)
    assert first.startswith("keys zipf:50:1.2: ")
