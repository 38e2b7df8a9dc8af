"""The first contact with a cluster through librdkafka: quick to give up on what is hopeless, and saying why."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Protocol, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import ClusterMetadata

T = TypeVar("T")
CONNECT_TIMEOUT_S = 10.0
"""How long the first request may take before the cluster counts as unreachable."""
_SETTLED_S = 3.0
"""How long a cluster of which every address failed is tried again: a broker may be starting."""
_LOOK_S = 0.05
_HOPELESS = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL})
_NOISE = re.compile(r" \(after \d+ms in state \w+\)|(?<=\d)/bootstrap(?=:)|: increase receive\.message\.max\.bytes")
_FAILURE = re.compile(r"FAIL \[[^\]]*\] \[[^\]]*\]: (?P<text>.*)", re.DOTALL)
_KEPT = 50


class Heard(logging.Handler):
    """What librdkafka says on the side: it explains a failure that its exceptions leave unexplained.

    Errors come by callback; a connection that the other side closed is only in the log.
    """

    def __init__(self) -> None:
        super().__init__()
        self._guard = threading.Lock()
        self._codes: set[int] = set()
        self._texts: dict[str, None] = {}
        self.logger = logging.Logger("kafkaops.librdkafka", logging.INFO)
        """A logger of its own, so that nothing of it reaches a terminal."""
        self.logger.addHandler(self)

    def on_error(self, error: KafkaError) -> None:
        """librdkafka's `error_cb`."""
        with self._guard:
            self._codes.add(error.code())
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._note(error.str())

    def emit(self, record: logging.LogRecord) -> None:
        """A line of librdkafka's log."""
        line = _FAILURE.match(record.getMessage())
        if line:
            self._note(line["text"])

    def reasons(self) -> tuple[str, ...]:
        """The distinct texts, oldest first, without the measurements that add nothing."""
        with self._guard:
            return tuple(self._texts)

    def forget(self) -> None:
        """Start anew: what went wrong before a success explains no later failure."""
        with self._guard:
            self._codes.clear()
            self._texts.clear()

    @property
    def hopeless(self) -> bool:
        """True for what time does not mend: wrong credentials, TLS that does not fit."""
        return not _HOPELESS.isdisjoint(self._codes)

    @property
    def all_down(self) -> bool:
        """True when every address failed at least once."""
        return KafkaError._ALL_BROKERS_DOWN in self._codes

    def _note(self, text: str) -> None:
        with self._guard:
            if len(self._texts) < _KEPT:
                self._texts[_NOISE.sub("", text)] = None


class AsksForMetadata(Protocol):
    """What of an AdminClient is needed here."""

    def list_topics(self, *, timeout: float) -> ClusterMetadata:
        """Metadata of all topics."""
        ...

    def poll(self, timeout: float) -> int:
        """Serve callbacks."""
        ...


def first_metadata(client: AsksForMetadata, heard: Heard) -> ClusterMetadata:
    """Metadata of everything, or `KafkaException` within `CONNECT_TIMEOUT_S`.

    Asked for in a thread, so that Ctrl-C and what is hopeless need not wait for the limit.
    """
    future = _beside(lambda: client.list_topics(timeout=CONNECT_TIMEOUT_S), "metadata")
    started = time.monotonic()
    while not wait([future], timeout=_LOOK_S).done:
        client.poll(0)
        waited = time.monotonic() - started
        if heard.hopeless or (heard.all_down and waited > _SETTLED_S) or waited > CONNECT_TIMEOUT_S:
            break
    client.poll(0)
    if not future.done():
        raise KafkaException(KafkaError(KafkaError._TRANSPORT, f"no answer within {waited:.0f} s"))
    return future.result()


def interruptible(call: Callable[[], T], name: str) -> T:
    """What one of librdkafka's long calls gives, or raises: while one lasts Python hears no signal.

    Ctrl-C leaves the call behind in its thread, which is called by this name.
    """
    return _beside(call, name).result()


def _beside(call: Callable[[], T], name: str) -> Future[T]:
    """Call in a thread that keeps no process from ending."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 (it is raised where the result is asked for)
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
