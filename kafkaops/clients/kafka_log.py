"""Logs on confluent-kafka: a consumer that reads to the end, a transactional producer.

| code | meaning |
| --- | --- |
| KO412 | another writer of the same transactional id shut this one out |
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from kafkaops.clients import kafka_errors as errors
from kafkaops.clients.kafka_contact import CONNECT_TIMEOUT_S, Heard, interruptible
from kafkaops.clients.kafka_patience import saying, unsaid
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.clients.log import Entry, Logged
from kafkaops.errors import PlatformError

_FETCH_BYTES = 64 << 20
"""A log of ten thousand claims comes in one answer."""
_POLL_S = 0.2
"""`poll` cannot be interrupted: Ctrl-C waits this long."""
_BATCH = 10_000
_FETCH_WAIT_MS = 25
"""The end of a log is told by an answer without records, which takes this long, and asked for again as often."""
_FETCH_BACKOFF_MS = 2
"""Nothing is fetched while there is something to take, or the end would be asked for again and again meanwhile; this
long after all is taken, the next part is."""
_UNDECIDED_S = 12.0
"""How long the end of a log is waited for behind a transaction that is neither committed nor given up there.

Who committed it is told so before the log is: usually a moment, and as long as it takes to miss a broker when the
coordinator of transactions, or the log's leader, stops just then. After that it is a dead writer's, and never counted.
"""
_FENCED = frozenset({KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH})


class FencedError(PlatformError):
    """Somebody else writes under the same transactional id by now (KO412)."""


class KafkaLogReader:
    """The port for reading. One caller at a time."""

    def __init__(
        self,
        settings: KafkaSettings,
        group: str,
        say: Callable[[str], None] = unsaid,
        *,
        undecided_s: float = _UNDECIDED_S,
    ) -> None:
        """`group` is never joined; librdkafka wants a name all the same."""
        self._settings = settings
        self._undecided_s = undecided_s
        self._say = say
        self._heard = Heard()
        self._consumer = Consumer(
            {
                **settings.for_confluent(),
                "group.id": group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "allow.auto.create.topics": False,
                "fetch.wait.max.ms": _FETCH_WAIT_MS,
                "fetch.max.bytes": _FETCH_BYTES,
                "max.partition.fetch.bytes": _FETCH_BYTES,
                "receive.message.max.bytes": _FETCH_BYTES * 2,
                "queued.max.messages.kbytes": 2 * _FETCH_BYTES >> 10,
                "queued.min.messages": 1,
                "fetch.queue.backoff.ms": _FETCH_BACKOFF_MS,
                "error_cb": self._heard.on_error,
            },
            logger=self._heard.logger,
        )

    def read(self, topic: str, start: int | None = None) -> Sequence[Logged]:
        """Every committed record from an offset to the end, what was committed before this began among them.

        KO404 when the brokers fall silent on the way.
        """
        doing = f"read {topic}"
        with saying(self._say, doing, CONNECT_TIMEOUT_S + self._settings.request_timeout_s):
            return self._read(doing, topic, start)

    def _read(self, doing: str, topic: str, start: int | None) -> Sequence[Logged]:
        found: list[Logged] = []
        # A log whose first records have expired resets to the earliest; of others the start need not be asked for.
        first = start or 0
        patience_s = CONNECT_TIMEOUT_S + self._settings.request_timeout_s
        try:
            self._consumer.assign([TopicPartition(topic, 0, first)])
            until, undecided_until = time.monotonic() + patience_s, None
            while undecided_until is None or time.monotonic() < undecided_until:
                # `consume` alone waits until its batch is full, fetching all the while, though the end was reached.
                message = self._consumer.poll(_POLL_S)
                for each in (message, *self._consumer.consume(_BATCH, 0)) if message is not None else ():
                    if each.error() is not None and self._is_end(doing, each):
                        if self._is_decided(topic, each.offset()):
                            return found
                        undecided_until = undecided_until or time.monotonic() + self._undecided_s
                        continue
                    found.append(Logged(each.offset(), each.key(), each.value()))
                if message is not None:
                    until = time.monotonic() + patience_s
                elif time.monotonic() > until:
                    detail = "\n".join(self._heard.reasons()) or None
                    raise errors.not_in_time(doing, self._settings.servers, detail)
            return found
        except KafkaException as error:
            raise self._failed(doing, error) from error
        finally:
            self._consumer.unassign()

    def close(self) -> None:
        """Let the connections go."""
        self._consumer.close()

    def _is_end(self, doing: str, message: Message) -> bool:
        error = message.error()
        if error is None:
            return False
        if error.code() == KafkaError._PARTITION_EOF:
            return True
        raise errors.platform_error(doing, error, self._settings.servers, self._heard.reasons())

    def _is_decided(self, topic: str, end: int) -> bool:
        """Whether nothing stands behind what can be read: else the end is the first record of an open transaction."""
        _, high = self._consumer.get_watermark_offsets(TopicPartition(topic, 0), cached=True)
        return end >= int(high)

    def _failed(self, doing: str, error: KafkaException) -> PlatformError:
        kafka_error = errors.kafka_error_of(error) or KafkaError(KafkaError._FAIL)
        return errors.platform_error(doing, kafka_error, self._settings.servers, self._heard.reasons())


class KafkaLogWriter:
    """The port for writing. Its methods are called by one thread at a time."""

    def __init__(self, settings: KafkaSettings, transactional_id: str, say: Callable[[str], None] = unsaid) -> None:
        self._settings = settings
        self._say = say
        self._heard = Heard()
        self._undelivered: list[KafkaError] = []
        self._producer: Producer | None = Producer(
            {
                **settings.for_confluent(),
                "transactional.id": transactional_id,
                "transaction.timeout.ms": 60_000,
                "compression.type": "zstd",
                "linger.ms": 5,
                "error_cb": self._heard.on_error,
            },
            logger=self._heard.logger,
        )

    def begin(self) -> None:
        """Shut out earlier writers of the same id. KO405 without the right to the id, KO404 without an answer."""
        doing, producer = "begin to write the ledger", self._open()
        try:
            with saying(self._say, doing, self._patience_s()):
                interruptible(lambda: producer.init_transactions(self._patience_s()), "ledger-begin")
        except KafkaException as error:
            raise self._failed(doing, error) from error

    def commit(self, entries: Sequence[Entry]) -> None:
        """Write all or nothing. KO412 when shut out."""
        if not entries:
            return
        doing, producer = "write the ledger", self._open()
        self._undelivered.clear()
        try:
            producer.begin_transaction()
            for entry in entries:
                self._produce(producer, entry)
            with saying(self._say, doing, self._patience_s()):
                interruptible(lambda: producer.commit_transaction(self._patience_s()), "ledger-commit")
        except (KafkaException, BufferError) as error:
            raise self._failed(doing, error) from error

    def close(self) -> None:
        """Let the connections go. What was not committed is aborted by the next writer."""
        if self._producer is not None:
            self._producer.purge()
            self._producer = None

    def _produce(self, producer: Producer, entry: Entry) -> None:
        while True:
            try:
                producer.produce(entry.topic, entry.value, entry.key, partition=0, on_delivery=self._delivered)
            except BufferError:
                producer.poll(0.1)
            else:
                return

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._undelivered.append(error)

    def _open(self) -> Producer:
        assert self._producer is not None, "the ledger is written after it was closed"
        return self._producer

    def _patience_s(self) -> float:
        return self._settings.request_timeout_s

    def _failed(self, doing: str, error: BaseException) -> PlatformError:
        """The error as ours; an open transaction is given up where the client can still do so."""
        kafka_error = next(iter(self._undelivered), None) or errors.kafka_error_of(error)
        kafka_error = kafka_error or KafkaError(KafkaError._FAIL)
        if kafka_error.code() in _FENCED or "fenced" in kafka_error.str().lower():
            return FencedError.of(
                "KO412",
                f"{doing}: another run of this project writes it by now",
                hint="this run lost its lock, for example because its process was stopped for a while; plan again",
            )
        self._abort()
        return errors.platform_error(doing, kafka_error, self._settings.servers, self._heard.reasons())

    def _abort(self) -> None:
        try:
            self._open().abort_transaction(5)
        except KafkaException:
            # The next writer's begin() aborts it, and the coordinator does after the transaction's time-out.
            self._heard.reasons()
