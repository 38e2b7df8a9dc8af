"""How long is asked again, with how much time for an answer, and what a second answer says of the first."""

from __future__ import annotations

from collections.abc import Sequence
from queue import SimpleQueue

import pytest
from confluent_kafka import KafkaError

from kafkaops.clients import kafka_patience
from kafkaops.clients.confluent_asking import Asking
from kafkaops.clients.kafka import Refusal
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import PlatformError
from tests.clients.test_kafka_patience import Clock

TIMED_OUT, MOVED = KafkaError(KafkaError._TIMED_OUT), KafkaError(KafkaError.NOT_COORDINATOR)
EXISTS, LATE = KafkaError(KafkaError.TOPIC_ALREADY_EXISTS), KafkaError(KafkaError.REQUEST_TIMED_OUT)
UNKNOWN = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(kafka_patience, "time", made)
    monkeypatch.setattr(Asking, "_contact", lambda _self: None)
    return made


class Brokers:
    """Give these answers one after the other, the last one for good; each takes a second."""

    def __init__(self, clock: Clock, *answers: object) -> None:
        self.clock, self.answers = clock, list(answers)
        self.limits: list[float] = []

    def __call__(self, keys: Sequence[str], limit_s: float) -> dict[str, object]:
        self.limits.append(limit_s)
        self.clock.sleep(1)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        return dict.fromkeys(keys, answer)


def asking(request_timeout_ms: int) -> Asking:
    return Asking(KafkaSettings(("127.0.0.1:1",), "PLAINTEXT", request_timeout_ms), lambda _said: None)


def test_what_brokers_answer_is_asked_again_for_longer_than_a_short_request(clock: Clock) -> None:
    brokers = Brokers(clock, *[MOVED] * 15, "here")
    assert asking(2_000)._again("ask", ["t"], brokers) == {"t": "here"}
    assert clock.now > 120 and set(brokers.limits) == {2.0}


def test_what_does_not_pass_in_time_is_a_refusal(clock: Clock) -> None:
    found = asking(2_000)._again("ask", ["t"], Brokers(clock, MOVED))["t"]
    assert isinstance(found, Refusal) and found.error == "NOT_COORDINATOR"
    assert 130 < clock.now < 135


def test_silence_lasts_as_long_as_a_request_may_take(clock: Clock) -> None:
    with pytest.raises(PlatformError) as raised:
        asking(2_000)._again("ask", ["t"], Brokers(clock, TIMED_OUT))
    assert raised.value.diagnostics[0].code in ("KO401", "KO404"), "by what the client heard meanwhile"
    assert clock.now < 105


def test_the_first_attempts_are_short_and_the_last_is_as_long_as_a_request_may_take(clock: Clock) -> None:
    brokers = Brokers(clock, TIMED_OUT, TIMED_OUT, MOVED, "here")
    asking(60_000)._again("ask", ["t"], brokers)
    assert brokers.limits == [5.0, 10.0, 60.0, 60.0]


def test_that_it_is_there_counts_as_done_only_after_an_attempt_that_nobody_knows_the_end_of(clock: Clock) -> None:
    done = "TOPIC_ALREADY_EXISTS"
    for first in (TIMED_OUT, LATE):
        assert asking(30_000)._again("create", ["t"], Brokers(clock, first, EXISTS), done=done) == {"t": None}
    for brokers in (Brokers(clock, EXISTS), Brokers(clock, MOVED, EXISTS)):
        found = asking(30_000)._again("create", ["t"], brokers, done=done)["t"]
        assert isinstance(found, Refusal) and found.error == done


def test_what_is_not_known_is_asked_again_where_a_broker_may_lag(clock: Clock) -> None:
    assert asking(30_000)._again("read", ["t"], Brokers(clock, UNKNOWN, "here")) == {"t": "here"}
    found = asking(30_000)._again("look", ["t"], Brokers(clock, UNKNOWN, "here"), lagging=False)["t"]
    assert isinstance(found, Refusal) and found.error == "UNKNOWN_TOPIC_OR_PART"


def test_what_takes_its_time_is_said(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    said: SimpleQueue[str] = SimpleQueue()
    monkeypatch.setattr(kafka_patience, "SAID_AFTER_S", 0.0)
    asking = Asking(KafkaSettings(("127.0.0.1:1",), "PLAINTEXT", 2_000), said.put)
    found = asking._again("ask", ["t"], lambda _keys, _limit_s: {"t": said.get(timeout=60)})
    assert found == {"t": "Still waiting for Kafka: ask (what nobody answers is given up after 2 s)"}
