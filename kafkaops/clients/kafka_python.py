"""kafka-python's part of the admin port, for the threads of kafkaops. Connects when first needed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kafkaops.clients import kafka_errors as errors
from kafkaops.clients.kafka import Answers, GroupView, Refusal, TopicPartition
from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.errors import PlatformError

if TYPE_CHECKING:
    from kafkaops.clients.kafka_wire import Wire

_CONNECT_TIMEOUT_MS = 10_000
_PAUSES_S = (0.1, 0.5, 2.0)


class KafkaPythonAdmin:
    """Groups, and one broker's view of topics. Methods may be called from several threads."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._wire: Wire | None = None

    def topics_on(self, broker: int, names: Sequence[str]) -> Mapping[str, int]:
        """Which of these topics one broker knows, with how many partitions that have a leader."""
        found: Mapping[str, int] = self._run("ask a broker for topics", lambda wire: wire.topics_on, broker, names)
        return found

    def groups(self, names: Sequence[str]) -> Mapping[str, GroupView | Refusal]:
        """Describe groups of either protocol."""
        if not names:
            return {}
        found: Mapping[str, GroupView | Refusal] = self._run("describe groups", lambda wire: wire.describe, names)
        _complete("describe groups", names, found)
        return found

    def all_groups(self) -> Sequence[str]:
        """The names of all groups that the caller may see."""
        return sorted({item["group_id"] for item in self._call("list groups", lambda wire: wire.list_groups())})

    def committed(self, groups: Mapping[str, Sequence[TopicPartition]]) -> Mapping[str, Mapping[TopicPartition, int]]:
        """Committed offsets of these partitions; one without a commit is not in the answer."""
        if not groups:
            return {}
        doing = "read committed offsets"
        found = self._run(doing, lambda wire: wire.committed, groups)
        _complete(doing, groups, found)
        for name, answer in found.items():
            if isinstance(answer, Refusal):
                raise errors.refused(f"{doing} of group {name}", answer)
        result: Mapping[str, Mapping[TopicPartition, int]] = found
        return result

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, Refusal | None]:
        """Commit offsets for a group that has no members."""
        answer = self._run(f"commit offsets of group {group}", lambda wire: wire.commit, group, offsets)
        if isinstance(answer, Refusal):
            return dict.fromkeys(offsets, answer)
        result: Mapping[TopicPartition, Refusal | None] = answer
        return result

    def delete_groups(self, names: Sequence[str]) -> Answers:
        """Delete groups and their committed offsets."""
        if not names:
            return {}
        found: Answers = self._run("delete groups", lambda wire: wire.delete, names)
        return found

    def close(self) -> None:
        """Let the connections go."""
        with self._lock:
            if self._wire is not None:
                self._wire.close()
                self._wire = None

    def _run(self, doing: str, pick: Callable[[Wire], Callable[..., Any]], *arguments: object) -> Any:
        """Run one of the wire's coroutines on its network thread and wait for it."""
        return self._call(doing, lambda wire: wire._manager.run(pick(wire), *arguments))

    def _call(self, doing: str, call: Callable[[Wire], Any]) -> Any:
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

    def _connected(self, doing: str) -> Wire:
        # Importing kafka-python takes a fifth of a second: only who needs it pays.
        from kafka.errors import KafkaError as PythonKafkaError

        from kafkaops.clients.kafka_wire import Wire

        with self._lock:
            if self._wire is None:
                _hush()
                try:
                    self._wire = Wire(**self._settings.for_kafka_python(), bootstrap_timeout_ms=_CONNECT_TIMEOUT_MS)
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


def _complete(doing: str, asked: Sequence[str] | Mapping[str, object], found: Mapping[str, object]) -> None:
    missing = set(asked) - found.keys()
    if missing:
        raise errors.short_answer(doing, missing)


def _hush() -> None:
    """kafka-python logs warnings while it connects; what matters of them is in the errors raised."""
    logger = logging.getLogger("kafka")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
