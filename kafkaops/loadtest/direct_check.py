"""Whether the direct engine can be used here, tried before it is trusted with a load.

The trial runs in a process of its own, `python -m kafkaops.loadtest.direct_check`: where a structure is laid out in
another way than we think, that process is the one that crashes.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from time import monotonic

from confluent_kafka import KafkaError, KafkaException

from kafkaops.loadtest import librdkafka
from kafkaops.loadtest.client import Config
from kafkaops.loadtest.librdkafka import Client, Message, Unavailable

_PARTITION, _RECORDS, _OVERSIZED = 1, 10, 4
_MAX_BYTES = 2_000
_SETTINGS: Config = {
    "bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0, "message.max.bytes": _MAX_BYTES,
}  # fmt: skip
_DELIVERY_S, _PATIENCE_S = 10.0, 20.0
Seen = tuple[int, int, bytes, bytes, int]
"""Error, partition, value, key and offset of a delivered record."""


def why_not() -> str | None:
    """Why the direct engine cannot be used on this machine; None where it can."""
    if sys.byteorder != "little":
        return "it knows stamps on little-endian machines only"
    try:
        librdkafka.library()
        ended = subprocess.run(
            [sys.executable, "-m", __name__], capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE_S
        )
    except Unavailable as error:
        return str(error)
    except subprocess.TimeoutExpired:
        return f"its self-test did not end within {_PATIENCE_S:g} s"
    return verdict(ended.returncode, ended.stdout.decode(errors="replace"))


def verdict(exit_code: int, said: str) -> str | None:
    """What a trial's end means: None where it was passed."""
    if exit_code == 0:
        return None
    if exit_code < 0:
        return f"its self-test was killed by signal {-exit_code}"
    return f"its self-test failed: {said.strip() or f'exit code {exit_code}'}"


def trial() -> None:
    """Send ten records, one of them too large, to librdkafka's mock broker. Raises `Unavailable` if anything is off."""
    client = Client(_SETTINGS, "direct-check")
    try:
        values = [
            bytes([65 + index]) * (_MAX_BYTES if index == _OVERSIZED else 50 + index) for index in range(_RECORDS)
        ]
        keys = [f"key {index}".encode() for index in range(_RECORDS)]
        codes, taken = _produce(client, keys, values)
        wanted = [KafkaError.MSG_SIZE_TOO_LARGE if index == _OVERSIZED else 0 for index in range(_RECORDS)]
        if (codes, taken) != (wanted, _RECORDS - 1):
            raise Unavailable(f"of {_RECORDS} records {taken} were taken, with the errors {codes}")
        fit = [index for index in range(_RECORDS) if index != _OVERSIZED]
        expected = [(0, _PARTITION, values[index], keys[index], offset) for offset, index in enumerate(fit)]
        seen = _delivered(client, len(expected))
        if seen != expected:
            raise Unavailable(f"{len(seen)} of {len(expected)} records came back, not as they were sent")
    finally:
        client.close()


def _produce(client: Client, keys: list[bytes], values: list[bytes]) -> tuple[list[int], int]:
    """(the error of each record, how many were taken). Stale errors are there before, to be written over."""
    messages = (Message * len(keys))()
    for message, key, value in zip(messages, keys, values, strict=True):
        message.err = KafkaError._FAIL
        message.key, message.key_len = ctypes.cast(ctypes.c_char_p(key), ctypes.c_void_p).value, len(key)
        message.payload, message.len = ctypes.cast(ctypes.c_char_p(value), ctypes.c_void_p).value, len(value)
    taken = client.lib.rd_kafka_produce_batch(client.topic, _PARTITION, librdkafka.BORROWED, messages, len(keys))
    return [message.err for message in messages], taken


def _delivered(client: Client, count: int) -> list[Seen]:
    """So many reports, in the order in which they came; fewer where they do not come in time."""
    lib = client.lib
    seen: list[Seen] = []
    deadline = monotonic() + _DELIVERY_S
    while len(seen) < count and monotonic() < deadline:
        event = lib.rd_kafka_queue_poll(client.queue, 100)
        if event is None:
            continue
        if lib.rd_kafka_event_type(event) == librdkafka.DELIVERIES:
            seen += [_seen(Message.from_address(address)) for address in client.messages(event)]
        lib.rd_kafka_event_destroy(event)
    return seen


def _seen(message: Message) -> Seen:
    return message.err, message.partition, message.value_bytes(), message.key_bytes(), message.offset


def main() -> int:
    """The trial as a process: what is wrong on stdout, exit code 1."""
    try:
        trial()
    except Unavailable as error:
        said = str(error)
    except KafkaException as error:
        said = error.args[0].str()
    else:
        return 0
    sys.stdout.write(said)
    return 1


if __name__ == "__main__":
    sys.exit(main())
