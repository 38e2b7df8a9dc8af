"""A connection of kafka-python's, for the threads of kafkaops. Connects when first needed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from kafkaops.clients import kafka_errors as errors
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import PlatformError

if TYPE_CHECKING:
    from kafkaops.clients.kafka_wire import Wire

WireT = TypeVar("WireT", bound="Wire")
_CONNECT_TIMEOUT_MS = 10_000
_PAUSES_S = (0.1, 0.5, 2.0)


class KafkaPythonConnection(Generic[WireT]):
    """The base of what talks through a `Wire` and its network thread. Methods may be called from several threads.

    `wire_class` names the class rather than being it: importing kafka-python takes a fifth of a second, and
    only who needs it pays.
    """

    def __init__(self, settings: KafkaSettings, wire_class: Callable[[], type[WireT]]) -> None:
        self._settings = settings
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
        """Call; a connection that is lost is made again. All that is asked for here may be asked for twice."""
        from kafka import errors as vendor

        for pause_s in (*_PAUSES_S, None):
            try:
                return call(self._connected(doing))
            except (vendor.NodeNotReadyError, vendor.KafkaConnectionError) as error:
                if pause_s is None:
                    raise _translated(doing, error, self._settings.servers) from error
                time.sleep(pause_s)
                self._connected(doing).forget_coordinators()
            except vendor.KafkaError as error:
                raise _translated(doing, error, self._settings.servers) from error
        raise AssertionError("the last attempt returns or raises")

    def _connected(self, doing: str) -> WireT:
        from kafka.errors import KafkaError as PythonKafkaError

        with self._lock:
            if self._wire is None:
                _hush()
                try:
                    self._wire = self._wire_class()(
                        **self._settings.for_kafka_python(), bootstrap_timeout_ms=_CONNECT_TIMEOUT_MS
                    )
                except PythonKafkaError as error:
                    raise _translated(doing, error, self._settings.servers) from error
            return self._wire


def _translated(doing: str, error: Exception, servers: str) -> PlatformError:
    from kafka import errors as vendor

    text = f"{type(error).__name__}: {error}"
    match error:
        case vendor.SaslAuthenticationFailedError():
            return errors.bad_credentials(doing, servers, text)
        case vendor.KafkaConnectionError() | vendor.NodeNotReadyError():
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
