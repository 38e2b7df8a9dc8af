"""Which runs are listed, which one is meant, how each stands, and how that is written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from kafkaops.errors import UsageError
from kafkaops.ledger.history import History, Standing, find_run, unended
from kafkaops.ledger.model import Owner
from kafkaops.ledger.records import RunEnded, RunResult
from kafkaops.report.history_document import history_document, recorded_run_document
from kafkaops.report.history_text import print_history, print_recorded_run
from tests.golden import assert_golden
from tests.ledger.told import OWNER, done, eventful, told

FIRST, SECOND, THIRD = "20261101T080000Z-aaaa", "20261102T080000Z-bbbb", "20261103T080000Z-cccc"
STORIES = told(
    done(FIRST, "2026-11-01T08:00:00+00:00"),
    eventful(SECOND, "2026-11-02T09:00:00+01:00"),
    done(THIRD, "2026-11-03T08:00:00+00:00", rollback_of=SECOND),
)
OTHER = Owner("orders", "production")


def text_of(history: History, run: str | None = None, *, everybody: bool = False, limit: int = 0) -> str:
    stream = StringIO()
    console = Console(file=stream, width=100)
    chosen = history.of(None if everybody else OWNER)
    if run is not None:
        print_recorded_run(recorded_run_document(history, find_run(run, chosen)), console)
    else:
        owner = None if everybody else OWNER
        shown = chosen[:limit] if limit else chosen
        print_history(history_document(history, shown, len(chosen), owner), console)
    return stream.getvalue()


def test_runs_are_listed_newest_first_and_only_the_owners() -> None:
    history = History(stories=(*STORIES, *told(done("x", "2026-11-04T08:00:00+00:00"))))
    assert [story.run for story in history.of(OWNER)] == ["x", THIRD, SECOND, FIRST]
    assert history.of(OTHER) == ()
    assert len(history.of(None)) == 4


def test_since_is_a_point_in_time_whatever_the_offset() -> None:
    history = History(stories=STORIES)
    assert [story.run for story in history.of(OWNER, datetime(2026, 11, 2, 8, tzinfo=UTC))] == [THIRD, SECOND]
    assert [story.run for story in history.of(OWNER, datetime(2026, 11, 2, 8, 0, 1, tzinfo=UTC))] == [THIRD]


def test_a_time_that_is_none_is_shown_as_it_stands_and_is_at_no_time() -> None:
    odd = told(done("x", "yesterday"), done("z", "0001-01-01T00:00:00+23:59"), done("y", "2026-11-04T08:00:00"))
    history = History(stories=odd)
    assert "yesterday" in text_of(history, "x") and "2026-11-04 08:00:00 UTC" in text_of(history, "y")
    assert [story.run for story in history.of(OWNER, datetime(2026, 11, 4, tzinfo=UTC))] == ["y"]


def test_a_run_without_an_end_is_under_way_only_while_its_lock_is_held() -> None:
    assert unended(STORIES) == {}  # a later one of the same owner has begun since
    assert unended(STORIES[:2]) == {OWNER: SECOND}
    assert History(stories=STORIES).standing(STORIES[1]) is Standing.INTERRUPTED
    assert History(stories=STORIES, under_way={SECOND}).standing(STORIES[1]) is Standing.UNDER_WAY
    (found,) = told([*eventful(SECOND, "2026-11-02T09:00:00+01:00"),
                     RunEnded(run=SECOND, at="2026-11-02T10:00:00+01:00", result=RunResult.LOCK_LOST)])  # fmt: skip
    assert History(stories=(found,)).standing(found) is Standing.LOCK_LOST


@pytest.mark.parametrize(
    ("text", "run"), [("latest", THIRD), (SECOND, SECOND), ("20261101", FIRST), ("20261103T08", THIRD)]
)
def test_a_run_is_named_by_its_id_or_the_beginning_of_it(text: str, run: str) -> None:
    assert find_run(text, STORIES[::-1]).run == run


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("20261104T080000Z-cccc", f"the nearest: {THIRD}"),
        ("nonsense", f"the newest: {THIRD}, {SECOND}, {FIRST}"),
        ("202611", "3 runs begin with '202611'"),
        ("", "there is no run ''"),
    ],
)
def test_a_run_that_is_not_there_is_answered_with_those_that_are(text: str, said: str) -> None:
    with pytest.raises(UsageError, match="KO881") as caught:
        find_run(text, STORIES[::-1])
    assert said in str(caught.value)


def test_without_any_run_the_way_to_others_is_said() -> None:
    with pytest.raises(UsageError, match="no run of this project is recorded"):
        find_run("latest", ())


def test_the_list_as_text() -> None:
    assert_golden("history.txt", text_of(History(stories=STORIES)))


def test_a_run_as_text() -> None:
    assert_golden("history-run.txt", text_of(History(stories=STORIES), SECOND))


def test_a_run_as_json_tells_what_became_of_each_change() -> None:
    document = json.loads(json.dumps(recorded_run_document(History(stories=STORIES), STORIES[1])))
    assert [(item["address"], item["state"]) for item in document["changes"]] == [
        ("topic.pick-events", "done"),
        ("topic.wave-events", "failed"),
        ("connector.s3-sink", "unknown"),
        ("topic.old-events", "not-begun"),
    ]
    assert document["run"]["changes"] == {"planned": 4, "done": 1, "failed": 1, "skipped": 0, "unknown": 1}
    assert document["run"]["commit"] == "8f14e45fceea167a5a36dedd4bea2543a4b0c7d1" and document["run"]["dirty"] is True
    assert document["changes"][0]["before"] == {"partitions": 6, "replication_factor": 3, "config": {}}


def test_what_retention_took_is_said() -> None:
    (headless,) = told(eventful(SECOND, "2026-11-02T09:00:00+01:00")[2:])
    history = History(stories=(headless, STORIES[2]), complete=False)
    assert "Older runs are not kept any more" in text_of(history)
    assert SECOND not in text_of(history).replace(f"rolls back {SECOND}", "")  # nobody can tell whose it is
    assert f"{SECOND}  (not kept)" in text_of(history, everybody=True)
    stream = StringIO()
    print_recorded_run(recorded_run_document(history, headless), Console(file=stream, width=100))
    assert "Its beginning is not kept any more" in stream.getvalue()


def test_no_ledger_and_no_runs_are_two_things() -> None:
    assert text_of(History(stories=(), exists=False)).startswith("No runs: the cluster has no ledger.")
    assert text_of(History(stories=())) == "No runs of paklog in production.\n"


def test_what_a_limit_leaves_out_is_said() -> None:
    assert "2 older runs not shown" in text_of(History(stories=STORIES), limit=1)
