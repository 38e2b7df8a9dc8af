"""What is made of the brokers' answers about groups."""

from __future__ import annotations

from types import SimpleNamespace

from kafkaops.clients.kafka import Refusal, TopicPartition
from kafkaops.clients.kafka_wire import _offsets_of


def answer(*parts: tuple[int, int, int], error: int = 0) -> SimpleNamespace:
    """A group's part of an OffsetFetch response: (partition, offset, error code)."""
    listed = [
        SimpleNamespace(partition_index=index, committed_offset=offset, error_code=code)
        for index, offset, code in parts
    ]
    return SimpleNamespace(error_code=error, topics=[SimpleNamespace(name="t", partitions=listed)])


def test_a_partition_without_a_commit_is_left_out() -> None:
    assert _offsets_of(answer((0, 7, 0), (1, -1, 0))) == {TopicPartition("t", 0): 7}


def test_an_offset_that_could_not_be_read_is_not_taken_for_none_committed() -> None:
    for code, error in ((88, "UNSTABLE_OFFSET_COMMIT"), (29, "TOPIC_AUTHORIZATION_FAILED")):
        found = _offsets_of(answer((0, 7, 0), (1, -1, code)))
        assert isinstance(found, Refusal) and found.error == error and "t[1]" in found.text


def test_a_groups_error_is_its_refusal() -> None:
    found = _offsets_of(answer(error=16))
    assert isinstance(found, Refusal) and found.error == "NOT_COORDINATOR"
