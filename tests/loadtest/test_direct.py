"""The direct engine by itself: what it finds out before it is used, and what it leaves behind."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
from confluent_kafka import KafkaError, KafkaException
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.loadtest import direct_check, librdkafka
from kafkaops.loadtest.client import Config
from kafkaops.loadtest.direct import DirectEngine
from kafkaops.loadtest.disclosures import engines, fall_backs
from kafkaops.loadtest.engine import Engine, Told
from kafkaops.loadtest.engines import choose
from kafkaops.loadtest.journal import Journal
from kafkaops.loadtest.librdkafka import Unavailable
from kafkaops.loadtest.load import Target, Timing
from kafkaops.loadtest.messages import Ready
from kafkaops.loadtest.payload import Pool
from kafkaops.loadtest.portable import PortableEngine
from kafkaops.loadtest.stamp import Origin
from kafkaops.loadtest.tally import LoadTally
from kafkaops.spec.loadtests import ProducerEngine
from tests.loadtest.loads import a_load
from tests.waiting import until

MOCK: Config = {"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0}
POOL = Pool((b"value",), repeats_in_batch=True)
WORD = Origin(1, 2, 0).word()
DIRECT = replace(a_load(), engine=ProducerEngine.DIRECT)


@pytest.fixture
def engine() -> Iterator[DirectEngine]:
    made = DirectEngine(MOCK, "topic", 1, POOL)
    yield made
    made.close()


def until_settled(engine: Engine, seconds: float = 60) -> None:
    deadline = monotonic() + seconds
    while len(engine) and monotonic() < deadline:
        engine.poll(0.05)
    assert len(engine) == 0


# ---- whether it can be used


def test_here_it_passes_its_own_test() -> None:
    assert direct_check.why_not() is None
    assert choose(DIRECT, {}).make is DirectEngine


def test_a_structure_that_is_laid_out_in_another_way_is_found_out() -> None:
    """For real, in a process of its own, for it may crash."""
    script = """
import ctypes, sys
from kafkaops.loadtest import direct_check, librdkafka
class Wrong(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), *librdkafka.Message._fields_]
    key_bytes, value_bytes = librdkafka.Message.key_bytes, librdkafka.Message.value_bytes
direct_check.Message = Wrong
sys.exit(direct_check.main())
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    reason = direct_check.verdict(ended.returncode, ended.stdout)
    assert reason is not None and reason.startswith("its self-test "), ended.stderr


@pytest.mark.parametrize(
    ("exit_code", "said", "reason"),
    [
        (0, "", None),
        (1, "of 10 records 3 were taken\n", "its self-test failed: of 10 records 3 were taken"),
        (1, "", "its self-test failed: exit code 1"),
        (-11, "", "its self-test was killed by signal 11"),
    ],
)
def test_how_a_trial_ends_is_said(exit_code: int, said: str, reason: str | None) -> None:
    assert direct_check.verdict(exit_code, said) == reason


def test_a_trial_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_check, "_PATIENCE_S", 0.001)
    assert direct_check.why_not() == "its self-test did not end within 0.001 s"
    choice = choose(DIRECT, {})
    assert (choice.engine, choice.make) == (ProducerEngine.PORTABLE, PortableEngine)


@pytest.mark.parametrize("file", ["../confluent_kafka.libs/librdkafka-0a1b.so.1", ".dylibs/librdkafka.1.dylib"])
def test_the_library_is_where_wheels_keep_it(tmp_path: Path, file: str) -> None:
    package = tmp_path / "confluent_kafka"
    package.mkdir()
    with pytest.raises(Unavailable, match="confluent-kafka brings no librdkafka of its own here"):
        librdkafka.wheel_library(package)
    (package / file).parent.mkdir()
    (package / file).touch()
    assert librdkafka.wheel_library(package).samefile(package / file)


def test_another_version_than_the_clients_is_not_used() -> None:
    librdkafka.check_version(0x021000FF, 0x021000FF)
    with pytest.raises(Unavailable, match=r"librdkafka is of version 1\.9\.2, before 2\.0"):
        librdkafka.check_version(0x010902FF, 0x010902FF)
    with pytest.raises(Unavailable, match=r"librdkafka is of version 2\.15\.0, confluent-kafka's of 2\.16\.0"):
        librdkafka.check_version(0x020F00FF, 0x021000FF)


def test_what_it_cannot_do_the_portable_one_does() -> None:
    assert choose(a_load(), {}).make is PortableEngine
    choice = choose(replace(DIRECT, transaction_ns=1), {})
    assert (choice.make, choice.fell_back) == (PortableEngine, "it has no transactions")
    for name in ("sasl.mechanism", "sasl.mechanisms"):
        assert choose(DIRECT, {name: "OAUTHBEARER"}).fell_back == "it cannot renew OAUTHBEARER's tokens"
    assert choose(DIRECT, {"sasl.mechanism": "PLAIN"}).fell_back is None


def test_each_reason_is_told_once() -> None:
    tally = LoadTally(DIRECT, Target("t", 1, 1, 1_000_000, {}, twin=True), Timing(0, 1), ())
    tally.readies += [Ready("producer 1", fell_back="it rains"), Ready("producer 2", fell_back="it rains")]
    tally.readies.append(Ready("producer 3", engine=ProducerEngine.DIRECT))
    reason = "the direct engine is not used, the portable one is: it rains"
    assert fall_backs(tally) == (reason,)
    assert engines(tally) == ("the direct engine handed over the records of producer 3", reason)
    del tally.readies[:2]
    assert engines(tally) == ("the direct engine handed over the records",)


# ---- settings


@pytest.mark.parametrize("config", [{"nonsense": "1"}, {"acks": "seven"}, {"linger.ms": "soon"}])
def test_settings_are_refused_as_the_portable_one_refuses_them(config: Config) -> None:
    texts = []
    for make in (PortableEngine, DirectEngine):
        with pytest.raises(KafkaException) as refused:
            make({**MOCK, **config}, "topic", 1, POOL)
        texts.append((refused.value.args[0].code(), refused.value.args[0].str().partition(":")[0]))
    assert texts[0] == texts[1]


def test_statistics_and_complaints_come_through() -> None:
    seen: list[str] = []
    errors: list[KafkaError] = []
    config: Config = {"bootstrap.servers": "127.0.0.1:1", "statistics.interval.ms": 50}
    engine = DirectEngine(config, "topic", 1, POOL, Told(errors.append, seen.append))
    deadline = monotonic() + 60
    while not (seen and errors) and monotonic() < deadline:
        engine.poll(0.1)
    engine.close()
    assert '"txmsg_bytes"' in seen[0]
    assert {error.name() for error in errors} <= {"_TRANSPORT", "_ALL_BROKERS_DOWN"} and errors


def test_behind_a_fatal_error_is_the_one_that_made_it_so() -> None:
    errors: list[KafkaError] = []
    engine = DirectEngine({**MOCK, "enable.idempotence": True}, "topic", 1, POOL, Told(errors.append))
    client = engine._client
    client.lib.rd_kafka_test_fatal_error(
        ctypes.c_void_p(client._handle), KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, b"planted"
    )
    deadline = monotonic() + 60
    while not errors and monotonic() < deadline:
        engine.poll(0.1)
    _, refused = engine.hand_over(0, WORD, 0, [0, 0])
    engine.close()
    assert [error.name() for error in errors] == ["OUT_OF_ORDER_SEQUENCE_NUMBER"]
    assert [each.place for each in refused] == [0, 1], "nothing is taken after that"


# ---- what it holds


def test_a_probe_for_which_there_is_no_room(engine: DirectEngine) -> None:
    full = DirectEngine({**MOCK, "queue.buffering.max.messages": 1, "linger.ms": 60_000}, "topic", 1, POOL)
    full.probe(0, WORD)
    with pytest.raises(BufferError):
        full.probe(0, WORD)
    full.give_up()
    (failed,) = full.heard()[1]
    full.close()
    assert (failed.word, failed.sequence) == (WORD, -1)
    engine.probe(0, WORD)
    until_settled(engine)
    assert engine.heard() == ([], []), "an acked probe is no record of the load"


def test_nothing_is_kept_of_what_was_told(engine: DirectEngine) -> None:
    for first in range(0, 1_000, 10):
        engine.hand_over(0, WORD, first, [first] * 10)
    until_settled(engine)
    acks, failed = engine.heard()
    assert [sequence for each in acks for sequence in each.sequences] == list(range(1_000)) and not failed
    assert [time for each in acks for time in each.intended] == [
        first for first in range(0, 1_000, 10) for _ in range(10)
    ]
    assert engine.heard() == ([], [])
    assert len(engine._journals[WORD]) == 0


def threads() -> set[str]:
    return {task.name for task in Path("/proc/self/task").iterdir()}


def await_end(begun: set[str]) -> None:
    """Of those threads. One that was waited for may be listed for a moment."""
    until(lambda: not begun & threads(), lambda: f"the end of {begun & threads()}")


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_closing_ends_every_thread() -> None:
    before = threads()
    engine = DirectEngine(MOCK, "topic", 1, POOL)
    engine.hand_over(0, WORD, 0, [0] * 100)
    begun = threads() - before
    assert begun
    engine.close()
    engine.close()
    await_end(begun)
    del engine
    before = threads()
    forgotten = DirectEngine(MOCK, "topic", 1, POOL)
    forgotten.hand_over(0, WORD, 0, [0] * 100)
    begun = threads() - before
    assert begun
    del forgotten
    await_end(begun)  # values must outlive whoever reads them


# ---- the journal


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=12), st.randoms())
def test_a_journal_knows_when_each_record_was_due(calls: list[tuple[int, int]], random: object) -> None:
    journal = Journal()
    known: list[int] = []
    taken: list[int] = []
    for count, refused in calls:
        first, refused = len(known), min(refused, count)
        times = [1_000 * (first + at) for at in range(count)]
        journal.note(first, times, count - refused)
        known += times
        taken += range(first + refused, first + count)
    stretches: list[tuple[int, int]] = []
    for sequence in taken:
        if stretches and sum(stretches[-1]) == sequence and random.random() < 0.7:  # type: ignore[attr-defined]
            stretches[-1] = (stretches[-1][0], stretches[-1][1] + 1)
        else:
            stretches.append((sequence, 1))
    random.shuffle(stretches)  # type: ignore[attr-defined]
    for first, count in stretches:
        assert list(journal.settle(first, count)) == known[first : first + count]
    assert len(journal) == 0
