from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kafkaops.devcluster import logs
from kafkaops.devcluster.logs import follow, tail


@pytest.mark.parametrize("count", [0, 1, 3, 10_000])
@pytest.mark.parametrize("ending", ["", "\n"])
def test_tail_reads_the_last_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, ending: str) -> None:
    monkeypatch.setattr(logs, "_BLOCK_BYTES", 64)
    lines = [f"line {number} ü" for number in range(500)]
    path = tmp_path / "log"
    path.write_text("\n".join(lines) + ending, encoding="utf-8")
    assert tail(path, count) == (lines[-count:] if count else [])


def test_tail_of_nothing_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "absent", 5) == []
    (tmp_path / "empty").touch()
    assert tail(tmp_path / "empty", 5) == []


def test_follow_gives_what_is_written_after_its_start_and_survives_rotation(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n", encoding="utf-8")
    growing = follow({"node": path, "other": tmp_path / "absent"})

    def write(text: str, mode: str) -> None:
        with path.open(mode, encoding="utf-8") as stream:
            stream.write(text)

    # It begins to look at the first `next`, which waits: so something must write meanwhile.
    threading.Timer(0.5, write, ("one\ntwo\nunfinis", "a")).start()
    assert [next(growing), next(growing)] == [("node", "one"), ("node", "two")]
    write("hed\n", "a")
    assert next(growing) == ("node", "unfinished")
    write("new\n", "w")
    assert next(growing) == ("node", "new")
