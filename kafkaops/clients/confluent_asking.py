"""Asking through confluent-kafka: patient with what passes, and in kafkaops' own errors.

A base of `confluent.ConfluentAdmin`, which knows the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

from kafkaops.clients import kafka_errors as errors
from kafkaops.clients.kafka import Answers, Refusal
from kafkaops.clients.kafka_contact import CONNECT_TIMEOUT_S, Heard, first_metadata
from kafkaops.clients.kafka_patience import ANSWERED_S, UNCERTAIN, Patience, saying
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.clients.kafka_throttle import Throttle
from kafkaops.errors import PlatformError

KeyT = TypeVar("KeyT")
CONNECTING = "connect to Kafka"
_FIRST_ATTEMPTS_S = (5.0, 10.0)
_OF_ONE_ITEM = frozenset(
    {KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC, KafkaError._NOENT, KafkaError.UNKNOWN}
)
"""The client's own errors that are about items and not about the request: no such partition, no leader.

With them UNKNOWN (-1), which is the broker's, for all that it has no other word for."""


class Asking:
    """A client, its limits, and what it said on the side. Methods may be called from several threads."""

    def __init__(self, settings: KafkaSettings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._heard = Heard()
        self._throttle = Throttle(say)
        self._met = False
        """Whether a broker answered already: from then on one that does not is no reason to give up."""
        try:
            self._client = AdminClient(
                {
                    **settings.for_confluent(),
                    "error_cb": self._heard.on_error,
                    "throttle_cb": self._throttle.on_throttle,
                },
                logger=self._heard.logger,
            )
        except (KafkaException, ValueError, TypeError) as error:
            kafka_error = errors.kafka_error_of(error)
            raise errors.unusable(kafka_error.str() if kafka_error else str(error)) from error

    def _contact(self) -> ClusterMetadata:
        """Metadata of everything. KO401 when no broker answers within 10 s, the first time."""
        patience = Patience(self._settings.request_timeout_s if self._met else 0.0)
        while True:
            try:
                metadata = first_metadata(self._client, self._heard)
            except KafkaException as error:
                if self._heard.hopeless or self._heard.all_down or not patience.pause():
                    raise self._failed(CONNECTING, error) from error
            else:
                break
        self._heard.forget()
        self._met = True
        return metadata

    def _admitted(self, limit_s: float, *, operation: bool = False) -> dict[str, float]:
        """Wait until the quota lets requests through; then the time limits of one.

        `operation` makes the broker wait for what it does, too.
        """
        self._client.poll(0)
        self._throttle.wait()
        limits = {"request_timeout": limit_s}
        if operation:
            limits["operation_timeout"] = self._settings.request_timeout_s
        return limits

    def _again(
        self,
        doing: str,
        keys: Sequence[KeyT],
        ask: Callable[[Sequence[KeyT], float], Mapping[KeyT, Any]],
        *,
        lagging: bool = True,
        done: str | None = None,
    ) -> dict[KeyT, Any]:
        """Per item its result or a `Refusal`; what passes is asked again, for as long as a request may take.

        Where brokers answer it is `ANSWERED_S` at least.

        librdkafka sticks to the broker that it chose, and may wait for one that is gone: `ask` is told how many
        seconds it has, few at first, and in the end as many as a request may take.

        `lagging` tells whether what a broker that lags behind says is not believed at once. `done` is the error by
        which an item says that an earlier attempt, of which nobody knows how it ended, did it.
        """
        with saying(self._say, doing, self._settings.request_timeout_s):
            found = self._asked(keys, ask, lagging=lagging, done=done)
        return {key: self._told(doing, answer) for key, answer in found.items()}

    def _asked(
        self,
        keys: Sequence[KeyT],
        ask: Callable[[Sequence[KeyT], float], Mapping[KeyT, Any]],
        *,
        lagging: bool,
        done: str | None,
    ) -> dict[KeyT, Any]:
        """As `_again`, with errors as they came."""
        longest_s = self._settings.request_timeout_s
        patience, silent = Patience(max(longest_s, ANSWERED_S)), Patience(longest_s)
        found: dict[KeyT, Any] = {}
        left, uncertain = list(keys), set[KeyT]()
        limits = iter(_FIRST_ATTEMPTS_S)
        while left:
            answers = ask(left, min(next(limits, longest_s), longest_s))
            found.update(
                {key: None if key in uncertain and _name(answer) == done else answer for key, answer in answers.items()}
            )
            left = [key for key in left if patience.is_passing(_name(found.get(key)), lagging=lagging)]
            uncertain.update(key for key in left if _name(found[key]) in UNCERTAIN)
            unanswered = all(found[key].code() < 0 for key in left)
            if not left or (unanswered and silent.over) or not patience.pause():
                break
            self._contact()  # whom librdkafka remembers as a leader may be gone, and it would wait for that one
        return found

    def _again_whole(self, doing: str, send: Callable[[float], Future[Any]]) -> Any:
        """The result of what is asked as a whole. Any failure that does not pass is the request's."""
        answer = self._again(doing, [doing], lambda _, limit_s: self._each(doing, {doing: send(limit_s)}))[doing]
        if isinstance(answer, Refusal):
            raise errors.refused(doing, answer)
        return answer

    def _told(self, doing: str, answer: Any) -> Any:
        """An item's result, or its error as a `Refusal`; an error on the client's side is the whole request's."""
        if not isinstance(answer, KafkaError):
            return answer
        if answer.code() < 0 and answer.code() not in _OF_ONE_ITEM:
            raise self._failed(doing, KafkaException(answer))
        return errors.refusal_of(answer)

    def _failed(self, doing: str, error: KafkaException) -> PlatformError:
        """The error of a request that failed as a whole, with what librdkafka said on the side."""
        self._client.poll(0)
        kafka_error = errors.kafka_error_of(error) or KafkaError(KafkaError._FAIL)
        return errors.platform_error(doing, kafka_error, self._settings.servers, self._heard.reasons())

    def _each(self, doing: str, futures: Mapping[KeyT, Future[Any]]) -> dict[KeyT, Any]:
        """Per item its result or its error, whoever made that. Waits no longer than the request itself may take."""
        found: dict[KeyT, Any] = {}
        for key, future in futures.items():
            try:
                found[key] = future.result(timeout=self._settings.request_timeout_s + CONNECT_TIMEOUT_S)
            except KafkaException as error:
                kafka_error = errors.kafka_error_of(error)
                if kafka_error is None:
                    raise self._failed(doing, error) from error
                found[key] = kafka_error
            except TimeoutError as error:
                raise errors.not_in_time(doing, self._settings.servers, None) from error
        return found

    def _answers(
        self,
        doing: str,
        names: Sequence[str],
        send: Callable[[Sequence[str], float], Mapping[str, Future[Any]]],
        done: str | None = None,
    ) -> Answers:
        """What became of each item of a request that changes something. See `_again` for `done`."""

        def ask(left: Sequence[str], limit_s: float) -> dict[str, Any]:
            return self._each(doing, send(left, limit_s))

        found = self._again(doing, names, ask, lagging=False, done=done)
        return {name: answer if isinstance(answer, Refusal) else None for name, answer in found.items()}


def _name(answer: object) -> str:
    """An error's name; empty for what is none."""
    return answer.name() if isinstance(answer, KafkaError) else ""
