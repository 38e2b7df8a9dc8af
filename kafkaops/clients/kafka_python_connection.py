"""A connection of kafka-python's, for the threads of kafkaops. Connects when first needed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from confluent_kafka import KafkaError as ErrorName

from kafkaops.clients import kafka_errors as errors
from kafkaops.clients.kafka_patience import Patience, saying, unsaid
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import PlatformError

if TYPE_CHECKING:
    from kafkaops.clients.kafka_wire import Wire

WireT = TypeVar("WireT", bound="Wire")
_FIRST_CONNECT_MS = 2_500
_LONGEST_CONNECT_MS = 10_000
"""How long to wait for one broker. kafka-python begins with any of them, and a frozen one takes connections, too."""


class KafkaPythonConnection(Generic[WireT]):
    """The base of what talks through a `Wire` and its network thread. Methods may be called from several threads.

    `wire_class` names the class rather than being it: importing kafka-python takes a fifth of a second, and
    only who needs it pays.
    """

    def __init__(
        self, settings: KafkaSettings, wire_class: Callable[[], type[WireT]], say: Callable[[str], None] = unsaid
    ) -> None:
        self._settings = settings
        self._say = say
        self._wire_class = wire_class
        self._lock = threading.Lock()
        self._wire: WireT | None = None

    def close(self) -> None:
        """Let the connections go.

        One that is only being made is not waited for: then a thread was left behind by Ctrl-C.
        """
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._wire is not None:
                self._wire.close()
                self._wire = None
        finally:
            self._lock.release()

    def _run(self, doing: str, pick: Callable[[WireT], Callable[..., Any]], *arguments: object) -> Any:
        """Run one of the wire's coroutines on its network thread and wait for it."""
        return self._call(doing, lambda wire: wire._manager.run(pick(wire), *arguments))

    def _call(self, doing: str, call: Callable[[WireT], Any]) -> Any:
        """Call; what passes by itself is asked again, for as long as a request may take.

        All that is asked for here may be asked for twice.
        """
        with saying(self._say, doing, self._settings.request_timeout_s):
            return self._called(doing, call)

    def _called(self, doing: str, call: Callable[[WireT], Any]) -> Any:
        from kafka import errors as vendor

        patience = Patience(self._settings.request_timeout_s)
        connect_ms = _FIRST_CONNECT_MS
        while True:
            try:
                return call(self._connected(connect_ms))
            except vendor.KafkaError as error:
                if not _passes(error, patience) or not patience.pause():
                    raise _translated(doing, error, self._settings.servers) from error
            connect_ms = min(2 * connect_ms, _LONGEST_CONNECT_MS)
            if self._wire is not None:
                self._wire.forget_brokers()

    def _connected(self, connect_ms: int) -> WireT:
        """The wire, made when first needed. Raises kafka-python's own errors."""
        with self._lock:
            if self._wire is None:
                _hush()
                self._wire = self._wire_class()(**self._settings.for_kafka_python(), bootstrap_timeout_ms=connect_ms)
            return self._wire


def _passes(error: Exception, patience: Patience) -> bool:
    """Whether a good client would ask again."""
    from kafka import errors as vendor

    match error:
        case vendor.BrokerResponseError():
            return patience.is_passing(ErrorName(error.errno).name())
        case vendor.NodeNotReadyError() | vendor.KafkaConnectionError() | vendor.KafkaTimeoutError():
            return True
        case vendor.UnknownBrokerIdError():  # it is there for others: metadata are asked for again meanwhile
            return True
        case _:
            return False


def _translated(doing: str, error: Exception, servers: str) -> PlatformError:
    from kafka import errors as vendor

    text = f"{type(error).__name__}: {error}"
    match error:
        case vendor.SaslAuthenticationFailedError():
            return errors.bad_credentials(doing, servers, text)
        case vendor.KafkaConnectionError() | vendor.NodeNotReadyError() | vendor.UnknownBrokerIdError():
            return errors.unreachable(doing, servers, text)
        case vendor.KafkaTimeoutError() | vendor.RequestTimedOutError():
            return errors.not_in_time(doing, servers, text)
        case (
            vendor.ClusterAuthorizationFailedError()
            | vendor.GroupAuthorizationFailedError()
            | vendor.TopicAuthorizationFailedError()
        ):
            return errors.no_right(doing, text)
        case _:
            return PlatformError.of("KO406", f"{doing}: Kafka refused", detail=text)


def _hush() -> None:
    """kafka-python logs warnings while it connects; what matters of them is in the errors raised."""
    logger = logging.getLogger("kafka")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
