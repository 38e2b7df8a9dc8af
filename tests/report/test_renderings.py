from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Literal

import pytest
from rich.console import Console

from kafkaops.address import Guard
from kafkaops.errors import Diagnostic, ExitCode, Place, PlatformError, RefusedError, Severity
from kafkaops.plan.excess import Excess, Share
from kafkaops.plan.model import Change, ChangeType, FieldChange, Hazard, Outcome, Reason, Risk, Run, Unit
from kafkaops.report.diagnostics import print_diagnostics
from kafkaops.report.document import changes_digest, plan_digest, plan_document, run_document
from kafkaops.report.markdown import LIMIT, plan_markdown
from kafkaops.report.saved import read_plan, save_plan
from kafkaops.report.stale import refuse_stale
from kafkaops.report.text import print_plan, print_run
from kafkaops.report.values import shortened_pair
from tests.golden import assert_golden
from tests.report.sample import sample_plan
from tests.values import change, plan


def text_of(width: int, *, colour: bool = False) -> str:
    stream = StringIO()
    system: Literal["standard"] | None = "standard" if colour else None
    print_plan(
        plan_document(sample_plan()), Console(file=stream, width=width, force_terminal=colour, color_system=system)
    )
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 200])
def test_plan_as_text(width: int) -> None:
    text = text_of(width)
    assert_golden(f"plan-{width}.txt", text)
    assert (
        max(len(line) for line in text.splitlines()[:-1]) <= width
    )  # the last line is one sentence; a terminal wraps it


def test_a_note_that_does_not_fit_beside_its_field_stands_below() -> None:
    noted = change(
        "group.pick-service",
        ChangeType.UPDATE,
        fields=(
            FieldChange("committed.task-events", None, "earliest", note="6 partitions without a committed offset"),
        ),
    )
    shown = {}
    for width in (80, 200):
        stream = StringIO()
        print_plan(plan_document(plan(noted)), Console(file=stream, width=width))
        shown[width] = stream.getvalue().splitlines()
    assert max(map(len, shown[80])) <= 80
    assert "        6 partitions without a committed offset" in shown[80]
    assert "      committed.task-events  (none) → earliest  6 partitions without a committed offset" in shown[200]


def test_a_reason_that_the_sign_does_not_tell_is_said() -> None:
    dropped = replace(change("topic.old-events", ChangeType.DELETE), reason=Reason.ABSENT_FROM_SPEC)
    failed = replace(
        change("connector.sink", ChangeType.UPDATE, summary="a sink whose summary is long enough " * 2),
        reason=Reason.TASKS_FAILED,
    )
    made = change("topic.new-events")
    stream = StringIO()
    print_plan(plan_document(plan(dropped, failed, made)), Console(file=stream, width=80))
    lines = stream.getvalue().splitlines()
    assert "  - topic.old-events  (absent from spec)" in lines
    assert lines[lines.index("  ~ connector.sink") + 2].endswith("(tasks failed)")
    assert "  + topic.new-events" in lines
    text = plan_markdown(plan_document(plan(dropped, failed, made)))
    assert "`- topic.old-events` delete (absent from spec)" in text and "(tasks failed)" in text


def test_a_pipe_gets_no_colour_and_a_terminal_does() -> None:
    assert "\x1b[" not in text_of(80)
    assert "\x1b[" in text_of(80, colour=True)


def test_plan_as_markdown() -> None:
    assert_golden("plan.md", plan_markdown(plan_document(sample_plan())))


def test_plan_as_json() -> None:
    document = json.loads(json.dumps(plan_document(sample_plan())))
    assert_golden("plan.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    assert document["summary"]["blocked"] == 2


def test_a_sensitive_field_cannot_hold_values() -> None:
    with pytest.raises(ValueError, match="must not carry"):
        FieldChange("config.password", None, "hunter2", sensitive=True)


def test_an_empty_plan_says_so() -> None:
    stream = StringIO()
    print_plan(plan_document(plan(in_sync={"topic": 8, "schema": 9})), Console(file=stream, width=80))
    assert stream.getvalue().endswith("No changes. 17 resources as declared.\n")


def test_markdown_of_a_huge_plan_fits_a_comment_and_keeps_every_risk() -> None:
    safe = [
        change(f"topic.t{index:05}", fields=(FieldChange("partitions", None, index),), summary="x" * 40)
        for index in range(5_000)
    ]
    risky = [
        change(
            f"topic.r{index}",
            ChangeType.UPDATE,
            hazards=(Hazard(Risk.DATA_LOSS, "KO212", f"deletes up to {index:,} messages"),),
        )
        for index in range(50)
    ]
    text = plan_markdown(plan_document(plan(*safe, *risky)))
    assert len(text) <= LIMIT
    assert all(f"deletes up to {index:,} messages" in text for index in range(50))
    assert "more safe changes, too many for a comment" in text


def blocked(index: int) -> Change:
    """One of many topics that are blocked for the same reason, each at its own line."""
    return change(
        f"topic.team-{index:04}.events",
        fields=(FieldChange("partitions", None, 6),),
        blockers=(
            Diagnostic(
                "KO240",
                f"team-{index:04}.events appeared while the plan was made",
                address=f"topic.team-{index:04}.events",
                place=Place(Path("topics.yaml"), 3 * index + 1, 3),
                hint=f"plan again, or --target topic.team-{index:04}.events",
            ),
        ),
    )


def test_changes_that_are_blocked_alike_are_shown_once_with_every_risk_counted() -> None:
    stream = StringIO()
    print_plan(plan_document(plan(*map(blocked, range(6_000)))), Console(file=stream, width=120))
    lines = stream.getvalue().splitlines()
    assert len(lines) < 40
    assert "and 5,999 more alike: team-0001.events, team-0002.events," in stream.getvalue()
    assert lines[-1] == "Plan: 6,000 to create; 6,000 blocked; 0 as declared."


def test_a_blocked_change_of_another_cause_is_not_among_those_alike() -> None:
    other = replace(blocked(7), blockers=(Diagnostic("KO203", "needs as many brokers"),))
    stream = StringIO()
    print_plan(plan_document(plan(*map(blocked, range(6)), other)), Console(file=stream, width=120))
    assert "and 5 more alike" in stream.getvalue()
    assert "blocked [KO203]: needs as many brokers" in stream.getvalue()


def stays(name: str, text: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic("KO882", f"cannot come back: {text}", Severity.WARNING, f"topic.{name}", hint=hint)


def test_observations_that_say_the_same_of_many_are_shown_once() -> None:
    many = [stays(f"t{number}", "its messages", f"look into t{number}") for number in range(20)]
    few = [stays(name, "its partitions stay as many") for name in ("x", "y", "z")]
    general = [Diagnostic("KO880", "so it is", Severity.WARNING) for _ in range(4)]
    document = plan_document(plan(observations=(*many[:10], *few, *general, *many[10:])))
    stream = StringIO()
    print_plan(document, Console(file=stream, width=120))
    text, comment = " ".join(stream.getvalue().split()), plan_markdown(document)
    for rendered in (text, comment):
        assert rendered.count("its messages") == 1 and rendered.count("look into t0") == 1
        assert rendered.count("stay as many") == 3 and rendered.count("so it is") == 4
    named = ", ".join(f"topic.t{number}" for number in range(1, 13))
    assert f"topic.t0: cannot come back: its messages and 19 more alike: {named} and 7 others" in text
    assert "and 19 more alike: topic.t1, topic.t2" in comment
    assert len(document["observations"]) == 27, "JSON has each"


def test_what_lifts_the_guard_of_many_alike_is_said_for_each() -> None:
    held = [
        change(
            f"topic.t{index}", ChangeType.DELETE, hazards=(Hazard(Risk.IRREVERSIBLE, "KO220", "gone", Guard.DELETE),)
        )
        for index in range(5)
    ]
    stream = StringIO()
    print_plan(plan_document(plan(*held)), Console(file=stream, width=120))
    assert "held back until --allow delete:topic.NAME for each of them" in stream.getvalue()
    assert "(held back until `--allow delete:topic.NAME` for each of them)" in plan_markdown(plan_document(plan(*held)))


@pytest.mark.parametrize("count", [100, 700, 20_000])
def test_markdown_of_more_risks_than_a_comment_holds_still_counts_each_of_them(count: int) -> None:
    risky = [
        change(
            f"topic.team-{index:05}.shortened-events",
            ChangeType.UPDATE,
            fields=(FieldChange("config.retention.ms", 604_800_000, 86_400_000, Unit.MILLISECONDS),),
            hazards=(
                Hazard(Risk.DATA_LOSS, "KO221", f"messages older are deleted (at most {index:,})", Guard.DATA_LOSS),
            ),
        )
        for index in range(count)
    ]
    stuck = [replace(blocked(index), blockers=(Diagnostic("KO201", f"cannot shrink ({index})"),)) for index in range(9)]
    safe = [change(f"group.g{index}", summary="x" * 40) for index in range(5_000)]
    text = plan_markdown(plan_document(plan(*safe, *risky, *stuck)))
    assert len(text) <= LIMIT
    assert "**data-loss**" in text and ("KO221" in text or count == 100)
    assert all(f"cannot shrink ({index})" in text for index in range(9)), "blocked ones come first"
    if count <= 700:
        assert all(f"`~ topic.team-{index:05}.shortened-events`" in text for index in range(count))
        assert all(f"at most {index:,}" in text for index in range(count if count == 100 else 0))
    else:
        assert re.search(r"[\d,]+ more: \*\*data-loss\*\* \*\*BLOCKED\*\* KO221", text)
        named = len(set(re.findall(r"topic\.team-\d{5}\.shortened", text)))
        more = int(re.search(r"([\d,]+) more: \*\*data-loss\*\* \*\*BLOCKED\*\* KO221", text)[1].replace(",", ""))  # type: ignore[index]
        assert named + more == count


def test_names_in_markdown_are_text_only() -> None:
    text = plan_markdown(plan_document(plan(change("topic.x", summary="<img src=x> **bold** | `code`"))))
    assert r"\<img src=x\> \*\*bold\*\* \| \`code\`" in text


def test_no_name_path_or_file_leaves_its_code_in_markdown() -> None:
    hostile = "a`<b>` [x](y)"
    hurt = change(
        f"connector.{hostile}",
        fields=(FieldChange(f"config.{hostile}", None, 1),),
        blockers=(Diagnostic("KO512", "no", address=f"connector.{hostile}", place=Place(Path(hostile), 1, 1)),),
    )
    alike = [change(f"group.{hostile}{index}", ChangeType.UPDATE) for index in range(5)]
    held = change(f"group.{hostile}", hazards=(Hazard(Risk.DATA_LOSS, "KO212", "text", Guard.DATA_LOSS),))
    seen = [Diagnostic("KO611", "lag", Severity.WARNING, f"group.{hostile}")]
    text = plan_markdown(plan_document(plan(hurt, *alike, held, observations=tuple(seen))))
    assert text.count(hostile) == 12
    assert hostile not in re.sub("(?<!`)(`+)(?!`)(.+?)(?<!`)\\1(?!`)", "", text)


def test_a_saved_plan_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("Pläne mit Leerzeichen") / "plan.json"
    document = plan_document(sample_plan())
    save_plan(document, file)
    assert read_plan(file) == document
    refuse_stale(read_plan(file), document)
    assert [entry.name for entry in file.parent.iterdir()] == ["plan.json"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not a saved plan"),
        ("{", "not a saved plan"),
        ("[]", "plan format (none)"),
        ('{"format_version": 99}', "plan format 99; this kafkaops knows format 1"),
        ('{"format_version": 1, "digest": "x"}', "changed after it was saved"),
        ("[" * 100_000, "not a saved plan"),
    ],
)
def test_what_is_not_a_saved_plan_is_refused(content: str, said: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("plan") / "plan.json"
    file.write_text(content)
    with pytest.raises(RefusedError) as caught:
        read_plan(file)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert said in str(caught.value)


def test_a_plan_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(PlatformError, match="KO808") as caught:
        save_plan(plan_document(sample_plan()), tmp_path / "folder")
    assert "Is a directory" in str(caught.value)
    with pytest.raises(PlatformError, match="No such file"):
        save_plan(plan_document(sample_plan()), tmp_path / "missing" / "plan.json")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_a_plan_is_written_to_what_the_name_stands_for(tmp_path: Path) -> None:
    document = plan_document(sample_plan())
    link, fifo = tmp_path / "link.json", tmp_path / "pipe"
    link.symlink_to(tmp_path / "target.json")
    save_plan(document, link)
    assert link.is_symlink() and read_plan(tmp_path / "target.json") == document
    os.mkfifo(fifo)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(read_plan, fifo)
        save_plan(document, fifo)
        assert read.result(30) == document
    assert fifo.is_fifo()
    assert Path("/dev/null").is_char_device()
    save_plan(document, Path("/dev/null"))
    assert Path("/dev/null").is_char_device()


def test_a_place_whose_name_is_not_unicode_is_kept(tmp_path: Path) -> None:
    place = Place(Path(os.fsdecode(b"\xff.yaml")), 1, 1)
    document = plan_document(plan(change("topic.x", blockers=(Diagnostic("KO234", "no", place=place),))))
    save_plan(document, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == document


def test_a_file_without_end_is_no_plan() -> None:
    with pytest.raises(RefusedError, match="is larger than 256 MiB"):
        read_plan(Path("/dev/zero"))


def test_a_saved_plan_that_was_edited_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("plan") / "plan.json"
    save_plan(plan_document(sample_plan()), file)
    file.write_text(file.read_text().replace("old-events", "new-events"))
    with pytest.raises(RefusedError, match="changed after it was saved"):
        read_plan(file)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("type", "explode"),
        ("risk", "none at all"),
        ("fields", [1]),
        ("hazards", [{"risk": "explode", "code": "", "text": "", "guard": None, "lifted": True}]),
        ("requires", None),
        ("blocked", 1),
    ],
)
def test_a_forged_plan_whose_digest_fits_is_refused(key: str, value: object, tmp_path: Path) -> None:
    document = plan_document(sample_plan())
    document["changes"][0][key] = value  # type: ignore[literal-required]  # wrong is what it shall be
    with suppress(TypeError, KeyError):  # of what has not even the shape
        document["changes_digest"] = changes_digest(document)
    document["digest"] = plan_digest(document)
    file = tmp_path / "plan.json"
    save_plan(document, file)
    with pytest.raises(RefusedError, match="KO807"):
        read_plan(file)


def test_a_stale_plan_names_what_moved() -> None:
    saved = plan_document(sample_plan())
    grown = sample_plan().changes[5]
    moved = replace(grown, fields=(FieldChange("partitions", 8, 12),))
    changes = tuple(moved if item is grown or item == grown else item for item in sample_plan().changes)[1:]
    fresh = plan_document(replace(sample_plan(), changes=changes))
    with pytest.raises(RefusedError) as caught:
        refuse_stale(saved, fresh)
    text = str(caught.value)
    assert "topic.inventory-events: partitions moved: 6 → 12 was planned, 8 → 12 now" in text
    assert "topic.wave-events: nothing is left to do here" in text


@pytest.mark.parametrize(
    ("before", "after", "width", "shown_before", "shown_after"),
    [
        ("short", "shorter", 10, "short", "shorter"),
        ("a" * 40 + "X", "a" * 40 + "Y", 12, "…aaaaX", "…aaaaY"),
        ("one-thing-" + "b" * 40, "two-things-" + "b" * 40, 12, "one-thing-b…", "two-things-…"),
    ],
)
def test_long_values_show_where_they_differ(
    before: str, after: str, width: int, shown_before: str, shown_after: str
) -> None:
    assert shortened_pair(before, after, width) == (shown_before, shown_after)


def test_a_run_names_the_code_and_breaks_no_line() -> None:
    created = change("topic.x")
    lost = Diagnostic("KO450", "the broker said\nfailed  topic.y  nothing of the kind", detail="one\ntwo", hint="look")
    outcomes = (Outcome.failed(created.address, lost),)
    ended = Run(plan=plan(created), outcomes=outcomes, started=datetime.now(UTC), seconds=0.1, interrupted=False)
    stream = StringIO()
    print_run(run_document(ended), Console(file=stream, width=80))
    assert stream.getvalue().splitlines()[:4] == [
        "failed  topic.x  [KO450] the broker said failed topic.y nothing of the kind",
        "    one",
        "    two",
        "    hint: look",
    ]
    stream = StringIO()
    print_diagnostics((replace(lost, address="topic.x"),), Console(file=stream, width=80))
    assert stream.getvalue().startswith("error[KO450] topic.x: the broker said failed topic.y nothing")


def test_a_plan_beyond_its_limits_says_so_everywhere() -> None:
    gone = [change(f"topic.{name}", ChangeType.DELETE) for name in "abcd"]
    excess = Excess(Share("delete", "topic"), 4, 9, "30 %", lifted=False)
    document = plan_document(plan(*gone, excesses=(excess,)))
    stream = StringIO()
    print_plan(document, Console(file=stream, width=80))
    said = "deletes 4 of 9 topics (limit 30 %)"
    assert f"! {said}: REFUSED as a whole until --allow-share delete:topic" in stream.getvalue()
    assert "4 to delete; beyond its limits; 0 as declared." in stream.getvalue()
    assert "**REFUSED** as a whole until `--allow-share delete:topic`" in plan_markdown(document)
    assert document["limits"] == [
        {"limit": "delete", "kind": "topic", "count": 4, "existing": 9, "text": said, "lifted": False}
    ]
    lifted = plan_document(plan(*gone, excesses=(replace(excess, lifted=True),), allowed_shares=(excess.share,)))
    assert "lifted by `--allow-share delete:topic`" in plan_markdown(lifted)
    with pytest.raises(RefusedError, match="KO809"):
        refuse_stale(document, lifted)
