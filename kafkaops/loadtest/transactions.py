"""Transactions of one producer: one is always open, and is committed when its time is up.

A record counts as acked when the broker has acked it, and stays so when its transaction is committed. What a
transaction held that was aborted is in no log that is read committed; what one held whose end is unknown is in doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from confluent_kafka import KafkaError, KafkaException, Producer

from kafkaops.errors import PlatformError
from kafkaops.loadtest.sending import Sender

ABORTED = "aborted transactions"
_INIT_S = 30.0
_COMMIT_S = 30.0


class Transactions:
    """`every_ns` is how long one stays open. All methods may block, and raise `PlatformError` (KO017)."""

    def __init__(self, producer: Producer, sender: Sender, every_ns: int) -> None:
        self.producer, self.sender, self.every_ns = producer, sender, every_ns
        self.events: Counter[str] = Counter()
        self._opened_ns = 0

    def start(self) -> None:
        """Register the transactional id, which fences whoever had it, and open the first."""
        self._done("begin", lambda: self.producer.init_transactions(_INIT_S))
        self._open(0)

    def due(self, now_ns: int) -> bool:
        """Whether the open one has been open for long enough."""
        return now_ns - self._opened_ns >= self.every_ns

    def turn(self, now_ns: int) -> None:
        """Commit the open one and open another."""
        self.end()
        self._open(now_ns)

    def end(self) -> None:
        """Commit the open one, or abort it where Kafka asks for that."""
        try:
            self._done("be committed", lambda: self.producer.commit_transaction(_COMMIT_S))
        except KafkaException as error:
            self.events[ABORTED] += 1
            self.events[error.args[0].name()] += 1
            self._done("be aborted", lambda: self.producer.abort_transaction(_COMMIT_S))
            self.sender.settle()
            self.sender.take_back()
        self.sender.settle()

    def _open(self, now_ns: int) -> None:
        self.producer.begin_transaction()
        self.sender.mark()
        self._opened_ns = now_ns

    def _done(self, what: str, attempt: Callable[[], None]) -> None:
        """Try until it is done. Raises `KafkaException` where the transaction must be aborted."""
        for _ in range(3):
            try:
                attempt()
                return
            except KafkaException as error:
                last: KafkaError = error.args[0]
                if last.txn_requires_abort():
                    raise
                if not last.retriable():
                    break
        self.sender.settle()
        self.sender.take_back(in_doubt=True)
        raise PlatformError.of("KO017", f"a transaction could not {what}: {last.str()}", hint=_hint(last))


def _hint(error: KafkaError) -> str:
    if error.code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return "the principal needs WRITE and DESCRIBE on transactional ids loadtest-*"
    return "look whether a broker is missing: a partition of __transaction_state must have a leader"
