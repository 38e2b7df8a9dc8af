"""Renderings of a result say what the result says."""

from __future__ import annotations

import base64
import csv
import io
import json
import struct
import zlib
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

from kafkaops.errors import UsageError
from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.html import html_report
from kafkaops.loadtest.intervals import Intervals
from kafkaops.loadtest.load import Load, Run, Target, Timing
from kafkaops.loadtest.messages import ConsumerDelta, ProducerDelta, ProducerFinal
from kafkaops.loadtest.outcome import Outcome
from kafkaops.loadtest.partitioner import Keys
from kafkaops.loadtest.payload import Payload, PayloadKind
from kafkaops.loadtest.progress import progress_of
from kafkaops.loadtest.proof import Sent, Source, Stretch
from kafkaops.loadtest.reports import check_outputs, csv_text, encoded, hlog_text, json_text, junit_text, save
from kafkaops.loadtest.result import result_document
from kafkaops.loadtest.schedule import Schedule
from kafkaops.loadtest.tally import GroupTally, LoadTally
from kafkaops.spec.loadtests import Arrivals, LoadTestObjectives

SECOND = 1_000_000_000
SOURCE = Source(0, 0)


def latencies(seed: int, count: int) -> Histogram:
    random, histogram = Random(seed), Histogram()
    for _ in range(count):
        histogram.add(int(random.lognormvariate(16, 1)))
    return histogram


def document(*, lost: int = 0) -> dict[str, Any]:
    load = Load(
        topic="wave<events>&co", schedule=Schedule.constant(100_000, 2 * SECOND), shape="100/s", arrivals=Arrivals.EVEN,
        keys=Keys(), producers=1, consumers=1, groups=1, in_flight=1_000, consume_cost_ns=0, every_ack=True,
        producer_config={"acks": "all", "enable.idempotence": True, "sasl.password": "correct-horse"},
    )  # fmt: skip
    target = Target("twin", 1, 3, 1_000_000, {}, twin=True)
    timing = Timing(SECOND, 2 * SECOND)
    tally = LoadTally(load, target, timing, (GroupTally("loadtest-wave-0-g1"),))
    counts = dict.fromkeys(range(30), 10)
    delta = ProducerDelta(
        "p", due=counts, sent=counts, acked=counts, response=latencies(1, 200), service=latencies(2, 200)
    )
    tally.add_producer(delta)
    tally.add_consumer(
        0,
        ConsumerDelta(
            "c", consumed=counts, stretches={SOURCE: [Stretch(0, 0, 300 - lost)]}, reached={0: 300 - lost},
            response=latencies(3, 200),
        ),
    )  # fmt: skip
    for second in range(3):
        progress_of(tally, second)
    tally.finish_producer(ProducerFinal("p", {SOURCE: Sent(acked=Intervals([(0, 300)]))}, None, 200, 0, 0, 0))
    run = Run(
        run=1, identity="0" * 12, profile="peak", timing=timing, loads=(load,), targets=(target,),
        payloads=(Payload(PayloadKind.BYTES),), objectives=LoadTestObjectives(p99=5_000, lost=0, backlog=0),
        abort_on_fail=False, seed=1,
    )  # fmt: skip
    outcome = Outcome([tally], [{0: 300 - lost}], started_at=1_790_000_000.0)
    cluster = {"environment": "dev", "cluster_id": "x", "brokers": {"1": "a:1"}, "releases": {"1": "4.3"}}
    return result_document(run, outcome, cluster)


def test_the_result_says_what_happened() -> None:
    found = document()
    (load,) = found["loads"]
    assert (found["verdict"], load["rates"]["acked"], load["highest_backlog"]) == ("pass", 100.0, 0)
    assert [objective["met"] for objective in load["objectives"]] == [True, True, True]
    assert json.loads(json_text(found)) == found
    assert "correct-horse" not in json_text(found)


def test_a_lost_record_fails_whatever_the_objectives() -> None:
    found = document(lost=2)
    assert found["verdict"] == "fail"
    assert found["loads"][0]["proof"][0]["findings"] == [
        {"fault": "lost", "producer": 1, "partition": 0, "first_sequence": 298, "records": 2, "after_offset": 297}
    ]


def test_csv_has_a_row_for_each_second() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(document()))))
    assert [row["second"] for row in rows] == ["0", "1", "2"]
    assert {row["acked"] for row in rows} == {"100"}
    assert rows[0]["p99_ms"] and not rows[1]["p99_ms"]


@pytest.mark.parametrize("lost", [0, 3])
def test_junit_counts_what_failed(lost: int) -> None:
    root = ElementTree.fromstring(junit_text(document(lost=lost)).encode())
    (suite,) = root
    assert suite.get("tests") == "5"
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert suite.get("failures") == str(len(failed))
    assert failed == (["every record once and in order: loadtest-wave-0-g1", "lost ≤ 0 records"] if lost else [])


def decoded(text: str) -> dict[int, int]:
    """HdrHistogram's V2 encoding read by its specification: value → count."""
    packed = base64.b64decode(text)
    cookie, length = struct.unpack(">ii", packed[:8])
    assert (cookie, length) == (0x1C849314, len(packed) - 8)
    body = zlib.decompress(packed[8:])
    cookie, size, offset, digits, lowest, _, ratio = struct.unpack(">iiiiqqd", body[:40])
    assert (cookie, size, offset, digits, lowest, ratio) == (0x1C849313, len(body) - 40, 0, 2, 1, 1.0)
    counts, index, at = {}, 0, 40
    while at < len(body):
        number = shift = 0
        while True:
            byte = body[at]
            at += 1
            if shift == 56:
                number |= byte << shift
                break
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        value = number >> 1 ^ -(number & 1)
        if value < 0:
            index -= value
            continue
        # Two digits need 256 sub-buckets; from the second bucket on only their upper half is used.
        bucket, sub = (index >> 7) - 1, (index & 127) + 128
        counts[sub << bucket if bucket >= 0 else sub - 128] = value
        index += 1
    return counts


def test_the_hdr_log_holds_every_bucket() -> None:
    found = document()
    lines = hlog_text(found).splitlines()
    assert lines[0] == "#[Histogram log format version 1.3]"
    tags = {line.split(",")[0]: line.split(",")[-1] for line in lines[3:]}
    assert set(tags) == {
        f"Tag=wave<events>&co/{name}" for name in ("ack_service", "ack_response", "end_to_end_response")
    }
    histogram = latencies(3, 200)
    assert decoded(tags["Tag=wave<events>&co/end_to_end_response"]) == {
        start: count for start, _, count in histogram.buckets()
    }


def test_the_hdr_encoding_of_wide_histograms() -> None:
    histogram = Histogram()
    for value in (0, 1, 127, 128, 255, 256, 1_000, 10**6, 10**9, 10**12):
        histogram.add(value, value % 7 + 1)
    assert decoded(encoded(histogram)) == {start: count for start, _, count in histogram.buckets()}


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {"src", "href"} & {name for name, _ in attrs}, "the page needs no network"
        self.seen.append(tag)
        if tag not in ("meta", "line", "rect", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag == self.open[-1]:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("lost", [0, 3])
def test_the_page_is_whole_and_needs_nothing(lost: int) -> None:
    page = Page()
    page.feed(html_report(document(lost=lost)))
    assert page.open == []
    assert page.seen.count("svg") == 3
    assert "script" not in page.seen
    assert "wave<events>&co" in page.text
    assert ("fail" if lost else "pass") in page.text
    assert "nan" not in page.text and "correct-horse" not in page.text


def test_reports_are_told_by_their_suffix(tmp_path: Path) -> None:
    found = document()
    for suffix in (".json", ".csv", ".xml", ".hlog", ".html"):
        file = tmp_path / f"report{suffix}"
        check_outputs([file])
        save(found, file)
        assert file.stat().st_size > 100


@pytest.mark.parametrize("name", ["report.pdf", "report", "no-such-folder/report.json"])
def test_a_report_that_cannot_be_written_is_refused_before_the_run(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_outputs([tmp_path / name])
    assert caught.value.diagnostics[0].code == "KO014"


def test_hdrhistograms_own_reader_finds_the_same_percentiles(tmp_path: Path) -> None:
    from hdrh.histogram import HdrHistogram
    from hdrh.log import HistogramLogReader

    found = document()
    file = tmp_path / "run.hlog"
    file.write_text(hlog_text(found))
    reader = HistogramLogReader(str(file), HdrHistogram(1, 1 << 50, 2))
    seen = {}
    while (interval := reader.get_next_interval_histogram()) is not None:
        seen[interval.get_tag()] = interval
    latency = found["loads"][0]["latency"]
    topic = "wave<events>&co"
    assert set(seen) == {f"{topic}/{name}" for name, each in latency.items() if each is not None}
    for name, each in latency.items():
        if each is None:
            continue
        theirs = seen[f"{topic}/{name}"]
        assert theirs.get_total_count() == each["count"]
        for percentile, ours in ((50, "p50"), (90, "p90"), (95, "p95"), (99, "p99"), (100, "max")):
            assert theirs.get_value_at_percentile(percentile) / 1e6 == pytest.approx(each[ours], rel=0.01)
