"""The ledger as plain clients see it, for tests that check what kafkaops wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

_PATIENCE_S = 90.0
"""Longer than the coordinator takes to abort a transaction that nobody ends."""


@dataclass(frozen=True, slots=True)
class Record:
    """A committed record, decoded."""

    offset: int
    key: Any
    value: Any


def read_log(servers: str, topic: str, login: Mapping[str, str] | None = None) -> list[Record]:
    """Every committed record of a one-partition topic, tombstones included. `login` is a client's configuration.

    A run of any project that was killed in the middle of a transaction hides what others committed after it began,
    until it is aborted. That is waited for.
    """
    settings: dict[str, str | bool] = {
        "bootstrap.servers": servers,
        "group.id": "reader-of-tests",
        "enable.auto.commit": False,
    }
    settings |= login or {}
    end = _end_of(settings, topic)
    consumer = Consumer({**settings, "enable.partition.eof": True, "isolation.level": "read_committed"})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    found: list[Record] = []
    try:
        while True:
            message = consumer.poll(_PATIENCE_S)
            assert message is not None, f"{topic} was not read to its end in {_PATIENCE_S} s"
            error = message.error()
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error
                if (message.offset() or 0) >= end:
                    return found
                continue
            key, value = message.key(), message.value()
            assert isinstance(key, bytes)
            text = key.decode()
            decoded = json.loads(text) if text.startswith("[") else text
            found.append(Record(message.offset() or 0, decoded, json.loads(value) if value else None))
    finally:
        consumer.close()


def _end_of(settings: Mapping[str, str | bool], topic: str) -> int:
    """Where the log ends, transactions that are open included."""
    consumer = Consumer({**settings, "isolation.level": "read_uncommitted"})
    try:
        return int(consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=_PATIENCE_S)[1])
    finally:
        consumer.close()


def claims_of(servers: str, project: str, login: Mapping[str, str] | None = None) -> dict[str, Any]:
    """By address, the claims that a project holds now."""
    held: dict[str, Any] = {}
    for record in read_log(servers, "__kafkaops_claims", login):
        if record.key[0] == "claim" and record.key[-2] == project:
            held.pop(record.key[1], None)
            if record.value is not None:
                held[record.key[1]] = record.value["claim"]
    return held


def runs_of(servers: str, project: str) -> list[dict[str, Any]]:
    """The records of a project's runs, in the order of the log."""
    records = [record.value["record"] for record in read_log(servers, "__kafkaops_runs")]
    ids = {item["run"] for item in records if item["type"] == "started" and item["owner"]["project"] == project}
    return [item for item in records if item["run"] in ids]
