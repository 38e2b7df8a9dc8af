"""Which answers are asked for again, and for how long."""

from __future__ import annotations

from queue import SimpleQueue

import pytest

from kafkaops.clients import kafka_patience
from kafkaops.clients.kafka import Refusal
from kafkaops.clients.kafka_patience import LAG_S, LAGGING, PASSING, UNCERTAIN, Patience, may_pass, saying
from kafkaops.clients.kafka_replicas import refusal


class Clock:
    """Time that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(kafka_patience, "time", made)
    return made


def test_it_pauses_longer_each_time_until_the_limit(clock: Clock) -> None:
    patience, pauses = Patience(3.0), []
    while True:
        before = clock.now
        if not patience.pause():
            break
        pauses.append(round(clock.now - before, 3))
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert patience.over and clock.now >= 103.0
    assert not Patience(0.0).pause()


def test_what_a_lagging_broker_says_is_believed_in_the_end(clock: Clock) -> None:
    patience = Patience(30.0)
    assert all(patience.is_passing(error) for error in PASSING | LAGGING)
    assert not any(patience.is_passing(error, lagging=False) for error in LAGGING)
    clock.sleep(LAG_S)
    assert all(patience.is_passing(error) for error in PASSING)
    assert not any(patience.is_passing(error) for error in LAGGING)


@pytest.mark.parametrize("code", [6, 7, 13, 14, 15, 16, 41, 51, 74, 75, 78, 88])
def test_codes_of_the_protocol_pass_by_their_names(code: int) -> None:
    assert refusal(code).error in PASSING and may_pass(refusal(code))


@pytest.mark.parametrize("code", [3, 5, 9, 56])
def test_codes_that_may_be_a_lagging_brokers(code: int) -> None:
    assert refusal(code).error in LAGGING and may_pass(refusal(code))


@pytest.mark.parametrize("code", [22, 25, 29, 30, 31, 36, 37, 40, 68, 69, 80, 84, 85])
def test_what_stays_as_it_is_does_not_pass(code: int) -> None:
    assert not may_pass(refusal(code))


def test_only_a_refusal_passes() -> None:
    assert not may_pass(None) and not may_pass({}) and not Patience(1.0).passes(None)
    assert Patience(1.0).passes(Refusal("NOT_COORDINATOR", ""))


def test_what_leaves_open_how_it_ended_is_asked_again() -> None:
    assert UNCERTAIN <= PASSING


def test_what_is_waited_for_is_said_when_it_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    said: SimpleQueue[str] = SimpleQueue()
    with saying(said.put, "describe groups", 30.0):
        pass
    monkeypatch.setattr(kafka_patience, "SAID_AFTER_S", 0.0)
    with saying(said.put, "list groups", 30.0):
        first = said.get(timeout=60)
    assert first == "Still waiting for Kafka: list groups (what nobody answers is given up after 30 s)"
