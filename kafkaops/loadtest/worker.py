"""The frame of a worker process: its pipe, its signals, its way to fail."""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

from confluent_kafka import KafkaError, KafkaException

from kafkaops.errors import KafkaopsError
from kafkaops.loadtest.client import is_secret
from kafkaops.loadtest.messages import Failed, FromWorker, ToWorker, WorkerSetup

SetupT = TypeVar("SetupT", bound=WorkerSetup)
_LOOK_EVERY_NS = 20_000_000
_SHUT_OUT = frozenset({KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH})
_SHUT_OUT_HINT = "somebody else began to write under the same transactional id"


class Abandoned(Exception):
    """The coordinator is gone; nobody is left to work for."""


class Pipe:
    """The worker's end. Looking at it is a system call, so it is done now and then."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._looked_ns = 0

    def say(self, message: FromWorker) -> None:
        """Send; returns when the message is on its way. Raises `Abandoned`."""
        try:
            self._connection.send(message)
        except OSError as error:
            raise Abandoned from error

    def heard(self, now_ns: int) -> ToWorker | None:
        """What the coordinator said, looked for every 20 ms. Raises `Abandoned`."""
        if now_ns - self._looked_ns < _LOOK_EVERY_NS:
            return None
        self._looked_ns = now_ns
        return self.wait(0)

    def wait(self, timeout_s: float) -> ToWorker | None:
        """What the coordinator says within a time."""
        try:
            if not self._connection.poll(timeout_s):
                return None
            message: ToWorker = self._connection.recv()
        except (EOFError, OSError) as error:
            raise Abandoned from error
        return message


class WorkerFrame(Generic[SetupT]):
    """Runs one worker to its end, whatever happens in it."""

    def __init__(self, setup: SetupT, connection: Connection, work: Callable[[SetupT, Pipe], None]) -> None:
        self.setup, self.pipe, self.work = setup, Pipe(connection), work

    def run(self) -> None:
        """Work; every error becomes a message."""
        # Ctrl-C goes to the whole group, and so does SIGTERM from `timeout` or systemd. The coordinator decides: a
        # worker that it tells to stop leaves its group, which can be removed then, and says what it has seen.
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, signal.SIG_IGN)
        # A collection in the middle would be latency of our own making, and nothing here makes cycles.
        gc.disable()
        try:
            self.work(self.setup, self.pipe)
        except Abandoned:
            return
        except KafkaopsError as error:
            first = error.diagnostics[0]
            self._fail(first.summary, first.detail, first.code, first.hint)
        except KafkaException as error:
            kafka_error = error.args[0] if error.args else None
            text = kafka_error.str() if isinstance(kafka_error, KafkaError) else type(error).__name__
            if is_secret(text):
                text = kafka_error.name() if isinstance(kafka_error, KafkaError) else type(error).__name__
            if isinstance(kafka_error, KafkaError) and kafka_error.code() in _SHUT_OUT:
                self._fail(f"a transaction could not go on: {text}", None, "KO017", _SHUT_OUT_HINT)
                return
            hint = "check the client properties given with -X and the profile's client section"
            self._fail("the Kafka client cannot work with these settings", text, "KO009", hint)

    def _fail(self, summary: str, detail: str | None, code: str, hint: str | None) -> None:
        try:
            self.pipe.say(Failed(self.setup.name, summary, detail, code, hint))
        except Abandoned:
            return


def quiet_logger() -> logging.Logger:
    """librdkafka's lines go nowhere; what matters of them comes as events."""
    logger = logging.getLogger("kafkaops.librdkafka")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    return logger
