"""A consumer's reader, fed with messages as the client library builds them."""

from __future__ import annotations

from confluent_kafka import KafkaError, Message
from hypothesis import given, settings
from hypothesis import strategies as st

from kafkaops.loadtest.consumer import Reader
from kafkaops.loadtest.messages import ConsumerDelta
from kafkaops.loadtest.proof import Source, Stretch
from kafkaops.loadtest.stamp import PROBE, Origin, stamp

RUN = 77


def message(
    partition: int, offset: int, sequence: int, intended: int = 0, producer: int = 0, run: int = RUN
) -> Message:
    key = stamp(Origin(run, producer, partition).word(), sequence, intended)
    return Message(topic="t", partition=partition, offset=offset, key=key, value=b"")


def read(*batches: list[Message], now: int = 1_000) -> ConsumerDelta:
    reader = Reader(RUN)
    reader.window.set(0, 0, 1 << 60)
    for batch in batches:
        reader.take(batch, now)
    return reader.give("consumer 1")


def test_what_is_consecutive_is_one_stretch_over_batches() -> None:
    delta = read(
        [message(0, 5 + each, each) for each in range(4)], [message(0, 9 + each, 4 + each) for each in range(3)]
    )
    assert delta.stretches == {Source(0, 0): [Stretch(0, 5, 7)]}
    assert delta.reached == {0: 12}
    assert sum(delta.consumed.values()) == 7


def test_a_gap_in_sequence_or_offset_begins_another() -> None:
    delta = read([message(0, 0, 0), message(0, 1, 2), message(0, 5, 3)])
    assert delta.stretches == {Source(0, 0): [Stretch(0, 0, 1), Stretch(2, 1, 1), Stretch(3, 5, 1)]}


def test_probes_are_noted_and_no_part_of_the_proof() -> None:
    delta = read([message(1, 0, PROBE), message(1, 1, 0)], [message(2, 0, PROBE)])
    assert delta.probes == {Source(0, 1), Source(0, 2)}
    assert delta.stretches == {Source(0, 1): [Stretch(0, 1, 1)]}


def test_records_of_others_and_errors_are_left_out() -> None:
    strange = [
        Message(topic="t", partition=0, offset=0, key=None, value=b"x"),
        Message(topic="t", partition=0, offset=1, key=b"short", value=b"x"),
        message(0, 2, 0, run=5),
        Message(topic="t", partition=0, error=KafkaError(KafkaError._TRANSPORT)),
        message(0, 3, 0),
    ]
    delta = read(strange)
    assert delta.foreign == 3
    assert delta.events == {"_TRANSPORT": 1}
    assert delta.stretches == {Source(0, 0): [Stretch(0, 3, 1)]}
    assert delta.reached == {0: 4}


def test_latency_counts_from_the_intended_time_and_only_measured_records() -> None:
    reader = Reader(RUN)
    reader.window.set(100, 0, 100)
    reader.take([message(0, each, each, intended=90 + 20 * each) for each in range(7)], 300)
    delta = reader.give("consumer 1")
    assert delta.response.count == 5  # due at 110, 130, 150, 170 and 190
    assert (delta.response.minimum, delta.response.maximum) == (110, 190)


def test_a_record_in_the_wrong_partition_is_noticed() -> None:
    key = stamp(Origin(RUN, 0, 2).word(), 1, 0)
    strayed = Message(topic="t", partition=4, offset=0, key=key, value=b"")
    delta = read([message(2, 7, 0), strayed, message(2, 8, 1)])
    assert delta.misplaced == 1
    assert delta.stretches == {Source(0, 2): [Stretch(0, 7, 2)]}
    assert delta.reached == {2: 9, 4: 1}


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=60), st.integers(1, 20))
@settings(deadline=None)
def test_stretches_hold_every_record_with_its_offset(order: list[tuple[int, int]], size: int) -> None:
    offsets = [0, 0, 0]
    sequences: dict[tuple[int, int], int] = {}
    messages, wanted = [], set()
    for producer, partition in order:
        sequence = sequences.get((producer, partition), 0)
        sequences[producer, partition] = sequence + 1
        messages.append(message(partition, offsets[partition], sequence, producer=producer))
        wanted.add((producer, partition, sequence, offsets[partition]))
        offsets[partition] += 1
    delta = read(*[messages[at : at + size] for at in range(0, len(messages), size)])
    found = {
        (source.producer, source.partition, stretch.sequence + each, stretch.offset + each)
        for source, stretches in delta.stretches.items()
        for stretch in stretches
        for each in range(stretch.length)
    }
    assert found == wanted
