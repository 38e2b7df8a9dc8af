"""The client library's traps, on its own mock broker, through either engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from time import monotonic, monotonic_ns, sleep
from typing import Any, Protocol

import pytest

from kafkaops.loadtest.direct import DirectEngine
from kafkaops.loadtest.engine import CHUNK, HEARD_AT_ONCE, Engine
from kafkaops.loadtest.intervals import Intervals
from kafkaops.loadtest.payload import Pool
from kafkaops.loadtest.portable import PortableEngine
from kafkaops.loadtest.proof import Sent, Source
from kafkaops.loadtest.sending import Sender

SMALL = Pool((b"value",), repeats_in_batch=True)


class Makes(Protocol):
    def __call__(self, config: Mapping[str, Any] | None = None, pool: Pool = SMALL) -> Sender: ...


@pytest.fixture(params=[PortableEngine, DirectEngine])
def sender(request: pytest.FixtureRequest) -> Iterator[Makes]:
    """Makes a sender over one engine and then the other."""
    engines: list[Engine] = []

    def make(config: Mapping[str, Any] | None = None, pool: Pool = SMALL) -> Sender:
        config = config or {}
        settings = {"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0, **config}
        engines.append(request.param(settings, "topic", 2, pool))
        made = Sender(engines[-1], partitions=2, run=1, index=3)
        made.every_ack = not config.get("delivery.report.only.error", False)
        return made

    yield make
    for engine in engines:
        engine.close()


def settle(sending: Sender, until: Callable[[], bool], seconds: float = 20) -> None:
    deadline = monotonic() + seconds
    while not until() and monotonic() < deadline:
        sending.engine.poll(0.05)
        sending.settle()


def fate(sending: Sender, partition: int = 0) -> Sent:
    return sending.fates()[Source(3, partition)]


def test_an_oversized_record_in_the_middle_is_rejected_alone(sender: Makes) -> None:
    values = tuple(b"x" * (5_000 if index == 3 else 100) for index in range(10))
    sending = sender({"message.max.bytes": 2_000}, Pool(values, False))
    assert sending.send(0, [0] * 10, held_back=False) == []
    assert sending.send(0, [0] * 3, held_back=False) == []  # the message of index 3 holds no stale error
    settle(sending, lambda: sending.settled == 12)
    assert fate(sending).rejected == Intervals([(3, 4)])
    assert fate(sending).acked == Intervals([(0, 3), (4, 13)])
    assert sending.delta.errors == {"MSG_SIZE_TOO_LARGE": 1}
    assert sum(sending.delta.sent.values()) == 12


def test_what_the_librarys_queue_has_no_room_for_is_sent_again_under_a_new_sequence(sender: Makes) -> None:
    sending = sender({"queue.buffering.max.messages": 5, "linger.ms": 200})
    left = sending.send(0, [11, 12, 13, 14, 15, 16, 17, 18], held_back=False)
    assert left == [16, 17, 18]
    settle(sending, lambda: sending.settled == 5)
    assert sending.send(0, left, held_back=False) == []
    settle(sending, lambda: sending.settled == 8)
    assert fate(sending).acked == Intervals([(0, 5), (8, 11)])
    assert fate(sending).rejected == Intervals([(5, 8)])


def test_every_record_is_acked_and_measured(sender: Makes) -> None:
    sending = sender()
    sending.probe()
    settle(sending, lambda: len(sending.engine) == 0)
    now = monotonic_ns()
    sending.window.set(now, warmup_ns=0, end_ns=10**12)
    intended = [now + index for index in range(1_000)]
    for start in range(0, 1_000, 10):
        sending.send(start // 10 % 2, intended[start : start + 10], held_back=start >= 500)
    settle(sending, lambda: sending.settled == 1_000)
    delta = sending.delta
    assert sending.settled == sending.handed == 1_000
    for histogram in (delta.delay, delta.service, delta.response):
        assert histogram.count == 1_000
    assert delta.own_delay.count == 500
    assert fate(sending, 0).acked == fate(sending, 1).acked == Intervals([(0, 500)])
    assert delta.response.total > delta.service.total > 0
    assert delta.response.total == delta.delay.total + delta.service.total


def test_a_poll_takes_in_no_more_than_it_may(sender: Makes) -> None:
    """Or acks that come all at once would keep the sender from its schedule."""
    batch = 500
    sending = sender({"batch.num.messages": batch, "linger.ms": 5})
    for _ in range(5):
        sending.send(0, [0] * CHUNK, held_back=False)
    sleep(1)  # in which all of them are acked; were they not, there would be less to hear
    heard = [0]
    deadline = monotonic() + 20
    while sending.settled < 5 * CHUNK and monotonic() < deadline:
        sending.engine.poll(0.05)
        sending.settle()
        heard.append(sending.settled)
    assert sending.settled == 5 * CHUNK
    assert max(after - before for before, after in pairwise(heard)) < HEARD_AT_ONCE + batch
    assert fate(sending).acked == Intervals([(0, 5 * CHUNK)])


def test_the_warm_up_is_cut_by_intended_time(sender: Makes) -> None:
    sending = sender()
    origin = monotonic_ns()
    sending.window.set(origin, warmup_ns=100, end_ns=200)
    sending.send(0, [origin + each for each in (0, 99, 100, 150, 199, 200)], held_back=False)
    settle(sending, lambda: sending.settled == 6)
    assert sending.delta.response.count == sending.delta.service.count == sending.delta.delay.count == 3


def test_purged_records_are_known_to_be_nowhere_or_in_doubt(sender: Makes) -> None:
    sending = sender({"linger.ms": 60_000})
    sending.send(0, [0] * 5, held_back=False)
    sending.engine.give_up()
    settle(sending, lambda: sending.settled == 5)
    assert len(fate(sending).rejected) + len(fate(sending).in_doubt) == 5
    assert not fate(sending).acked
    assert set(sending.delta.errors) <= {"_PURGE_QUEUE", "_PURGE_INFLIGHT"}


def test_a_timeout_leaves_a_record_in_doubt(sender: Makes) -> None:
    sending = sender({"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 0, "message.timeout.ms": 300})
    sending.send(0, [0] * 4, held_back=False)
    settle(sending, lambda: sending.settled == 4)
    assert fate(sending).in_doubt == Intervals([(0, 4)])
    assert sending.delta.errors == {"_MSG_TIMED_OUT": 4}


def test_the_calls_of_a_long_run_are_forgotten_even_after_a_record_was_refused(sender: Makes) -> None:
    values = tuple(b"x" * (5_000 if index == 3 else 100) for index in range(10))
    sending = sender({"message.max.bytes": 2_000}, Pool(values, False))
    sending.send(0, [0] * 10, held_back=False)
    for _ in range(50):
        sending.send(0, [0] * 2, held_back=False)
    settle(sending, lambda: sending.settled == 110)
    assert fate(sending).rejected == Intervals([(3, 4), *((start, start + 1) for start in range(13, 110, 10))])
    assert sending.calls_kept == 1


def test_without_reports_of_success_acks_are_counted(sender: Makes) -> None:
    values = tuple(b"x" * (5_000 if index == 2 else 100) for index in range(4))
    sending = sender({"message.max.bytes": 2_000, "delivery.report.only.error": True}, Pool(values, False))
    sending.send(0, [0] * 4, held_back=False)
    settle(sending, lambda: sending.settled == 3)
    assert sum(sending.delta.acked.values()) == 3
    assert fate(sending).acked == Intervals([(0, 2), (3, 4)])
    assert sending.delta.response.count == 0


@pytest.mark.parametrize("batch", [1, 3, 64])
def test_sequences_go_on_whatever_the_size_of_a_call(sender: Makes, batch: int) -> None:
    sending = sender()
    for _ in range(10):
        sending.send(1, [0] * batch, held_back=False)
    settle(sending, lambda: sending.settled == 10 * batch)
    assert fate(sending, 1).acked == Intervals([(0, 10 * batch)])
