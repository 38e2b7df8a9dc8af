"""The calls of librdkafka that the direct engine makes, by ctypes, into the very library that confluent-kafka uses.

Names, layouts and contracts are those of `rdkafka.h`, version 2. Nothing is guessed about a library: `direct_check`
tries the layout before it is used.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import CDLL, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException

BORROWED = 0
"""Neither `RD_KAFKA_MSG_F_COPY` nor `_FREE`: a value must stay where it is until its record's fate was reported or the
client is closed. A key is copied within the call in any case."""
DELIVERIES, ERRORS, STATISTICS = 0x1, 0x8, 0x40
"""`RD_KAFKA_EVENT_DR`, `_ERROR`, `_STATS`."""
_PURGE_ALL = 0x1 | 0x2
"""`RD_KAFKA_PURGE_F_QUEUE` and `_INFLIGHT`."""
_TEXT_BYTES = 512
_OLDEST = 0x02000000
_PLACES = ("../confluent_kafka.libs/librdkafka*.so*", ".dylibs/librdkafka*.dylib")
"""Where wheels keep it, seen from the package: those for Linux (auditwheel), those for macOS (delocate)."""


Settings: TypeAlias = Mapping[str, str | int | float | bool]
Addresses: TypeAlias = "ctypes.Array[c_size_t]"
"""As wide as pointers, and integers when they are read."""


class Kind(IntEnum):
    """`rd_kafka_type_t`."""

    PRODUCER = 0
    CONSUMER = 1


class Unavailable(Exception):
    """The library cannot be used; the text says why."""


class Message(ctypes.Structure):
    """`rd_kafka_message_t`. Pointers are addresses: who makes them keeps alive what they point to."""

    _fields_ = [
        ("err", c_int), ("rkt", c_void_p), ("partition", c_int32), ("payload", c_void_p), ("len", c_size_t),
        ("key", c_void_p), ("key_len", c_size_t), ("offset", c_int64), ("_private", c_void_p),
    ]  # fmt: skip

    err: int
    partition: int
    payload: int | None
    len: int
    key: int | None
    key_len: int
    offset: int

    def key_bytes(self) -> bytes:
        """A copy of its key."""
        return ctypes.string_at(self.key or 0, self.key_len)

    def value_bytes(self) -> bytes:
        """A copy of its value."""
        return ctypes.string_at(self.payload or 0, self.len)


_PROTOTYPES: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
    "rd_kafka_version": (c_int, ()),
    "rd_kafka_conf_new": (c_void_p, ()),
    "rd_kafka_conf_destroy": (None, (c_void_p,)),
    "rd_kafka_conf_set": (c_int, (c_void_p, c_char_p, c_char_p, c_char_p, c_size_t)),
    "rd_kafka_conf_dump": (c_void_p, (c_void_p, c_void_p)),
    "rd_kafka_conf": (c_void_p, (c_void_p,)),
    "rd_kafka_default_topic_conf_dup": (c_void_p, (c_void_p,)),
    "rd_kafka_topic_conf_destroy": (None, (c_void_p,)),
    "rd_kafka_topic_conf_dump": (c_void_p, (c_void_p, c_void_p)),
    "rd_kafka_conf_dump_free": (None, (c_void_p, c_size_t)),
    "rd_kafka_conf_set_events": (None, (c_void_p, c_int)),
    "rd_kafka_conf_set_log_cb": (None, (c_void_p, c_void_p)),
    "rd_kafka_new": (c_void_p, (c_int, c_void_p, c_char_p, c_size_t)),
    "rd_kafka_destroy": (None, (c_void_p,)),
    "rd_kafka_last_error": (c_int, ()),
    "rd_kafka_fatal_error": (c_int, (c_void_p, c_char_p, c_size_t)),
    "rd_kafka_topic_new": (c_void_p, (c_void_p, c_char_p, c_void_p)),
    "rd_kafka_topic_destroy": (None, (c_void_p,)),
    "rd_kafka_produce_batch": (c_int, (c_void_p, c_int32, c_int, c_void_p, c_int)),
    "rd_kafka_outq_len": (c_int, (c_void_p,)),
    "rd_kafka_purge": (c_int, (c_void_p, c_int)),
    "rd_kafka_queue_get_main": (c_void_p, (c_void_p,)),
    "rd_kafka_queue_poll": (c_void_p, (c_void_p, c_int)),
    "rd_kafka_queue_destroy": (None, (c_void_p,)),
    "rd_kafka_event_type": (c_int, (c_void_p,)),
    "rd_kafka_event_error": (c_int, (c_void_p,)),
    "rd_kafka_event_stats": (c_char_p, (c_void_p,)),
    "rd_kafka_event_message_count": (c_size_t, (c_void_p,)),
    "rd_kafka_event_message_array": (c_size_t, (c_void_p, c_void_p, c_size_t)),
    "rd_kafka_event_destroy": (None, (c_void_p,)),
}


def wheel_library(package: Path) -> Path:
    """The file beside confluent-kafka's package. Raises `Unavailable`."""
    found = [file for place in _PLACES for file in package.glob(place)]
    if len(found) != 1:
        raise Unavailable("confluent-kafka brings no librdkafka of its own here")
    return found[0]


@cache
def library() -> CDLL:
    """The library, its functions typed. Raises `Unavailable`."""
    try:
        lib = CDLL(str(wheel_library(Path(confluent_kafka.__file__).parent)))
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments
    except OSError:
        raise Unavailable("the librdkafka that confluent-kafka brings cannot be loaded") from None
    except AttributeError as error:
        raise Unavailable(f"librdkafka lacks a call: {error}") from None
    check_version(lib.rd_kafka_version(), confluent_kafka.libversion()[1])
    return lib


def check_version(found: int, clients: int) -> None:
    """Both as `rd_kafka_version` gives them. Raises `Unavailable`."""
    if found < _OLDEST:
        raise Unavailable(f"librdkafka is of version {_text(found)}, before 2.0")
    if found != clients:
        raise Unavailable(f"librdkafka is of version {_text(found)}, confluent-kafka's of {_text(clients)}")


def _text(version: int) -> str:
    return f"{version >> 24}.{version >> 16 & 0xFF}.{version >> 8 & 0xFF}"


def effective(config: Settings, kind: Kind) -> dict[str, str]:
    """What is in force in a client that is made with these settings, by the names that the library has for it.

    Its own defaults are included, and what it sets itself because of another: idempotence bounds the requests in
    flight. A property without a value is left out. The client is made, asked and closed; it connects to nothing.
    Raises `Unavailable`, and `KafkaException` where a setting is refused.
    """
    lib = library()
    handle = _client(lib, config, kind, events=0)
    topic = lib.rd_kafka_default_topic_conf_dup(handle)
    try:
        # What both have, such as the compression, is the client's where the topic's does not differ.
        return _listed(lib, lib.rd_kafka_topic_conf_dump, topic) | _listed(
            lib, lib.rd_kafka_conf_dump, lib.rd_kafka_conf(handle)
        )
    finally:
        lib.rd_kafka_topic_conf_destroy(topic)
        lib.rd_kafka_destroy(handle)


def _listed(lib: CDLL, dump: Any, conf: int) -> dict[str, str]:
    """The properties of a conf: the library gives names and values in turns."""
    count = c_size_t()
    address = dump(conf, ctypes.byref(count))
    try:
        texts = [(text or b"").decode(errors="replace") for text in (c_char_p * count.value).from_address(address)]
    finally:
        lib.rd_kafka_conf_dump_free(address, count)
    return {name: value for name, value in zip(texts[::2], texts[1::2], strict=True) if value}


def _client(lib: CDLL, config: Settings, kind: Kind, events: int) -> int:
    """A new client that logs nothing. Raises `KafkaException` where the library refuses a setting."""
    text = ctypes.create_string_buffer(_TEXT_BYTES)
    conf = lib.rd_kafka_conf_new()
    try:
        for name, value in config.items():
            given = str(value).lower() if isinstance(value, bool) else str(value)
            if lib.rd_kafka_conf_set(conf, name.encode(), given.encode(), text, _TEXT_BYTES):
                raise KafkaException(KafkaError(KafkaError._INVALID_ARG, text.value.decode(errors="replace")))
        lib.rd_kafka_conf_set_events(conf, events)
        lib.rd_kafka_conf_set_log_cb(conf, None)
        handle: int | None = lib.rd_kafka_new(kind, conf, text, _TEXT_BYTES)
        if handle is None:
            raise KafkaException(KafkaError(lib.rd_kafka_last_error(), text.value.decode(errors="replace")))
    except KafkaException:
        lib.rd_kafka_conf_destroy(conf)  # which is the client's from when there is one
        raise
    return handle


class Client:
    """A producer's handle on one topic. Used by one thread; `close` it, or its threads go on.

    `lib`, `topic` and `queue` are for calls that must not cost more than they do.
    """

    def __init__(self, config: Settings, topic: str) -> None:
        """Raises `Unavailable`, and `KafkaException` where the library refuses a setting."""
        lib = self.lib = library()
        self._handle = _client(lib, config, Kind.PRODUCER, DELIVERIES | ERRORS | STATISTICS)
        self.topic = lib.rd_kafka_topic_new(self._handle, topic.encode(), None)
        self.queue = lib.rd_kafka_queue_get_main(self._handle)

    def __len__(self) -> int:
        """Records and events that the library holds."""
        return int(self.lib.rd_kafka_outq_len(self._handle))

    def error_of(self, event: int) -> KafkaError:
        """What an error event is about. Behind a fatal one is the error that made it so."""
        code = self.lib.rd_kafka_event_error(event)
        if code == KafkaError._FATAL:
            code = self.lib.rd_kafka_fatal_error(self._handle, None, 0) or code
        return KafkaError(code)

    def messages(self, event: int) -> Addresses:
        """The addresses of a delivery event's messages, which live until the event is destroyed."""
        count = self.lib.rd_kafka_event_message_count(event)
        addresses: Addresses = (c_size_t * count)()
        if self.lib.rd_kafka_event_message_array(event, addresses, count) != count:
            raise AssertionError("a delivery event holds another number of records than it says")
        return addresses

    def purge(self) -> None:
        """Drop every record; each is reported as failed."""
        self.lib.rd_kafka_purge(self._handle, _PURGE_ALL)

    def close(self) -> None:
        """End the client's threads and free what it holds."""
        self.lib.rd_kafka_topic_destroy(self.topic)
        self.lib.rd_kafka_queue_destroy(self.queue)
        self.lib.rd_kafka_destroy(self._handle)
