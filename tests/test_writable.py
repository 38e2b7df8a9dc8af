from __future__ import annotations

import os
from pathlib import Path

import pytest

from kafkaops.errors import UsageError
from kafkaops.writable import check_file, check_folder


def refusal(file: Path, *, in_place: bool = False) -> str:
    with pytest.raises(UsageError) as caught:
        check_file("KO808", file, in_place=in_place)
    assert caught.value.diagnostics[0].code == "KO808"
    return caught.value.diagnostics[0].summary


@pytest.mark.parametrize("in_place", [False, True])
def test_what_can_be_written_passes_and_nothing_is_left_or_changed(tmp_path: Path, in_place: bool) -> None:
    (tmp_path / "there.json").write_text("mine")
    (tmp_path / "link.json").symlink_to("there.json")
    (tmp_path / "dangling.json").symlink_to("new.json")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    for name in ("there.json", "link.json", "dangling.json", "new.json", "pipe", "/dev/null", "/dev/full"):
        check_file("KO808", tmp_path / name, in_place=in_place)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "there.json").read_text() == "mine"


@pytest.mark.parametrize("in_place", [False, True])
def test_what_cannot_be_written_is_refused_in_the_systems_words(tmp_path: Path, in_place: bool) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(tmp_path, in_place=in_place) == f"{tmp_path} cannot be written: Is a directory"
    assert "No such file or directory" in refusal(tmp_path / "missing" / "x", in_place=in_place)
    assert "cannot be written: " in refusal(Path("/proc/x.csv"), in_place=in_place), "root may, and yet cannot"
    assert "File name too long" in refusal(tmp_path / ("x" * 300), in_place=in_place)
    assert "cannot be written: " in refusal(tmp_path / "loop", in_place=in_place)


def test_a_file_that_is_written_over_needs_no_folder_that_takes_files() -> None:
    file = Path("/proc/self/comm")  # there, and may be written; its folder takes no file
    check_file("KO921", file, in_place=True)
    assert "/proc/self/comm cannot be written: " in refusal(file)


def test_a_folder_may_be_made_with_those_above_it(tmp_path: Path) -> None:
    check_folder("KO951", tmp_path / "a" / "b", "give another --out")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    for folder, why in ((Path("/proc/x/y"), "No such file"), (tmp_path / "file" / "y", "Not a directory")):
        with pytest.raises(UsageError, match=f"KO951.*{why}"):
            check_folder("KO951", folder, "give another --out")
