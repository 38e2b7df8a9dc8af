"""A log is made, faults are put into it, consumers read it with rebalances: all faults and only they are found."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from kafkaops.loadtest.intervals import Intervals
from kafkaops.loadtest.proof import Fault, Guarantee, Proof, Sent, Source, Stretch, prove

Log = list[tuple[Source, int] | None]
"""What each offset holds: a record, or something else's (another run's record, a transaction's marker)."""
SOURCE = Source(0, 0)


def clean_log(draw: st.DrawFn, producers: int) -> Log:
    order = draw(st.lists(st.integers(0, producers), max_size=60))
    following = [0] * producers
    log: Log = []
    for producer in order:
        if producer == producers:
            log.append(None)
        else:
            log.append((Source(producer, 0), following[producer]))
            following[producer] += 1
    return log


@dataclass
class Reading:
    sent: dict[Source, Sent]
    stretches: dict[Source, list[Stretch]]


def read_by(log: Log, spans: list[tuple[int, int]]) -> dict[Source, list[Stretch]]:
    """What consumers report that read these spans of offsets, each joining what is consecutive."""
    found: dict[Source, list[Stretch]] = {}
    for start, stop in spans:
        last: dict[Source, Stretch] = {}
        for offset in range(start, stop):
            record = log[offset]
            if record is None:
                continue
            source, sequence = record
            before = last.get(source)
            if before and (before.sequence + before.length, before.offset + before.length) == (sequence, offset):
                last[source] = Stretch(before.sequence, before.offset, before.length + 1)
                found[source][-1] = last[source]
            else:
                last[source] = Stretch(sequence, offset, 1)
                found.setdefault(source, []).append(last[source])
    return found


def acked_of(log: Log) -> dict[Source, Sent]:
    sent: dict[Source, Sent] = {}
    for record in log:
        if record is not None:
            sent.setdefault(record[0], Sent()).acked.add(record[1], record[1] + 1)
    return sent


@st.composite
def logs(draw: st.DrawFn) -> Log:
    return clean_log(draw, draw(st.integers(1, 3)))


@st.composite
def spans(draw: st.DrawFn, length: int) -> list[tuple[int, int]]:
    """Consumers take over from each other, each somewhere at or before where the last one ended."""
    found, reached = [], 0
    while reached < length:
        start = reached - draw(st.integers(0, reached))
        stop = length - draw(st.integers(0, length - reached - 1))
        found.append((start, stop))
        reached = stop
    return draw(st.permutations(found))


@given(st.data())
@settings(deadline=None)
def test_rebalances_over_a_good_log_are_no_fault(data: st.DataObject) -> None:
    log = data.draw(logs())
    chosen = data.draw(spans(len(log)))
    proof = prove(acked_of(log), read_by(log, chosen), {0: len(log)}, {0: len(log)})
    assert proof.faults == 0 and proof.complete
    assert proof.checked == sum(record is not None for record in log)
    read = sum(log[offset] is not None for start, stop in chosen for offset in range(start, stop))
    assert proof.redelivered == read - proof.checked


@given(st.data())
@settings(deadline=None)
def test_records_taken_out_are_lost_and_named(data: st.DataObject) -> None:
    log = data.draw(logs())
    gone = data.draw(st.sets(st.integers(0, len(log) - 1), max_size=10) if log else st.just(set[int]()))
    kept = [record for offset, record in enumerate(log) if offset not in gone]
    proof = prove(acked_of(log), read_by(kept, data.draw(spans(len(kept)))), {0: len(kept)}, {0: len(kept)})
    taken = [record for offset in sorted(gone) if (record := log[offset]) is not None]
    assert proof.counts == {**dict.fromkeys(Fault, 0), Fault.LOST: len(taken)}
    if taken:
        assert {finding.fault for finding in proof.findings} == {Fault.LOST}


@given(st.data())
@settings(deadline=None)
def test_records_written_again_are_duplicates(data: st.DataObject) -> None:
    log = data.draw(logs())
    mine = [offset for offset, record in enumerate(log) if record is not None]
    again = data.draw(st.lists(st.sampled_from(mine), max_size=8) if mine else st.just(list[int]()))
    longer = log + [log[offset] for offset in again]
    proof = prove(acked_of(log), read_by(longer, data.draw(spans(len(longer)))), {0: len(longer)}, {0: len(longer)})
    assert proof.counts == {**dict.fromkeys(Fault, 0), Fault.DUPLICATED: len(again)}


@given(st.integers(2, 30), st.data())
@settings(deadline=None)
def test_swapped_neighbours_are_reordered(length: int, data: st.DataObject) -> None:
    log: Log = [(SOURCE, sequence) for sequence in range(length)]
    pairs = data.draw(st.sets(st.integers(0, length // 2 - 1)))
    for pair in pairs:
        log[2 * pair], log[2 * pair + 1] = log[2 * pair + 1], log[2 * pair]
    proof = prove(acked_of(log), read_by(log, data.draw(spans(length))), {0: length}, {0: length})
    assert proof.counts == {**dict.fromkeys(Fault, 0), Fault.REORDERED: len(pairs)}


@given(st.integers(1, 40), st.data())
@settings(deadline=None)
def test_a_record_in_doubt_may_be_there_or_not(length: int, data: st.DataObject) -> None:
    doubtful = data.draw(st.sets(st.integers(0, length - 1)))
    written = data.draw(st.sets(st.sampled_from(sorted(doubtful)))) if doubtful else set()
    log: Log = [(SOURCE, each) for each in range(length) if each not in doubtful or each in written]
    sent = Sent(
        acked=Intervals((each, each + 1) for each in range(length) if each not in doubtful),
        in_doubt=Intervals((each, each + 1) for each in sorted(doubtful)),
    )
    proof = prove({SOURCE: sent}, read_by(log, [(0, len(log))]), {0: len(log)}, {0: len(log)})
    assert proof.faults == 0
    assert (proof.in_doubt, proof.in_doubt_written) == (len(doubtful), len(written))


def sent(acked: int, rejected: int | None = None) -> dict[Source, Sent]:
    found = Sent(acked=Intervals([(0, acked)]))
    if rejected is not None:
        found.acked = found.acked.minus(Intervals([(rejected, rejected + 1)]))
        found.rejected.add(rejected, rejected + 1)
    return {SOURCE: found}


def judged(log: Log, acked: dict[Source, Sent], reached: int | None = None) -> Proof:
    read = len(log) if reached is None else reached
    return prove(acked, read_by(log, [(0, read)]), {0: read}, {0: len(log)})


def test_a_rejected_record_in_the_log_should_not_be_there() -> None:
    proof = judged([(SOURCE, each) for each in range(5)], sent(5, rejected=2))
    assert [(found.fault, found.first_sequence, found.offset) for found in proof.findings] == [(Fault.PHANTOM, 2, 2)]


def test_a_lost_tail_is_lost_when_the_end_was_reached() -> None:
    proof = judged([(SOURCE, each) for each in range(5)], sent(9))
    (finding,) = proof.findings
    assert (finding.fault, finding.first_sequence, finding.count, finding.offset) == (Fault.LOST, 5, 4, 4)


def test_what_the_group_did_not_reach_is_unread_and_not_lost_but_a_gap_before_it_is() -> None:
    log: Log = [(SOURCE, each) for each in range(10) if each != 3]
    proof = judged(log, sent(10), reached=6)
    assert proof.counts[Fault.LOST] == 1
    assert (proof.unread, proof.complete) == (3, False)


def test_a_whole_partition_that_is_gone_is_lost() -> None:
    proof = prove(sent(7), {}, {0: 0}, {0: 0})
    (finding,) = proof.findings
    assert (finding.fault, finding.count, finding.offset) == (Fault.LOST, 7, None)


def test_many_findings_are_counted_and_the_first_listed() -> None:
    proof = judged([(SOURCE, each) for each in range(0, 100, 2)], sent(100))
    assert proof.counts[Fault.LOST] == 50
    assert len(proof.findings) == 10


def test_a_setting_that_promises_nothing_excuses_its_fault() -> None:
    proof = judged([(SOURCE, each) for each in (0, 2, 1, 1, 3)], sent(6))
    assert proof.counts == {Fault.LOST: 2, Fault.DUPLICATED: 1, Fault.REORDERED: 1, Fault.PHANTOM: 0}
    assert Guarantee(acks_all=True, idempotent=True).violations(proof) == 4
    assert Guarantee(acks_all=True, idempotent=False).violations(proof) == 2
    assert Guarantee(acks_all=False, idempotent=False).violations(proof) == 0
    assert Guarantee(acks_all=False, idempotent=False).excuse(Fault.LOST) == "acks below all"
