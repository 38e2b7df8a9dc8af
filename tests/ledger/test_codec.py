"""The ledger's records: back and forth, and what is none of them."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafkaops.address import Address
from kafkaops.clients.log import Entry, Logged
from kafkaops.errors import PlatformError
from kafkaops.ledger.codec import (
    PART_BYTES,
    changes_in_parts,
    claim_entry,
    claim_gone,
    open_run_entry,
    open_run_gone,
    prefix_entry,
    prefix_gone,
    read_ledger,
    read_runs,
    run_entries,
)
from kafkaops.ledger.model import Claim, OpenRun, Origin, Owner, PrefixClaim
from kafkaops.ledger.records import (
    RecordedChange,
    RecordedField,
    RecordedOutcome,
    RunChanges,
    RunEnded,
    RunIntent,
    RunOutcomes,
    RunRecord,
    RunResult,
    RunStarted,
    stories,
)

ME, OTHER = Owner("paklog", "dev"), Owner("billing", "dev")
TOPIC = Address("topic", "wave-events")
NAMES = st.text(min_size=1, max_size=20).filter(lambda name: name.isprintable())
fuzzed = settings(max_examples=int(os.environ.get("KAFKAOPS_EXAMPLES", "100")), deadline=None)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def claim(owner: Owner = ME, address: Address = TOPIC, **values: object) -> Claim:
    base = Claim(owner=owner, address=address, origin=Origin.MADE, settled=True, run="r1", at="t1", since="t0")
    return replace(base, **values)  # type: ignore[arg-type]


def log(*entries: Entry) -> list[Logged]:
    return [Logged(offset, entry.key, entry.value) for offset, entry in enumerate(entries)]


@given(
    NAMES, st.sampled_from(Origin), st.booleans(), st.none() | st.dictionaries(st.text(max_size=5), VALUES, max_size=4)
)
def test_a_claim_comes_back_as_it_was(name: str, origin: Origin, settled: bool, declared: dict[str, object]) -> None:
    written = claim(address=Address("topic", name), origin=origin, settled=settled, declared=declared, identity="id")
    found = read_ledger(ME, log(claim_entry(written))).mine[written.address]
    assert found == replace(written, offset=0)


def test_the_last_record_of_a_key_counts_and_a_tombstone_ends_it() -> None:
    newer = claim(run="r2")
    assert read_ledger(ME, log(claim_entry(claim()), claim_entry(newer))).mine == {TOPIC: replace(newer, offset=1)}
    assert read_ledger(ME, log(claim_entry(claim()), claim_gone(ME, TOPIC))).mine == {}


def test_owners_do_not_overwrite_each_other_and_the_settled_claim_stands() -> None:
    early, settled = claim(OTHER, settled=False), claim(Owner("third", "dev"))
    ledger = read_ledger(ME, log(claim_entry(early), claim_entry(claim(settled=False)), claim_entry(settled)))
    assert ledger.mine[TOPIC].owner == ME
    assert ledger.others[TOPIC].owner == settled.owner
    assert ledger.rival(TOPIC) == replace(settled, offset=2)


@pytest.mark.parametrize(
    ("mine", "theirs", "rival"),
    [
        (False, False, True),  # both intended: theirs stands earlier in the log
        (True, False, False),
        (False, True, True),
    ],
)
def test_of_two_claims_the_settled_one_stands_and_else_the_earlier(mine: bool, theirs: bool, rival: bool) -> None:
    ledger = read_ledger(ME, log(claim_entry(claim(OTHER, settled=theirs)), claim_entry(claim(settled=mine))))
    assert (ledger.rival(TOPIC) is not None) is rival


def test_a_prefix_keeps_others_out_and_not_its_owner() -> None:
    prefix = PrefixClaim(owner=OTHER, prefix="wave-", run="r", at="t")
    ledger = read_ledger(ME, log(prefix_entry(prefix)))
    assert ledger.rival(TOPIC) == replace(prefix, offset=0)
    assert ledger.rival(Address("topic", "pick-events")) is None
    assert ledger.overlapping(["wave-planning-", "w", "x-"]).keys() == {"wave-planning-", "w"}
    assert read_ledger(OTHER, log(prefix_entry(prefix))).rival(TOPIC) is None
    assert read_ledger(ME, log(prefix_entry(prefix), prefix_gone(OTHER, "wave-"))).rival(TOPIC) is None


def test_an_open_run_is_its_owners_alone() -> None:
    run = OpenRun(owner=ME, run="r1", by="ann", host="h", pid=1, at="t", runs_offset=7)
    assert read_ledger(ME, log(open_run_entry(run))).open_run == run
    assert read_ledger(OTHER, log(open_run_entry(run))).open_run is None
    assert read_ledger(ME, log(open_run_entry(run), open_run_gone(ME))).open_run is None


def test_an_open_run_keeps_those_that_it_does_not_complete() -> None:
    earliest = OpenRun(owner=ME, run="r1", by="ann", host="h", pid=1, at="t", runs_offset=7)
    latest = replace(earliest, run="r3", left=replace(earliest, run="r2", left=earliest))
    found = read_ledger(ME, log(open_run_entry(latest))).open_run
    assert found == latest
    assert [run.run for run in found.with_left()] == ["r3", "r2", "r1"]


def test_open_runs_that_never_end_are_no_ledger() -> None:
    entry = open_run_entry(OpenRun(owner=ME, run="r1", by="ann", host="h", pid=1, at="t"))
    assert entry.value is not None
    deep = b'{"v":1,"claim":' + b'{"left":' * 5_000 + b"{}" + b"}" * 5_000 + b"}"
    with pytest.raises(PlatformError, match="KO870"):
        read_ledger(ME, [Logged(0, entry.key, deep)])


def test_a_run_comes_back_as_a_story() -> None:
    started = RunStarted(
        run="r1",
        owner=ME,
        at="t0",
        by="ann",
        host="h",
        pid=1,
        tool_version="1",
        plan_digest="p",
        spec_digest="s",
        cluster_id="c",
        changes=2,
    )
    other = Address("schema", "x-value")
    changes = [
        RecordedChange(
            address=TOPIC,
            type="update",
            reason="differs-from-spec",
            risk="safe",
            fields=(RecordedField(path="config.retention.ms", before="1", after="2"),),
            before={"partitions": 6, "config": {"retention.ms": "1"}},
        ),
        RecordedChange(address=other, type="create", reason="absent-from-cluster", risk="safe"),
    ]
    records: list[RunRecord] = [
        started,
        *changes_in_parts("r1", "t0", changes),
        RunIntent(run="r1", at="t1", addresses=(TOPIC,)),
        RunOutcomes(run="r1", at="t2", outcomes=(RecordedOutcome(address=TOPIC, state="done"),)),
        RunIntent(run="r1", at="t3", addresses=(other,)),
    ]
    (story,) = stories(read_runs(log(*run_entries(records))))
    assert (story.started, story.whole, story.ended) == (started, True, None)
    assert tuple(story.changes.values()) == tuple(changes)
    assert (story.unknown, story.untouched, story.count("done")) == ((other,), (), 1)
    story.add(RunEnded(run="r1", at="t4", result=RunResult.INTERRUPTED, told_by="r2"))
    assert story.ended is not None and story.ended.result is RunResult.INTERRUPTED


def test_a_run_of_ten_thousand_changes_fits_below_the_message_limit() -> None:
    changes = [
        RecordedChange(
            address=Address("topic", f"topic-{number}"),
            type="create",
            reason="absent-from-cluster",
            risk="safe",
            fields=tuple(RecordedField(path=f"config.{key}", after="604800000") for key in range(8)),
        )
        for number in range(10_000)
    ]
    parts = changes_in_parts("r1", "t", changes)
    entries = run_entries(parts)
    assert all(len(entry.value or b"") < 2 * PART_BYTES for entry in entries) and len(parts) > 1
    assert [part.parts for part in parts] == [len(parts)] * len(parts)
    again = [change for part in read_runs(log(*entries)) if isinstance(part, RunChanges) for change in part.changes]
    assert again == changes


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (None, b"{}", "it has no key"),
        (b"\xff", b"{}", "its key is not JSON"),
        (b'["unheard-of","a","b"]', b"{}", "its key names nothing that a ledger holds"),
        (b'["claim","topic.a","p","dev"]', b"\x00", "it is not JSON"),
        (b'["claim","topic.a","p","dev"]', b"[" * 100_000, "it is not JSON"),
        (b'["claim","topic.a","p","dev"]', b"{}", "it does not say which version it has"),
        (b'["claim","topic.a","p","dev"]', b'{"v":true}', "it does not say which version it has"),
        (b'["claim","topic.a","p","dev"]', b'{"v":1}', "it has no 'claim'"),
        (b'["claim","topic.a","p","dev"]', b'{"v":1,"claim":{"owner":5}}', "owner: "),
    ],
)
def test_what_is_no_record_is_an_error_with_its_place(key: bytes | None, value: bytes, says: str) -> None:
    with pytest.raises(PlatformError) as caught:
        read_ledger(ME, [Logged(41, key, value)])
    (problem,) = caught.value.diagnostics
    assert problem.code == "KO870"
    assert "offset 41 of __kafkaops_claims" in problem.summary and says in problem.summary


def test_a_newer_format_is_not_guessed_at() -> None:
    with pytest.raises(PlatformError, match=r"KO871.*format 2; this one knows 1"):
        read_ledger(ME, [Logged(0, b'["claim","topic.a","p","dev"]', b'{"v":2,"claim":{}}')])
    with pytest.raises(PlatformError, match="KO871"):
        read_runs([Logged(0, b"r1", b'{"v":2}')])


@fuzzed
@given(st.binary(max_size=80), st.binary(max_size=200))
def test_any_bytes_are_a_ledger_or_an_error(key: bytes, value: bytes) -> None:
    for read in (lambda: read_ledger(ME, [Logged(0, key, value)]), lambda: read_runs([Logged(0, key, value)])):
        try:
            read()
        except PlatformError as error:
            assert error.diagnostics[0].code in ("KO870", "KO871")


@fuzzed
@given(st.data())
def test_a_mutated_record_is_a_ledger_or_an_error(data: st.DataObject) -> None:
    entry = claim_entry(claim(declared={"partitions": 6, "config": {"retention.ms": "1"}}))
    document = json.loads(entry.value or b"")
    target = data.draw(st.sampled_from([document, document["claim"], document["claim"]["owner"]]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(VALUES)
    try:
        read_ledger(ME, [Logged(3, entry.key, json.dumps(document).encode())])
    except PlatformError as error:
        assert error.diagnostics[0].code in ("KO870", "KO871")
