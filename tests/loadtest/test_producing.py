"""A producer process as it is, against librdkafka's own mock broker."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from benchmarks._load import MOCK, a_load, bytes_payload, produce, settings_of
from kafkaops.loadtest.load import Target
from kafkaops.loadtest.schedule import Schedule


def test_what_found_no_room_is_sent_later_in_the_order_in_which_it_was_due() -> None:
    """A library that takes few records at once gives some of several partitions back."""
    full = {**MOCK, "queue.buffering.max.messages": 50, "linger.ms": 20}
    load = replace(
        a_load(in_flight=5_000, producer=full),
        schedule=Schedule.constant(5_000_000, 1_000_000_000),
        every_record=True,
    )
    _, tally = produce(
        Target("rooms", 4, 1, 1_048_588, {}, twin=True),
        settings_of("mock"),
        load,
        bytes_payload(),
        warmup_s=0,
        seconds=1,
    )
    raw = tally.raw
    taken = {source: [at for at, when in enumerate(times) if when >= 0] for source, times in raw.sent.items()}
    assert sum(map(len, taken.values())) < sum(map(len, raw.sent.values()))  # some were given back
    for source, sequences in taken.items():
        for _, call in groupby(sequences, raw.sent[source].__getitem__):
            due = [raw.intended[source][sequence] for sequence in call]
            assert due == sorted(due)
    assert sum(tally.acked.values()) + tally.unsent == sum(tally.due.values()) == 5_000
