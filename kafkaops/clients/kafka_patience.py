"""Answers of Kafka's that pass by themselves, and how long they are asked for again.

A broker that stops is missed for its session's time-out (9 s); then others lead its partitions and coordinate its
groups. Until a client knows them it is told so by an error, or by a connection that is closed or silent. Where the
error stands, on top of a response or at one item of it, differs from request to request, what it means does not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from kafkaops.clients.kafka import Refusal

PASSING: Final = frozenset(
    {
        "NOT_LEADER_FOR_PARTITION",
        "FENCED_LEADER_EPOCH",
        "UNKNOWN_LEADER_EPOCH",
        "OFFSET_NOT_AVAILABLE",
        "REQUEST_TIMED_OUT",
        "BROKER_NOT_AVAILABLE",
        "NETWORK_EXCEPTION",
        "COORDINATOR_LOAD_IN_PROGRESS",
        "COORDINATOR_NOT_AVAILABLE",
        "NOT_COORDINATOR",
        "NOT_CONTROLLER",
        "CONCURRENT_TRANSACTIONS",
        "UNSTABLE_OFFSET_COMMIT",
        "_TRANSPORT",
        "_TIMED_OUT",
        "_WAIT_COORD",
    }
)
"""Errors, by librdkafka's names, of a leader, coordinator or controller that moves or starts, or is out of reach."""
LAGGING: Final = frozenset(
    {
        "UNKNOWN_TOPIC_OR_PART",
        "LEADER_NOT_AVAILABLE",
        "REPLICA_NOT_AVAILABLE",
        "KAFKA_STORAGE_ERROR",
        "_UNKNOWN_PARTITION",
        "_UNKNOWN_TOPIC",
        "_NOENT",
    }
)
"""What a broker says that has not learnt yet of a topic or a leader, as well as one for which there is none."""
UNCERTAIN: Final = frozenset({"REQUEST_TIMED_OUT", "NETWORK_EXCEPTION", "_TRANSPORT", "_TIMED_OUT"})
"""What leaves open whether the request was done."""
LAG_S: Final = 5.0
"""How long what a lagging broker may say is not believed."""
ANSWERED_S: Final = 30.0
"""How long what passes is asked again at least, where somebody answers: a broker is missed sooner than that."""
SAID_AFTER_S: Final = 5.0
"""After how long somebody who waits wants to know what for."""
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 1.0


def may_pass(answer: object) -> bool:
    """Whether an answer is a refusal that may be another one in a while."""
    return isinstance(answer, Refusal) and answer.error in PASSING | LAGGING


@contextmanager
def saying(say: Callable[[str], None], doing: str, limit_s: float) -> Iterator[None]:
    """Say what is waited for, when the body is not over after `SAID_AFTER_S`. From a thread: `say` must bear that."""
    text = f"Still waiting for Kafka: {doing} (what nobody answers is given up after {limit_s:.0f} s)"
    timer = threading.Timer(SAID_AFTER_S, say, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def unsaid(_message: str) -> None:
    """For callers whose users nothing is said to."""


class Patience:
    """How long one question is asked again, from the moment on when this is made."""

    def __init__(self, limit_s: float) -> None:
        self._since = time.monotonic()
        self._limit_s = limit_s
        self._pause_s = _FIRST_PAUSE_S

    def passes(self, answer: object) -> bool:
        """Whether an answer is a refusal that is not to be believed yet."""
        return isinstance(answer, Refusal) and self.is_passing(answer.error)

    def is_passing(self, error: str, *, lagging: bool = True) -> bool:
        """Whether an error, by librdkafka's name, is not to be believed yet."""
        return error in PASSING or (lagging and error in LAGGING and self._waited_s < LAG_S)

    @property
    def over(self) -> bool:
        """Whether it was waited for long enough."""
        return self._waited_s >= self._limit_s

    def next_pause_s(self) -> float:
        """How long to wait before asking again: longer each time."""
        pause, self._pause_s = self._pause_s, min(2 * self._pause_s, _LONGEST_PAUSE_S)
        return pause

    def pause(self) -> bool:
        """Wait in this thread before asking again. False, without waiting, when it was waited for long enough."""
        if self.over:
            return False
        time.sleep(self.next_pause_s())
        return True

    @property
    def _waited_s(self) -> float:
        return time.monotonic() - self._since
