"""The audit stream: every event with its fields, and what becomes of a run whose stream breaks off."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kafkaops.clients.event_file import EventFile
from kafkaops.errors import Diagnostic, ExitCode, PlatformError, RefusedError
from kafkaops.plan.model import ChangeType, FieldChange, Outcome, Plan, Run
from kafkaops.report.audit import Actor, AuditTrail
from kafkaops.report.document import plan_document
from tests.values import change, plan

ACTOR = Actor(user="ada", host="ci-7", pid=4711, pipeline="https://ci/9")
COMMON = {"format", "event", "time", "run", "sequence", "project", "environment", "cluster_id"}


class Kept:
    """A sink that keeps events, until it is to break."""

    name = "kept"

    def __init__(self, breaks_at: int = 1_000) -> None:
        self.lines: list[str] = []
        self.breaks_at = breaks_at
        self.closed = False

    def put(self, key: str, line: str) -> None:
        if len(self.lines) >= self.breaks_at:
            raise PlatformError.of("KO840", "audit kept cannot be written: No space left on device")
        assert key == (json.loads(line)["run"] or "paklog")
        self.lines.append(line)

    def settle(self) -> None: ...

    def close(self) -> None:
        self.closed = True

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


def sample() -> Plan:
    secret = FieldChange("config.password", None, None, None, True, "changed", "a1f", "9c0")
    return plan(change("topic.new"), change("connector.sink", ChangeType.UPDATE, fields=(secret,)))


def trail_of(whole: Plan, sink: Kept, stopped: list[str]) -> AuditTrail:
    return AuditTrail(sink, "run-1", plan_document(whole), lambda: stopped.append("stop"))


def ran(trail: AuditTrail, whole: Plan, *outcomes: Outcome) -> Run:
    """What `run` tells a watcher, one wave a change."""
    for item, outcome in zip(whole.changes, outcomes, strict=True):
        trail.wave_started(item.address.kind, [item])
        trail.ended(item, outcome)
    return Run(plan=whole, outcomes=outcomes, started=datetime.now(UTC), seconds=1.5)


def test_the_events_of_a_run() -> None:
    whole, sink = sample(), Kept()
    trail = trail_of(whole, sink, [])
    trail.begin(ACTOR, "d" * 64)
    failed = Outcome.failed(whole.changes[1].address, Diagnostic("KO520", "task 0 failed"), 0.5)
    trail.finish(ran(trail, whole, Outcome.done(whole.changes[0].address, "seen on 3 brokers", 0.25), failed))
    trail.close()
    assert sink.closed
    assert [event["event"] for event in sink.events] == [
        "run-started", "change-started", "change-ended", "change-started", "change-ended", "run-ended",
    ]  # fmt: skip
    assert [event["sequence"] for event in sink.events] == [1, 2, 3, 4, 5, 6]
    assert all(event.keys() >= COMMON and event["run"] == "run-1" for event in sink.events)
    assert all(datetime.fromisoformat(event["time"]).utcoffset() is not None for event in sink.events)
    first, begun, ended, secret, failure, last = sink.events
    assert (first["user"], first["host"], first["pid"], first["pipeline"]) == ("ada", "ci-7", 4711, "https://ci/9")
    assert first["plan_digest"] == plan_document(whole)["digest"] and first["reviewed_digest"] == "d" * 64
    assert first["changes"] == {"create": 1, "update": 1}
    assert (begun["address"], begun["type"], begun["operations"]) == ("topic.new", "create", ["touch"])
    assert (ended["outcome"], ended["detail"], ended["seconds"]) == ("done", "seen on 3 brokers", 0.25)
    assert secret["fields"][0]["sensitive"] and secret["fields"][0]["before"] is None
    assert (failure["outcome"], failure["code"], failure["error"]) == ("failed", "KO520", "task 0 failed")
    assert (last["outcome"], last["done"], last["failed"], last["skipped"]) == ("failed", 1, 1, 0)


def test_where_nothing_is_to_be_done_one_event_says_so_and_names_no_run() -> None:
    whole, sink = plan(), Kept()
    trail = AuditTrail(sink, None, plan_document(whole), lambda: None)
    trail.begin(ACTOR, "d" * 64)
    assert trail.finish(ran(trail, whole)).succeeded
    trail.close()
    (only,) = sink.events
    assert (only["event"], only["run"], only["sequence"], only["user"]) == ("nothing-to-do", None, 1, "ada")
    assert only["changes"] == {} and only["reviewed_digest"] == "d" * 64
    assert sink.closed


def test_every_event_is_one_line_of_ascii() -> None:
    whole, sink = plan(change("topic.näme\nzwei")), Kept()
    trail = trail_of(whole, sink, [])
    trail.begin(ACTOR, None)
    ran(trail, whole, Outcome.done(whole.changes[0].address))
    assert all(line.isascii() and "\n" not in line for line in sink.lines)
    assert sink.events[1]["address"] == "topic.näme\nzwei"


def test_a_stream_that_takes_nothing_refuses_the_run() -> None:
    sink = Kept(breaks_at=0)
    with pytest.raises(RefusedError, match="KO842") as caught:
        trail_of(sample(), sink, []).begin(ACTOR, None)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert "nothing was begun" in str(caught.value) and "No space left" in str(caught.value)


def test_what_went_on_after_a_change_has_an_event_of_its_own() -> None:
    whole, sink = sample(), Kept()
    trail = trail_of(whole, sink, [])
    trail.begin(ACTOR, None)
    result = ran(trail, whole, *(Outcome.done(item.address, "copying") for item in whole.changes))
    copied = (replace(result.outcomes[0], detail="copied", seconds=9.0), *result.outcomes[1:])
    trail.finish(replace(result, outcomes=copied))
    settled, last = sink.events[-2:]
    assert (settled["event"], settled["address"], settled["detail"]) == ("change-settled", "topic.new", "copied")
    assert last["event"] == "run-ended"


@pytest.mark.parametrize("breaks_at", [1, 2, 3, 4, 5])
def test_a_stream_that_breaks_off_stops_the_run_and_leaves_no_gap(breaks_at: int) -> None:
    whole, sink, stopped = sample(), Kept(breaks_at), list[str]()
    trail = trail_of(whole, sink, stopped)
    trail.begin(ACTOR, None)
    result = trail.finish(ran(trail, whole, *(Outcome.done(item.address) for item in whole.changes)))
    assert stopped == ["stop"]
    assert not result.succeeded and [item.code for item in result.problems] == ["KO843"]
    sink.breaks_at = 1_000
    trail.close()
    assert [event["sequence"] for event in sink.events] == list(range(1, breaks_at + 1)), "nothing after the gap"


def test_a_run_that_was_broken_off_says_so() -> None:
    sink = Kept()
    trail = trail_of(sample(), sink, [])
    trail.begin(ACTOR, None)
    trail.close()
    assert (sink.events[-1]["event"], sink.events[-1]["outcome"]) == ("run-ended", "broken-off")


def test_long_differences_are_left_to_the_plan() -> None:
    long = FieldChange("schema", "x" * 300_000, "y")
    whole, sink = plan(change("schema.s", fields=(long,))), Kept()
    trail = trail_of(whole, sink, [])
    trail.begin(ACTOR, None)
    ran(trail, whole, Outcome.done(whole.changes[0].address))
    assert sink.events[1]["fields"] is None and len(sink.lines[1]) < 2_000


def test_a_file_is_appended_to_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for number in range(2):
        file = EventFile(path)
        file.put("run", f'{{"n": {number}}}')
        file.settle()
        file.close()
        file.close()
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [0, 1]
    assert path.stat().st_mode & 0o077 == 0


def test_a_torn_line_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"n": 0}\n{"n": 1, "tor')
    file = EventFile(path)
    file.put("run", '{"n": 2}')
    file.close()
    assert path.read_text().splitlines()[-1] == '{"n": 2}'


@pytest.mark.parametrize("name", ["missing/audit.jsonl", ".", "pipe"])
def test_a_file_that_cannot_be_opened(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # without a reader it would wait for ever
    with pytest.raises(PlatformError, match=r"KO840.*cannot be opened"):
        EventFile(tmp_path / name)


def test_a_full_disk_is_an_error() -> None:
    file = EventFile(Path("/dev/full"))
    with pytest.raises(PlatformError, match=r"KO840.*No space left on device"):
        file.put("run", "{}")
    file.close()
